"""Asking a judge about two answers, in both orders, and pairing what it replied. No reply is lost."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from journeyman.errors import ConfigError, SchemaError, TeacherError
from journeyman.judging.prompt import JudgePrompt, Material, prompt_digest, render_material
from journeyman.metrics.llava_bench import Scores
from journeyman.metrics.visit_bench import Winner
from journeyman.schema.judgement import Judgement
from journeyman.schema.message import Message, TextPart
from journeyman.stage import for_each
from journeyman.teacher.client import Teacher
from journeyman.teacher.request import Request

Outcome = Literal["win", "tie", "loss", "inconsistent", "unread"]
"""What both orders come to, for the second of relative's two answers or the named system of pairwise."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a judge is asked."""

    concurrency: int = 16
    """Requests at once; the judge's own limiter may hold back more."""
    max_tokens: int = 1024
    """Longest reply, reasoning included; one that is cut off is unread."""
    temperature: float = 0.0
    """LLaVA-Bench's script asks with 0.2."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Two answers to one question."""

    item_id: str
    category: str
    question: str
    context: str
    answers: tuple[str, str]


class Judge(NamedTuple):
    """Whose judgements these are: figures of two judges, or of two prompts, are not comparable."""

    model: str
    prompt: Literal["relative", "pairwise"]
    prompt_version: int
    prompt_digest: str


class Pair(NamedTuple):
    """Both judgements of one item."""

    given: Judgement
    """The system asked for stood first."""
    swapped: Judgement


class Reading(NamedTuple):
    """What was found on a reply's first line, by places."""

    scores: Scores | None = None
    verdict: Winner | None = None


async def ask_in_both_orders(
    prompt: JudgePrompt,
    contests: Sequence[Contest],
    names: tuple[str, str],
    judge: Teacher,
    *,
    read: Callable[[str], Reading | None],
    unreadable: str,
    asking: Asking,
) -> list[Judgement]:
    """Two judgements a contest, as given and swapped, in the order of ``contests``.

    A reply that cannot be read, and a judge that declines, are judgements with status ``unread``.

    Args:
        prompt: What the judge is told.
        contests: What is judged.
        names: Whose the two answers are.
        judge: The model asked; its ledger knows every reply again.
        read: The first line of a reply; None when it cannot be read.
        unreadable: The problem of a judgement that ``read`` gives None for.
        asking: How the judge is asked.

    Raises:
        ConfigError: Nothing to judge, an id twice, or one name for both systems.
        TeacherError: The judge answered nothing at all; the first reason is named.
        TransientError: No answer after several attempts; what was answered is in the ledger.
        BudgetExceededError: The next request would start over budget.
    """
    _check_contests(contests, names)
    showings = [(contest, order) for contest in contests for order in ((0, 1), (1, 0))]

    async def ask(showing: tuple[Contest, tuple[int, int]]) -> Judgement:
        contest, (first, second) = showing
        material = Material(contest.question, contest.context, contest.answers[first], contest.answers[second])
        request = _request(prompt, material, judge.model, asking)
        reply, problem, reading = "", unreadable, None
        try:
            reply = await judge.text(
                request.role, request.messages, {}, max_tokens=asking.max_tokens, temperature=asking.temperature
            )
        except TeacherError as exc:
            problem = str(exc)
        else:
            reading = read(reply)
        scores = reading.scores if reading else None
        return Judgement(
            item_id=contest.item_id,
            category=contest.category,
            kind=prompt.name,
            shown_first=names[first],
            shown_second=names[second],
            judge_model=judge.model,
            prompt_version=prompt.version,
            prompt_digest=prompt_digest(prompt),
            request_digest=request.digest(),
            status="read" if reading else "unread",
            score_first=scores.first if scores else None,
            score_second=scores.second if scores else None,
            verdict=reading.verdict if reading else None,
            # Half a surrogate pair, which a reply may hold, is no UTF-8, and no column takes it.
            reply=reply.encode("utf-8", "replace").decode(),
            problem="" if reading else problem.encode("utf-8", "replace").decode(),
        )

    judgements = await for_each(showings, ask, at_once=asking.concurrency)
    if not any(judgement.reply for judgement in judgements):
        raise TeacherError(f"judge {judge.model} answered none of {len(judgements)} requests: {judgements[0].problem}")
    return judgements


def pair_orders(judgements: Sequence[Judgement], kind: Literal["relative", "pairwise"], system: str) -> list[Pair]:
    """Both judgements of each item, sorted by item; ``given`` is the one in which ``system`` stood first.

    Raises:
        SchemaError: The rows are not one judge's of one kind about ``system`` and one other, or an order
            of an item is missing or there twice.
    """
    judge = judge_of(judgements)
    if judge.prompt != kind:
        raise SchemaError(f"these judgements are {judge.prompt}, not {kind}")
    systems = {frozenset((row.shown_first, row.shown_second)) for row in judgements}
    if len(systems) != 1 or system not in next(iter(systems)) or len(next(iter(systems))) != 2:
        named = "; ".join(sorted(" and ".join(sorted(pair)) for pair in systems))
        raise SchemaError(f"judgements must compare {system!r} with one other system, these compare {named}")
    orders = Counter((row.item_id, row.shown_first == system) for row in judgements)
    for item_id in sorted({row.item_id for row in judgements}):
        found = (orders[item_id, True], orders[item_id, False])
        if found != (1, 1):
            raise SchemaError(f"item {item_id!r} must be judged once in each order, found {found[0]} and {found[1]}")
    given = sorted((row for row in judgements if row.shown_first == system), key=lambda row: row.item_id)
    swapped = {row.item_id: row for row in judgements if row.shown_first != system}
    return [Pair(row, swapped[row.item_id]) for row in given]


def judge_of(judgements: Sequence[Judgement]) -> Judge:
    """The one judge of these rows.

    Raises:
        SchemaError: No rows, or rows of several judges or prompts.
    """
    judges = {Judge(row.judge_model, row.kind, row.prompt_version, row.prompt_digest) for row in judgements}
    if len(judges) != 1:
        named = ", ".join(f"{j.model} by {j.prompt} v{j.prompt_version} {j.prompt_digest[:8]}" for j in sorted(judges))
        raise SchemaError(f"a figure is one judge's by one prompt, these {len(judgements)} judgements are of: {named}")
    return next(iter(judges))


def count_problems(judgements: Sequence[Judgement]) -> dict[str, int]:
    """Why replies are unread -> how many, most frequent first."""
    problems = Counter(row.problem for row in judgements if row.status == "unread")
    return dict(sorted(problems.items(), key=lambda item: (-item[1], item[0])))


def _request(prompt: JudgePrompt, material: Material, model: str, asking: Asking) -> Request:
    message = Message(role="user", content=(TextPart(text=render_material(prompt, material)),))
    role = f"{prompt.name}_judge"
    return Request(role, model, (message,), None, asking.max_tokens, asking.temperature, None)


def _check_contests(contests: Sequence[Contest], names: tuple[str, str]) -> None:
    if not contests:
        raise ConfigError("there is nothing to judge")
    if names[0] == names[1] or not all(names):
        raise ConfigError(f"the two systems need a name each, got {names[0]!r} and {names[1]!r}")
    ((item_id, count),) = Counter(contest.item_id for contest in contests).most_common(1)
    if count > 1:
        raise ConfigError(f"item {item_id!r} is there {count} times; every item needs an id of its own")
