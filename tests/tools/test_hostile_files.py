"""Hostile files, through a real tool host: each ends as a right answer or in words, and the host lives."""

import json
import mimetypes
import re
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ToolError
from journeyman.host_pool import ToolHost
from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool
from journeyman.tool_run import Outcome
from journeyman.tools._documents.document import document_of
from tests.tools.hostile import DOCUMENTS, MARK, Hostile, archive, docx_file, pdf, pptx_file, xlsx_file

pytest.importorskip("docx")
pytest.importorskip("reportlab")

SECONDS = 60.0
"""As in production: what takes longer is stopped, and that is a failure here."""
PEAK_BYTES = 3 * 2**30
SHELF = "journeyman.tools"


@pytest.fixture(scope="module")
def host():
    running = ToolHost()
    yield running
    # Last of all, over every file of this module: the largest is a pdf of 1 MB that unpacks to 1 GB.
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{running.pid}/status").read_text()).group(1)) * 1024
    running.kill()
    assert peak < PEAK_BYTES


@lru_cache(maxsize=2)
def built(case: Hostile) -> bytes:
    return case.build()


def ask(host: ToolHost, root: Path, tool: str, files: dict[str, bytes], **arguments) -> Outcome:
    for name in files:
        (root / name).touch()  # tools learn names from the folder, and bytes from the call
    head = {"op": "call", "shelf": SHELF, "tool": tool, "root": str(root), "arguments": arguments}
    before = host.pid
    outcome = host.call(head, files, SECONDS)
    assert before in (0, host.pid), "the host was replaced"
    assert f"{tool} failed" not in outcome.error
    assert [path.name for path in root.iterdir() if path.stat().st_size] == []
    return outcome


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: ascii(case.name))
def test_inspect_file_reads_it_or_says_why_not(host, tmp_path, case: Hostile):
    outcome = ask(host, tmp_path, "inspect_file", {case.name: built(case)}, file=case.name, page=case.page)
    if case.refused:
        assert case.says in outcome.error
        assert len(outcome.error) < 500
    else:
        assert outcome.error == ""
        text = json.loads(outcome.value_json)
        assert case.says in text
        assert "root:" not in text  # of /etc/passwd, to which several of them point
        assert len(text) < 9_000


def test_a_search_over_all_of_them_finds_what_can_be_read(host, tmp_path):
    slow = {"long.txt", "long.csv", "long.json", "one_line.txt", "million_rows.xlsx"}
    files = {case.name: built(case) for case in DOCUMENTS if case.name not in slow}
    outcome = ask(host, tmp_path, "search_corpus", files, query="delivery date", top=10)
    found = json.loads(outcome.value_json)
    assert len(found) == 10
    assert all(MARK in passage["text"] for passage in found)


def test_a_search_over_a_text_of_60_mb_ends(host, tmp_path):
    case = next(case for case in DOCUMENTS if case.name == "long.txt")
    outcome = ask(host, tmp_path, "search_corpus", {case.name: built(case)}, query="delivery date")
    assert MARK in outcome.value_json


def _takers() -> list[tuple[str, str]]:
    """Tools, by the file argument that takes documents, that this module has no own test of."""
    found = []
    for name in plugin_names(SHELF):
        tool = load_plugin(SHELF, name, "TOOL", Tool)
        if name == "inspect_file" or tool.missing() or tool.media_in in (("image/*",), ("audio/*",)):
            continue
        found += [(name, argument) for argument in tool.file_arguments()[:1]]
    return found


@pytest.mark.parametrize(("name", "argument"), _takers())
def test_every_other_tool_that_takes_its_kind_answers_in_words(host, tmp_path, name, argument):
    tool = load_plugin(SHELF, name, "TOOL", Tool)
    for number, case in enumerate(DOCUMENTS):
        kind = mimetypes.guess_type(case.name)[0] or "application/octet-stream"
        if not any(fnmatch(kind, pattern) for pattern in tool.media_in):
            continue
        root = tmp_path / str(number)
        root.mkdir()
        outcome = ask(host, root, name, {case.name: case.build()}, **{**tool.example, argument: case.name})
        assert len(outcome.error) < 1_000


def _sound() -> dict[str, bytes]:
    return {
        "file.pdf": pdf(b"10 10 m 90 10 l S\n" * 8),
        "file.docx": docx_file(),
        "file.xlsx": xlsx_file([["a", "=1+1"], ["b", 2.5]]),
        "file.pptx": pptx_file(),
        "file.zip": archive({"notes/a.txt": MARK, "b.json": "[1]"}),
        "file.xml": b'<?xml version="1.0"?><a b="c">d<e/>f</a>',
        "file.html": b"<html><h1>Title</h1><table><tr><td>x</table>",
        "file.json": b'{"a": [1, 2.5, "x"]}',
        "file.csv": b'a,b\n"1",2\n',
    }


@pytest.mark.parametrize("name", list(_sound()))
def test_damage_anywhere_ends_as_text_or_in_words(name):
    sound = _sound()[name]
    damage = st.tuples(st.integers(0, len(sound) - 1), st.sampled_from([b"", b"\0", b"<", b"99999999999", b"\xff"]))

    @settings(max_examples=40, deadline=None)
    @given(st.lists(damage, min_size=1, max_size=8), st.integers(0, 20))
    def read(changes, removed):
        data = bytearray(sound)
        for place, written in changes:
            data[place : place + removed] = written
        try:
            document = document_of(bytes(data), name)
        except ToolError:
            return
        json.dumps([section.text for section in document.sections]).encode()

    read()
