"""The judges' prompts: versioned files, in which what is judged stands between borders that it cannot forge."""

import itertools
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from journeyman.prompts import render_prompt
from journeyman.schema.record import fingerprint

_PACKAGE = "journeyman.judging"
_MARK_DIGITS = 12

PromptName = Literal["relative", "pairwise", "correctness"]


class JudgePrompt(NamedTuple):
    """A file in ``prompts/``. Raise the version with every change: figures of two versions are not comparable."""

    name: PromptName
    version: int


RELATIVE = JudgePrompt("relative", 1)
PAIRWISE = JudgePrompt("pairwise", 1)
CORRECTNESS = JudgePrompt("correctness", 1)


class Material(NamedTuple):
    """What a judge of two answers is shown, answers in the order shown."""

    question: str
    context: str
    first: str
    second: str


class GradedMaterial(NamedTuple):
    """What a judge of one answer is shown."""

    question: str
    truth: str
    answer: str


@cache
def prompt_digest(prompt: JudgePrompt) -> str:
    """sha256 over name, version and the template's source."""
    source = files(_PACKAGE).joinpath("prompts", f"{prompt.name}.j2").read_text(encoding="utf-8")
    return fingerprint({"name": prompt.name, "version": prompt.version, "source": source})


def render_material(prompt: JudgePrompt, material: Material | GradedMaterial) -> str:
    """The prompt as the judge reads it; equal material gives equal text, so that the ledger knows it again."""
    shown = type(material)(*(_encodable(text) for text in material))
    return render_prompt(_PACKAGE, prompt.name, mark=unused_mark(shown), **shown._asdict())


def unused_mark(texts: Iterable[str], digits: int = _MARK_DIGITS) -> str:
    """A code in hex that occurs in none of ``texts`` in either case: only the prompt's own borders can bear it.

    It follows from the texts, so no text can hold its own code but by chance, and then another is taken.

    Args:
        texts: All that stands in the prompt and is not ours.
        digits: Length of the first code tried; each further one is longer by one.
    """
    everything = list(texts)
    for attempt in itertools.count():
        mark = fingerprint([attempt, *everything])[: digits + attempt]
        if not any(mark in text.lower() for text in everything):
            return mark
    raise AssertionError  # count() does not end


def _encodable(text: str) -> str:
    # A model's JSON may hold half a surrogate pair, which no request can carry.
    return text.encode("utf-8", "replace").decode("utf-8")
