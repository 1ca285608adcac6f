"""Our client against a real MCP server, well and badly behaved, over stdio and HTTP."""

import asyncio
import io
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from journeyman.errors import ConfigError, ToolError
from journeyman.own_tools import open_own_tools
from tests.own_tools.running import SERVER, config, running, stdio_config
from tests.servers import free_port


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "ours")
        with running(stdio_config(folder, env={"GIVEN": "theirs"}, timeout=20)) as tools:
            yield tools


def open_once(source: Path) -> tuple[str, ...]:
    async def names() -> tuple[str, ...]:
        async with open_own_tools(source) as tools:
            return tuple(tool.name for tool in tools)

    return asyncio.run(names())


def test_text_is_the_value_and_positional_arguments_follow_the_schema(example):
    assert example.value("greet", "Bo", True) == "HELLO BO"


def test_structured_content_is_the_value_and_is_what_the_schema_says(example):
    value = example.value("weather", city="Rome")
    assert value == {"city": "Rome", "degrees": 21.5}
    jsonschema.validate(value, example.tools["weather"].result_schema())


def test_the_agent_is_told_of_tools_in_short_lines(example):
    assert example.tools["greet"].signature() == "greet(name, loud=False) -> text"
    assert example.tools["greet"].description == "Greet someone by name."
    assert "Loudly" in example.tools["greet"].summary
    assert example.tools["weather"].returns == "dict with city, degrees"
    for tool in example.tools.values():
        assert 0 < len(tool.description) <= 60
        assert tool.name.isidentifier()


def test_a_tool_is_known_by_server_version_and_schema(example):
    backings = {tool.backing() for tool in example.tools.values()}
    assert len(backings) == len(example.tools)
    assert all(backing.startswith("example 1.2.3 ") for backing in backings)


def test_a_name_that_python_has_gets_its_server_before_it(example):
    assert "print" not in example.tools
    assert example.value("example_print", "x") == "x"


def test_a_file_argument_is_a_name_for_the_agent_and_bytes_for_the_server(example):
    tool = example.tools["count_words"]
    assert tool.file_arguments() == ("text",)
    assert tool.schema()["properties"]["text"]["format"] == "file"
    assert example.value("count_words", "notes.txt", files={"notes.txt": b"one two three"}) == "3"


def test_a_picture_is_kept_shown_and_named(example):
    outcome = example.ask("draw", 7, 5)
    (name, data), *others = outcome.files
    assert (name, others, outcome.images, json.loads(outcome.value_json)) == ("draw.png", [], ("draw.png",), "draw.png")
    assert Image.open(io.BytesIO(data)).size == (7, 5)


def test_other_pictures_become_png_and_are_named_beside_the_text(example):
    outcome = example.ask("draw_jpeg")
    assert json.loads(outcome.value_json) == {"value": "two", "files": ["draw_jpeg.png", "draw_jpeg_2.png"]}
    assert [Image.open(io.BytesIO(data)).format for _, data in outcome.files] == ["PNG", "PNG"]
    assert len(outcome.images) == 2


def test_bytes_that_are_no_picture_are_an_error_in_words(example):
    outcome = example.ask("not_a_picture")
    assert outcome.error == "not_a_picture gave a picture that is no png, jpg, gif, webp, bmp or tiff"
    assert not outcome.files


def test_sound_and_documents_are_files(example):
    assert example.ask("speak").files == (("speak.wav", b"RIFF1234"),)
    document = example.ask("document")
    assert json.loads(document.value_json) == {"value": "the note", "files": ["document.pdf"]}
    assert document.images == ()


def test_a_link_is_read_through_the_server_that_gave_it(example):
    assert example.value("linked", "memo://today") == "buy milk"


def test_a_link_the_server_has_no_contents_for_is_not_opened_by_us(example, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    assert example.value("linked", secret.as_uri()) == f"the link: {secret.as_uri()}"


def test_a_path_argument_is_a_string_and_nothing_more(example, tmp_path):
    assert example.tools["read_path"].file_arguments() == ()
    assert example.value("read_path", str(tmp_path / "none")) == str(tmp_path / "none")


def test_a_refusal_is_an_error_to_record(example):
    assert "no such street" in example.ask("refuse", "no such street").error


@pytest.mark.parametrize(
    ("positional", "named", "words"),
    [
        ((5,), {}, "name: 5 is not of type 'string'"),
        ((), {}, "'name' is a required property"),
        (("Bo",), {"lod": True}, "no argument 'lod'; it takes name, loud"),
        (("Bo", True, 1), {}, "takes 2 arguments"),
        (("Bo",), {"name": "Al"}, "two values for 'name'"),
    ],
)
def test_wrong_arguments_are_refused_in_words(example, positional, named, words):
    with pytest.raises(ToolError, match=words):
        example.tools["greet"].bind(positional, named)


def test_an_optional_argument_may_be_given_as_none(example):
    assert example.value("greet", "Bo", None) == "hello Bo"


def test_progress_is_logged_and_told(example, tmp_path):
    heard = []

    async def listen(progress, total, message):
        heard.append((progress, total, message))

    tool = example.tools["slow"]
    arguments = tool.bind((0.2, str(tmp_path / "notes")), {})
    assert example.run(tool.ask(arguments, {}, listen)).value_json == '"done"'
    assert (3, 10, "step 3") in heard
    assert any(line.endswith("slow: 3 of 10, step 3") for line in example.lines)


def test_a_cancelled_call_is_cancelled_at_the_server_and_the_session_goes_on(example, tmp_path):
    notes = tmp_path / "notes"
    tool = example.tools["slow"]

    async def cancel_soon() -> None:
        call = asyncio.create_task(tool.ask(tool.bind((60, str(notes)), {}), {}))
        await asyncio.sleep(0.3)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    example.run(cancel_soon())
    assert _appears(notes)
    assert example.value("greet", "Bo") == "hello Bo"


def test_calls_run_at_once(example, tmp_path):
    tool = example.tools["slow"]

    async def both() -> list[str]:
        calls = [tool.ask(tool.bind((0.5, str(tmp_path / str(n))), {}), {}) for n in range(8)]
        return [outcome.value_json for outcome in await asyncio.gather(*calls)]

    assert example.run(both()) == ['"done"'] * 8


def test_much_text_is_taken_and_too_much_refused(example):
    assert len(example.value("huge", 4)) == 4 * 2**20
    assert "more than 33,554,432 bytes" in example.ask("huge", 33).error


def test_the_server_gets_what_it_is_given_and_no_secret_of_ours(example):
    environment = json.loads(example.value("environment"))
    assert environment["GIVEN"] == "theirs"
    assert "PATH" in environment
    assert not any("SECRET" in name for name in environment)


def test_a_call_that_takes_too_long_is_cancelled_and_not_recorded(tmp_path):
    notes = tmp_path / "notes"
    with running(stdio_config(tmp_path, timeout=1)) as tools:
        with pytest.raises(ToolError, match="took longer than 1 s"):
            tools.ask("slow", 60, str(notes))
        assert _appears(notes)
        assert tools.value("greet", "Bo") == "hello Bo"


def test_a_dead_server_is_restarted_a_few_times_and_then_stays_down(tmp_path):
    with running(stdio_config(tmp_path, tools=["crash", "greet", "huge"])) as tools:
        assert set(tools.tools) == {"crash", "greet", "huge"}
        for _ in range(2):
            with pytest.raises(ToolError, match="ended during the call; it last said: the disk is on fire"):
                tools.ask("crash")
            assert tools.value("greet", "Bo") == "hello Bo"
        with pytest.raises(ToolError, match="more than 67,108,864 bytes and was cut off"):
            tools.ask("huge", 70)
        with pytest.raises(ToolError, match="ended during the call"):
            tools.ask("crash")
        with pytest.raises(ToolError, match="ended 4 times and stays down; it last said: the disk is on fire"):
            tools.ask("greet", "Bo")


def test_leaving_ends_the_server_and_what_it_started(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import subprocess, sys, runpy, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid))\n"
        f"sys.argv = ['x']\nrunpy.run_path({str(SERVER)!r}, run_name='__main__')\n"
    )
    server = {"command": sys.executable, "args": [str(script), str(tmp_path / "pid")]}
    open_once(config(tmp_path, parent=server))
    child = int((tmp_path / "pid").read_text())
    assert _ends(child)


def test_two_servers_tools_of_one_name_are_told_apart(tmp_path):
    server = {"command": sys.executable, "args": [str(SERVER)], "tools": ["greet"]}
    assert open_once(config(tmp_path, home=server, work=server)) == ("home_greet", "work_greet")


def test_a_server_that_does_not_start_is_told_with_its_last_words(tmp_path):
    server = {"command": sys.executable, "args": ["-c", "raise SystemExit('no licence found')"]}
    with pytest.raises(ConfigError, match=r"'broken' did not start: .*no licence found"):
        open_once(config(tmp_path, broken=server))
    with pytest.raises(ConfigError, match=r"'absent' did not start: .*no-such-command"):
        open_once(config(tmp_path, absent={"command": "no-such-command"}))


def test_a_tool_that_the_server_has_not_is_told(tmp_path):
    with pytest.raises(ConfigError, match="has no tool 'nope'; it has greet, weather"):
        open_once(stdio_config(tmp_path, tools=["nope"]))


OLD_SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    if asked["method"] == "initialize":
        print("listening")  # stray words on stdout
        answer["result"] = {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}},
                            "serverInfo": {"name": "old", "version": "0.1"}}
    elif asked["method"] == "tools/list":
        good = {"name": "from", "inputSchema": {"type": "object", "properties": {"from": {"type": "string"}}}}
        bad = {"name": "bad", "inputSchema": {"type": "object", "properties": {"x": {"type": 5}}}}
        answer["result"] = {"tools": [good, bad]}
    elif asked["method"] == "tools/call" and asked["params"]["arguments"].get("from") == "nowhere":
        answer["error"] = {"code": -32602, "message": "there is no such place"}
    elif asked["method"] == "tools/call":
        answer["result"] = {"content": [{"type": "text", "text": json.dumps(asked["params"]["arguments"])}]}
    else:
        answer["error"] = {"code": -32601, "message": "method not found"}
    print(json.dumps(answer), flush=True)
"""


def test_an_old_server_with_python_words_for_names_and_a_broken_schema(tmp_path):
    with running(config(tmp_path, old={"command": sys.executable, "args": ["-c", OLD_SERVER]})) as tools:
        assert set(tools.tools) == {"from_"}
        assert tools.tools["from_"].signature() == "from_(from_=None) -> text"
        assert json.loads(tools.value("from_", from_="Rome")) == {"from": "Rome"}
        assert tools.ask("from_", "nowhere").error == "from: there is no such place"
        assert any("'bad' is left out" in line for line in tools.lines)


@contextmanager
def http_server(port: int):
    process = subprocess.Popen([sys.executable, str(SERVER), "http", str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def http_url():
    port = free_port()
    with http_server(port):
        yield f"http://127.0.0.1:{port}/mcp"


def test_a_server_over_http_that_was_away_is_found_again(tmp_path):
    port = free_port()
    with http_server(port) as first, running(config(tmp_path, web={"url": f"http://127.0.0.1:{port}/mcp"})) as tools:
        assert tools.value("greet", "Bo") == "hello Bo"
        first.kill()
        first.wait()
        with pytest.raises(ToolError, match="the server of greet ended during the call"):
            tools.ask("greet", "Bo")
        with pytest.raises(ToolError, match="'web' did not start"):
            tools.ask("greet", "Bo")
        with http_server(port):
            assert tools.value("greet", "Bo") == "hello Bo"


def test_a_server_over_http_is_called_alike(http_url, tmp_path):
    with running(config(tmp_path, web={"type": "http", "url": http_url, "timeout": 1})) as tools:
        assert tools.value("greet", "Bo") == "hello Bo"
        assert tools.ask("draw", 3, 3).images == ("draw.png",)
        assert len(tools.value("huge", 4)) == 4 * 2**20
        notes = tmp_path / "notes"
        with pytest.raises(ToolError, match="took longer than 1 s"):
            tools.ask("slow", 60, str(notes))
        assert _appears(notes)
        assert tools.value("linked", "memo://today") == "buy milk"


def test_nobody_at_the_url_is_told(tmp_path):
    port = free_port()
    with pytest.raises(ConfigError, match="'web' did not start"):
        open_once(config(tmp_path, web={"url": f"http://127.0.0.1:{port}/mcp"}))


def test_other_kinds_of_source_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"not from .*tools\.yaml"):
        open_once(tmp_path / "tools.yaml")


def _appears(path: Path) -> bool:
    for _ in range(100):
        if path.exists():
            return True
        time.sleep(0.05)
    return False


def _ends(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # Killed and not yet reaped by init, where there is one.
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False
