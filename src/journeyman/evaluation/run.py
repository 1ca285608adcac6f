"""Let one agent attempt the problems of a benchmark with the real tools, and score what it did.

Problems, their scoring, the agent loop and who acts know nothing of each other; this stage brings them
together, keeps each outcome as soon as it is known, and counts what failed as wrong.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from journeyman.agent.loop import RunLimits, Workbench, run_query
from journeyman.agent.workbench import open_workbench
from journeyman.benchmark import AttemptOne as OwnAttempt
from journeyman.benchmark import Background, Benchmark, Figure, Known, Scoring, is_attempted_alone, load_benchmark
from journeyman.errors import ConfigError, MediaError, SandboxError, SchemaError, TeacherError, ToolError
from journeyman.evaluation.agents import LOCAL_MODELS, Agent, Given, known_of, open_agent, planning_of, refuse_agent
from journeyman.evaluation.attempts import open_attempts
from journeyman.evaluation.causes import cause_of
from journeyman.evaluation.embedding import open_embedding
from journeyman.evaluation.injections import injected
from journeyman.plugins import load_plugin
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from journeyman.stage import Tally, for_each
from journeyman.storage.media import load_media
from journeyman.storage.outcomes import Outcome, Outcomes
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.tool import Tool, ToolCard

VERSION = 8


@dataclass(frozen=True, slots=True)
class Portion:
    """Every ``of``-th problem from the ``index``-th on."""

    index: int = 0
    of: int = 1


WHOLE = Portion()
AttemptOne = Callable[[Problem], Awaitable[Outcome]]
_CRASHED = "crashed"
_REFUSED = "refused"


async def evaluate(
    agent: str,
    problems: ArtifactRef,
    media: Sequence[ArtifactRef],
    recipe: Recipe,
    *,
    store: Store,
    home: Path,
    dataset: ArtifactRef | None = None,
    model: ArtifactRef | None = None,
    library: Store | None = None,
    endpoint: Teacher | None = None,
    planner: Teacher | None = None,
    portion: Portion = WHOLE,
) -> StageResult:
    """One Score per problem; a run that crashed is a wrong answer, not a missing one.

    What is finished is kept at once under what it depends on; the same call again attempts only the rest.

    Args:
        agent: As :class:`~journeyman.evaluation.config.EvaluationConfig` lists them.
        problems: Problem rows of one benchmark.
        media: MediaFile artifacts with the problems' files, and with what the benchmark keeps beside them.
        recipe: Tools, limits and evaluation settings.
        store: Holds the problems, and takes scores and recordings; of a gated benchmark one on this machine.
        home: Local state.
        dataset: Example rows, for ``format_only`` and for baselines that learn from it.
        model: Model row of a local model: the untuned one for ``untuned``, the tuned one for ``tuned`` and ``blind``,
            the one that was trained without files for ``text_only``.
        library: Holds dataset and model; None is ``store``.
        endpoint: Where any other agent is asked.
        planner: Where a local model's steps are asked for; see :func:`~journeyman.evaluation.agents.planner_of`.
        portion: Which of the problems are attempted.

    Returns:
        ``kept``: Score rows, sorted by problem. ``media``: pictures that tools returned.

    Raises:
        ConfigError: No such agent, no model for it, or a tool that is not there.
        SandboxError: Every single problem crashed: the machine is at fault, not the agent.
    """
    given = Given(dataset, model, endpoint, recipe, library or store, home, planner)
    everything = sorted(store.records(problems, Problem), key=lambda p: p.problem_id)
    benchmark = _benchmark_of(everything, problems)
    refuse_agent(agent, given, benchmark)
    posed = everything[portion.index :: portion.of]
    background = _background_of(everything, benchmark, media, store)
    if recipe.catalogue.constrained:
        given = replace(given, names=background.catalogue)
    files = _bytes_of(posed, load_media(store, media, {ref.sha256 for p in posed for ref in p.query.files}))
    tools = _tools(recipe, benchmark)
    outcomes = Outcomes(store, _scope(agent, problems, tools, benchmark, portion, given))
    finished = await asyncio.to_thread(outcomes.load, [p.problem_id for p in posed])
    left = [p for p in posed if p.problem_id not in finished]
    done = dict(finished)
    if left:
        known = await asyncio.to_thread(known_of, benchmark, everything, background, agent, given)
        async with _opened(agent, posed, files, tools, benchmark, known, given, store) as attempt_one:

            async def attempt(problem: Problem) -> Outcome:
                found = await attempt_one(problem)
                if not _has_crashed(found):  # another try may not crash
                    await asyncio.to_thread(outcomes.keep, found)
                return found

            rest = await for_each(left, attempt, at_once=recipe.evaluation.batch_size)
            done |= {found.problem_id: found for found in rest}
    rows = [(p, done[p.problem_id]) for p in posed]
    _refuse_all_crashed(agent, rows)
    parents = (problems, *media, *(ref for ref in (dataset, model) if ref))
    scoring = Scoring(
        cards=recipe.tool_cards(),
        covers=_covers(benchmark, tools),
        embed=open_embedding(recipe.evaluation.embedding_model),
        catalogue=frozenset(background.catalogue),
    )
    calls_skills = recipe.action_format == "skill_json" and not is_attempted_alone(benchmark)
    skills = _cards(tools, recipe) if calls_skills else ()
    return _scored(agent, rows, benchmark, scoring, skills=skills, store=store, parents=parents, replayed=len(finished))


def score_attempt(
    problem: Problem,
    agent: str,
    outcome: Outcome,
    benchmark: Benchmark,
    scoring: Scoring,
    skills: Sequence[ToolCard] = (),
) -> Score:
    """What one attempt is worth; whether it followed text in results too, where its agent may call ``skills``."""
    trajectory = outcome.trajectory
    measures = benchmark.score(problem, trajectory, scoring)
    if skills:
        measures = (*measures, injected(problem, trajectory, skills))
    right = next((m.value / m.weight for m in measures if m.name == benchmark.right and m.weight), None)
    crashed = _has_crashed(outcome)
    why = benchmark.why(problem, trajectory, scoring) if benchmark.why else ""
    return Score(
        problem_id=problem.problem_id,
        benchmark=benchmark.name,
        agent=agent,
        groups_json=problem.groups_json,
        measures=measures,
        status=outcome.status,
        cause=cause_of(trajectory, right=right, tools=problem.query.tools, crashed=crashed, why=why),
        answer_json=trajectory.answer_json,
        trajectory_json=canonical_json(trajectory),
    )


@asynccontextmanager
async def _opened(
    agent: str,
    problems: Sequence[Problem],
    files: Mapping[str, bytes],
    tools: Sequence[str],
    benchmark: Benchmark,
    known: Known,
    given: Given,
    store: Store,
) -> AsyncIterator[AttemptOne]:
    """How one problem is attempted, with all that attempts share open for the block."""
    recipe = given.recipe
    if is_attempted_alone(benchmark):
        async with (
            open_attempts(benchmark, files, recipe.evaluation) as attempt_one,
            open_agent(agent, problems, files, (), given, benchmark=benchmark, known=known) as acting,
        ):
            yield lambda problem: _attempt_alone(problem, agent, acting, attempt_one)
        return
    scopes = {name: _tape(name, problems) for name in recipe.evaluation.agents}
    own = scopes.pop(agent, None) or _tape(agent, problems)
    async with (
        open_workbench(
            tools,
            own_tools=recipe.own_tools,
            mode=recipe.tool_mode,
            store=store,
            scope=own,
            home=given.home,
            max_steps=recipe.generation.max_steps,
            replayed_scopes=tuple(scopes.values()),
            action_format=recipe.action_format,
            shown_first=recipe.skills.shown_first,
            listed=given.lists_skills_to(agent),
        ) as bench,
        open_agent(agent, problems, files, bench.toolbox.tools, given, benchmark=benchmark, known=known) as acting,
    ):
        config = recipe.evaluation
        limits = RunLimits(config.max_tokens, config.max_seconds, acting.tokens_of)
        yield lambda problem: _attempt(problem, agent, acting, bench, files, limits)


async def _attempt(
    problem: Problem, agent: str, acting: Agent, bench: Workbench, files: Mapping[str, bytes], limits: RunLimits
) -> Outcome:
    query = problem.query
    try:
        done = await run_query(
            query,
            controller=acting.controller_for(query),
            bench=bench,
            media=files,
            change=problem.tools,
            limits=limits,
        )
    except (SandboxError, SchemaError, ToolError) as exc:
        return _nothing_done(problem, agent, f"{_CRASHED}: {exc}")
    except TeacherError as exc:
        return _nothing_done(problem, agent, f"{_REFUSED}: {exc}")
    return _outcome(problem, agent, done.trajectory, done.trajectory.status, done.media)


async def _attempt_alone(problem: Problem, agent: str, acting: Agent, attempt_one: OwnAttempt) -> Outcome:
    try:
        done = await attempt_one(problem, acting.controller_for(problem.query))
    except (TeacherError, MediaError) as exc:  # a file that cannot be shown is no excuse
        return _nothing_done(problem, agent, f"{_REFUSED}: {exc}")
    return _outcome(problem, agent, done.trajectory, done.trajectory.status, done.media)


def _nothing_done(problem: Problem, agent: str, status: str) -> Outcome:
    nothing = Trajectory(
        trajectory_id="", query_id=problem.query.query_id, steps=(), answer_json="", status="failed", controller=agent
    )
    return _outcome(problem, agent, nothing, status, ())


def _outcome(
    problem: Problem, agent: str, trajectory: Trajectory, status: str, media: tuple[MediaFile, ...]
) -> Outcome:
    # The id tells twins of one query apart.
    own = {"trajectory_id": fingerprint([problem.problem_id, agent])[:16], "controller": agent}
    return Outcome(
        problem_id=problem.problem_id, status=status, trajectory=trajectory.model_copy(update=own), media=media
    )


def _has_crashed(outcome: Outcome) -> bool:
    return outcome.status.startswith(_CRASHED)


def _scored(
    agent: str,
    rows: Sequence[tuple[Problem, Outcome]],
    benchmark: Benchmark,
    scoring: Scoring,
    *,
    skills: Sequence[ToolCard],
    store: Store,
    parents: Sequence[ArtifactRef],
    replayed: int,
) -> StageResult:
    scores = [score_attempt(problem, agent, outcome, benchmark, scoring, skills) for problem, outcome in rows]
    kept = store.write("scores", scores, Score, parents=parents)
    pictures = {item.sha256: item for _, outcome in rows for item in outcome.media}
    returned = store.write("media", [pictures[key] for key in sorted(pictures)], MediaFile, parents=parents)
    return Tally(f"evaluate-{agent}", len(rows)).result(
        kept, store=store, parents=parents, facts=_facts(agent, scores, benchmark, replayed), media=returned
    )


def _benchmark_of(problems: Sequence[Problem], ref: ArtifactRef) -> Benchmark:
    names = sorted({problem.benchmark for problem in problems})
    if len(names) != 1:
        found = ", ".join(names) or "no benchmark"
        raise ConfigError(f"artifact {ref.digest[:12]} has problems of {found}; those of one are wanted")
    return load_benchmark(names[0])


def _background_of(
    problems: Sequence[Problem], benchmark: Benchmark, media: Sequence[ArtifactRef], store: Store
) -> Background:
    """What the problems share; empty where the benchmark keeps nothing beside them.

    Raises:
        SchemaError: It is in no media artifact, or problems of several backgrounds are mixed.
    """
    if benchmark.background is None:
        return Background()
    wanted = {benchmark.background(problem) for problem in problems}
    found = load_media(store, media, wanted)
    if len(wanted) != 1 or not found:
        raise SchemaError(
            f"problems of {benchmark.name} name {len(wanted)} backgrounds, of which {len(found)} are in a media "
            "artifact; evaluate those of one catalogue, with the media they were posed with"
        )
    (row,) = found.values()
    return Background.model_validate_json(row.data)


def _bytes_of(problems: Sequence[Problem], files: Mapping[str, MediaFile]) -> dict[str, bytes]:
    for problem in problems:
        for ref in problem.query.files:
            if ref.sha256 not in files:
                raise SchemaError(
                    f"problem {problem.problem_id}: file {ref.name} ({ref.sha256}) is in no media artifact"
                )
    return {digest: file.data for digest, file in files.items()}


def _tools(recipe: Recipe, benchmark: Benchmark) -> tuple[str, ...]:
    """The recipe's, and what the benchmark wants besides, where it is configured."""
    wanted = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in benchmark.tools]
    return tuple(dict.fromkeys((*recipe.tools, *(tool.name for tool in wanted if not tool.missing()))))


def _cards(tools: Sequence[str], recipe: Recipe) -> tuple[ToolCard, ...]:
    shelf = (load_plugin("journeyman.tools", name, "TOOL", Tool).card() for name in tools)
    return (*shelf, *recipe.own_tool_cards)


def _covers(benchmark: Benchmark, tools: Sequence[str]) -> dict[str, tuple[str, ...]]:
    family = benchmark.name.partition("_")[0].casefold()
    shelf = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in tools]
    return {
        tool.name: tuple(covered.tool for covered in tool.covers if covered.benchmark.casefold() == family)
        for tool in shelf
    }


def _scope(
    agent: str, problems: ArtifactRef, tools: Sequence[str], benchmark: Benchmark, portion: Portion, given: Given
) -> str:
    """All that an outcome depends on; a run under the same name finds what it finished."""
    recipe = given.recipe
    depends_on = {
        "version": VERSION,
        "agent": agent,
        "problems": problems.digest,
        "tools": [[card.name, card.identity] for card in _cards(tools, recipe)],
        "acts": [recipe.action_format, recipe.skills.model_dump(mode="json")],
        "max_steps": recipe.generation.max_steps,
        "limits": recipe.evaluation.model_dump(
            mode="json", include={"max_new_tokens", "max_tokens", "max_seconds", "seed"}
        ),
        "model": given.model.digest if given.model and agent in LOCAL_MODELS else "",
        "constrained": bool(given.names) and agent in LOCAL_MODELS,
        "pixels": [recipe.training.max_pixels, recipe.training.min_pixels],
        "dataset": given.dataset.digest if given.dataset and agent in ("format_only", *benchmark.baselines) else "",
        "benchmark": [benchmark.name, benchmark.version],
        # What stands for a file is drawn from the portion's.
        "portion": [portion.index, portion.of] if agent == "blind" else [],
        "endpoint": given.endpoint.model if given.endpoint else "",
        **planning_of(agent, benchmark, given),
    }
    return f"{agent}/{fingerprint(depends_on)[:32]}"


def _tape(agent: str, problems: Sequence[Problem]) -> str:
    """Cassette scope of an agent on these problems."""
    return f"evaluate-{agent}-{fingerprint(sorted({p.query.query_id for p in problems}))[:12]}"


def _refuse_all_crashed(agent: str, rows: Sequence[tuple[Problem, Outcome]]) -> None:
    crashed = [outcome.status for _, outcome in rows if _has_crashed(outcome)]
    if rows and len(crashed) == len(rows):
        raise SandboxError(f"all {len(rows)} problems crashed for agent {agent!r}, the first: {crashed[0]}")


def _facts(agent: str, scores: Sequence[Score], benchmark: Benchmark, replayed: int) -> dict[str, str]:
    causes = Counter(score.cause for score in scores)
    facts = {"agent": agent, "benchmark": benchmark.name, "problems": str(len(scores)), "replayed": str(replayed)}
    figures = {figure.name: figure for figure in benchmark.figures}
    facts |= {name: _figure_text(figures[name], scores) for name in benchmark.headline}
    return facts | {f"cause: {cause}": str(count) for cause, count in causes.most_common()}


def _figure_text(figure: Figure, scores: Sequence[Score]) -> str:
    """``0.667 of 3``: the figure and what it divides by."""
    sums = [[0.0, 0.0] for _ in figure.parts]
    for score in scores:
        for total, part in zip(sums, figure.parts, strict=True):
            measure = score.measure(part)
            if measure is not None:
                total[0] += measure.value
                total[1] += measure.weight
    values, weights = (np.array([[total[side] for total in sums]]) for side in (0, 1))
    value = float(figure.combine(values, weights)[0])
    return f"{value:.3f} of {weights[0, -1]:g}" if np.isfinite(value) else "no problem applies"
