"""A system's answers as files: what judges take, and what an evaluation's scores are written out as."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel

from journeyman.answer import ANSWER_CHARS
from journeyman.errors import ConfigError
from journeyman.judging._json_lines import bytes_of, json_of, read_rows, row_of, text_of


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    question_id: int | str
    text: str


class _AnswersById(RootModel[dict[str, str]]):
    model_config = ConfigDict(frozen=True, strict=True)


def read_answers(path: Path) -> dict[str, str]:
    """Question id -> a model's answer.

    The file has lines ``{"question_id": 0, "text": "..."}`` as LLaVA writes them; one whose name ends in ``.json``
    is an object ``{"v1_0": "..."}`` as MM-Vet's script takes it.

    Raises:
        ConfigError: Not there, not such a file, or a question twice; names the line.
    """
    if path.suffix.lower() == ".json":
        found = row_of(json_of(text_of(bytes_of(path), str(path)), str(path)), _AnswersById, str(path)).root
        if not found:
            raise ConfigError(f"{path} holds no answer; name the file that a model's answers were written to")
        return found
    rows = read_rows(path, _Answer, key=lambda row: str(row.question_id))
    return {str(row.question_id): row.text for row in rows}


def answer_lines(answers: Mapping[str, str]) -> str:
    """``answers`` as :func:`read_answers` reads them, a line each, in their order."""
    # ASCII: an answer may hold half a surrogate pair, which no other encoding takes.
    return "".join(json.dumps({"question_id": key, "text": text}) + "\n" for key, text in answers.items())


def answer_words(status: str, answer_json: str) -> str:
    """A run's answer as a text: a text as it is, any other value as JSON.

    Empty where the run did not answer, and for an answer of more than 100,000 characters.

    Args:
        status: How the run ended.
        answer_json: JSON of the value given as the final answer; empty when none was given.
    """
    if status != "answered" or not answer_json or len(answer_json) > ANSWER_CHARS:
        return ""
    try:
        value = json.loads(answer_json)
    except (ValueError, RecursionError):
        return answer_json
    if value is None:
        return ""
    return value if isinstance(value, str) else answer_json


def check_answered(asked: Collection[str], answers: Mapping[str, str], *, where: str) -> None:
    """Refuse answers that are not one for every question, which would change the denominator.

    Args:
        asked: Ids of the questions, in their order.
        answers: Question id -> answer.
        where: What an error calls the answers, such as their file.

    Raises:
        ConfigError: A question has no answer, or an answer no question.
    """
    missing = [question_id for question_id in asked if question_id not in answers]
    strangers = sorted(answers.keys() - set(asked))
    if missing:
        raise ConfigError(
            f"{where}: {len(missing)} of {len(asked)} questions have no answer, the first is {missing[0]}; "
            "give an empty text where the model said nothing"
        )
    if strangers:
        raise ConfigError(
            f"{where}: {len(strangers)} answers are to no question, the first is {strangers[0]}; "
            "give the answers to these questions"
        )
