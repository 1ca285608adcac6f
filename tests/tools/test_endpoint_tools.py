"""Tools behind endpoints the user sets, against real loopback servers."""

import base64
import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin
from journeyman.settings import load_settings
from journeyman.tool import Tool
from tests.tools.folder import call
from tests.tools.loopback import reply, serving

KEY = "sk-loopback"


@pytest.fixture
def configure(monkeypatch):
    """Sets the fields of one tool's backing as a user does: by environment."""

    def configured(tool, **fields):
        for name, value in fields.items():
            monkeypatch.setenv(f"JOURNEYMAN_TOOL__{tool.upper()}__{name.upper()}", value)
        load_settings.cache_clear()

    yield configured
    monkeypatch.undo()
    load_settings.cache_clear()


def tool(name):
    return load_plugin("journeyman.tools", name, "TOOL", Tool)


def said(text, **more):
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, **more}]}


RESULTS = {
    "query": "x",
    "results": [
        {
            "title": "Eiffel  Tower\n- facts",
            "url": "https://a.example/1",
            "content": "It is 330 m high. " * 60,
            "engine": "e",
        },
        {"title": "Again", "url": "https://a.example/1", "content": "twice the same"},
        {"title": None, "url": "https://b.example/", "content": None},
        {"title": "A script", "url": "javascript:alert(1)", "content": "x"},
        {"title": "No address"},
        "junk",
        {"title": "C", "url": "http://c.example/", "content": "c"},
    ],
}
ENDPOINTS = {
    "visualize": ({"image": "file_1.png"}, said("A cat.")),
    "web_search": ({"query": "x"}, RESULTS),
    "visit_page": ({"url": "https://example.org/a"}, {"a": "text"}),
}


@pytest.fixture
def asked(tmp_path, configure):
    """Calls a tool whose endpoint gives ``answer``; returns the value and the requests the endpoint saw."""

    def ask(name, answer, arguments=None, **fields):
        Image.new("RGB", (40, 30), "red").save(tmp_path / "file_1.png")
        with serving(answer) as (url, seen):
            configure(name, **{"url": url, "model": "some-vlm", "api_key": KEY} | fields)
            return call(name, tmp_path, **(ENDPOINTS[name][0] if arguments is None else arguments)), seen

    return ask


def cut_off(handler, _):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')


def endless(handler, _):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


FAULTS = {
    "401": (reply({"error": f"wrong key {KEY}"}, status=401), "HTTP 401.*wrong or no key"),
    "429": (reply({"error": "slow down"}, status=429), "HTTP 429.*too many"),
    "500": (reply(b"oops", status=500), "HTTP 500"),
    "redirect": (reply({}, status=302, headers={"Location": "http://127.0.0.1:9/"}), "redirects are not followed"),
    "cut off": (cut_off, "gave no answer"),
    "endless": (endless, "more than [0-9,]+ bytes"),
}


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(("answer", "words"), FAULTS.values(), ids=FAULTS)
def test_an_endpoint_that_fails_is_an_error_without_the_key(asked, name, answer, words):
    with pytest.raises(ToolError, match=words) as refused:
        asked(name, answer)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_key_is_sent_where_there_is_one(asked, name):
    _, seen = asked(name, reply(ENDPOINTS[name][1]))
    assert seen[0][1]["Authorization"] == f"Bearer {KEY}"
    _, seen = asked(name, reply(ENDPOINTS[name][1]), api_key="")
    assert "Authorization" not in seen[0][1]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_it_says_what_to_set_and_its_identity_is_what_is_set(configure, name):
    assert tool(name).missing() == f"not configured: set JOURNEYMAN_TOOL__{name.upper()}__URL"
    configure(name, url="http://127.0.0.1:9/v1", model="some-vlm", api_key=KEY)
    assert tool(name).missing() == ""
    assert tool(name).card().identity == "1 some-vlm@http://127.0.0.1:9/v1"


def test_visualize_asks_for_the_model_s_name_too(configure):
    configure("visualize", url="http://127.0.0.1:9/v1")
    assert tool("visualize").missing() == "not configured: set JOURNEYMAN_TOOL__VISUALIZE__MODEL"


def test_visualize_sends_the_picture_and_the_question(asked):
    value, seen = asked("visualize", reply(said(" Two cats.\n")), {"image": "file_1.png", "question": "How many cats?"})
    assert value == "Two cats."
    path, _, body = seen[0]
    assert path == "/chat/completions"
    sent = json.loads(body)
    assert (sent["model"], sent["temperature"]) == ("some-vlm", 0)
    assert 0 < sent["max_tokens"] <= 1024
    picture, question = sent["messages"][0]["content"]
    assert question == {"type": "text", "text": "How many cats?"}
    head, _, data = picture["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as shown:
        assert (shown.size, shown.getpixel((0, 0))) == ((40, 30), (255, 0, 0))


def test_visualize_without_a_question_asks_for_a_description(asked):
    _, seen = asked("visualize", reply(said("A red field.")), {"image": "file_1.png", "question": "  "})
    assert json.loads(seen[0][2])["messages"][0]["content"][1]["text"].startswith("Describe")


def test_a_large_picture_is_reduced_and_keeps_its_shape(tmp_path, configure):
    Image.new("RGB", (4000, 1000), "blue").save(tmp_path / "file_1.png")
    with serving(reply(said("Blue."))) as (url, seen):
        configure("visualize", url=f"{url}/v1/", model="m")
        call("visualize", tmp_path, image="file_1.png")
    assert seen[0][0] == "/v1/chat/completions"
    data = json.loads(seen[0][2])["messages"][0]["content"][0]["image_url"]["url"].partition(",")[2]
    with Image.open(io.BytesIO(base64.b64decode(data))) as shown:
        assert shown.size == (1568, 392)


def test_thoughts_before_the_answer_are_left_out(asked):
    assert asked("visualize", reply(said("<think>Hmm,\nred?</think>\n\nIt is red.")))[0] == "It is red."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "no chat completion"),
        ([], "no chat completion"),
        (None, "no chat completion"),
        ({"choices": []}, "no chat completion"),
        ({"choices": [None]}, "no chat completion"),
        ({"choices": [{"message": "text"}]}, "no chat completion"),
        (said(None, finish_reason="length"), "without a word"),
        (said(" "), "without a word"),
        (said([{"type": "text"}]), "without a word"),
        (said("<think>only</think>"), "without a word"),
        (b"<html>", "no JSON"),
    ],
)
def test_an_answer_that_is_no_chat_completion_is_said(asked, answer, words):
    with pytest.raises(ToolError, match=words):
        asked("visualize", reply(answer))


def test_half_a_character_of_an_answer_is_replaced(asked):
    assert asked("visualize", reply(b'{"choices": [{"message": {"content": "cat \\ud83d"}}]}'))[0] == "cat ?"
    (found,), _ = asked("web_search", reply(b'{"results": [{"url": "http://a.example/\\ud83d", "title": "\\ud83d"}]}'))
    assert (found["url"], found["title"]) == ("http://a.example/?", "?")


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\nxx"])
def test_what_is_no_picture_is_not_sent(tmp_path, configure, data):
    (tmp_path / "file_1.png").write_bytes(data)
    with serving(reply(said("A cat."))) as (url, seen):
        configure("visualize", url=url, model="m")
        with pytest.raises(ToolError, match=r"file_1\.png"):
            call("visualize", tmp_path, image="file_1.png")
    assert seen == []


def test_search_gives_results_with_an_address_once_each_and_cut(asked):
    value, seen = asked("web_search", reply(RESULTS), {"query": " height of\nEiffel & Tower? "})
    assert [found["url"] for found in value] == ["https://a.example/1", "https://b.example/", "http://c.example/"]
    assert value[0]["title"] == "Eiffel Tower - facts"
    assert value[0]["text"].startswith("It is 330 m high. It is")
    assert len(value[0]["text"]) == 500
    assert value[1] == {"title": "", "url": "https://b.example/", "text": ""}
    parts = urlsplit(seen[0][0])
    assert parts.path == "/search"
    assert parse_qs(parts.query) == {"q": ["height of Eiffel & Tower?"], "format": ["json"]}


def test_search_gives_no_more_than_asked_for(asked):
    assert len(asked("web_search", reply(RESULTS), {"query": "x", "top": 2})[0]) == 2


def test_nothing_found_is_an_empty_list_but_silent_engines_are_an_error(asked):
    assert asked("web_search", reply({"results": [], "unresponsive_engines": []}))[0] == []
    with pytest.raises(ToolError, match="no search engine answered"):
        asked("web_search", reply({"results": [], "unresponsive_engines": [["bing", "timeout"]]}))


@pytest.mark.parametrize("answer", [b"<html>", b"", b"[" * 100_000, [], {}, {"results": None}, {"results": {}}, 5])
def test_a_search_answer_of_another_kind_is_said(asked, answer):
    with pytest.raises(ToolError, match=r"no JSON|no list of results"):
        asked("web_search", reply(answer))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"query": " \n"}, "blank"),
        ({"query": ""}, "at least 1"),
        ({"query": "x", "top": 0}, "top"),
        ({"query": 3}, "query"),
    ],
)
def test_a_search_for_nothing_is_refused_before_it_is_made(asked, given, words):
    with pytest.raises(ToolError, match=words):
        asked("web_search", reply(RESULTS), given)


def test_the_reader_is_given_the_address_whole(asked):
    url = "https://example.org/a b?x=1&y=ü#part".replace(" ", "%20")
    value, seen = asked("visit_page", reply(b"# Title\n\nText.", kind="text/markdown; charset=utf-8"), {"url": url})
    assert value == "# Title\n\nText."
    parts = urlsplit(seen[0][0])
    assert parse_qs(parts.query) == {"url": [url]}


def test_a_reader_with_a_query_of_its_own_keeps_it(tmp_path, configure):
    with serving(reply(b"text", kind="text/plain")) as (url, seen):
        configure("visit_page", url=f"{url}/read?mode=text")
        call("visit_page", tmp_path, url="https://example.org")
    assert seen[0][0] == "/read?mode=text&url=https%3A%2F%2Fexample.org"


def test_html_is_read_as_text(asked):
    page = b"<html><script>x()</script><h1>Opening hours</h1><p>9 to 5</p></html>"
    assert asked("visit_page", reply(page, kind="text/html"))[0] == "# Opening hours\n9 to 5"
    assert asked("visit_page", reply(page, kind=""))[0] == "# Opening hours\n9 to 5"


@pytest.mark.parametrize(
    ("kind", "codec"),
    [
        ("text/plain; charset=shift_jis", "shift_jis"),
        ("text/plain; charset=utf-16-le", "utf-16-le"),
        ("text/plain", "utf-8"),
        ("text/plain; charset=no-such", "utf-8"),
        ("text/plain; charset=idna", "utf-8"),
        ("text/plain; charset=base64", "utf-8"),
    ],
)
def test_the_page_s_charset_is_followed(asked, kind, codec):
    assert asked("visit_page", reply("東京 station".encode(codec), kind=kind))[0] == "東京 station"


def test_a_long_page_is_read_in_parts(asked):
    text = "".join(f"{n:07d}\n" for n in range(2500))
    first, _ = asked("visit_page", reply(text.encode(), kind="text/plain"))
    assert first == text[:8000] + "\n[page 1 of 3]"
    last, _ = asked("visit_page", reply(text.encode(), kind="text/plain"), {"url": "https://example.org", "page": 3})
    assert last == text.strip()[16000:] + "\n[page 3 of 3]"
    with pytest.raises(ToolError, match="has 3 pages; there is no page 4"):
        asked("visit_page", reply(text.encode(), kind="text/plain"), {"url": "https://example.org", "page": 4})


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "text/plain", "has no text"),
        (b" \n", "text/plain", "has no text"),
        (b"<html></html>", "text/html", "has no text"),
        (b"%PDF-1.7", "application/pdf", "is application/pdf, not text"),
        (b"\x89PNG", "image/png", "is image/png, not text"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00", "text/plain", "NUL"),
    ],
)
def test_a_page_that_is_no_text_is_said(asked, body, kind, words):
    with pytest.raises(ToolError, match=words):
        asked("visit_page", reply(body, kind=kind))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "example.org",
        "//example.org",
        "https://",
        "https://user:word@example.org/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org/\r\nHost: x",
        "https://example.org/a b",
        "http://[::1",
        "http://example.org:99999/",
        "http://localhost/",
        "http://LOCALHOST.:8080/",
        "http://api.localhost/",
        "http://router/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://127.0.0.1.:80/",
        "http://10.0.0.8/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
    ],
)
def test_addresses_inside_the_network_never_reach_the_reader(tmp_path, configure, url):
    with serving(reply(b"secret", kind="text/plain")) as (reader, seen):
        configure("visit_page", url=reader)
        with pytest.raises(ToolError, match=r"no address of a web page|no host of the public web"):
            call("visit_page", tmp_path, url=url)
    assert seen == []


@pytest.mark.parametrize("url", ["https://example.org", "http://8.8.8.8/x", "https://a.b.example.co.uk:8443/?q=a%20b"])
def test_public_addresses_do(asked, url):
    assert asked("visit_page", reply(b"text", kind="text/plain"), {"url": url})[0] == "text"
