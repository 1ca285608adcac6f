"""Who attempts problems: local models, floors, and models behind an endpoint, all as controllers."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from journeyman.agent.controller import Controller
from journeyman.agent.endpoint_model import EndpointController
from journeyman.agent.screen_planner import EnforcedPlanController, PlannedController
from journeyman.benchmark import Background, Benchmark, Known, Taught, is_attempted_alone
from journeyman.errors import ConfigError
from journeyman.evaluation.baselines import (
    BlindController,
    ChanceController,
    FormatOnlyController,
    TextOnlyController,
    most_common_actions,
    shuffled_media,
)
from journeyman.evaluation.config import EvaluationConfig
from journeyman.model_family import MediaKind
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.example import Example
from journeyman.schema.message import messages_from_json
from journeyman.schema.problem import Problem
from journeyman.schema.query import Query
from journeyman.schema.record import sha256_hex
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.request import tokens_estimate
from journeyman.tool import Tool

_TRAINED = ("tuned", "blind", "text_only")
LOCAL_MODELS = ("untuned", *_TRAINED)
FLOORS = ("format_only", "chance")
_OF_BENCHMARKS = ("tfidf", "blind_bound")
"""Baselines that some benchmark has; where another has none of them they are nobody."""
_KINDS: Mapping[str, MediaKind] = {"image": "image", "audio": "audio", "video": "video"}

ControllerFor = Callable[[Query], Controller]


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acts, and what an answer of theirs costs."""

    controller_for: ControllerFor
    """Who attempts a problem; one for all where nothing depends on it."""
    tokens_of: Callable[[str], int]
    """Tokens of a text that they wrote."""


@dataclass(frozen=True, slots=True)
class Given:
    """What agents are made of."""

    dataset: ArtifactRef | None
    """Example rows: ``format_only`` takes its habits from the training split, and baselines may learn from it."""
    model: ArtifactRef | None
    """Model row of a local model."""
    endpoint: Teacher | None
    """Where a model behind an endpoint is asked."""
    recipe: Recipe
    store: Store
    """Holds the dataset and the model."""
    home: Path
    planner: Teacher | None = None
    """Where each step of a local model is asked for, on screens with ``evaluation.planner``."""
    names: tuple[str, ...] = ()
    """APIs that replies of local models are kept to; empty keeps them to nothing."""

    def lists_skills_to(self, agent: str) -> bool:
        """Whether ``agent`` is told its skills: all are, but models that were trained without the list."""
        return self.recipe.skills.listed or agent not in _TRAINED


def agents_beside(benchmark: Benchmark, asked: Sequence[str]) -> tuple[str, ...]:
    """Who of ``asked`` can attempt the benchmark's problems, and its own baselines behind them.

    Floors make calls, which a benchmark without the agent loop has none of; its own ``chance`` takes their place.
    """
    left_out = {*_OF_BENCHMARKS, *(FLOORS if is_attempted_alone(benchmark) else ())}
    kept = [agent for agent in asked if agent not in left_out]
    return tuple(dict.fromkeys((*kept, *benchmark.baselines)))


def is_asked_here(agent: str, benchmark: Benchmark) -> bool:
    """Whether ``agent`` needs no endpoint."""
    return agent in (*LOCAL_MODELS, *FLOORS, *benchmark.baselines)


def planner_of(agent: str, benchmark: Benchmark, config: EvaluationConfig) -> str:
    """The endpoint that says each step to ``agent``; empty where none does."""
    plans = benchmark.takes_plans and agent in LOCAL_MODELS and agent not in benchmark.baselines
    return config.planner if plans else ""


def planning_of(agent: str, benchmark: Benchmark, given: Given) -> dict[str, str]:
    """What of a plan an outcome depends on; empty where the agent's replies are its own from the first word."""
    config = given.recipe.evaluation
    if planner_of(agent, benchmark, config):
        return {"planner": given.planner.model if given.planner else ""}
    plans = benchmark.takes_plans and agent not in (*FLOORS, *benchmark.baselines)
    return {"plan": config.plan} if plans and config.plan != "self" else {}


def known_of(
    benchmark: Benchmark, problems: Sequence[Problem], background: Background, agent: str, given: Given
) -> Known:
    """What a baseline is made of: the benchmark's own training data, else those of the dataset."""
    taught: Sequence[Taught] = background.taught
    if not taught and agent in benchmark.baselines and given.dataset is not None:
        taught = _taught(given.dataset, given.store)
    return Known(problems, frozenset(background.catalogue), taught, given.recipe.evaluation.seed)


def refuse_agent(agent: str, given: Given, benchmark: Benchmark) -> None:
    """Say what is missing before anything is opened.

    Raises:
        ConfigError: No model for a local model, no endpoint for its planner, no dataset for a habit, or no endpoint for
            any other name.
    """
    if agent in benchmark.baselines:
        return
    if agent in LOCAL_MODELS and given.model is None:
        raise ConfigError(f"agent {agent!r} needs a model; train or build one first")
    planner = planner_of(agent, benchmark, given.recipe.evaluation)
    if planner and given.planner is None:
        raise ConfigError(f"agent {agent!r} is told its steps by {planner!r}; give that endpoint as its planner")
    if agent == "format_only" and given.dataset is None:
        raise ConfigError("agent 'format_only' copies the habits of a dataset; name one, or leave the agent out")
    if agent not in (*LOCAL_MODELS, *FLOORS) and given.endpoint is None:
        known = ", ".join((*LOCAL_MODELS, *FLOORS, "teacher", "oracle"))
        raise ConfigError(
            f"no agent {agent!r}; there is: {known}, and endpoints: set "
            f"JOURNEYMAN_ENDPOINT__{agent.upper()}__URL and JOURNEYMAN_ENDPOINT__{agent.upper()}__MODEL"
        )


@asynccontextmanager
async def open_agent(
    agent: str,
    problems: Sequence[Problem],
    media: Mapping[str, bytes],
    tools: Sequence[Tool],
    given: Given,
    *,
    benchmark: Benchmark,
    known: Known,
) -> AsyncIterator[Agent]:
    """``agent``, for the block.

    Args:
        agent: As :class:`~journeyman.evaluation.config.EvaluationConfig` lists them.
        problems: Those it will attempt.
        media: Bytes of their files, by sha256.
        tools: Open ones, of which ``chance`` draws.
        given: What it is made of.
        benchmark: Its baselines come before floors of the same name.
        known: What they are made of.
    """
    seed = given.recipe.evaluation.seed
    if agent in benchmark.baselines:
        yield Agent(await asyncio.to_thread(benchmark.baselines[agent], known), _estimated)
    elif agent == "chance":
        yield Agent(lambda query: ChanceController(query, tools, seed, given.recipe.action_format), _estimated)
    elif agent == "format_only":
        assert given.dataset is not None  # refuse_agent
        actions = _habits(given.dataset, given.store)
        yield Agent(lambda query: FormatOnlyController(query, actions), _estimated)
    elif agent in LOCAL_MODELS:
        async with open_local_model(agent, given) as local:
            controller = _asked_as(agent, local, problems, media, seed)
            planned = _planned(agent, controller, benchmark, given)
            yield Agent(lambda _query: planned, getattr(local, "tokens_of", _estimated))
    else:
        assert given.endpoint is not None  # refuse_agent
        remote = EndpointController(given.endpoint, name=agent, max_tokens=given.recipe.evaluation.max_new_tokens)
        replying = _planned(agent, remote, benchmark, given)
        yield Agent(lambda _query: replying, _estimated)


@asynccontextmanager
async def open_local_model(agent: str, given: Given) -> AsyncIterator[Controller]:
    """A model of the store as a controller."""
    from journeyman.agent.constraint import ChoiceConstraint
    from journeyman.agent.local_model import LocalModelController  # loads torch

    assert given.model is not None  # refuse_agent
    evaluation, training = given.recipe.evaluation, given.recipe.training
    async with LocalModelController.open(
        given.model,
        given.store,
        given.home,
        name=agent,
        batch_size=evaluation.batch_size,
        max_new_tokens=evaluation.max_new_tokens,
        max_pixels=training.max_pixels,
        min_pixels=training.min_pixels,
        constraint=partial(ChoiceConstraint.of_family, given.names) if given.names else None,
    ) as controller:
        yield controller


def _estimated(text: str) -> int:
    return tokens_estimate(len(text.encode()))


def _asked_as(
    agent: str, local: Controller, problems: Sequence[Problem], media: Mapping[str, bytes], seed: int
) -> Controller:
    if agent == "text_only":
        return TextOnlyController(local)
    return _blindfolded(local, problems, media, seed) if agent == "blind" else local


def _planned(agent: str, acting: Controller, benchmark: Benchmark, given: Given) -> Controller:
    """``acting`` as it comes to its plans on the benchmark's screens."""
    planning = planning_of(agent, benchmark, given)
    if "planner" in planning:
        assert given.planner is not None  # refuse_agent
        return PlannedController(EndpointController(given.planner, role="planner"), acting)
    return EnforcedPlanController(acting) if planning else acting


def _blindfolded(
    inner: Controller, problems: Sequence[Problem], media: Mapping[str, bytes], seed: int
) -> BlindController:
    kinds: dict[str, MediaKind] = {}
    for ref in (ref for problem in problems for ref in problem.query.files):
        kind = _KINDS.get(ref.media_type.partition("/")[0])
        if kind:
            kinds[ref.sha256] = kind
    swapped = shuffled_media(kinds, seed=seed)
    shown = {digest: media[digest] for digest in swapped}
    if not any(kinds[digest] == "image" for digest in swapped):
        grey = _grey_picture()
        shown[sha256_hex(grey)] = grey
    return BlindController(inner, swapped, shown, kinds)


def _grey_picture() -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (112, 112), (128, 128, 128)).save(sink, "PNG")
    return sink.getvalue()


def _habits(dataset: ArtifactRef, store: Store) -> tuple[str, ...]:
    rows = store.table(dataset, Example).select(["split", "messages_json"]).to_pylist()
    actions = most_common_actions(messages_from_json(row["messages_json"]) for row in rows if row["split"] == "train")
    if not actions:
        raise ConfigError(f"dataset {dataset.digest[:12]} has no training example for agent 'format_only' to copy")
    return actions


def _taught(dataset: ArtifactRef, store: Store) -> list[Taught]:
    """First question and answer of each training example."""
    rows = store.table(dataset, Example).select(["split", "messages_json"]).to_pylist()
    found: list[Taught] = []
    for messages in (messages_from_json(row["messages_json"]) for row in rows if row["split"] == "train"):
        asked = next((message.text for message in messages if message.role == "user"), "")
        replied = next((message.text for message in messages if message.role == "assistant"), "")
        found.append(Taught(text=asked, reply=replied))
    return found
