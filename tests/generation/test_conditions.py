"""Problems of every kind, end to end over HTTP: what training is told of, and what the oracle can solve."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from journeyman.agent.endpoint_model import EndpointController
from journeyman.agent.loop import run_query
from journeyman.agent.workbench import open_workbench
from journeyman.answer import answer_matches
from journeyman.dataset.build import build_dataset
from journeyman.errors import ConfigError
from journeyman.generation.files import write_files
from journeyman.generation.plan import HELD_OUT_SEEDS, Brief, Shard, held_out_styles, plan_shards
from journeyman.generation.queries import write_queries
from journeyman.generation.rollout import roll_out
from journeyman.generation.user_files import adopt_files, write_user_queries
from journeyman.generator import Kind
from journeyman.generators.t3_agent import GENERATOR
from journeyman.recipe import Recipe, load_recipe, resolve_tools
from journeyman.sample_files import sample_files
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Renamed, ToolChange
from journeyman.schema.query import Gold, Query, condition_of
from journeyman.schema.trajectory import Trajectory
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.teacher.scripted.server import ORACLE, make_app
from journeyman.verification.queries import verify_queries
from journeyman.verification.trajectories import verify_trajectories

KINDS = GENERATOR.kinds

HELD_OUT = "look_up_facts"
RECIPE = load_recipe("t3_agent")
EVERY_TOOL = load_recipe("t3_agent", {"generation": {"held_out_tools": ()}})
"""Training with it may use every tool, so that rollouts of held-out kinds can be seen to be right."""
UNUSUAL = [kind for kind in KINDS if condition_of(kind.tools, (HELD_OUT,)) != "seen tools"]


@asynccontextmanager
async def _teacher(
    store: Store, *, mistake_rate: float = 0.0, model: str = "", heard: list[str] | None = None
) -> AsyncIterator[Teacher]:
    """A teacher whose requests are kept in ``heard``."""
    app = make_app(mistake_rate=mistake_rate)

    @web.middleware
    async def listen(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if heard is not None:
            heard.append(await request.text())
        return await handler(request)

    app.middlewares.append(listen)
    async with TestServer(app) as server:
        url = str(server.make_url("/v1"))
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x", "JOURNEYMAN_STORE": store.url}
        )
        ledger = Ledger(store, "test")
        await ledger.load()
        async with Teacher.open(settings, ledger, model=model) as teacher:
            yield teacher


def _brief(kind: Kind, seed: int) -> Brief:
    styles = held_out_styles(kind.wording, RECIPE.generation)
    style = styles[seed % len(styles)]
    writer = kind.writers[0] if kind.writers else ""
    return Brief(seed=seed, kind=kind.name, style=style, family=f"{kind.wording}/{style}", writer=writer)


def _shard(kinds: list[Kind], each: int) -> Shard:
    briefs = [_brief(kind, HELD_OUT_SEEDS + n) for n, kind in enumerate(kinds * each)]
    return Shard.model_validate({"split": "train", "index": 0, "briefs": briefs})


async def _asked(shard: Shard, recipe: Recipe, store: Store, teacher: Teacher) -> tuple[ArtifactRef, ArtifactRef]:
    """Verified queries and their files; none may be lost."""
    drafts = await write_queries(shard, recipe, store=store, teacher=teacher)
    files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
    queries, media = files.artifacts["kept"], files.artifacts["media"]
    asked = await verify_queries(queries, media, recipe, store=store, judge=teacher)
    assert [dict(result.reasons) for result in (drafts, files, asked)] == [{}, {}, {}]
    return asked.artifacts["kept"], media


async def _rolled_out(
    shard: Shard, recipe: Recipe, store: Store, teacher: Teacher, home: Path
) -> tuple[ArtifactRef, tuple[ArtifactRef, ArtifactRef], ArtifactRef]:
    """Verified queries, the files of queries and runs, and the runs."""
    queries, media = await _asked(shard, recipe, store, teacher)
    runs = await roll_out(queries, media, recipe, store=store, teacher=teacher, home=home, scope="rollout")
    return queries, (media, runs.artifacts["media"]), runs.artifacts["kept"]


def _is_right(query: Query, run: Trajectory) -> bool:
    return answer_matches(Gold.model_validate_json(query.gold_json), run.answer_json)


def test_problems_without_tools_with_chains_and_with_held_out_tools_go_the_whole_way(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}/store")

    async def work() -> tuple[ArtifactRef, ArtifactRef]:
        async with _teacher(store) as teacher:
            queries, media, runs = await _rolled_out(_shard(UNUSUAL, 3), EVERY_TOOL, store, teacher, tmp_path)
            given: dict[str, Any] = {"store": store, "judge": teacher, "home": tmp_path, "scope": "rollout"}
            kept = await verify_trajectories(runs, queries, media, EVERY_TOOL, **given)
        assert kept.reasons == {}
        return queries, kept.artifacts["kept"]

    asked, kept = asyncio.run(work())
    queries = {query.query_id: query for query in store.records(asked, Query)}
    runs = store.records(kept, Trajectory)
    assert len(UNUSUAL) == 9
    assert len(runs) == 27
    for run in runs:
        query = queries[run.query_id]
        assert tuple(call.tool for step in run.steps for call in step.tool_calls) == query.tools
        assert _is_right(query, run)
        if not query.tools:
            assert len(run.steps) == 1


def test_training_neither_hears_of_a_held_out_tool_nor_is_shown_one(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}/store")
    recipe = load_recipe("t3_agent", {"generation": {"queries": 20, "held_out_problems": 7, "user_file_queries": 2}})
    shard, _ = plan_shards(recipe.generation)
    heard: list[str] = []
    sample_files(tmp_path / "files")

    async def work() -> ArtifactRef:
        async with _teacher(store, heard=heard) as teacher:
            adopted = adopt_files(str(tmp_path / "files"), store=store, storage_options={}).artifacts["kept"]
            await write_user_queries(adopted, recipe, store=store, teacher=teacher)
            queries, media, runs = await _rolled_out(shard, recipe, store, teacher, tmp_path)
        return build_dataset((runs,), (queries,), media, (), recipe, store=store).artifacts["kept"]

    examples = store.records(asyncio.run(work()), Example)
    assert HELD_OUT in recipe.tools
    assert len(examples) > 15
    assert len(heard) > 40
    assert not [text for text in heard if HELD_OUT in text]
    assert sum("calculate(expression)" in text for text in heard) > 20
    for example in examples:
        assert HELD_OUT not in example.messages_json
        assert "calculate(expression)" in example.messages_json


def test_the_oracle_solves_every_kind_with_tools_under_other_names_that_fail_once(tmp_path: Path) -> None:
    """Each tool goes by the name of the next one, so that only descriptions tell them apart."""
    store = Store(f"file://{tmp_path}/store")
    names = RECIPE.tools
    renamed = tuple(Renamed(tool=tool, name=name) for tool, name in zip(names, (*names[1:], names[0]), strict=True))

    async def work() -> list[tuple[Query, Trajectory]]:
        # Its world has no mistake, though everything that the teacher at this endpoint makes has one.
        async with _teacher(store, mistake_rate=1.0, model=ORACLE) as oracle:
            asked, media = await _asked(_shard(list(KINDS), 1), RECIPE, store, oracle)
            files = {item.sha256: item.data for item in store.records(media, MediaFile)}
            found = []
            async with open_workbench(
                RECIPE.tools, store=store, scope="oracle", home=tmp_path, max_steps=RECIPE.generation.max_steps
            ) as bench:
                for query in store.records(asked, Query):
                    change = ToolChange(renamed=renamed, broken=query.tools[:1])
                    given: dict[str, Any] = {"bench": bench, "media": files, "change": change}
                    attempt = await run_query(query, controller=EndpointController(oracle), **given)
                    found.append((query, attempt.trajectory))
        return found

    found = asyncio.run(work())
    assert len(found) == len(KINDS)
    for query, run in found:
        assert _is_right(query, run), (query.text, run)
        calls = [call for step in run.steps for call in step.tool_calls]
        assert tuple(call.tool for call in calls if not call.error) == query.tools
        assert [call.fault for call in calls if call.error] == ["timeout"] * bool(query.tools)


@pytest.mark.parametrize("held_out", ["plots", "double"])
def test_a_recipe_that_holds_back_a_tool_it_does_not_have_is_refused_by_name(held_out: str) -> None:
    with pytest.raises(ConfigError, match=rf"'t3_agent' holds back '{held_out}', which is none of its tools"):
        load_recipe("t3_agent", {"generation": {"held_out_tools": [held_out]}})


def test_an_optional_tool_can_be_held_back_only_where_it_is_configured() -> None:
    recipe = load_recipe("t3_agent", {"generation": {"held_out_tools": ["generate_image"]}})
    with pytest.raises(ConfigError, match="holds back 'generate_image'"):
        asyncio.run(resolve_tools(recipe))


def test_held_out_tools_are_the_only_ones_that_training_does_not_have() -> None:
    assert RECIPE.training_tools() == tuple(name for name in RECIPE.tools if name != HELD_OUT)
    assert tuple(card.name for card in RECIPE.training_tool_cards()) == RECIPE.training_tools()
    assert EVERY_TOOL.training_tools() == RECIPE.tools
