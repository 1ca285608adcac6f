"""What endpoint.py does with answers of every kind, over a real loopback server."""

import json
import socket
import time

import pytest
from pydantic import SecretStr

from journeyman.errors import ToolError
from journeyman.tools._backings import endpoint
from tests.tools.loopback import reply, serving


def test_json_goes_there_and_back_with_the_key():
    with serving(reply({"n": [1, 2]})) as (url, seen):
        assert endpoint.post_json(f"{url}/v1/x?y=1", {"a": "ü"}, api_key=SecretStr("sk-1")) == {"n": [1, 2]}
    ((path, headers, body),) = seen
    assert path == "/v1/x?y=1"
    assert headers["Authorization"] == "Bearer sk-1"
    assert json.loads(body) == {"a": "ü"}


def test_without_a_key_none_is_sent():
    with serving(reply({})) as (url, seen):
        endpoint.post_json(url, {})
    assert "Authorization" not in seen[0][1]


def test_bytes_come_with_their_content_type():
    with serving(reply(b"<p>", kind="text/html; charset=utf-8")) as (url, _):
        assert endpoint.get_bytes(url) == (b"<p>", "text/html; charset=utf-8")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_error_status_is_named_with_what_the_endpoint_says(status):
    answer = reply({"error": "bad key sk-secret"}, status=status)
    with serving(answer) as (url, _), pytest.raises(ToolError, match=f"HTTP {status}.*bad key") as refused:
        endpoint.post_json(url, {}, api_key=SecretStr("sk-secret"))
    assert "sk-secret" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_not_followed(status):
    with serving(reply({"n": 1})) as (elsewhere, seen):
        answer = reply({}, status=status, headers={"Location": elsewhere})
        with serving(answer) as (url, _), pytest.raises(ToolError, match="redirects are not followed"):
            endpoint.get_bytes(url)
    assert seen == []


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b"[NaN]", b"\xff\xfe", b"[" * 200_000, b"9" * 10_000])
def test_what_is_no_json_is_said(body):
    with serving(reply(body)) as (url, _), pytest.raises(ToolError, match="no JSON"):
        endpoint.post_json(url, {})


def test_a_body_cut_off_is_an_error():
    def cut(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"a": 1}')

    with serving(cut) as (url, _), pytest.raises(ToolError, match="gave no answer: IncompleteRead"):
        endpoint.post_json(url, {})


def test_an_endless_body_is_stopped_at_the_limit():
    def endless(handler, _):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)

    with serving(endless) as (url, _), pytest.raises(ToolError, match="more than 100,000 bytes"):
        endpoint.get_bytes(url, most_bytes=100_000)


@pytest.mark.parametrize("part", ["status", "header", "body"])
def test_a_dripping_answer_ends_with_the_time(part):
    def drip(handler, _):
        if part == "body":
            handler.send_response(200)
            handler.end_headers()
        if part == "header":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.05)

    with serving(drip) as (url, _), pytest.raises(ToolError, match=r"did not answer within 0\.4 s"):
        endpoint.get_bytes(url, seconds=0.4)


def test_a_server_that_hangs_up_is_an_error():
    def hang_up(handler, _):
        handler.connection.shutdown(socket.SHUT_RDWR)

    with serving(hang_up) as (url, _), pytest.raises(ToolError, match="gave no answer"):
        endpoint.post_json(url, {})


def test_nothing_listening_is_an_error():
    with serving(reply({})) as (url, _):
        pass
    with pytest.raises(ToolError, match="gave no answer: ConnectionRefusedError"):
        endpoint.post_json(url, {})


@pytest.mark.parametrize(
    "url",
    ["", "ftp://host/x", "file:///etc/passwd", "http://", "http://me:pw@host/", "http://host:99999/", "http://[::1"],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(ToolError, match="address must be http") as refused:
        endpoint.post_json(url, {})
    assert "pw" not in str(refused.value)


def test_a_line_break_in_an_address_reaches_no_server():
    with serving(reply({})) as (url, seen), pytest.raises(ToolError):
        endpoint.get_bytes(url + "/a b\x7f")
    assert seen == []


@pytest.mark.parametrize("key", ["sk-1\r\nX-Evil: 1", "schlüssel"])
def test_a_key_no_header_can_carry_is_refused_and_not_shown(key):
    with serving(reply({})) as (url, seen), pytest.raises(ToolError, match="no HTTP header can carry") as refused:
        endpoint.post_json(url, {}, api_key=SecretStr(key))
    assert key not in str(refused.value)
    assert seen == []
