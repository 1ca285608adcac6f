"""Asking a judge about two answers, in both orders, and pairing what it replied. No reply is lost."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from journeyman.errors import ConfigError, SchemaError, TeacherError
from journeyman.judging.prompt import (
    GradedMaterial,
    JudgePrompt,
    Material,
    PromptName,
    prompt_digest,
    render_material,
)
from journeyman.metrics.llava_bench import Scores
from journeyman.metrics.visit_bench import Winner
from journeyman.schema.grade import Grade
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
    prompt: PromptName
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


class Heard(NamedTuple):
    """What became of one request."""

    reply: str
    """The judge's raw text; empty when it declined or was cut off."""
    problem: str
    """Why it is empty."""
    request_digest: str


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
    _check_systems(names)
    check_ids([contest.item_id for contest in contests])
    if prompt.name == "correctness":
        raise ConfigError("prompt correctness judges one answer, not two")
    kind: Literal["relative", "pairwise"] = prompt.name
    showings = [(contest, order) for contest in contests for order in ((0, 1), (1, 0))]

    async def ask(showing: tuple[Contest, tuple[int, int]]) -> Judgement:
        contest, (first, second) = showing
        material = Material(contest.question, contest.context, contest.answers[first], contest.answers[second])
        heard = await ask_once(prompt, material, judge, asking)
        reading = read(heard.reply) if heard.reply else None
        scores = reading.scores if reading else None
        return Judgement(
            item_id=contest.item_id,
            category=contest.category,
            kind=kind,
            shown_first=names[first],
            shown_second=names[second],
            judge_model=judge.model,
            prompt_version=prompt.version,
            prompt_digest=prompt_digest(prompt),
            request_digest=heard.request_digest,
            status="read" if reading else "unread",
            score_first=scores.first if scores else None,
            score_second=scores.second if scores else None,
            verdict=reading.verdict if reading else None,
            reply=heard.reply,
            problem="" if reading else heard.problem or unreadable,
        )

    judgements = await for_each(showings, ask, at_once=asking.concurrency)
    check_heard(judge.model, [(judgement.reply, judgement.problem) for judgement in judgements])
    return judgements


async def ask_once(
    prompt: JudgePrompt,
    material: Material | GradedMaterial,
    judge: Teacher,
    asking: Asking,
    *,
    seed: int | None = None,
) -> Heard:
    """One reply; a judge that declines, or is cut off, leaves an empty one with the reason.

    Args:
        prompt: What the judge is told.
        material: What is judged.
        judge: The model asked; its ledger knows every reply again.
        asking: How.
        seed: Vary it to be answered more than once.

    Raises:
        TransientError: No answer after several attempts; what was answered is in the ledger.
        BudgetExceededError: The next request would start over budget.
    """
    message = Message(role="user", content=(TextPart(text=render_material(prompt, material)),))
    role = f"{prompt.name}_judge"
    request = Request(role, judge.model, (message,), None, asking.max_tokens, asking.temperature, seed)
    reply, problem = "", ""
    try:
        reply = await judge.text(
            role, request.messages, {}, max_tokens=asking.max_tokens, temperature=asking.temperature, seed=seed
        )
    except TeacherError as exc:
        problem = str(exc)
    # Half a surrogate pair, which a reply may hold, is no UTF-8, and no column takes it.
    return Heard(
        reply.encode("utf-8", "replace").decode(),
        problem.encode("utf-8", "replace").decode(),
        request.digest(),
    )


def check_heard(model: str, heard: Sequence[tuple[str, str]]) -> None:
    """Refuse a judge that said nothing at all.

    Args:
        model: Its name.
        heard: Reply and problem of every request.

    Raises:
        TeacherError: Every reply is empty; the first reason is named.
    """
    if not any(reply for reply, _ in heard):
        raise TeacherError(f"judge {model} answered none of {len(heard)} requests: {heard[0][1]}")


def check_ids(item_ids: Sequence[str]) -> None:
    """Refuse items that judgements could not be told apart by.

    Raises:
        ConfigError: Nothing to judge, or an id twice.
    """
    if not item_ids:
        raise ConfigError("there is nothing to judge")
    ((item_id, count),) = Counter(item_ids).most_common(1)
    if count > 1:
        raise ConfigError(f"item {item_id!r} is there {count} times; every item needs an id of its own")


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


def count_problems(rows: Iterable[Judgement | Grade]) -> dict[str, int]:
    """Why replies are unread -> how many, most frequent first."""
    problems = Counter(row.problem for row in rows if row.status == "unread")
    return dict(sorted(problems.items(), key=lambda item: (-item[1], item[0])))


def _check_systems(names: tuple[str, str]) -> None:
    if names[0] == names[1] or not all(names):
        raise ConfigError(f"the two systems need a name each, got {names[0]!r} and {names[1]!r}")
