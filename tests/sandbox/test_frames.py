"""Forged frames: what the worker says is checked, and what it breaks is its own worker only."""

import pytest

FORGED = {
    "rubbish": "b'\\xff' * 64",
    "a huge length": "(2**31).to_bytes(4, 'big')",
    "no JSON": "(3).to_bytes(4, 'big') + b'{{{'",
    "another frame": "frame({'kind': 'ready'})",
    "unknown fields": "frame({'kind': 'tool', 'name': 'echo', 'args': [], 'kwargs': {}, 'more': 1})",
    "wrong types": "frame({'kind': 'tool', 'name': ['echo'], 'args': 3, 'kwargs': {}})",
    "an older step": "frame({'kind': 'done', 'step': 0, 'output': '', 'error': '', 'error_kind': '', 'answered': True, "
    "'answer': 1, 'cpu_seconds': 0.0})",
    "endless nesting": "(200000).to_bytes(4, 'big') + b'[' * 200000",
    "half a length": "b'\\0\\0'; os.close(3)",
    "more values than it may": '(3 * 10**6 + 62).to_bytes(4, \'big\') + b\'{"kind":"tool","name":"echo","kwargs":{},'
    "\"args\":[' + b'[],' * 10**6",
    "an endless number": '(10**6 + 60).to_bytes(4, \'big\') + b\'{"kind":"tool","name":"echo","kwargs":{},'
    "\"args\":[' + b'9' * 10**6 + b']' * 9",
    "a broken text": "frame({'kind': 'tool', 'name': 'a\\ud800', 'args': [], 'kwargs': {}})",
    "a longer report than it may": "frame(done | {'output': 'x' * 10**6})",
    "a longer error than it may": "frame(done | {'error': 'x' * 10**6, 'error_kind': 'execution'})",
    "an error of its own kind": "frame(done | {'error_kind': 'died'})",
    "negative time": "frame(done | {'cpu_seconds': -1.0})",
    "an answer that is no number": "frame(done | {'answer': float('inf')})",
    "a step to come": "frame(done | {'step': 2})",
    "not a number": "frame({'kind': 'tool', 'name': 'echo', 'args': [float('nan')], 'kwargs': {}})",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_forged_frame_ends_the_worker_only(attack, forged):
    code = f"""
import json, os, time
def frame(message):
    body = json.dumps(message).encode()
    return len(body).to_bytes(4, "big") + body
done = {{"kind": "done", "step": 1, "output": "", "error": "", "error_kind": "", "answered": False, "answer": None,
         "cpu_seconds": 0.0}}
data = {forged}
while data:
    data = data[os.write(3, data):]
time.sleep(0.5)
"""
    (result,) = attack(code)
    assert (result.error_kind, result.answered) == ("died", False)


def test_a_forged_call_of_an_unknown_tool_never_reaches_the_broker(runner, sandbox, folder):
    heard = []

    async def broker(name, args, kwargs):
        heard.append(name)

    code = """
import json, os
body = json.dumps({"kind": "tool", "name": "delete_all", "args": [], "kwargs": {}}).encode()
os.write(3, len(body).to_bytes(4, "big") + body)
print(os.read(3, 1000)[4:].decode())
"""

    async def go():
        async with sandbox.worker(folder, ("echo",), broker) as worker:
            return await worker.run(code)

    result = runner.run(go())
    assert "there is no tool 'delete_all'" in result.output
    assert heard == []


WRITE = """
import json, os, time
def write(message):
    body = json.dumps(message).encode()
    os.write(3, len(body).to_bytes(4, "big") + body)
done = {"kind": "done", "step": 1, "output": "", "error": "", "error_kind": "", "answered": False, "answer": None,
        "cpu_seconds": 0.0}
call = {"kind": "tool", "name": "echo", "args": [], "kwargs": {}}
"""


def test_half_a_frame_is_waited_for_no_longer_than_the_step_may_take(attack):
    (result,) = attack(
        f"{WRITE}os.write(3, b'\\0\\0\\1\\0half')\nwhile True:\n  try: time.sleep(9)\n  except BaseException: pass"
    )
    assert result.error_kind == "timeout"
    assert result.wall_seconds < 5


def test_answering_twice_ends_the_worker_at_its_next_step(attack):
    first, second = attack(f"{WRITE}write(done)", "print('never believed')")
    assert (first.error_kind, second.error_kind) == ("", "died")


def test_a_call_after_the_answer_is_answered_and_then_the_worker_ends(attack):
    results = attack(f"{WRITE}write(done); write(call)", "print('x')", "print('y')")
    assert results[-1].error_kind in ("died", "timeout")


def test_calls_that_read_no_reply_do_not_hold_the_host_up(attack):
    code = f"{WRITE}call['args'] = ['x' * 300_000]\nwhile True:\n  try: write(call)\n  except BaseException: pass"
    (result,) = attack(code)
    assert result.error_kind in ("died", "timeout")
    assert result.wall_seconds < 5


def test_a_flood_between_steps_stays_in_the_socket(attack):
    flood = """
import os, threading
def flood():
    while True: os.write(3, b"x" * 65536)
threading.Thread(target=flood, daemon=True).start()
"""
    results = attack(flood, "print('x')")
    assert results[-1].error_kind == "died"


def test_a_descriptor_cannot_be_sent_along(attack):
    code = """
import array, os, socket
line = socket.socket(fileno=os.dup(3))
try:
    line.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
    print("WORKED")
except PermissionError:
    print("refused")
"""
    (result,) = attack(code)
    assert result.output == "refused\n"
