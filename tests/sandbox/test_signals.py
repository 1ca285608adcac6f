"""Signals and processes: what code does to its own process, and tries to do to those of others."""

import pytest

PRELUDE = "import ctypes, os, signal, sys, threading, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"

# None of these reaches anybody else; the worker may go on.
HARMLESS = {
    "ends its process group": "os.kill(0, signal.SIGKILL)",
    "ends its process group by name": "os.killpg(0, signal.SIGKILL)",
    "stops its process group": "os.kill(0, signal.SIGSTOP)",
    "ends everybody": "os.kill(-1, signal.SIGKILL)",
    "ends its parent": "os.kill(os.getppid(), signal.SIGKILL)",
    "ends process 1": "os.kill(1, signal.SIGKILL)",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "stops one thread of itself": "signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)",
    "ends the zygote by number": "[os.kill(n, signal.SIGKILL) for n in range(2, 400)]",
    "ends others through a pidfd": "signal.pidfd_send_signal(os.pidfd_open(2), signal.SIGKILL)",
    "queues signals for others": "[libc.sigqueue(n, signal.SIGKILL, None) for n in range(2, 400)]",
    "slows its process group": "os.setpriority(os.PRIO_PGRP, 0, 19)",
    "slows its user": "os.setpriority(os.PRIO_USER, 0, 19)",
    "takes one core": "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    "joins another session": "os.setpgid(0, os.getsid(0))",
    "asks to die with its parent": "libc.prctl(1, signal.SIGKILL)",
}


@pytest.mark.parametrize("code", HARMLESS.values(), ids=HARMLESS.keys())
def test_nobody_else_is_hit(attack, code):
    first, second = attack(f"{PRELUDE}try:\n    {code}\nexcept OSError:\n    pass", "print('alive')")
    assert (first.error, second.output) == ("", "alive\n")


# No answer comes of these, or none in time: the host ends the worker by its own clock.
HANGS = {
    "blocks the timer's signal": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\nwhile True: pass",
    "ignores every signal": "for n in signal.valid_signals() - {9, 19, 32, 33}:\n"
    "    signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    "turns the timer off": "signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
    "takes the timer's signal away": "signal.signal(signal.SIGALRM, lambda *_: None)\nwhile True: pass",
    "waits for the timer's signal": "while True: signal.sigwait({signal.SIGALRM})",
    "waits where Python cannot": "signal.setitimer(signal.ITIMER_REAL, 0)\nlibc.pause()",
    "sleeps through everything": "while True:\n    try: time.sleep(60)\n    except BaseException: pass",
    "holds the interpreter in a regular expression": "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')",
    "holds the interpreter in a number": "x = 7 ** (10 ** 8)",
    "reads the host's socket empty": "while True:\n    try: os.read(3, 1)\n    except BaseException: pass",
    "never returns from a destructor": "class X:\n    def __del__(self):\n        while True:\n"
    "            try: time.sleep(60)\n            except BaseException: pass\nX()",
}


@pytest.mark.parametrize("code", HANGS.values(), ids=HANGS.keys())
def test_a_hanging_worker_is_stopped_or_ended(attack, code):
    results = attack(PRELUDE + code, "print('alive')")
    assert results[0].error_kind == "timeout"
    assert results[0].wall_seconds < 5
    assert len(results) == 1 or results[1].output == "alive\n"


ENDS = {
    "leaves without a word": "os._exit(0)",
    "reads address 0": "ctypes.string_at(0)",
    "aborts": "libc.abort()",
    "ends its thread": "libc.syscall(60, 1)",
    # Through C and back, since a frame of C is large: 20 ms of work, far from the step's 0.6 s.
    "uses up the stack": "sys.setrecursionlimit(10**9)\ndef down(): up()\nup = ctypes.CFUNCTYPE(None)(down)\nup()",
    "closes the host's socket": "os.close(3)",
    "puts null over the host's socket": "os.dup2(os.open('/dev/null', 1), 3)",
    "shuts the host's socket": "libc.shutdown(3, 2)",
    "frees memory twice": "p = libc.malloc; p.restype = ctypes.c_void_p; q = ctypes.c_void_p(p(64))\n"
    "libc.free(q); libc.free(q)",
}


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS.keys())
def test_a_worker_that_ends_itself_is_noticed(attack, code):
    (result,) = attack(PRELUDE + code)
    assert result.error_kind == "died"
    assert result.wall_seconds < 3


def test_a_thread_left_running_does_not_stop_the_next_step(attack):
    first, second = attack(
        "import threading\ndef spin():\n    while True: pass\n"
        "for _ in range(4): threading.Thread(target=spin, daemon=True).start()",
        "print('alive')",
    )
    assert (first.error, second.output) == ("", "alive\n")


def test_what_is_registered_for_the_exit_does_not_hold_the_sandbox_up(attack):
    code = "import atexit, time\natexit.register(time.sleep, 60)\natexit.register(lambda: open('exit', 'w'))"
    (result,) = attack(code)
    assert result.error == ""


def test_a_crash_leaves_no_core(attack, folder):
    (result,) = attack("import ctypes, resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))\nctypes.string_at(0)")
    assert result.error_kind == "died"
    assert folder.names() == ()
