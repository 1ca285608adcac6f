"""Let one agent attempt every held-out problem with the real tools, and score what it did."""

import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image

from journeyman.agent.controller import Controller
from journeyman.agent.loop import Attempt, Workbench, run_query
from journeyman.agent.workbench import open_workbench
from journeyman.errors import ConfigError, SandboxError, SchemaError, TeacherError, ToolError
from journeyman.evaluation.baselines import (
    BlindController,
    ChanceController,
    FormatOnlyController,
    most_common_actions,
    shuffled_pictures,
)
from journeyman.evaluation.metrics import answer_accuracy, code_executes, tool_accuracy
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_from_json
from journeyman.schema.query import Query
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from journeyman.stage import Tally, for_each
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

VERSION = 2

MODEL_AGENTS = ("untuned", "tuned", "blind")
BASELINES = ("format_only", "chance")

ControllerFor = Callable[[Query], Controller]


async def evaluate(
    agent: str,
    problems: Sequence[ArtifactRef],
    media: Sequence[ArtifactRef],
    dataset: ArtifactRef,
    model: ArtifactRef | None,
    recipe: Recipe,
    *,
    store: Store,
    home: Path,
) -> StageResult:
    """One Score per held-out problem; a run that crashed is a wrong answer, not a missing one.

    Args:
        agent: ``untuned``, ``tuned``, ``blind``, ``format_only`` or ``chance``.
        problems: Query artifacts; rows of the training split are passed over.
        media: MediaFile artifacts with the problems' files.
        dataset: Example rows; ``format_only`` takes its habits from the training split.
        model: Model row of this agent: the untuned model for ``untuned``, the tuned one for
            ``tuned`` and ``blind``; not read for baselines.
        recipe: Tools, limits and evaluation settings.
        store: Where artifacts live.
        home: Local state.

    Returns:
        ``kept``: Score rows, sorted by problem. ``media``: pictures that tools returned.

    Raises:
        ConfigError: No such agent, no model for it, or no held-out problem.
        SandboxError: Every single problem crashed: the machine is at fault, not the agent.
    """
    _check_agent(agent, model)
    asked = _held_out(problems, store)
    files = load_media(store, media, {ref.sha256 for query in asked for ref in query.files})
    data = _bytes_of(asked, files)
    config = recipe.evaluation
    scopes = {name: _scope(name, problems) for name in config.agents}
    async with (
        open_workbench(
            recipe.tools,
            own_tools=recipe.own_tools,
            mode=recipe.tool_mode,
            store=store,
            scope=scopes.get(agent) or _scope(agent, problems),
            home=home,
            max_steps=recipe.generation.max_steps,
            replayed_scopes=tuple(scope for name, scope in scopes.items() if name != agent),
        ) as bench,
        _opened(agent, asked, data, dataset, model, recipe, bench=bench, store=store, home=home) as controller_for,
    ):

        async def attempt(query: Query) -> tuple[Attempt, str]:
            try:
                done = await run_query(query, controller=controller_for(query), bench=bench, media=data)
            except (SandboxError, SchemaError, TeacherError, ToolError) as exc:
                return Attempt(_nothing_done(query, agent), ()), f"crashed: {exc}"
            return done, done.trajectory.status

        attempts = await for_each(asked, attempt, at_once=config.batch_size)
    scores = [
        score(query, agent, done.trajectory, status) for query, (done, status) in zip(asked, attempts, strict=True)
    ]
    crashed = [s.status for s in scores if s.status.startswith("crashed")]
    if len(crashed) == len(scores):
        raise SandboxError(f"all {len(scores)} problems crashed for agent {agent!r}, the first: {crashed[0]}")
    parents = (*problems, *media, dataset, *((model,) if model else ()))
    kept = store.write("scores", scores, Score, parents=parents)
    pictures = {item.sha256: item for done, _ in attempts for item in done.media}
    returned = store.write("media", [pictures[key] for key in sorted(pictures)], MediaFile, parents=parents)
    return Tally(f"evaluate-{agent}", len(asked)).result(
        kept, store=store, parents=parents, facts=_facts(agent, scores, len(crashed)), media=returned
    )


def score(query: Query, agent: str, trajectory: Trajectory, status: str) -> Score:
    """The metrics of one attempt."""
    return Score(
        problem_id=query.query_id,
        agent=agent,
        family=query.family,
        needs_picture=query.needs_picture,
        answer_accuracy=answer_accuracy(query, trajectory),
        tool_accuracy=tool_accuracy(query, trajectory),
        code_executes=code_executes(trajectory),
        status=status,
        answer_json=trajectory.answer_json,
        trajectory_json=canonical_json(trajectory),
    )


def _check_agent(agent: str, model: ArtifactRef | None) -> None:
    if agent not in (*MODEL_AGENTS, *BASELINES):
        raise ConfigError(f"no agent {agent!r}; there is: {', '.join((*MODEL_AGENTS, *BASELINES))}")
    if agent in MODEL_AGENTS and model is None:
        raise ConfigError(f"agent {agent!r} needs a model; train or build one first")


@asynccontextmanager
async def _opened(
    agent: str,
    asked: Sequence[Query],
    data: Mapping[str, bytes],
    dataset: ArtifactRef,
    model: ArtifactRef | None,
    recipe: Recipe,
    *,
    bench: Workbench,
    store: Store,
    home: Path,
) -> AsyncIterator[ControllerFor]:
    if agent == "chance":
        yield lambda query: ChanceController(query, bench.toolbox.tools, recipe.evaluation.seed)
    elif agent == "format_only":
        actions = _habits(dataset, store)
        yield lambda query: FormatOnlyController(query, actions)
    else:
        assert model is not None  # _check_agent
        async with _opened_model(agent, model, recipe, store=store, home=home) as local:
            controller = _blindfolded(local, asked, data, recipe) if agent == "blind" else local
            yield lambda _query: controller


@asynccontextmanager
async def _opened_model(
    agent: str, model: ArtifactRef, recipe: Recipe, *, store: Store, home: Path
) -> AsyncIterator[Controller]:
    from journeyman.agent.local_model import LocalModelController  # loads torch

    async with LocalModelController.open(
        model,
        store,
        home,
        name=agent,
        batch_size=recipe.evaluation.batch_size,
        max_new_tokens=recipe.evaluation.max_new_tokens,
        max_pixels=recipe.training.max_pixels,
        min_pixels=recipe.training.min_pixels,
    ) as controller:
        yield controller


def _blindfolded(
    inner: Controller, asked: Sequence[Query], data: Mapping[str, bytes], recipe: Recipe
) -> BlindController:
    digests = {ref.sha256 for query in asked for ref in query.files if ref.media_type.startswith("image/")}
    swapped = shuffled_pictures(digests, seed=recipe.evaluation.seed)
    if swapped:
        return BlindController(inner, swapped, {digest: data[digest] for digest in digests})
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


def _held_out(problems: Sequence[ArtifactRef], store: Store) -> list[Query]:
    rows = {q.query_id: q for ref in problems for q in store.records(ref, Query) if q.split == "held_out"}
    if not rows:
        raise ConfigError("there is no held-out problem to evaluate on; raise generation.held_out_problems")
    return [rows[query_id] for query_id in sorted(rows)]


def _bytes_of(asked: Sequence[Query], files: Mapping[str, MediaFile]) -> dict[str, bytes]:
    for query in asked:
        for ref in query.files:
            if ref.sha256 not in files:
                raise SchemaError(f"problem {query.query_id}: file {ref.name} ({ref.sha256}) is in no media artifact")
    return {digest: file.data for digest, file in files.items()}


def _scope(agent: str, problems: Sequence[ArtifactRef]) -> str:
    return f"evaluate-{agent}-{fingerprint(sorted(ref.digest for ref in problems))[:12]}"


def _nothing_done(query: Query, agent: str) -> Trajectory:
    return Trajectory(
        trajectory_id=fingerprint([query.query_id, agent])[:16],
        query_id=query.query_id,
        steps=(),
        answer_json="",
        status="failed",
        controller=agent,
    )


def _facts(agent: str, scores: Sequence[Score], crashed: int) -> dict[str, str]:
    graded = [s.answer_accuracy for s in scores if s.answer_accuracy is not None]
    tools = [s.tool_accuracy for s in scores if s.tool_accuracy is not None]
    code = [s.code_executes for s in scores if s.code_executes is not None]
    return {
        "agent": agent,
        "problems": str(len(scores)),
        "crashed": str(crashed),
        **{name: _share(values) for name, values in (("AnsAcc", graded), ("ToolAcc", tools), ("CodeExec", code))},
    }


def _share(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3f} of {len(values)}" if values else "no problem applies"
