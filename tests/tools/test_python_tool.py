import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from journeyman.errors import SandboxError, ToolError
from journeyman.plugins import load_plugin
from journeyman.tool import Tool
from journeyman.tool_run import run_tool
from journeyman.tools import _code_sandbox
from tests.tools.folder import call
from tests.tools.samples import sample_files

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


def outcome_of(root, code, files=()):
    tool = load_plugin("journeyman.tools", "python", "TOOL", Tool)
    for name in files:
        (root / name).write_bytes(files[name])
    return run_tool(tool, tool.bind((code,), {}), dict(files), root)


def test_output_answer_and_error_are_told_apart(tmp_path):
    value = call("python", tmp_path, code="print(6 * 7)\nfinal_answer({'sum': [1, 2.5]})")
    assert value == {"output": "42\n", "error": "", "answer": {"sum": [1, 2.5]}, "files": {}}
    value = call("python", tmp_path, code="print('before')\n1 / 0")
    assert (value["output"], value["answer"]) == ("before\n", None)
    assert 'File "<code>", line 2' in value["error"]
    assert value["error"].endswith("ZeroDivisionError: division by zero")


def test_it_sees_copies_of_the_files_and_gives_back_what_changed(tmp_path):
    code = (
        "import csv, os\n"
        "rows = list(csv.DictReader(open('file_1.csv')))\n"
        "open('file_1.csv', 'a').write('April,3\\n')\n"
        "os.mkdir('out')\n"
        "open('out/Total v2', 'w').write(str(sum(int(r['sales']) for r in rows)))\n"
    )
    outcome = outcome_of(tmp_path, code, sample_files())
    written = dict(outcome.files)
    assert written["total_v2.bin"] == b"33"
    assert written["file_1.csv"] == sample_files()["file_1.csv"] + b"April,3\n"
    assert set(written) == {"total_v2.bin", "file_1.csv"}
    assert (tmp_path / "file_1.csv").read_bytes() == sample_files()["file_1.csv"]
    assert '"files":{"file_1.csv":"file_1.csv","out/Total v2":"total_v2.bin"}' in outcome.value_json


def test_pictures_are_shown_and_what_only_claims_to_be_one_is_not(tmp_path):
    code = (
        "import matplotlib.pyplot as plt\n"
        "plt.plot([1, 2, 3]); plt.savefig('Chart.png')\n"
        "open('fake.png', 'w').write('no picture')\n"
    )
    outcome = outcome_of(tmp_path, code)
    assert outcome.images == ("chart.png",)
    assert {name for name, _ in outcome.files} == {"chart.png", "fake.png"}


def test_names_that_become_equal_stay_apart(tmp_path):
    outcome = outcome_of(tmp_path, "for name in ('A b.txt', 'a_b.txt'): open(name, 'w').write(name)")
    assert sorted(outcome.files) == [("a_b.txt", b"A b.txt"), ("a_b_2.txt", b"a_b.txt")]


def test_calls_share_nothing(tmp_path):
    call("python", tmp_path, code="x = 1; open('/tmp/left', 'w').write('1')")
    value = call("python", tmp_path, code="import os\nprint(os.path.exists('/tmp/left'), os.listdir('.'))\nx")
    assert value["output"] == "False []\n"
    assert "NameError" in value["error"]


def test_equal_calls_give_equal_results(tmp_path):
    code = "import random, numpy\nprint(random.random(), numpy.random.rand(), {'a', 'b', 'c'}, hash('x'))"
    assert call("python", tmp_path, code=code) == call("python", tmp_path, code=code)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(3)", "the Python process ended"),
        ("import ctypes; ctypes.string_at(0)", "the Python process ended"),
        ("x = bytearray(8 * 2**30)", "MemoryError"),
        ("x = [0]\nwhile True: x += x", "MemoryError"),
        ("def f(): f()\nf()", "RecursionError"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit('enough')", "SystemExit"),
        ("import socket; socket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("import subprocess; subprocess.run(['id'])", "PermissionError"),
        ("open('/etc/passwd')", "FileNotFoundError"),
        ("open('/usr/evil', 'w')", "OSError: [Errno 30] Read-only file system"),
        ("import os\nos.write(3, (9).to_bytes(4, 'big') + b'not json!')\nos._exit(0)", "malformed message"),
        ("inspect_file('a.pdf')", "NameError"),
    ],
)  # fmt: skip
def test_code_that_goes_wrong_is_an_error_in_the_value_and_the_next_call_works(tmp_path, code, words):
    assert words in call("python", tmp_path, code=code)["error"]
    assert call("python", tmp_path, code="print('alive')")["output"] == "alive\n"


def test_endless_code_is_stopped(tmp_path, monkeypatch):
    limits = _code_sandbox.Limits(soft_seconds=0.5, hard_seconds=1.5)
    monkeypatch.setattr(_code_sandbox, "LIMITS", limits)
    _code_sandbox.KEPT.drop()  # the next call starts one with these limits
    try:
        assert "TimeoutError: stopped after 0.5 s" in call("python", tmp_path, code="while True: pass")["error"]
        stubborn = "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass"
        assert "TimeoutError: killed after 1.5 s" in call("python", tmp_path, code=stubborn)["error"]
    finally:
        _code_sandbox.KEPT.drop()


def test_what_code_writes_without_bound_is_cut_and_said(tmp_path):
    value = call("python", tmp_path, code="for n in range(30): open(f'{n:02}.txt', 'w').write('x')")
    assert len(value["files"]) == 20
    assert value["output"] == "[files not kept: 10; a call keeps 20 files and 32 MiB]"
    value = call("python", tmp_path, code="open('a.bin', 'wb').write(bytes(40 * 2**20)); print('x' * 100_000)")
    assert value["files"] == {}
    assert len(value["output"]) < 21_000
    value = call("python", tmp_path, code="open('a.bin', 'wb').write(bytes(65 * 2**20))")
    assert "File too large" in value["error"]


def test_links_that_code_leaves_are_not_followed(tmp_path):
    (tmp_path / "file_1.txt").write_text("mine")
    value = call("python", tmp_path, code="import os\nos.symlink('/etc/passwd', 'a.txt'); os.mkfifo('b.txt')")
    assert value["files"] == {}


def test_a_sandbox_that_died_is_started_again(tmp_path):
    call("python", tmp_path, code="1")
    first = _code_sandbox.KEPT.started()
    # Its only child process is bubblewrap, and the kernel ends the inside with it.
    children = Path(f"/proc/self/task/{first.thread_id}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert call("python", tmp_path, code="print('again')")["output"] == "again\n"
    assert _code_sandbox.KEPT.started() is not first


def test_a_call_under_way_when_the_sandbox_is_closed_ends(tmp_path):
    call("python", tmp_path, code="1")
    home = _code_sandbox.KEPT.started()
    with ThreadPoolExecutor(1) as pool:
        ends = pool.submit(home.run, "import time; time.sleep(30)", {}, 1, 1)
        time.sleep(0.2)
        home.close()
        try:
            assert "ended" in ends.result(timeout=10).step.error
        except SandboxError as exc:
            assert "closed" in str(exc)  # noqa: PT017 - either end is right
    assert call("python", tmp_path, code="print('again')")["output"] == "again\n"


def test_calls_from_many_threads_use_one_sandbox(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        values = pool.map(lambda n: call("python", tmp_path, code=f"print({n} ** 2)"), range(8))
        assert [value["output"] for value in values] == [f"{n * n}\n" for n in range(8)]


def test_a_dead_process_leaves_no_files_for_good(tmp_path, monkeypatch):
    monkeypatch.setattr(_code_sandbox.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(_code_sandbox.tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "journeyman-python-old"
    (left / "session-1").mkdir(parents=True)
    _code_sandbox.KEPT.drop()
    folder = tmp_path / "files"
    folder.mkdir()
    call("python", folder, code="1")
    assert not left.exists()
    held = [path.name for path in tmp_path.glob("journeyman-python-*")]
    assert len(held) == 1
    _code_sandbox.KEPT.drop()
    assert list(tmp_path.glob("journeyman-python-*")) == []


def test_without_bubblewrap_it_says_what_to_install(monkeypatch):
    tool = load_plugin("journeyman.tools", "python", "TOOL", Tool)
    assert tool.missing() == ""
    monkeypatch.setenv("PATH", "/nowhere")
    assert tool.missing() == "install bubblewrap: `apt-get install bubblewrap`"


def test_empty_and_endless_code_is_refused(tmp_path):
    for code in ("", "#" * 100_001):
        with pytest.raises(ToolError, match="code"):
            call("python", tmp_path, code=code)
