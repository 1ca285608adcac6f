"""The mcpServers file: what desktop clients write is read, and what is wrong is said."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.own_tools.mcp_config import HttpServer, StdioServer, read_config


def written(folder: Path, content) -> Path:
    path = folder / "mcp.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def one(folder: Path, server, environment=None):
    return read_config(written(folder, {"mcpServers": {"one": server}}), environment or {})["one"]


def test_a_command_is_a_child_process_in_the_folder_of_the_file(tmp_path):
    server = one(tmp_path, {"command": "uvx", "args": ["x"], "env": {"A": "b"}, "cwd": "sub", "timeout": 5})
    assert isinstance(server, StdioServer)
    assert (server.args, server.env, server.cwd, server.timeout) == (("x",), {"A": "b"}, tmp_path / "sub", 5)


@pytest.mark.parametrize("kind", ["http", "streamable-http"])
def test_a_url_is_streamable_http(tmp_path, kind):
    server = one(tmp_path, {"type": kind, "url": "https://a.example/mcp", "headers": {"X": "y"}})
    assert isinstance(server, HttpServer)


def test_variables_are_filled_in_everywhere(tmp_path):
    server = one(
        tmp_path,
        {"url": "${BASE}/mcp", "headers": {"Authorization": "Bearer ${KEY}", "X": "${NONE:-default} $5"}},
        {"BASE": "http://a.example", "KEY": "k"},
    )
    assert server.url == "http://a.example/mcp"
    assert server.headers == {"Authorization": "Bearer k", "X": "default $5"}


def test_a_variable_that_is_not_set_is_named(tmp_path):
    with pytest.raises(ConfigError, match="server 'one' needs the environment variable KEY"):
        one(tmp_path, {"command": "x", "env": {"K": "${KEY}"}})


def test_what_is_disabled_is_not_read(tmp_path):
    content = {"mcpServers": {"off": {"disabled": True, "command": "${NOT_SET}"}, "on": {"command": "x"}}}
    assert list(read_config(written(tmp_path, content), {})) == ["on"]
    with pytest.raises(ConfigError, match="no server that is not disabled"):
        read_config(written(tmp_path, {"mcpServers": {"off": {"disabled": True}}}), {})


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ({}, "either a command or a url"),
        ({"command": "x", "url": "http://a"}, "either a command or a url"),
        ({"command": "x", "autoApprove": ["y"]}, "unknown key 'autoApprove'; known are disabled, timeout, tools"),
        ({"command": 5}, "command: Input should be a valid string"),
        ({"command": "x", "args": "-y pkg"}, "args: "),
        ({"command": "x", "timeout": 0}, "timeout: Input should be greater than 0"),
        ({"url": "file:///etc/passwd"}, "url: "),
        ({"type": "sse", "url": "http://a"}, "sse transport was withdrawn"),
        ("uvx", "must be an object"),
    ],
)
def test_a_wrong_server_is_refused_in_words(tmp_path, server, words):
    with pytest.raises(ConfigError, match=words):
        one(tmp_path, server)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "must be"),
        ({"servers": {}}, "must be"),
        ({"mcpServers": {}, "inputs": []}, "unknown key 'inputs'"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path, content, words):
    with pytest.raises(ConfigError, match=words):
        read_config(written(tmp_path, content), {})
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "none.json", {})


def test_no_message_and_no_repr_tells_a_secret(tmp_path):
    secret = "s3cret-value"
    for server in ({"command": "x", "env": {"K": [secret]}}, {"url": "http://a", "headers": {"K": [secret]}}):
        with pytest.raises(ConfigError) as told:
            one(tmp_path, server)
        assert secret not in str(told.value)
        assert told.value.__cause__ is None
    assert secret not in repr(one(tmp_path, {"command": "x", "env": {"K": secret}}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_refused(tmp_path_factory, content):
    path = written(tmp_path_factory.getbasetemp(), {"mcpServers": {"one": content}})
    try:
        servers = read_config(path, {})
    except ConfigError as refused:
        words = str(refused)
    else:
        words = f"{path}: {', '.join(servers)}"
    assert str(path) in words
