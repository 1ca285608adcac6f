"""Every kind of the skills recipe with the real skills: the oracle solves it, and checks drop what is wrong."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from journeyman.agent.endpoint_model import EndpointController
from journeyman.agent.loop import run_query
from journeyman.agent.workbench import open_workbench
from journeyman.answer import answer_matches
from journeyman.check import TrajectoryCheck, TrajectoryContext
from journeyman.generation.config import GenerationConfig
from journeyman.generation.files import write_files
from journeyman.generation.plan import HELD_OUT_SEEDS, Brief, Shard, held_out_styles, plan_shards
from journeyman.generation.queries import write_queries
from journeyman.generator import Kind
from journeyman.generators.llava_plus import GENERATOR
from journeyman.plugins import load_plugin
from journeyman.recipe import load_recipe
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import AS_IN_THE_RECIPE, Renamed, ToolChange
from journeyman.schema.query import Gold, Query, condition_of
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.scripted.server import ORACLE
from journeyman.tool import Tool
from tests.generation.test_conditions import _teacher

HELD_OUT = ("retrieve_knowledge",)
CONFIG = GenerationConfig(generator="llava_plus", held_out_tools=HELD_OUT, queries=204, held_out_problems=140)
KINDS = GENERATOR.kinds
SKILLS = tuple(dict.fromkeys(name for kind in KINDS for name in kind.tools))
# The queries and files of a generator need no more of a recipe than its generator.
RECIPE = load_recipe("t3_agent").model_copy(update={"generation": CONFIG})
CHECKS = ("actions_parse", "calls_succeed", "tools_used", "replay_agrees", "answer_is_gold", "trajectory_judge")


@pytest.fixture(scope="module", autouse=True)
def _skills_are_ready() -> None:
    missing = [load_plugin("journeyman.tools", name, "TOOL", Tool).missing() for name in SKILLS]
    if any(missing):
        pytest.skip(next(filter(None, missing)))


def _shard(kinds: tuple[Kind, ...], each: int) -> Shard:
    briefs = []
    for number, kind in enumerate(kinds * each):
        styles = held_out_styles(kind.wording, CONFIG)
        style, seed = styles[number % len(styles)], HELD_OUT_SEEDS + number
        writer = kind.writers[number % len(kind.writers)] if kind.writers else ""
        family = f"{kind.wording}/{style}"
        briefs.append(Brief(seed=seed, kind=kind.name, style=style, family=family, writer=writer))
    return Shard.model_validate({"split": "train", "index": 0, "briefs": briefs})


async def _asked(shard: Shard, store: Store, teacher: Teacher) -> tuple[list[Query], dict[str, MediaFile]]:
    """Queries and their files; none may be lost."""
    drafts = await write_queries(shard, RECIPE, store=store, teacher=teacher)
    files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
    assert [dict(result.reasons) for result in (drafts, files)] == [{}, {}]
    media = {row.sha256: row for row in store.records(files.artifacts["media"], MediaFile)}
    return store.records(files.artifacts["kept"], Query), media


async def _solved(
    shard: Shard, home: Path, change: ToolChange = AS_IN_THE_RECIPE, *, errs: bool = False
) -> list[tuple[Query, Trajectory, str]]:
    """Queries without a mistake, runs, and the check that drops each run or ''.

    ``broken`` in ``change`` stands for every first skill; who ``errs`` makes a mistake in every run.
    """
    store = Store(f"file://{home}/store")
    found = []
    async with _teacher(store, model=ORACLE) as oracle, _teacher(store, mistake_rate=1.0) as clumsy:
        queries, media = await _asked(shard, store, oracle)
        acting = EndpointController(clumsy if errs else oracle)
        data = {key: item.data for key, item in media.items()}
        bench_of: dict[str, Any] = {"store": store, "scope": "skills", "home": home, "max_steps": 6}
        async with open_workbench(SKILLS, **bench_of, action_format="skill_json") as bench:
            runs = []
            for query in queries:
                own = change.model_copy(update={"broken": query.tools[:1] if change.broken else ()})
                attempt = await run_query(query, controller=acting, bench=bench, media=data, change=own)
                runs.append(attempt.trajectory)
        async with open_workbench(SKILLS, **bench_of, action_format="skill_json", mode="replay") as bench:
            for query, run in zip(queries, runs, strict=True):
                context = TrajectoryContext(query=query, media=media, judge=oracle, bench=bench)
                dropped = "" if change != AS_IN_THE_RECIPE else await _first_finding(run, context)
                found.append((query, run, dropped))
    return found


async def _first_finding(run: Trajectory, context: TrajectoryContext) -> str:
    for name in CHECKS:
        if await load_plugin("journeyman.checks", name, "CHECK", TrajectoryCheck).run(run, context) is not None:
            return name
    return ""


def _is_right(query: Query, run: Trajectory) -> bool:
    return answer_matches(Gold.model_validate_json(query.gold_json), run.answer_json)


def test_the_oracle_solves_every_kind_and_every_check_keeps_it(tmp_path: Path) -> None:
    found = asyncio.run(_solved(_shard(KINDS, 1), tmp_path))
    assert len(found) == len(KINDS)
    for query, run, dropped in found:
        assert _is_right(query, run), (query.text, query.gold_json, run)
        assert tuple(call.tool for step in run.steps for call in step.tool_calls) == query.tools
        assert not dropped, (query.text, dropped)
    together = [run for query, run, _ in found if len(run.steps) == 2 and len(query.tools) > 1]
    assert len(together) == 3


def test_the_oracle_solves_every_kind_with_skills_under_other_names_that_fail_once(tmp_path: Path) -> None:
    """Each skill goes by the name of the next one, so that only descriptions tell them apart."""
    renamed = tuple(Renamed(tool=tool, name=name) for tool, name in zip(SKILLS, (*SKILLS[1:], SKILLS[0]), strict=True))
    change = ToolChange(renamed=renamed, broken=SKILLS)
    for query, run, _ in asyncio.run(_solved(_shard(KINDS, 1), tmp_path, change)):
        assert _is_right(query, run), (query.text, query.gold_json, run)
        calls = [call for step in run.steps for call in step.tool_calls]
        # Of several calls in one turn the one that failed is made again when the others are done.
        assert sorted(call.tool for call in calls if not call.error) == sorted(query.tools)
        assert [call.fault for call in calls if call.error] == ["timeout"] * bool(query.tools)


def test_planted_mistakes_are_dropped_by_the_checks(tmp_path: Path) -> None:
    kinds = tuple(kind for kind in KINDS if kind.name in ("where", "sign", "draw", "told"))
    shard = _shard(kinds, 5)
    found = asyncio.run(_solved(shard, tmp_path, errs=True))
    assert len(found) == len(shard.briefs)
    dropped = [name for *_, name in found]
    assert all(dropped)
    assert {"actions_parse", "calls_succeed", "tools_used", "answer_is_gold"} <= set(dropped)


def test_held_out_problems_have_styles_of_their_own_and_every_condition() -> None:
    shards = plan_shards(CONFIG)
    kinds = {
        split: [GENERATOR.kind(b.kind) for s in shards if s.split == split for b in s.briefs]
        for split in ("train", "held_out")
    }
    families = {
        split: {b.family for s in shards if s.split == split for b in s.briefs} for split in ("train", "held_out")
    }
    assert not families["train"] & families["held_out"]
    conditions = {condition_of(kind.tools, HELD_OUT) for kind in kinds["held_out"]}
    assert conditions == {"seen tools", "unseen tools", "no tool", "long chain"}
    assert set(kinds["train"]) == {kind for kind in KINDS if not set(kind.tools) & set(HELD_OUT)}
    without = sum(not kind.tools for kind in kinds["train"]) / len(kinds["train"])
    assert 0.15 <= without <= 0.25


def test_equal_briefs_give_equal_queries(tmp_path: Path) -> None:
    async def queries(home: str) -> list[Query]:
        store = Store(f"file://{tmp_path}/{home}")
        async with _teacher(store) as teacher:
            return (await _asked(_shard(KINDS, 1), store, teacher))[0]

    assert asyncio.run(queries("one")) == asyncio.run(queries("two"))
