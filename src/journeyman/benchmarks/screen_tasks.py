"""Tasks on live pages: does the agent reach the goal by mouse and keyboard? Success is the page's own reward.

Problems are the held-out episodes of a dataset: seeds that training never saw, and task families that it
never saw. The raw reward counts, with no time limit: MiniWoB++'s own shrinks with time, which would measure
the machine. An episode whose page is lost, or that runs out of steps, is a wrong answer.
"""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, runtime_checkable

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import (
    FORMAT,
    Click,
    ScreenTurn,
    read_turn,
)
from journeyman.agent.controller import Controller
from journeyman.agent.screen_planner import UnreadablePlanError
from journeyman.agent.screen_prompt import screen_question, screen_system
from journeyman.benchmark import Attempted, AttemptOne, Benchmark, Figure, Known, ProblemSet, Scoring
from journeyman.browser.pool import BrowserPool
from journeyman.environment import Environment, OracleStep, ScreenSession, load_environment
from journeyman.errors import ConfigError, ScreenError, ToolError
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import Query
from journeyman.schema.record import Record, canonical_json, sha256_hex
from journeyman.schema.score import Measure
from journeyman.schema.screen import Episode
from journeyman.schema.trajectory import Step, Trajectory

NAME = "screen_tasks"
MAX_UNREADABLE = 3
"""Replies in a row that cannot be read end an attempt: greedy decoding would only repeat them."""
SLACK = 2
"""Steps that an agent may take beyond twice those of the oracle."""
_OPENINGS = 3
"""Times that a page is opened which is lost before the agent saw it: that is the machine's doing, not the agent's."""


class TaskGold(Record):
    """How a task is posed and what counts as done."""

    environment: str
    task: str
    seed: int
    width: int
    """CSS pixels of the page; so is ``height``."""
    height: int
    scale: float
    threshold: float
    """Raw reward from which on it is solved."""
    oracle_steps: int


@runtime_checkable
class ScreenActor(Protocol):
    """Who acts on a page by what it holds, not by what it looks like: floors, and the ceiling."""

    async def act_on(self, session: ScreenSession, environment: Environment) -> str:
        """The next turn's text; empty gives up."""
        ...


def problems_of(episodes: Sequence[Episode], held_out_families: Sequence[str]) -> ProblemSet:
    """Problems of held-out episodes that the oracle solved, by their id.

    Args:
        episodes: Of the split ``held_out``.
        held_out_families: Families of tasks that training never saw.

    Raises:
        ConfigError: There is no episode.
    """
    if not episodes:
        raise ConfigError("there is no held-out episode to evaluate on; raise screens.held_out_tasks")
    rows = sorted(episodes, key=lambda episode: episode.episode_id)
    return ProblemSet(tuple(_problem(row, frozenset(held_out_families)) for row in rows), ())


def read(source: str) -> ProblemSet:
    """Refuse a folder: these problems come with the dataset that they were kept apart from.

    Raises:
        ConfigError: Always.
    """
    raise ConfigError(f"held-out episodes come with a dataset, not from {source!r}; leave this benchmark out")


@asynccontextmanager
async def open_attempts(at_once: int) -> AsyncIterator[AttemptOne]:
    """Attempts that share ``at_once`` browsers, for the block."""
    async with BrowserPool.open(at_once) as pool:

        async def attempt(problem: Problem, controller: Controller) -> Attempted:
            return await _attempted(problem, controller, pool)

        yield attempt


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Success of one attempt, its reward, and how many of its replies could be read."""
    gold = TaskGold.model_validate_json(problem.gold_json)
    reward = float(trajectory.answer_json or 0)
    solved = trajectory.status == "answered" and reward >= gold.threshold
    steps = trajectory.steps
    return (
        Measure(name="Success", value=float(solved), weight=1),
        Measure(name="Format", value=float(sum(step.error != "parse" for step in steps)), weight=max(1, len(steps))),
    )


def why(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> str:  # noqa: ARG001 - one signature
    """A step that was refused is no cause of its own: others could follow."""
    if not trajectory.answer_json:
        return "page lost"
    return "steps used up" if trajectory.status == "max_steps" else ""


async def _attempted(problem: Problem, controller: Controller, pool: BrowserPool) -> Attempted:
    gold = TaskGold.model_validate_json(problem.gold_json)
    environment = load_environment(gold.environment)
    run = _Run(problem, gold, environment, controller)
    for left in reversed(range(_OPENINGS)):
        try:
            async with pool.page(gold.width, gold.height, scale=gold.scale, again=True) as page:
                page.location = ""  # another agent acted on it, and not as an oracle does
                session = await environment.open(page, gold.task, gold.seed)
                await run.to_the_end(session)
                break
        except ScreenError as exc:
            if run.media or not left:
                run.lost(exc)
                break
    return Attempted(run.trajectory(), tuple(run.media.values()))


class _Run:
    """One attempt."""

    def __init__(self, problem: Problem, gold: TaskGold, environment: Environment, controller: Controller) -> None:
        self.media: dict[str, MediaFile] = {}
        self._problem = problem
        self._gold = gold
        self._environment = environment
        self._controller = controller
        self._steps: list[Step] = []
        self._done: list[str] = []
        self._status: str = "max_steps"
        self._reward: float | None = None

    async def to_the_end(self, session: ScreenSession) -> None:
        """Act until the page is done, the agent gives up, or its steps are spent."""
        unreadable = 0
        for _ in range(2 * self._gold.oracle_steps + SLACK):
            shown = self._shown(await session.screenshot())
            text = ""
            try:
                text = await self._act(session, shown)
                turn = self._read(text)
            except UnreadableActionError as exc:
                text = exc.reply if isinstance(exc, UnreadablePlanError) else text
                unreadable += 1
                self._record(text, shown, observed=str(exc), error="parse")
                if unreadable == MAX_UNREADABLE or not text:
                    self._status = "failed"
                    break
                continue
            unreadable = 0
            try:
                await session.act(turn.command)
            except ToolError as exc:  # no such key or function: nothing was done
                self._record(text, shown, observed=str(exc), error="execution")
                continue
            self._record(text, shown)
            self._done.append(turn.instruction or text.splitlines()[-1])
            if (await session.outcome()).done:
                self._status = "answered"
                break
        self._reward = (await session.outcome()).reward

    def lost(self, exc: ScreenError) -> None:
        """The page is gone: what was done so far counts, its reward is nobody's."""
        self._status, self._reward = "failed", None
        if self._steps:
            self._steps[-1] = self._steps[-1].model_copy(
                update={"observation": f"the page was lost: {exc}", "error": "execution"}
            )

    def trajectory(self) -> Trajectory:
        """What was done."""
        return Trajectory.model_validate(
            {
                "trajectory_id": "",
                "query_id": self._problem.query.query_id,
                "steps": tuple(self._steps),
                "answer_json": "" if self._reward is None else canonical_json(self._reward),
                "status": self._status,
                "controller": self._controller.name,
            }
        )

    async def _act(self, session: ScreenSession, shown: MediaFile) -> str:
        if isinstance(self._controller, ScreenActor):
            return await self._controller.act_on(session, self._environment)
        messages = [
            screen_system(self._environment.functions),
            screen_question(session.goal, self._done, shown.sha256),
        ]
        return await self._controller.act(messages, {shown.sha256: shown.data})

    def _read(self, text: str) -> ScreenTurn:
        return read_turn(text, self._environment.functions)

    def _shown(self, data: bytes) -> MediaFile:
        file = MediaFile(
            sha256=sha256_hex(data),
            media_type="image/png",
            size_bytes=len(data),
            source=f"screen:{self._gold.environment}/{self._gold.task}",
            licence="CC0-1.0",
            data=data,
        )
        return self.media.setdefault(file.sha256, file)

    def _record(self, text: str, shown: MediaFile, *, observed: str = "", error: str = "") -> None:
        # The picture is what the agent saw before it acted, so that a click can be drawn on it.
        self._steps.append(
            Step(action=text, code="", observation=observed, images=(shown.sha256,), tool_calls=(), error=error)
        )


def _problem(episode: Episode, held_out: frozenset[str]) -> Problem:
    environment = load_environment(episode.environment)
    task = {task.name: task for task in environment.tasks}[episode.task]
    size = environment.viewport or (episode.width, episode.height)
    gold = TaskGold(
        environment=episode.environment,
        task=episode.task,
        seed=episode.seed,
        width=size[0],
        height=size[1],
        scale=episode.width / (environment.shown or size)[0],
        threshold=task.threshold,
        oracle_steps=len(episode.steps),
    )
    groups = {
        "condition": "unseen task" if episode.family in held_out else "unseen seed",
        "environment": episode.environment,
        "family": episode.family,
        "task": f"{episode.environment}/{episode.task}",
        "actions": " + ".join(task.actions),
    }
    return Problem(
        problem_id=episode.episode_id,
        benchmark=NAME,
        query=Query(
            query_id=episode.episode_id,
            split="held_out",
            family=episode.family,
            text=episode.goal,
            tools=(),
            needs_picture=True,
            seed=episode.seed,
            files=(),
            gold_json="",
            origin="synthesised",
            teacher=episode.actor,
        ),
        gold_json=gold.model_dump_json(),
        groups_json=groups_json(groups),
        tools=AS_IN_THE_RECIPE,
    )


class RandomPixel:
    """A floor: clicks anywhere."""

    name = "random_pixel"

    def __init__(self, seed: int, query: Query) -> None:
        """Draw by run and problem."""
        self._rng = random.Random(f"pixel/{seed}/{query.query_id}")  # noqa: S311 - reproducible choice, no secret

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002
        """A click that looks at nothing."""
        return FORMAT.write(ScreenTurn(Click(self._rng.random(), self._rng.random())))


class RandomElement(RandomPixel):
    """A floor: clicks the middle of anything that can be hit."""

    name = "random_element"

    async def act_on(self, session: ScreenSession, environment: Environment) -> str:  # noqa: ARG002
        """A click on an element of the page, whichever."""
        elements = await session.elements()
        if not elements:
            return await self.act((), {})
        return FORMAT.write(ScreenTurn(Click(*self._rng.choice(elements).middle)))


class Oracle:
    """The ceiling: the environment's own script, which reads the page to decide."""

    name = "oracle"

    def __init__(self) -> None:
        """Begin with the first page that it is given."""
        self._turns: AsyncIterator[OracleStep] | None = None

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002
        """Nothing: it needs the page."""
        return ""

    async def act_on(self, session: ScreenSession, environment: Environment) -> str:
        """The script's next command; empty at its end."""
        if self._turns is None:
            self._turns = aiter(environment.oracle(session))
        found = await anext(self._turns, None)
        if found is None:
            return ""
        return FORMAT.write(ScreenTurn(found[0], instruction=found[2]))


def _floor(kind: Callable[[int, Query], Controller]) -> Callable[[Known], Callable[[Query], Controller]]:
    return lambda known: lambda query: kind(known.seed, query)


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="tasks on live pages, MiniWoB++'s and generated apps', by seeds and task families that training never saw",
    read=read,
    score=score,
    right="Success",
    figures=(
        Figure("Success", note="the page's raw reward reached what the task counts as solved"),
        Figure("Format", note="share of replies that hold one command"),
    ),
    headline=("Success",),
    groupings=("condition", "environment", "family", "task", "actions"),
    takes_plans=True,
    open_attempts=open_attempts,
    why=why,
    baselines={
        "random_pixel": _floor(RandomPixel),
        "random_element": _floor(RandomElement),
        "oracle": lambda known: lambda query: Oracle(),  # noqa: ARG005 - one for each problem
    },
)
