"""The official files of LLaVA-Bench (COCO): questions, GPT-4's reference answers, captions and boxes.

``qa90_questions.jsonl``, ``qa90_reference.jsonl`` and ``coco_context_80.jsonl``; the pictures are not needed,
since the judge sees none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeyman.errors import ConfigError
from journeyman.judging._json_lines import read_rows
from journeyman.judging.pairwise import PairwiseItem
from journeyman.judging.relative import RelativeItem

QUESTIONS = "qa90_questions.jsonl"
REFERENCE = "qa90_reference.jsonl"
CONTEXT = "coco_context_80.jsonl"

Category = Literal["conv", "detail", "complex"]
"""Conversation, detailed description, complex reasoning."""


@dataclass(frozen=True, slots=True)
class LlavaBenchQuestion:
    """One of the 90 questions about 30 COCO pictures."""

    question_id: str
    image: str
    """File name of the picture."""
    text: str
    category: Category
    reference: str
    context: str
    """Captions, then objects with boxes, a line each."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Answer(_Row):
    question_id: int
    text: str


class _Reference(_Answer):
    category: Category


class _Question(_Reference):
    image: str


class _Object(_Row):
    category: str
    bbox: list[float] = Field(min_length=4, max_length=4)
    """Left, top, right, bottom in shares of width and height."""

    @model_validator(mode="after")
    def _lies_in_the_picture(self) -> "_Object":
        left, top, right, bottom = self.bbox
        if not (0 <= left <= right <= 1 and 0 <= top <= bottom <= 1):
            raise ValueError(f"the box {self.bbox} is not left, top, right, bottom in shares of the picture")
        return self


class _Context(_Row):
    image: str
    captions: list[str] = Field(min_length=1)
    instances: list[_Object]


def read_llava_bench(folder: Path) -> tuple[LlavaBenchQuestion, ...]:
    """The questions of the official files in ``folder``, in their order.

    Raises:
        ConfigError: A file is missing or is not what it should be, or the three do not fit each other; says where.
    """
    if not folder.is_dir():
        raise ConfigError(f"LLaVA-Bench folder {str(folder)!r} is not there; name the one that holds {QUESTIONS}")
    missing = [name for name in (QUESTIONS, REFERENCE, CONTEXT) if not (folder / name).is_file()]
    if missing:
        raise ConfigError(f"{folder} lacks {', '.join(missing)}; download LLaVA-Bench (COCO) whole")
    questions = read_rows(folder / QUESTIONS, _Question, key=lambda row: row.question_id)
    references = {
        row.question_id: row for row in read_rows(folder / REFERENCE, _Reference, key=lambda r: r.question_id)
    }
    contexts = {row.image: row for row in read_rows(folder / CONTEXT, _Context, key=lambda row: row.image)}
    strangers = references.keys() - {question.question_id for question in questions}
    if strangers:
        raise ConfigError(f"{REFERENCE} answers question {min(strangers)}, which {QUESTIONS} does not ask")
    return tuple(_joined(question, references, contexts) for question in questions)


def read_answers(path: Path) -> dict[str, str]:
    """Question id -> a model's answer, of a file of lines ``{"question_id": 0, "text": "..."}`` as LLaVA writes it.

    Raises:
        ConfigError: Not there, not such lines, or a question twice; names the line.
    """
    return {str(row.question_id): row.text for row in read_rows(path, _Answer, key=lambda row: row.question_id)}


def relative_items(
    questions: Sequence[LlavaBenchQuestion], answers: Mapping[str, str], *, where: str = "the answers"
) -> list[RelativeItem]:
    """What :func:`~journeyman.judging.relative.judge_relative` takes: one item for every question.

    Args:
        questions: What was asked.
        answers: Question id -> the candidate's answer.
        where: What an error calls the answers, such as their file.

    Raises:
        ConfigError: A question has no answer, which would leave the denominator, or an answer no question.
    """
    asked = [question.question_id for question in questions]
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
    return [
        RelativeItem(
            item_id=question.question_id,
            question=question.text,
            context=question.context,
            reference=question.reference,
            candidate=answers[question.question_id],
            category=question.category,
        )
        for question in questions
    ]


def pairwise_items(first: Sequence[RelativeItem], second: Sequence[RelativeItem]) -> list[PairwiseItem]:
    """What :func:`~journeyman.judging.pairwise.judge_pairwise` takes, of two systems' items of the same questions."""
    return [
        PairwiseItem(one.item_id, one.question, one.context, one.candidate, other.candidate, one.category)
        for one, other in zip(first, second, strict=True)
    ]


def _joined(
    question: _Question, references: Mapping[int, _Reference], contexts: Mapping[str, _Context]
) -> LlavaBenchQuestion:
    number = question.question_id
    reference, context = references.get(number), contexts.get(question.image)
    if reference is None:
        raise ConfigError(f"question {number} has no answer in {REFERENCE}")
    if reference.category != question.category:
        raise ConfigError(
            f"question {number} is {question.category!r} in {QUESTIONS} and {reference.category!r} in {REFERENCE}"
        )
    if context is None:
        raise ConfigError(f"question {number} is about {question.image}, of which {CONTEXT} says nothing")
    return LlavaBenchQuestion(
        question_id=str(number),
        image=question.image,
        text=question.text,
        category=question.category,
        reference=reference.text,
        context=_in_lines(context),
    )


def _in_lines(context: _Context) -> str:
    captions = "\n".join(context.captions)
    if not context.instances:
        return captions
    boxes = "\n".join(f"{item.category}: {item.bbox}" for item in context.instances)
    return f"{captions}\n\nObjects as [left, top, right, bottom], in shares of width and height:\n{boxes}"
