"""Who attempts problems: local models, floors, and models behind an endpoint, all as controllers."""

import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from journeyman.agent.controller import Controller
from journeyman.agent.endpoint_model import EndpointController
from journeyman.errors import ConfigError
from journeyman.evaluation.baselines import (
    BlindController,
    ChanceController,
    FormatOnlyController,
    most_common_actions,
    shuffled_pictures,
)
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

LOCAL_MODELS = ("untuned", "tuned", "blind")
FLOORS = ("format_only", "chance")

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
    """Example rows: ``format_only`` takes its habits from the training split."""
    model: ArtifactRef | None
    """Model row of a local model."""
    endpoint: Teacher | None
    """Where a model behind an endpoint is asked."""
    recipe: Recipe
    store: Store
    """Holds the dataset and the model."""
    home: Path


def refuse_agent(agent: str, given: Given) -> None:
    """Say what is missing before anything is opened.

    Raises:
        ConfigError: No model for a local model, no dataset for a habit, or no endpoint for any other name.
    """
    if agent in LOCAL_MODELS and given.model is None:
        raise ConfigError(f"agent {agent!r} needs a model; train or build one first")
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
    agent: str, problems: Sequence[Problem], media: Mapping[str, bytes], tools: Sequence[Tool], given: Given
) -> AsyncIterator[Agent]:
    """``agent``, for the block.

    Args:
        agent: As :class:`~journeyman.evaluation.config.EvaluationConfig` lists them.
        problems: Those it will attempt.
        media: Bytes of their files, by sha256.
        tools: Open ones, of which ``chance`` draws.
        given: What it is made of.
    """
    seed = given.recipe.evaluation.seed
    if agent == "chance":
        yield Agent(lambda query: ChanceController(query, tools, seed), _estimated)
    elif agent == "format_only":
        assert given.dataset is not None  # refuse_agent
        actions = _habits(given.dataset, given.store)
        yield Agent(lambda query: FormatOnlyController(query, actions), _estimated)
    elif agent in LOCAL_MODELS:
        async with open_local_model(agent, given) as local:
            controller = _blindfolded(local, problems, media, seed) if agent == "blind" else local
            yield Agent(lambda _query: controller, getattr(local, "tokens_of", _estimated))
    else:
        assert given.endpoint is not None  # refuse_agent
        remote = EndpointController(given.endpoint, name=agent, max_tokens=given.recipe.evaluation.max_new_tokens)
        yield Agent(lambda _query: remote, _estimated)


@asynccontextmanager
async def open_local_model(agent: str, given: Given) -> AsyncIterator[Controller]:
    """A model of the store as a controller."""
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
    ) as controller:
        yield controller


def _estimated(text: str) -> int:
    return tokens_estimate(len(text.encode()))


def _blindfolded(
    inner: Controller, problems: Sequence[Problem], media: Mapping[str, bytes], seed: int
) -> BlindController:
    files = [ref for problem in problems for ref in problem.query.files]
    digests = {ref.sha256 for ref in files if ref.media_type.startswith("image/")}
    swapped = shuffled_pictures(digests, seed=seed)
    if swapped:
        return BlindController(inner, swapped, {digest: media[digest] for digest in digests})
    grey = _grey_picture()
    return BlindController(inner, {}, {sha256_hex(grey): grey})


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
