import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from journeyman.errors import ConfigError
from journeyman.judging.answers import read_answers
from journeyman.judging.llava_bench_files import (
    CONTEXT,
    QUESTIONS,
    REFERENCE,
    WILD_CONTEXT,
    WILD_QUESTIONS,
    WILD_REFERENCE,
    read_llava_bench,
    relative_items,
)
from journeyman.judging.relative import judge_relative, summarise_relative
from journeyman.schema.judgement import Judgement
from journeyman.storage.store import Store
from tests.judging.planted_judge import PlantedJudge, judge_of

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [folder / "data" / "llava-bench" for folder in (ROOT / "shared", ROOT.parent / "shared")]
OFFICIAL = next((folder for folder in FOLDERS if folder.is_dir()), None)
needs_official = pytest.mark.skipif(OFFICIAL is None, reason="the official LLaVA-Bench files are not in shared/data")

ROWS: dict[str, list[dict[str, Any]]] = {
    QUESTIONS: [
        {"question_id": 0, "image": "a.jpg", "text": "What is it?", "category": "conv"},
        {"question_id": 7, "image": "a.jpg", "text": "Describe it.", "category": "detail"},
    ],
    REFERENCE: [
        {"question_id": 7, "text": "A black cat on a mat.", "category": "detail"},
        {"question_id": 0, "text": "A cat.", "category": "conv"},
    ],
    CONTEXT: [
        {
            "id": "a",
            "image": "a.jpg",
            "captions": ["a cat", "a black cat"],
            "instances": [{"category": "cat", "bbox": [0.1, 0.2, 0.5, 1]}],
        },
        {"id": "b", "image": "b.jpg", "captions": ["a dog"], "instances": []},
    ],
}


def folder_of(path: Path, **changes: Any) -> Path:
    for name, rows in ROWS.items():
        (path / name).write_text("".join(json.dumps(row) + "\n" for row in changes.get(name.split("_")[1], rows)))
    return path


def test_questions_references_and_contexts_are_joined(tmp_path: Path) -> None:
    first, second = read_llava_bench(folder_of(tmp_path))
    assert (first.question_id, first.text, first.reference) == ("0", "What is it?", "A cat.")
    assert (second.question_id, second.category, second.reference) == ("7", "detail", "A black cat on a mat.")
    assert first.context == (
        "a cat\na black cat\n\nObjects as [left, top, right, bottom], in shares of width and height:\n"
        "cat: [0.1, 0.2, 0.5, 1.0]"
    )


def test_a_picture_without_objects_has_captions_alone(tmp_path: Path) -> None:
    questions = [row | {"image": "b.jpg"} for row in ROWS[QUESTIONS]]
    (tmp_path / "x").mkdir()
    assert read_llava_bench(folder_of(tmp_path / "x", **{"questions.jsonl": questions}))[0].context == "a dog"


def changed(name: str, index: int, **fields: Any) -> dict[str, Any]:
    rows = [dict(row) for row in ROWS[name]]
    rows[index] |= fields
    return {name.split("_")[1]: rows}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (changed(QUESTIONS, 0, category="chat"), "line 1: category: input should be 'conv'"),
        (changed(QUESTIONS, 1, question_id=0), "line 2: 0 is in line 1 already"),
        (changed(QUESTIONS, 1, question_id="7"), "line 2: question_id: input should be a valid integer"),
        (
            changed(QUESTIONS, 1, image="c.jpg"),
            "question 7 is about c.jpg, of which coco_context_80.jsonl says nothing",
        ),
        (changed(QUESTIONS, 1, category="conv"), "question 7 is 'conv' in qa90_questions.jsonl and 'detail' in"),
        ({"questions.jsonl": []}, "qa90_questions.jsonl holds no line"),
        ({"reference.jsonl": ROWS[REFERENCE][:1]}, "question 0 has no answer in qa90_reference.jsonl"),
        ({"questions.jsonl": ROWS[QUESTIONS][:1]}, "answers question 7, which qa90_questions.jsonl does not ask"),
        (changed(CONTEXT, 0, captions=[]), "line 1: captions: list should have at least 1 item"),
        (changed(CONTEXT, 0, instances=[{"category": "cat", "bbox": [0, 0, 1]}]), r"instances\.0\.bbox: list should"),
        (changed(CONTEXT, 0, instances=[{"category": "cat", "bbox": [0.5, 0, 0.1, 1]}]), "not left, top, right, bot"),
        (changed(CONTEXT, 0, instances=[{"category": "cat", "bbox": [0, 0, 640, 480]}]), "in shares of the picture"),
        (changed(CONTEXT, 0, instances=[{"category": "cat", "bbox": [0, 0, float("nan"), 1]}]), "in shares of"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    folder = folder_of(tmp_path, **changes)
    with pytest.raises(ConfigError, match=words):
        read_llava_bench(folder)


def test_a_folder_that_is_not_whole_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there; name the one that holds qa90_questions"):
        read_llava_bench(tmp_path / "gone")
    folder_of(tmp_path)
    (tmp_path / CONTEXT).unlink()
    (tmp_path / REFERENCE).unlink()
    with pytest.raises(ConfigError, match=r"lacks qa90_reference\.jsonl, coco_context_80\.jsonl"):
        read_llava_bench(tmp_path)


def test_every_question_needs_an_answer_and_every_answer_a_question(tmp_path: Path) -> None:
    questions = read_llava_bench(folder_of(tmp_path))
    path = tmp_path / "answers.jsonl"
    path.write_text('{"question_id": 0, "text": "a dog"}\n{"question_id": 7, "text": "", "model_id": "m"}\n')
    answers = read_answers(path)
    items = relative_items(questions, answers)
    assert [(item.item_id, item.candidate, item.category) for item in items] == [
        ("0", "a dog", "conv"),
        ("7", "", "detail"),
    ]
    with pytest.raises(ConfigError, match="1 of 2 questions have no answer, the first is 7"):
        relative_items(questions, {"0": "a dog"})
    with pytest.raises(ConfigError, match="1 answers are to no question, the first is 8"):
        relative_items(questions, answers | {"8": "a cow"})


WILD: dict[str, list[dict[str, Any]]] = {
    WILD_QUESTIONS: [
        {"question_id": 0, "image": "001.jpg", "category": "conv", "text": "Where?"},
        {"question_id": 1, "image": "002.jpg", "category": "detail", "text": "Describe."},
    ],
    WILD_REFERENCE: [
        {"question_id": 0, "text": "In Hawaii.", "answer_id": "a", "model_id": "gpt4", "metadata": {}},
        {"question_id": 1, "text": "A fridge."},
    ],
    WILD_CONTEXT: [
        {"id": "001", "image": "001.jpg", "caption": "A crater."},
        {"id": "002", "image": "002.jpg", "caption": ["A fridge.", "An open one."]},
    ],
}


def wild_folder(path: Path, *categories: str) -> Path:
    for name, rows in WILD.items():
        written = rows
        if categories and name == WILD_QUESTIONS:
            written = [row | {"category": category} for row, category in zip(rows, categories, strict=True)]
        (path / name).write_text("".join(json.dumps(row) + "\n" for row in written))
    return path


def test_the_layout_in_the_wild_is_read_whether_captions_are_one_text_or_several(tmp_path: Path) -> None:
    first, second = read_llava_bench(wild_folder(tmp_path))
    assert (first.question_id, first.image, first.text, first.reference) == ("0", "001.jpg", "Where?", "In Hawaii.")
    assert (first.context, second.context) == ("A crater.", "A fridge.\nAn open one.")
    assert (first.category, second.category) == ("conv", "detail")


def test_a_folder_of_the_tools_categories_is_read_and_one_that_mixes_them_is_not(tmp_path: Path) -> None:
    assert [row.category for row in read_llava_bench(wild_folder(tmp_path, "grounding", "ocr"))] == ["grounding", "ocr"]
    with pytest.raises(ConfigError, match="mixes the categories conv, ocr"):
        read_llava_bench(wild_folder(tmp_path, "conv", "ocr"))


def test_two_benchmarks_in_one_folder_are_not_told_apart_by_guessing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds qa90_questions\.jsonl and questions\.jsonl"):
        read_llava_bench(wild_folder(folder_of(tmp_path)))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match=r"lacks qa90_questions\.jsonl \(COCO\) or questions\.jsonl"):
        read_llava_bench(empty)


@needs_official
def test_the_official_files_are_read_whole() -> None:
    assert OFFICIAL is not None
    questions = read_llava_bench(OFFICIAL)
    assert Counter(question.category for question in questions) == {"conv": 30, "detail": 30, "complex": 30}
    assert len({question.image for question in questions}) == 30
    assert all(question.reference and question.context for question in questions)
    assert questions[0].reference.startswith("The colors of the two suitcases")
    assert "suitcase: [0.167, 0.025, 0.989, 0.445]" in questions[0].context


@needs_official
def test_the_official_questions_are_judged_over_http(tmp_path: Path) -> None:
    assert OFFICIAL is not None
    questions = read_llava_bench(OFFICIAL)
    answers = {question.question_id: f"@@ {question.reference[:40]}" for question in questions}
    planted = PlantedJudge({"@@": 6, "": 8}, first_bias=1)
    store = Store(f"file://{tmp_path}/store")

    async def run() -> list[Judgement]:
        async with judge_of(planted, store) as judge:
            return await judge_relative(relative_items(questions, answers), "short", judge)

    rows = asyncio.run(run())
    assert len(rows) == 180 == len(planted.asked)
    result = summarise_relative(rows, samples=20)
    assert (result.num_read, result.num_unread) == (180, 0)
    assert result.overall.official == pytest.approx(100 * 6 / 9)
    assert result.overall.corrected == (pytest.approx(100 * 6.5 / 8.5), 90, 0)
    assert {name: figure.num_items for name, figure in result.by_category.items()} == {
        "conv": 30,
        "detail": 30,
        "complex": 30,
    }
