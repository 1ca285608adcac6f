"""What both GTA benchmarks score against: the gold dialog of one query, as it is kept in ``Problem.gold_json``."""

import json
from typing import Any, Literal

from journeyman.answer import ANSWER_CHARS
from journeyman.metrics.gta import Embed, GoldStep, Match, answer_score
from journeyman.schema.problem import Problem
from journeyman.schema.record import Record
from journeyman.schema.trajectory import Trajectory

AnswerKind = Literal["text", "reference", "picture"]


class GtaTool(Record):
    """A tool that GTA offers for a query."""

    name: str
    parameters: tuple[str, ...]
    """Names, in order of position."""
    signature: str
    description: str


class GtaTurn(Record):
    """One turn of the gold dialog; the files of the query go by the agent's names in it."""

    role: Literal["user", "assistant", "tool"]
    text: str
    """What the user asked, the assistant answered, or the tool returned; empty for a tool call."""
    thought: str = ""
    tool: str = ""
    """Tool that the assistant calls; empty for an answer."""
    arguments_json: str = ""
    """Canonical JSON object; empty for an answer."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the call."""
        found: dict[str, Any] = json.loads(self.arguments_json) if self.arguments_json else {}
        return found


class GtaGold(Record):
    """The gold dialog and what answers are compared with."""

    tools: tuple[GtaTool, ...]
    turns: tuple[GtaTurn, ...]
    """From the first user turn on."""
    reference_json: str
    """``gt_answer`` of the data set: an object with ``whitelist`` and ``blacklist``, a list of texts, or null."""

    @property
    def reference(self) -> Any:
        """``gt_answer``."""
        return json.loads(self.reference_json)

    @property
    def answer_kind(self) -> AnswerKind:
        """What answers the query; an empty reference is none, as officially."""
        reference = self.reference
        if not reference:
            return "picture"
        return "text" if isinstance(reference, dict) else "reference"

    def steps(self, *, first_question_only: bool) -> tuple[GoldStep, ...]:
        """The assistant's turns: all of them, or those before the user asks again (end to end, as officially)."""
        found = []
        for turn in self.turns[1:]:
            if turn.role == "user" and first_question_only:
                break
            if turn.role == "assistant":
                kind: Literal["tool", "answer"] = "tool" if turn.tool else "answer"
                found.append(GoldStep(kind=kind, tool=turn.tool, arguments=turn.arguments, answer=turn.text))
        return tuple(found)


def gold_of(problem: Problem) -> GtaGold:
    """The gold dialog of ``problem``."""
    return GtaGold.model_validate_json(problem.gold_json)


def answer_value(trajectory: Trajectory) -> Any:
    """The value given to ``final_answer``; None where the run did not answer or its answer cannot be read.

    An answer of more than 100,000 characters is not read.
    """
    if trajectory.status != "answered" or len(trajectory.answer_json) > ANSWER_CHARS:
        return None
    try:
        return json.loads(trajectory.answer_json)
    except (ValueError, RecursionError):
        return None


def answer_text(value: Any) -> str | None:
    """An answer as text that every encoder takes; None for no answer."""
    if value is None:
        return None
    try:
        return str(value).encode(errors="replace").decode()
    except (ValueError, RecursionError):
        return None


def reference_score(answer: str | None, reference: Any, match: Match, embed: Embed | None) -> float | None:
    """What an answer adds to AnsAcc or SummAcc, in [0, 1]; None where only an embedding model could tell.

    Then a run without an answer is unscored too: which problems count does not depend on what was answered.
    """
    if not isinstance(reference, dict) and embed is None:
        return None
    return float(answer_score(answer, reference, embed=embed or _no_model, match=match))


def _no_model(_: Any) -> Any:
    raise AssertionError("a white list needs no embedding model")
