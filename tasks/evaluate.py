"""Evaluation as tasks: problems posed, one run an agent and portion of them, then one comparison."""

from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from journeyman.benchmark import load_benchmark
from journeyman.evaluation import problems as posing
from journeyman.evaluation import run as evaluation
from journeyman.evaluation.agents import agents_beside, is_asked_here, planner_of
from journeyman.evaluation.compare import compare
from journeyman.evaluation.run import Portion
from journeyman.recipe import Recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.query import Split
from journeyman.settings import Settings
from journeyman.teacher.client import Teacher
from tasks.choices import held_out_class_names
from tasks.policies import PLAIN_JSON, is_transient, stage
from tasks.resources import (
    Resources,
    as_json,
    ask_teacher,
    finish,
    media_of,
    open_resources,
    read_recipe,
    ref,
    refs,
    scope_of,
)

EVALUATION_SECONDS = 24 * 3600.0
COMPARISON_SECONDS = 1800.0
POSING_SECONDS = 3600.0
ORACLE = "oracle"
ORACLE_MODEL = "scripted-oracle"
"""The scripted teacher's endpoint serves it beside its own model: the same program without the planted mistakes."""
SCRIPTED = "scripted"


@stage(
    "pose-problems",
    version=posing.VERSION,
    reads=("tools", "action_format", "generation.held_out_tools"),
    timeout_seconds=POSING_SECONDS,
    run_name="pose {split} problems",
)
def pose_problems(queries: list[dict[str, Any]], recipe: dict[str, Any], split: Split = "held_out") -> dict[str, Any]:
    """Held-out queries as problems, some of them again over renamed or broken tools."""
    store = open_resources().store
    return as_json(posing.pose_held_out(refs(queries), read_recipe(recipe), store=store, split=split))


@stage(
    "pose-choices",
    version=posing.VERSION,
    reads=("catalogue.candidates", "choices.held_out_classes", "choices.modalities", "generation.seed"),
    timeout_seconds=POSING_SECONDS,
    run_name="pose {split} problems",
)
def pose_choices(
    instructions: list[dict[str, Any]],
    training: list[dict[str, Any]],
    catalogue: dict[str, Any],
    taxonomy: dict[str, Any],
    recipe: dict[str, Any],
    split: Split = "held_out",
) -> dict[str, Any]:
    """Held-out instructions as problems, beside the training instructions that they may overlap with."""
    store, config = open_resources().store, read_recipe(recipe)
    return as_json(
        posing.pose_choices(
            refs(instructions),
            refs(training),
            ref(catalogue),
            ref(taxonomy),
            candidates=config.catalogue.candidates,
            held_out_classes=held_out_class_names(catalogue, taxonomy, config, store),
            store=store,
            split=split,
        )
    )


@stage("pose-groundings", version=posing.VERSION, timeout_seconds=POSING_SECONDS, run_name="pose groundings")
def pose_groundings(groundings: list[dict[str, Any]], screens: list[dict[str, Any]]) -> dict[str, Any]:
    """Instructions about held-out pages as problems; ``screens`` hold the pages."""
    return as_json(posing.pose_groundings(refs(groundings), refs(screens), store=open_resources().store))


@stage(
    "pose-screen-tasks",
    version=posing.VERSION,
    reads=("screens.held_out_families",),
    timeout_seconds=POSING_SECONDS,
    run_name="pose screen tasks",
)
def pose_screen_tasks(episodes: list[dict[str, Any]], recipe: dict[str, Any]) -> dict[str, Any]:
    """Held-out episodes as problems, to be played anew."""
    config = read_recipe(recipe).screens
    return as_json(posing.pose_screen_tasks(refs(episodes), config.held_out_families, store=open_resources().store))


@task(
    name="read-benchmark",
    task_run_name="read {benchmark}",
    cache_policy=NO_CACHE,  # what lies in the folder may have changed
    persist_result=False,
    result_serializer=PLAIN_JSON,
    timeout_seconds=POSING_SECONDS,
)
def read_benchmark(benchmark: str, source: str) -> dict[str, Any]:
    """Official problems and their files, from the folder or zip that the user names."""
    resources = _resources_of(benchmark)
    return as_json(posing.pose_official(benchmark, source, store=resources.store))


@stage(
    "evaluate-agent",
    version=evaluation.VERSION,
    reads=(
        "tools",
        "tool_mode",
        "action_format",
        "skills",
        "evaluation.plan",
        "evaluation.planner",
        "evaluation.max_new_tokens",
        "evaluation.max_tokens",
        "evaluation.max_seconds",
        "evaluation.embedding_model",
        "evaluation.seed",
        "catalogue.constrained",
        "generation.max_steps",
        "training.max_pixels",
        "training.min_pixels",
    ),
    run_name="evaluate {agent}",
)
def evaluate_agent_on_problems(
    agent: str,
    problems: dict[str, Any],
    files: list[dict[str, Any]],
    dataset: dict[str, Any] | None,
    model: dict[str, Any] | None,
    recipe: dict[str, Any],
    scored_by: str,  # noqa: ARG001 - in the cache key: another version of the benchmark scores anew
    portion: tuple[int, int] = (0, 1),
) -> dict[str, Any]:
    """One score for every problem of the portion; a failed run is a wrong answer."""
    chosen = read_recipe(recipe)
    benchmark = load_benchmark(problems["facts"][posing.BENCHMARK])
    resources = _resources_of(benchmark.name)
    planner = planner_of(agent, benchmark, chosen.evaluation)
    media = (ref(problems, "media"), *(media_of(item) for item in files))

    async def attempt(asked: Teacher | None = None) -> StageResult:
        return await evaluation.evaluate(
            agent,
            ref(problems),
            media,
            chosen,
            store=resources.store,
            home=resources.home,
            dataset=ref(dataset) if dataset else None,
            model=ref(model) if model else None,
            library=open_resources().store,
            endpoint=None if planner else asked,
            planner=asked if planner else None,
            portion=Portion(*portion),
        )

    if is_asked_here(agent, benchmark) and not planner:
        return as_json(finish(attempt(), timeout_seconds=EVALUATION_SECONDS))
    settings, name = _endpoint_of(planner or agent, resources.settings)
    # Agents begin on the same screens: what a planner said of them is paid for once.
    calls = f"plan-{planner}" if planner else f"evaluate-{agent}"
    done = ask_teacher(
        attempt,
        resources=resources,
        recipe=chosen,
        model=name,
        scope=scope_of(calls, ref(problems), {"portion": list(portion)}),
        timeout_seconds=EVALUATION_SECONDS,
        settings=settings,
    )
    return as_json(done)


@task(
    name="compare-agents",
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=COMPARISON_SECONDS,
)
def compare_agents(
    scores: dict[str, list[dict[str, Any]]], problems: dict[str, Any], recipe: dict[str, Any]
) -> dict[str, Any]:
    """Agents side by side, with intervals."""
    by_agent = {agent: refs(results) for agent, results in scores.items()}
    facts = problems["facts"]
    store = _resources_of(facts[posing.BENCHMARK]).store
    comparison = compare(by_agent, read_recipe(recipe).evaluation, store=store, facts=facts)
    return comparison.model_dump(mode="json")


def model_for(agent: str, models: dict[str, Any]) -> dict[str, Any] | None:
    """The model an agent acts with: ``blind`` is the tuned one, and the baselines have none."""
    return models.get({"blind": "tuned"}.get(agent, agent))


def agents_on(problems: dict[str, Any], recipe: dict[str, Any], models: dict[str, Any]) -> tuple[str, ...]:
    """Agents of the recipe that can attempt these problems, and the benchmark's own baselines.

    The oracle knows its own worlds only, and a twin without media attempts nothing where none was trained.
    """
    name = problems["facts"][posing.BENCHMARK]
    left_out = ({ORACLE} if name != "held_out" else set()) | ({"text_only"} - models.keys())
    asked = [agent for agent in recipe["evaluation"]["agents"] if agent not in left_out]
    return agents_beside(load_benchmark(name), asked)


def scoring_of(problems: dict[str, Any]) -> str:
    """Benchmark and version that score these problems."""
    benchmark = load_benchmark(problems["facts"][posing.BENCHMARK])
    return f"{benchmark.name}@{benchmark.version}"


def portions_of(problems: dict[str, Any], recipe: dict[str, Any]) -> list[tuple[int, int]]:
    """(index, of) of each task run over ``problems``."""
    rows: int = problems["artifacts"]["kept"]["rows"]
    count = max(1, -(-rows // recipe["evaluation"]["shard_size"]))
    return [(index, count) for index in range(count)]


def settled_agents(recipe: Recipe, teacher: str) -> tuple[str, ...]:
    """Agents of ``recipe``, less the oracle where the teacher is not the scripted one."""
    agents = recipe.evaluation.agents
    return agents if teacher == SCRIPTED else tuple(agent for agent in agents if agent != ORACLE)


def _endpoint_of(agent: str, settings: Settings) -> tuple[Settings, str]:
    """Where an agent that is no local model is asked, and the model's name there; empty takes the only one."""
    if agent == ORACLE:
        return settings, ORACLE_MODEL
    if agent == "teacher":
        return settings, settings.teacher_model
    chosen = settings.of_endpoint(agent)
    return chosen, chosen.teacher_model


def _resources_of(benchmark: str) -> Resources:
    """Resources of this process; the store of a gated benchmark is a folder of this machine."""
    resources = open_resources()
    return resources.on_this_machine() if load_benchmark(benchmark).gated else resources


def refuse_benchmarks(benchmarks: dict[str, str]) -> None:
    """Read official data before anything is paid for.

    Raises:
        UnknownPluginError: No such benchmark.
        ConfigError: Its data are not where the user says.
    """
    for name, source in benchmarks.items():
        load_benchmark(name).read(str(Path(source).expanduser()))
