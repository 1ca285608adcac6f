"""What is right to reply in a choice among tools, and a reply read so that both can be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.api_choice import Choice, read_choice
from journeyman.agent.choice_prompt import DESCRIPTION_CHARS
from journeyman.metrics.toolmmbench import read_name
from journeyman.schema.api import UNKNOWN, Api
from journeyman.schema.problem import Problem
from journeyman.schema.record import Record

QUESTION = "question"
"""The label of a question; names of tools are labels behind :data:`NAMED`, so that no tool can be called so."""
NAMED = "tool "


class Candidate(Record):
    """A tool that the prompt lists."""

    name: str
    description: str
    """As much of it as the prompt shows."""


class ChoiceGold(Record):
    """What a choice is scored against."""

    accepted: tuple[str, ...]
    """Names that are right, sorted, ``unknown`` among them where it is; empty where a question is right."""
    candidates: tuple[Candidate, ...] = ()
    """Listed in the prompt, in order; empty where the model has learnt the catalogue."""
    background: str
    """sha256 of the media row with the names of the catalogue."""
    class_weight: float
    """1 / problems of its function class, so that each class weighs the same in a macro average."""

    @property
    def labels(self) -> frozenset[str]:
        """What is right, as :func:`label_of` writes it."""
        return frozenset(label_of(name) for name in self.accepted) or frozenset({QUESTION})

    @property
    def listed(self) -> tuple[Api, ...]:
        """The candidates as a prompt takes them."""
        return tuple(_api(candidate) for candidate in self.candidates)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, read."""

    choice: Choice | None
    """None where nothing can be read."""
    strict: bool
    """Whether it is the JSON that was asked for, and nothing else."""
    why: str = ""
    """Why nothing can be read."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What it says, in its order, as :func:`label_of` writes it; empty where nothing can be read."""
        if self.choice is None:
            return ()
        if self.choice.question:
            return (QUESTION,)
        return (UNKNOWN,) if self.choice.unknown else tuple(label_of(name) for name in self.choice.apis)


UNREAD = Reply(None, strict=False, why="there is no reply")


def gold_of(problem: Problem) -> ChoiceGold:
    """What ``problem`` is scored against."""
    return ChoiceGold.model_validate_json(problem.gold_json)


def label_of(name: str) -> str:
    """The label of a tool's name or of ``unknown``, blanks around it left out."""
    return UNKNOWN if name.strip() == UNKNOWN else NAMED + name.strip()


def choice_of_labels(labels: Iterable[str], question: str = "") -> Choice:
    """The choice that says ``labels``; ``unknown`` and a question stand alone, whatever comes behind them."""
    said = list(labels)
    if said[0] == QUESTION:
        return Choice(question=question or "Which file do you mean?")
    names = tuple(label.removeprefix(NAMED) for label in said if label.startswith(NAMED))
    return Choice(unknown=True) if said[0] == UNKNOWN else Choice(apis=names)


def read_reply(text: str) -> Reply:
    """The choice in ``text``: the JSON that was asked for, MLLM-Tool's own target form, or a bare name."""
    try:
        return Reply(read_choice(text), strict=True)
    except UnreadableActionError as exc:
        name = read_name(text)
        if name is None:
            return Reply(None, strict=False, why=str(exc))
        return Reply(Choice(unknown=True) if name == UNKNOWN else Choice(apis=(name,)), strict=False)


def candidates_of(apis: Sequence[Api]) -> tuple[Candidate, ...]:
    """``apis`` as a problem keeps them."""
    return tuple(Candidate(name=api.name, description=api.description[:DESCRIPTION_CHARS]) for api in apis)


def _api(candidate: Candidate) -> Api:
    return Api(
        name=candidate.name,
        domain="",
        call="",
        arguments_json="{}",
        example="",
        description=candidate.description,
        licence="",
        media_in=(),
        media_out=(),
        source="",
    )
