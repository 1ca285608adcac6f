"""From briefs to verified trajectories with real tools and a real sandbox: the planted mistakes are what is dropped."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from journeyman.generation.files import write_files
from journeyman.generation.plan import plan_shards
from journeyman.generation.queries import write_queries
from journeyman.generation.rollout import roll_out
from journeyman.recipe import Recipe, load_recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.store import Store
from journeyman.verification.queries import verify_queries
from journeyman.verification.trajectories import verify_trajectories
from tests.scripted import scripted_teacher

RECIPE = load_recipe("t3_agent", {"generation": {"queries": 28, "held_out_problems": 1}})


async def _all_stages(recipe: Recipe, store: Store, home: Path, mistake_rate: float) -> list[StageResult]:
    shard = plan_shards(recipe.generation)[0]
    async with scripted_teacher(store, mistake_rate=mistake_rate) as teacher:
        drafts = await write_queries(shard, recipe, store=store, teacher=teacher)
        files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
        queries, media = files.artifacts["kept"], files.artifacts["media"]
        asked = await verify_queries(queries, media, recipe, store=store, judge=teacher)
        queries = asked.artifacts["kept"]
        runs = await roll_out(queries, media, recipe, store=store, teacher=teacher, home=home, scope="rollout")
        given = {"store": store, "judge": teacher, "home": home, "scope": "rollout"}
        kept = await verify_trajectories(runs.artifacts["kept"], queries, (media,), recipe, **given)
    return [drafts, files, asked, runs, kept]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[StageResult], Path]:
    home = tmp_path_factory.mktemp("home")
    store = Store(f"file://{home}/store")
    return store, asyncio.run(_all_stages(RECIPE, store, home, 0.5)), home


def test_planted_mistakes_are_dropped_and_every_record_is_accounted_for(
    stages: tuple[Store, list[StageResult], Path],
) -> None:
    _, results, _ = stages
    for before, after in pairwise(results):
        assert after.counts.taken == before.counts.kept
    reasons = {reason for result in results for reason in result.reasons}
    assert any(reason.startswith("gold:") for reason in reasons)
    assert any(reason.startswith("query_judge:") for reason in reasons)
    assert sum(result.counts.dropped for result in results) > 5
    assert results[-1].counts.kept > 3


def test_pictures_that_tools_return_are_kept_with_the_step(stages: tuple[Store, list[StageResult], Path]) -> None:
    store, results, _ = stages
    runs = store.records(results[3].artifacts["kept"], Trajectory)
    shown = {digest for run in runs for step in run.steps for digest in step.images}
    crops = [
        call
        for run in runs
        for step in run.steps
        for call in step.tool_calls
        if call.tool == "crop_image" and not call.error
    ]
    assert bool(shown) == bool(crops)
    assert results[3].artifacts["media"].rows == len(shown)


def test_a_second_run_pays_for_nothing_and_ends_in_the_same_artifacts(
    stages: tuple[Store, list[StageResult], Path],
) -> None:
    store, first, home = stages
    second = asyncio.run(_all_stages(RECIPE, store, home, 0.5))
    assert sum(result.spend.calls for result in second) == 0
    assert [r.artifacts["kept"].digest for r in second] == [r.artifacts["kept"].digest for r in first]


def test_faults_in_tools_give_trajectories_that_recover_and_replay(tmp_path: Path) -> None:
    faults = {"rate": 0.4, "seed": 5, "kinds": ["timeout", "server_error"]}
    changes = {"queries": 28, "held_out_problems": 1, "tool_faults": faults}
    store = Store(f"file://{tmp_path}/store")
    *_, kept = asyncio.run(_all_stages(load_recipe("t3_agent", {"generation": changes}), store, tmp_path, 0.0))
    recovered = [
        run
        for run in store.records(kept.artifacts["kept"], Trajectory)
        if any(call.fault for step in run.steps for call in step.tool_calls)
    ]
    assert len(recovered) > 3
    for run in recovered:
        (first, *_) = [n for n, step in enumerate(run.steps) if any(call.fault for call in step.tool_calls)]
        assert run.steps[first].error
        assert "I try once more" in run.steps[first + 1].action
