"""Choice data as tasks: the catalogue and its taxonomy once, then one run a shard, then the dataset."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from journeyman.catalogue import stages as catalogue_stage
from journeyman.dataset import choices as dataset_stage
from journeyman.generation.choices import files as file_stage
from journeyman.generation.choices import write as write_stage
from journeyman.generation.choices.plan import (
    ChoiceShard,
    FunctionClass,
    function_classes,
    held_out_classes,
    names_of,
    plan_choices,
)
from journeyman.recipe import Recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import StageResult
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.verification import instructions as match_stage
from tasks.build import note_problems, yields_of
from tasks.policies import PLAIN_JSON, is_transient, stage
from tasks.resources import as_json, ask_teacher, media_of, open_resources, read_recipe, ref, refs, scope_of

READING_SECONDS = 1800.0
TEACHER_SECONDS = 3600.0
BUILD_SECONDS = 3600.0


@task(
    name="read-catalogue",
    task_run_name="read catalogue",
    cache_policy=NO_CACHE,  # what lies behind the source's name may have changed; what follows is cached by content
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=READING_SECONDS,
)
def read_catalogue(recipe: dict[str, Any]) -> dict[str, Any]:
    """The APIs there are to choose from; what cannot be one is dropped with the reason."""
    source = read_recipe(recipe).catalogue.source
    return as_json(catalogue_stage.store_catalogue(source, store=open_resources().store))


@stage(
    "place-apis",
    version=catalogue_stage.VERSION,
    reads=("catalogue.placed_per_call",),
    run_name="place APIs",
    tags=("teacher",),
)
def place_apis(catalogue: dict[str, Any], taxonomy: str, recipe: dict[str, Any], teacher: str) -> dict[str, Any]:
    """Every API's place in a taxonomy of tasks: the teacher's, or what the user made of it.

    Args:
        catalogue: As :func:`read_catalogue` gives it.
        taxonomy: Text of an edited taxonomy; empty asks the teacher.
        recipe: Sizes of requests.
        teacher: Who is asked.
    """
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await catalogue_stage.place_apis(
            ref(catalogue), taxonomy, config.catalogue, store=resources.store, teacher=client
        )

    return _asked(work, config, teacher, scope_of("place-apis", ref(catalogue), {"taxonomy": taxonomy}))


def plan_instructions(
    catalogue: dict[str, Any], taxonomy: dict[str, Any], recipe: dict[str, Any]
) -> list[dict[str, Any]]:
    """Shards of briefs, as flows hand them to tasks."""
    config, store = read_recipe(recipe), open_resources().store
    apis, places = store.records(ref(catalogue), Api), store.records(ref(taxonomy), Placement)
    return [
        {"name": shard.name, "split": shard.split, "shard": shard.model_dump(mode="json")}
        for shard in plan_choices(apis, places, config.choices, config.generation)
    ]


@stage(
    "write-instructions",
    version=write_stage.VERSION,
    reads=("choices.instructions_per_call",),
    run_name="write instructions {shard_name}",
    tags=("teacher",),
)
def write_instructions(
    shard: dict[str, Any],
    catalogue: dict[str, Any],
    taxonomy: dict[str, Any],
    recipe: dict[str, Any],
    teacher: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """Drafts for one shard of briefs."""
    resources, config, portion = open_resources(), read_recipe(recipe), ChoiceShard.model_validate(shard)

    async def work(client: Teacher) -> StageResult:
        return await write_stage.write_instructions(
            portion, ref(catalogue), ref(taxonomy), config, store=resources.store, teacher=client
        )

    return _asked(work, config, teacher, scope_of("instructions", ref(catalogue), ref(taxonomy), shard))


@stage("write-instruction-files", version=file_stage.VERSION, run_name="write files {shard_name}")
def write_instruction_files(drafts: dict[str, Any], shard_name: str) -> dict[str, Any]:  # noqa: ARG001 - for the name
    """Real pictures, sounds and videos for one shard of drafts."""
    return as_json(file_stage.write_media(ref(drafts), store=open_resources().store))


@stage(
    "match-instructions",
    version=match_stage.VERSION,
    reads=("choices.instructions_per_call", "choices.most_candidates"),
    run_name="match instructions {shard_name}",
    tags=("teacher",),
)
def match_instructions(
    instructions: dict[str, Any],
    catalogue: dict[str, Any],
    taxonomy: dict[str, Any],
    recipe: dict[str, Any],
    judge: str,
    shard_name: str,  # noqa: ARG001 - for the name
) -> dict[str, Any]:
    """Every API that satisfies each instruction of one shard; what cannot be settled is put aside."""
    resources, config = open_resources(), read_recipe(recipe)

    async def work(client: Teacher) -> StageResult:
        return await match_stage.match_instructions(
            ref(instructions), ref(catalogue), ref(taxonomy), config, store=resources.store, judge=client
        )

    return _asked(work, config, judge, scope_of("match-instructions", ref(instructions), ref(taxonomy)))


@stage(
    "build-choices",
    version=dataset_stage.VERSION,
    reads=(
        "dataset",
        "catalogue.candidates",
        "choices.held_out_classes",
        "choices.modalities",
        "generation.seed",
    ),
    timeout_seconds=BUILD_SECONDS,
    run_name="build dataset",
)
def build_choices(
    instructions: list[dict[str, Any]],
    media: list[dict[str, Any]],
    problems: list[dict[str, Any]],
    problem_files: list[dict[str, Any]],
    catalogue: dict[str, Any],
    taxonomy: dict[str, Any],
    recipe: dict[str, Any],
) -> dict[str, Any]:
    """Matched instructions as training examples, and a copy that ``datasets`` reads."""
    store, config = open_resources().store, read_recipe(recipe)
    result = dataset_stage.build_choices(
        refs(instructions),
        tuple(media_of(item) for item in media),
        refs(problems),
        ref(catalogue),
        held_out_apis(catalogue, taxonomy, config, store),
        config,
        store=store,
        yields=yields_of({"instructions": instructions}),
    )
    more = {"catalogue": catalogue, "taxonomy": taxonomy, "instructions": instructions}
    note_problems(result, problems, problem_files, store, **more)
    return as_json(result)


def held_out_class_names(
    catalogue: dict[str, Any], taxonomy: dict[str, Any], recipe: Recipe, store: Store
) -> frozenset[str]:
    """Function classes that training never sees."""
    classes = _classes(catalogue, taxonomy, recipe, store)
    return held_out_classes(classes, recipe.choices.held_out_classes, recipe.generation.seed)


def held_out_apis(catalogue: dict[str, Any], taxonomy: dict[str, Any], recipe: Recipe, store: Store) -> frozenset[str]:
    """Their APIs."""
    names = held_out_class_names(catalogue, taxonomy, recipe, store)
    return names_of(_classes(catalogue, taxonomy, recipe, store), names)


def _classes(catalogue: dict[str, Any], taxonomy: dict[str, Any], recipe: Recipe, store: Store) -> list[FunctionClass]:
    apis, places = store.records(ref(catalogue), Api), store.records(ref(taxonomy), Placement)
    return function_classes(apis, places, recipe.choices.modalities)


def _asked(work: Any, recipe: Recipe, model: str, scope: str) -> dict[str, Any]:
    done: StageResult = ask_teacher(
        work,
        resources=open_resources(),
        recipe=recipe,
        model=model,
        scope=scope,
        timeout_seconds=TEACHER_SECONDS,
    )
    return as_json(done)
