"""The official files of LLaVA-Bench: questions, GPT-4's reference answers, and what is known of each picture in words.

Two layouts are read. *COCO* has ``qa90_questions.jsonl``, ``qa90_reference.jsonl`` and ``coco_context_80.jsonl``.
*In-the-Wild* has ``questions.jsonl``, ``answers_gpt4.jsonl`` and ``context.jsonl``; LLaVA-Bench (Tools) was never
released, and a folder of the same layout whose categories are its four is taken for one. Judges see no picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeyman.errors import ConfigError
from journeyman.judging._json_lines import rows_in
from journeyman.judging.answers import check_answered
from journeyman.judging.folder import Files, Folder
from journeyman.judging.pairwise import PairwiseItem
from journeyman.judging.relative import RelativeItem

QUESTIONS = "qa90_questions.jsonl"
REFERENCE = "qa90_reference.jsonl"
CONTEXT = "coco_context_80.jsonl"
WILD_QUESTIONS = "questions.jsonl"
WILD_REFERENCE = "answers_gpt4.jsonl"
WILD_CONTEXT = "context.jsonl"

Category = Literal["conv", "detail", "complex", "grounding", "tagging", "caption", "ocr"]
"""Conversation, detailed description, complex reasoning; the last four are those of LLaVA-Bench (Tools)."""
TOOLS_CATEGORIES: frozenset[str] = frozenset(get_args(Category)[3:])
"""Those of LLaVA-Bench (Tools), whose ``All`` is the plain mean over them."""


class _Layout(NamedTuple):
    """Names of the three files, and of the places where a picture may lie."""

    name: str
    questions: str
    reference: str
    context: str
    pictures: tuple[str, ...]


_COCO = _Layout(
    "COCO", QUESTIONS, REFERENCE, CONTEXT, ("images/{}", "val2014/{}", "val2014/COCO_val2014_{}", "COCO_val2014_{}")
)
_WILD = _Layout("In-the-Wild, Tools", WILD_QUESTIONS, WILD_REFERENCE, WILD_CONTEXT, ("images/{}",))
_LAYOUTS = (_COCO, _WILD)
WANTED = tuple(layout.questions for layout in _LAYOUTS)
"""Files of which one tells that this is LLaVA-Bench."""


@dataclass(frozen=True, slots=True)
class LlavaBenchQuestion:
    """One question about a picture."""

    question_id: str
    image: str
    """File name of the picture."""
    text: str
    category: Category
    reference: str
    context: str
    """Captions, then objects with boxes where there are some, a line each."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Reference(_Row):
    question_id: int
    text: str
    category: Category | None = None


class _Question(_Row):
    question_id: int
    image: str
    text: str
    category: Category


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


class _CocoContext(_Row):
    image: str
    captions: list[str] = Field(min_length=1)
    instances: list[_Object]

    def in_lines(self) -> str:
        captions = "\n".join(self.captions)
        if not self.instances:
            return captions
        boxes = "\n".join(f"{item.category}: {item.bbox}" for item in self.instances)
        return f"{captions}\n\nObjects as [left, top, right, bottom], in shares of width and height:\n{boxes}"


class _WildContext(_Row):
    image: str
    caption: str | list[str]

    def in_lines(self) -> str:
        return self.caption if isinstance(self.caption, str) else "\n".join(self.caption)


def read_llava_bench(folder: Path) -> tuple[LlavaBenchQuestion, ...]:
    """The questions of the official files in ``folder``, in their order.

    Raises:
        ConfigError: A file is missing or is not what it should be, or the three do not fit each other; says where.
    """
    files = Folder(folder, benchmark="LLaVA-Bench", holds=" or ".join(WANTED))
    return llava_bench_in(files, where=str(folder))


def llava_bench_in(files: Files, *, where: str) -> tuple[LlavaBenchQuestion, ...]:
    """As :func:`read_llava_bench`.

    Args:
        files: A folder or a zip.
        where: What an error calls them.

    Raises:
        ConfigError: As :func:`read_llava_bench`.
    """
    layout = _layout_of(files, where)
    names = (layout.questions, layout.reference, layout.context)
    missing = [name for name in names if not files.has(name)]
    if missing:
        raise ConfigError(f"{where} lacks {', '.join(missing)}; download LLaVA-Bench ({layout.name}) whole")
    questions = rows_in(files.read(layout.questions), _Question, key=lambda row: row.question_id, name=layout.questions)
    references = {
        row.question_id: row
        for row in rows_in(
            files.read(layout.reference), _Reference, key=lambda row: row.question_id, name=layout.reference
        )
    }
    contexts = _contexts(files.read(layout.context), layout)
    _check_categories(questions, layout)
    strangers = references.keys() - {question.question_id for question in questions}
    if strangers:
        raise ConfigError(
            f"{layout.reference} answers question {min(strangers)}, which {layout.questions} does not ask"
        )
    return tuple(_joined(question, references, contexts, layout) for question in questions)


def picture_path(files: Files, question: LlavaBenchQuestion) -> str:
    """Where the picture of ``question`` lies in ``files``; empty where it is not there."""
    places = [place.format(question.image) for layout in _LAYOUTS for place in layout.pictures]
    return next((path for path in (*places, question.image) if files.has(path)), "")


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
    check_answered([question.question_id for question in questions], answers, where=where)
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


def _layout_of(files: Files, where: str) -> _Layout:
    found = [layout for layout in _LAYOUTS if files.has(layout.questions)]
    if len(found) > 1:
        raise ConfigError(f"{where} holds {' and '.join(WANTED)}; give each LLaVA-Bench a folder of its own")
    if not found:
        named = " or ".join(f"{layout.questions} ({layout.name})" for layout in _LAYOUTS)
        raise ConfigError(f"{where} lacks {named}; name the folder of LLaVA-Bench's official files")
    return found[0]


def _contexts(data: bytes, layout: _Layout) -> dict[str, str]:
    """Picture -> what is known of it, in words."""
    if layout is _COCO:
        captioned = rows_in(data, _CocoContext, key=lambda row: row.image, name=layout.context)
        return {row.image: row.in_lines() for row in captioned}
    described = rows_in(data, _WildContext, key=lambda row: row.image, name=layout.context)
    return {row.image: row.in_lines() for row in described}


def _check_categories(questions: Sequence[_Question], layout: _Layout) -> None:
    found = {question.category for question in questions}
    if found & TOOLS_CATEGORIES and found - TOOLS_CATEGORIES:
        raise ConfigError(
            f"{layout.questions} mixes the categories {', '.join(sorted(found))}; conv, detail and complex are one "
            "benchmark, grounding, tagging, caption and ocr (Tools) another: give each a folder of its own"
        )


def _joined(
    question: _Question, references: Mapping[int, _Reference], contexts: Mapping[str, str], layout: _Layout
) -> LlavaBenchQuestion:
    number = question.question_id
    reference, context = references.get(number), contexts.get(question.image)
    if reference is None:
        raise ConfigError(f"question {number} has no answer in {layout.reference}")
    if reference.category not in (None, question.category):
        raise ConfigError(
            f"question {number} is {question.category!r} in {layout.questions} and {reference.category!r} in "
            f"{layout.reference}"
        )
    if context is None:
        raise ConfigError(f"question {number} is about {question.image}, of which {layout.context} says nothing")
    return LlavaBenchQuestion(
        question_id=str(number),
        image=question.image,
        text=question.text,
        category=question.category,
        reference=reference.text,
        context=context,
    )
