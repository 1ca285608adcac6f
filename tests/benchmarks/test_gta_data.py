"""GTA's data: read as published, every bad item named with what is wrong and where."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeyman.benchmark import load_benchmark
from journeyman.benchmarks._gta_gold import gold_of
from journeyman.errors import ConfigError
from journeyman.metrics.gta import NUM_QUERIES
from journeyman.plugins import plugin_names
from journeyman.schema.record import sha256_hex
from tests.benchmarks.official import (
    PLOT,
    call,
    gta_files,
    gta_items,
    item,
    picture,
    returned,
    tool,
    write_folder,
    write_zip,
)

GTA = load_benchmark("gta")
Items = dict[str, dict[str, Any]]


def _read(tmp_path: Path, items: Any = None, **files: bytes) -> Any:
    return GTA.read(write_folder(tmp_path / "gta_dataset", {**gta_files(items), **files}))


def test_private_modules_are_no_benchmarks() -> None:
    assert {"gta", "gta_steps", "gaia"} <= set(plugin_names("journeyman.benchmarks"))
    assert not [name for name in plugin_names("journeyman.benchmarks") if name.startswith("_")]


def test_queries_come_in_order_with_files_the_loop_takes(tmp_path: Path) -> None:
    found = _read(tmp_path)
    assert [problem.problem_id for problem in found.problems] == ["0", "1", "2", "3", "4"]
    query = found.problems[1].query
    assert query.text == "Which animal is on both signs?"
    assert [(ref.name, ref.origin, ref.media_type) for ref in query.files] == [
        ("file_1.jpg", "image/image_1.jpg", "image/jpeg"),
        ("file_2.jpg", "image/image_2.jpg", "image/jpeg"),
    ]
    assert query.files[0].sha256 == sha256_hex(picture("red"))
    assert query.needs_picture
    assert query.split == "held_out"
    assert found.problems[0].query.tools == ("OCR", "Calculator")


def test_every_picture_is_a_media_row_once_with_source_and_licence(tmp_path: Path) -> None:
    found = _read(tmp_path)
    assert [row.source for row in found.media] == ["gta:image/image_1.jpg", "gta:image/image_2.jpg"]
    assert {ref.sha256 for p in found.problems for ref in p.query.files} == {row.sha256 for row in found.media}
    assert all(row.data and row.size_bytes == len(row.data) and "Apache-2.0" in row.licence for row in found.media)


def test_problems_are_grouped_by_answer_tools_steps_and_categories(tmp_path: Path) -> None:
    groups = [problem.groups for problem in _read(tmp_path).problems]
    assert all(tuple(group) == tuple(sorted(GTA.groupings)) for group in groups)
    assert [group["answer"] for group in groups] == ["text", "text", "reference", "picture", "picture"]
    assert [group["tools"] for group in groups] == ["2", "1", "1", "1", "1"]
    assert [group["steps"] for group in groups] == ["3", "3", "2", "1", "2"]
    assert [group["categories"] for group in groups] == ["P+L", "P", "P", "O", "L"]


def test_the_gold_dialog_speaks_of_the_files_the_agent_sees(tmp_path: Path) -> None:
    gold = gold_of(_read(tmp_path).problems[1])
    assert [turn.arguments.get("image") for turn in gold.turns if turn.tool] == ["file_1.jpg", "file_2.jpg"]
    assert [turn.text for turn in gold.turns if turn.role == "tool"] == ["cat", "cat, dog"]
    assert gold_of(_read(tmp_path).problems[4]).turns[1].arguments == {"command": PLOT}


def test_a_list_of_items_and_a_zip_read_as_the_object_does(tmp_path: Path) -> None:
    whole = _read(tmp_path)
    as_list = gta_files(list(gta_items().values()))
    zipped = {f"gta_dataset/{name}": data for name, data in gta_files().items()}
    for source in (write_folder(tmp_path / "list", as_list), write_zip(tmp_path / "z.zip", zipped)):
        assert GTA.read(source) == whole


def test_an_item_of_a_list_may_carry_its_id(tmp_path: Path) -> None:
    items = [{**value, "id": f"q{key}"} for key, value in gta_items().items()]
    assert [problem.problem_id for problem in _read(tmp_path, items).problems] == ["q0", "q1", "q2", "q3", "q4"]


def test_ids_that_stand_twice_are_refused(tmp_path: Path) -> None:
    items = [{**value, "id": 7} for value in gta_items().values()]
    with pytest.raises(ConfigError, match=r"1 ids twice \(7\)"):
        _read(tmp_path, items)
    text = json.dumps(gta_items()).replace('"1": {"tools"', '"0": {"tools"').encode()
    with pytest.raises(ConfigError, match="'0' stands twice"):
        _read(tmp_path, **{"dataset.json": text})


def test_facts_say_how_far_the_counts_are_from_the_published_ones(tmp_path: Path) -> None:
    facts = _read(tmp_path).facts
    assert facts["queries"] == "5 of the published 229"
    assert facts["tool steps"] == "7 of the published 557"
    assert facts["queries with a reference"] == "3 of the published 172"
    assert facts["version"].startswith("another version")
    assert facts["answers"].startswith("2 by white list, 1 by similarity")
    assert not [name for name in facts if name.startswith("note")]


def test_the_published_counts_are_recognised(tmp_path: Path) -> None:
    """229 queries, 172 with a reference, 557 tool steps: 2 x 172 + 3 x 56 + 45."""
    base = gta_items()
    items: Items = {}
    for i in range(NUM_QUERIES):
        items[str(i)] = copy.deepcopy(base["0" if i < 172 else "3"])
    drawn = base["3"]["dialogs"]
    for i in range(172, NUM_QUERIES):
        items[str(i)]["dialogs"] = [drawn[0], *(drawn[1:] * (3 if i < NUM_QUERIES - 1 else 45))]
    facts = _read(tmp_path, items).facts
    assert facts["tool steps"] == "557 of the published 557"
    assert facts["version"] == "the counts are the published ones"


def test_a_missing_picture_is_named_with_how_many_more(tmp_path: Path) -> None:
    items = gta_items()
    items["0"]["files"] += [{"type": "image", "path": f"image/lost_{i}.jpg", "url": None} for i in range(7)]
    with pytest.raises(
        ConfigError, match=r"7 of GTA's pictures are missing: image/lost_0\.jpg, .*lost_4\.jpg and 2 more"
    ):
        _read(tmp_path, items)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"1 of GTA's pictures are no pictures that can be opened: image/image_2\.jpg"
    ):
        _read(tmp_path, **{"image/image_2.jpg": picture()[:30]})


def _set(*path: Any, to: Any) -> Callable[[Items], None]:
    def change(items: Items) -> None:
        inner: Any = items["1"]
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda items: items["1"].pop("dialogs"), "dialogs: field required"),
        (lambda items: items.__setitem__("1", "text"), "item: input should be an object, got 'text'"),
        (_set("dialogs", to=[]), "dialogs: "),
        (_set("dialogs", 0, "role", to="system"), r"dialogs\.0\.role: .*got 'system'"),
        (_set("dialogs", 0, "role", to="assistant"), "the first turn is the assistant's, not the user's"),
        (_set("dialogs", 0, "content", to="  "), r"dialogs\.0: the user's turn has no text"),
        (_set("dialogs", 5, "content", to=None), r"dialogs\.5: the assistant's turn has neither"),
        (_set("dialogs", to=[{"role": "user", "content": "?"}]), "no turn is the assistant's"),
        (_set("dialogs", 1, "tool_calls", 0, "function", "name", to="a b"), "name: .*got 'a b'"),
        (_set("dialogs", 1, "tool_calls", 0, "function", "arguments", to="{}"), "arguments: .*got '{}'"),
        (_set("tools", to=None), "tools: "),
        (_set("files", 0, "path", to="../../etc/passwd"), r"files: '\.\./\.\./etc/passwd' leads out"),
        (_set("files", 0, "path", to=None), r"files\.0\.path: "),
        (_set("gt_answer", to={"whitelist": ["cat"]}), r"gt_answer\.whitelist\.0: .*got 'cat'"),
        (_set("gt_answer", to={"whitelist": [[5]]}), r"gt_answer\.whitelist\.0\.0: .*got 5"),
        (_set("gt_answer", to="cat"), "gt_answer: input should be an object, got 'cat'"),
        (_set("dialogs", 5, "content", to="\ud800"), "cannot be kept"),
    ],
)
def test_an_item_that_cannot_be_used_is_named(tmp_path: Path, change: Callable[[Items], None], what: str) -> None:
    items = gta_items()
    change(items)
    with pytest.raises(ConfigError, match=f"1 of 5 queries .*query '1': .*{what}") as refused:
        _read(tmp_path, items)
    assert "get it from github.com/open-compass/GTA" in str(refused.value)


@pytest.mark.parametrize("data", [b"[]", b"{}", b"3", b"null", b'"x"', b"{", b"\xff"])
def test_another_file_of_that_name_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"GTA's dataset\.json"):
        _read(tmp_path, **{"dataset.json": data})


def test_what_is_odd_in_the_data_is_counted_in_the_facts(tmp_path: Path) -> None:
    items = gta_items()
    items["0"]["dialogs"][1]["tool_calls"] *= 2
    items["1"]["tools"] = []
    items["1"]["dialogs"] += [{"role": "user", "content": "Sure?"}, {"role": "assistant", "content": "Yes."}]
    items["2"]["dialogs"].pop()
    items["3"]["gt_answer"] = {"whitelist": [], "blacklist": None}
    notes = " ".join(value for name, value in _read(tmp_path, items).facts.items() if name.startswith("note"))
    for what in (
        "1 turns with several",
        "1 queries that call a tool",
        "1 queries with a second",
        "2 queries with a ref",
    ):
        assert what in notes
    assert "1 queries with an empty white list" in notes


def test_end_to_end_only_the_first_question_counts(tmp_path: Path) -> None:
    items = gta_items()
    items["1"]["dialogs"] += [{"role": "user", "content": "Sure?"}, call("Calculator", expression="1")]
    gold = gold_of(_read(tmp_path, items).problems[1])
    assert [step.tool for step in gold.steps(first_question_only=True)] == ["OCR", "OCR", ""]
    assert [step.tool for step in gold.steps(first_question_only=False)] == ["OCR", "OCR", "", "Calculator"]


def test_tools_that_are_only_named_are_described_by_toolmeta(tmp_path: Path) -> None:
    items = gta_items()
    items["0"]["tools"] = [{"name": "OCR"}, {"name": "Calculator"}]
    meta = {"OCR": {**tool("OCR", "image", "lang"), "description": "Reads a\n picture."}}
    meta["OCR"]["inputs"][1] |= {"optional": True, "description": "A language."}
    ocr, calculator = gold_of(_read(tmp_path, items, **{"toolmeta.json": json.dumps(meta).encode()}).problems[0]).tools
    assert ocr.signature == "OCR(image, lang=None) -> text"
    assert ocr.parameters == ("image", "lang")
    assert ocr.description == "Reads a picture. lang: A language."
    assert calculator.signature == "Calculator() -> text"
    with pytest.raises(ConfigError, match=r"GTA's toolmeta\.json cannot be used"):
        _read(tmp_path, items, **{"toolmeta.json": b'[{"name": "a b"}]'})


def test_what_a_tool_returned_is_text_in_every_form_the_data_have(tmp_path: Path) -> None:
    dialogs = [{"role": "user", "content": "?"}]
    for content in (
        "plain",
        {"type": "text", "content": "inner"},
        [{"content": "a"}, "b"],
        None,
        {"x": 1},
        5,
        {"type": "image", "content": "image/image_1.jpg"},
    ):
        dialogs += [call("OCR", image="image/image_1.jpg"), {**returned("OCR", ""), "content": content}]
    items = {"0": item(dialogs, None, "image/image_1.jpg")}
    gold = gold_of(_read(tmp_path, items).problems[0])
    assert [turn.text for turn in gold.turns if turn.role == "tool"] == [
        "plain",
        "inner",
        "a\nb",
        "",
        '{"x":1}',
        "5",
        "file_1.jpg",
    ]
