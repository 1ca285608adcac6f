import json
from pathlib import Path
from typing import Any

import pytest

from journeyman.errors import ConfigError
from journeyman.judging.mm_vet_files import QUESTIONS, graded_items, read_mm_vet

ROWS: dict[str, Any] = {
    "v1_0": {
        "imagename": "v1_0.png",
        "question": "What is x?",
        "answer": "-1<AND>-5",
        "imagesource": "https://example.org/x",
        "capability": ["math", "ocr", "math"],
    },
    "v1_1": {"imagename": "v1_1.png", "question": "Which?", "answer": "a<OR>b", "capability": ["rec"]},
}


def folder_of(path: Path, table: Any) -> Path:
    (path / QUESTIONS).write_text(table if isinstance(table, str) else json.dumps(table))
    return path


def changed(**fields: Any) -> dict[str, Any]:
    return ROWS | {"v1_1": ROWS["v1_1"] | fields}


def test_questions_come_in_order_with_each_capability_once(tmp_path: Path) -> None:
    first, second = read_mm_vet(folder_of(tmp_path, ROWS))
    assert (first.question_id, first.image, first.text, first.truth) == ("v1_0", "v1_0.png", "What is x?", "-1<AND>-5")
    assert first.capabilities == ("ocr", "math")
    assert (second.question_id, second.capabilities) == ("v1_1", ("rec",))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "holds no question"),
        ([], "the line: input should be a valid dict"),
        ("{", r"mm-vet\.json is not JSON"),
        (changed(capability=[]), "v1_1: capability: list should have at least 1 item"),
        (changed(capability=[""]), r"v1_1: capability\.0"),
        (changed(answer=3), "v1_1: answer: input should be a valid string"),
        (changed(imagename=""), "v1_1: imagename"),
        (ROWS | {"v1_2": "text"}, "v1_2: the line"),
    ],
)
def test_a_table_that_is_not_what_it_should_be_is_named(tmp_path: Path, table: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_mm_vet(folder_of(tmp_path, table))


def test_a_folder_that_is_not_there_or_not_whole_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"MM-Vet folder .* is not there; name the one that holds mm-vet\.json"):
        read_mm_vet(tmp_path / "gone")
    with pytest.raises(ConfigError, match=r"lacks mm-vet\.json"):
        read_mm_vet(tmp_path)


def test_every_question_needs_an_answer_and_every_answer_a_question(tmp_path: Path) -> None:
    questions = read_mm_vet(folder_of(tmp_path, ROWS))
    items = graded_items(questions, {"v1_0": "x = -1", "v1_1": ""})
    assert [(item.item_id, item.answer, item.truth) for item in items] == [
        ("v1_0", "x = -1", "-1<AND>-5"),
        ("v1_1", "", "a<OR>b"),
    ]
    with pytest.raises(ConfigError, match="1 of 2 questions have no answer, the first is v1_1"):
        graded_items(questions, {"v1_0": ""})
    with pytest.raises(ConfigError, match="1 answers are to no question, the first is v1_7"):
        graded_items(questions, {"v1_0": "", "v1_1": "", "v1_7": ""})
