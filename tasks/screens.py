"""Screens as tasks: pages and episodes once a shard, then words about them, then the dataset."""

from typing import Any

from journeyman.dataset import screens as dataset_stage
from journeyman.generation.screens import capture as capture_stage
from journeyman.generation.screens import episodes as episode_stage
from journeyman.generation.screens import groundings as grounding_stage
from journeyman.generation.screens import monologues as monologue_stage
from journeyman.generation.screens.plan import ScreenShard, plan_screens
from journeyman.schema.artifact import StageResult
from journeyman.teacher.client import Teacher
from tasks.build import note_problems, yields_of
from tasks.policies import stage
from tasks.resources import as_json, ask_teacher, finish, media_of, open_resources, read_recipe, ref, refs, scope_of

BROWSER_SECONDS = 3600.0
TEACHER_SECONDS = 3600.0
BUILD_SECONDS = 3600.0


def shards_of_screens(recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """Shards of briefs, as flows hand them to tasks."""
    config = read_recipe(recipe)
    return [
        {"name": shard.name, "split": shard.split, "of": shard.of, "shard": shard.model_dump(mode="json")}
        for shard in plan_screens(config.screens, config.generation.seed)
    ]


@stage(
    "capture-screens",
    version=capture_stage.VERSION,
    reads=("screens.viewport", "screens.miniwob_scale"),
    timeout_seconds=BROWSER_SECONDS,
    run_name="capture {shard_name}",
)
def capture_screens(shard: dict[str, Any], recipe: dict[str, Any], shard_name: str) -> dict[str, Any]:  # noqa: ARG001 - for the name
    """Screenshots of one shard of pages, with every element that a click would hit."""
    resources, config = open_resources(), read_recipe(recipe)
    work = capture_stage.capture_screens(ScreenShard.model_validate(shard), config.screens, store=resources.store)
    return as_json(finish(work, timeout_seconds=BROWSER_SECONDS))


@stage(
    "write-groundings",
    version=grounding_stage.VERSION,
    reads=("screens.pairs_per_page", "screens.worded_by_teacher"),
    run_name="write instructions {shard_name}",
    tags=("teacher",),
)
def write_groundings(screens: dict[str, Any], recipe: dict[str, Any], teacher: str, shard_name: str) -> dict[str, Any]:  # noqa: ARG001 - for the name
    """Instructions about the elements of one shard of screens."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await grounding_stage.write_groundings(
            ref(screens), media_of(screens), config, store=resources.store, teacher=client
        )

    done = ask_teacher(
        work,
        resources=resources,
        recipe=config,
        model=teacher,
        scope=scope_of("groundings", ref(screens)),
        timeout_seconds=TEACHER_SECONDS,
    )
    return as_json(done)


@stage(
    "play-episodes",
    version=episode_stage.VERSION,
    reads=("screens.viewport", "screens.miniwob_scale", "screens.recoveries"),
    timeout_seconds=BROWSER_SECONDS,
    run_name="play {shard_name}",
)
def play_episodes(shard: dict[str, Any], recipe: dict[str, Any], shard_name: str) -> dict[str, Any]:  # noqa: ARG001 - for the name
    """Solved episodes of one shard of tasks, played by mouse and keyboard."""
    resources, config = open_resources(), read_recipe(recipe)
    work = episode_stage.play_episodes(ScreenShard.model_validate(shard), config.screens, store=resources.store)
    return as_json(finish(work, timeout_seconds=BROWSER_SECONDS))


@stage(
    "write-monologues",
    version=monologue_stage.VERSION,
    reads=("screens.monologues",),
    run_name="write monologues {shard_name}",
    tags=("teacher",),
)
def write_monologues(episodes: dict[str, Any], recipe: dict[str, Any], teacher: str, shard_name: str) -> dict[str, Any]:  # noqa: ARG001 - for the name
    """What was seen and thought at each step of one shard of episodes, where it passes the filter."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await monologue_stage.write_monologues(
            ref(episodes), media_of(episodes), config, store=resources.store, teacher=client
        )

    done = ask_teacher(
        work,
        resources=resources,
        recipe=config,
        model=teacher,
        scope=scope_of("monologues", ref(episodes)),
        timeout_seconds=TEACHER_SECONDS,
    )
    return as_json(done)


@stage(
    "build-screens",
    version=dataset_stage.VERSION,
    reads=("dataset",),
    timeout_seconds=BUILD_SECONDS,
    run_name="build dataset",
)
def build_screens(
    groundings: list[dict[str, Any]],
    episodes: list[dict[str, Any]],
    media: list[dict[str, Any]],
    problems: list[dict[str, Any]],
    problem_files: list[dict[str, Any]],
    held_out_episodes: list[dict[str, Any]],
    recipe: dict[str, Any],
) -> dict[str, Any]:
    """Pages and steps as training examples, and a copy that ``datasets`` reads."""
    store = open_resources().store
    result = dataset_stage.build_screens(
        refs(groundings),
        refs(episodes),
        tuple(media_of(item) for item in media),
        refs(problems),
        refs(held_out_episodes),
        read_recipe(recipe),
        store=store,
        yields=yields_of({"groundings": groundings, "episodes": episodes}),
    )
    note_problems(result, problems, problem_files, store, held_out_episodes=held_out_episodes)
    return as_json(result)
