import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.judging.answers import answer_lines, answer_words, read_answers


def test_ids_are_numbers_or_texts_and_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"question_id": 0, "text": "a"}\n\n{"question_id": "v1_1", "text": "", "model_id": "m"}\n')
    assert read_answers(path) == {"0": "a", "v1_1": ""}
    path.write_text('{"question_id": 0, "text": "a"}\n{"question_id": "0", "text": "b"}\n')
    with pytest.raises(ConfigError, match="line 2: '0' is in line 1 already"):
        read_answers(path)


def test_the_form_of_mm_vets_own_script_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"v1_0": "a", "v1_1": "b"}, indent=4))
    assert read_answers(path) == {"v1_0": "a", "v1_1": "b"}
    for text, words in (
        ('{"v1_0": 1}', "v1_0: input should be a valid string"),
        ("{}", "holds no answer"),
        ("[", "JSON"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=words):
            read_answers(path)


# Lone surrogates are what a model's JSON may hold.
@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(st.characters(), max_size=9), min_size=1, max_size=5))
def test_what_is_written_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]) -> None:
    path = tmp_path_factory.mktemp("answers") / "a.jsonl"
    path.write_text(answer_lines(answers), encoding="utf-8")
    assert read_answers(path) == answers


@pytest.mark.parametrize(
    ("status", "answer_json", "words"),
    [
        ("answered", '"A cat."', "A cat."),
        ("answered", "17", "17"),
        ("answered", '["a","b"]', '["a","b"]'),
        ("answered", "null", ""),
        ("answered", "", ""),
        ("answered", "{broken", "{broken"),
        ("max_steps", '"A cat."', ""),
        ("answered", json.dumps("x" * 100_000), ""),
    ],
)
def test_an_answer_is_a_text_or_its_json(status: str, answer_json: str, words: str) -> None:
    assert answer_words(status, answer_json) == words
