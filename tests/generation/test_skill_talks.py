"""Talks about one picture, end to end with the real skills: what is joined is what a live talk says, byte for byte."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from journeyman.action_formats.skill_json import without_thoughts
from journeyman.agent.prompt import action_message, by_question
from journeyman.agent.recorded import RecordedController
from journeyman.agent.skill_session import Attached, SkillSession
from journeyman.agent.turns import Workbench
from journeyman.agent.workbench import open_workbench
from journeyman.answer import answer_matches
from journeyman.dataset.build import build_dataset
from journeyman.dataset.talks import Talk, talks_of
from journeyman.generation.files import write_files
from journeyman.generation.plan import Brief, Shard
from journeyman.generation.queries import write_queries
from journeyman.generation.rollout import roll_out
from journeyman.generators.llava_plus import GENERATOR
from journeyman.plugins import load_plugin
from journeyman.recipe import Recipe, load_recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message, messages_from_json, messages_to_json
from journeyman.schema.problem import ToolChange
from journeyman.schema.query import Gold, Query
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.store import Store
from journeyman.tool import Tool
from journeyman.verification.queries import verify_queries
from journeyman.verification.trajectories import verify_trajectories
from tests.scripted import scripted_teacher

SCENE = tuple(kind for kind in GENERATOR.kinds if kind.picture == "scene")
SHORT = (("at_point", "where", "outermost"), ("present", "larger_thing", "covered"))
"""Kinds of two talks."""
SEED = 16_000
"""Of these talks every question is clear; that of which of two things is larger is not so for every picture."""
RECIPE = load_recipe("llava_plus")
SHOWN = load_recipe(
    "llava_plus",
    {"skills": {"shown_first": ["caption_image", "tag_and_ground"], "thoughts": False, "listed": False}},
)


@pytest.fixture(scope="module", autouse=True)
def _skills_are_ready() -> None:
    missing = [load_plugin("journeyman.tools", name, "TOOL", Tool).missing() for kind in SCENE for name in kind.tools]
    if any(missing):
        pytest.skip(next(filter(None, missing)))


class Made(NamedTuple):
    """What a shard of talks became."""

    store: Store
    home: Path
    recipe: Recipe
    stages: list[StageResult]
    media: tuple[ArtifactRef, ArtifactRef]

    @property
    def queries(self) -> dict[str, Query]:
        return {query.query_id: query for query in self.store.records(self.stages[2].artifacts["kept"], Query)}

    @property
    def runs(self) -> list[Trajectory]:
        return self.store.records(self.stages[-2].artifacts["kept"], Trajectory)

    @property
    def examples(self) -> dict[str, Example]:
        return {row.example_id: row for row in self.store.records(self.stages[-1].artifacts["kept"], Example)}


def _shard(orders: Sequence[Sequence[str]]) -> Shard:
    """A talk for each of ``orders``, of kinds by name."""
    briefs = []
    for number, names in enumerate(orders):
        first = SEED + 10 * number
        for place, kind in enumerate(map(GENERATOR.kind, names)):
            brief = {"seed": first + place, "kind": kind.name, "style": "child", "family": f"{kind.wording}/child"}
            briefs.append(Brief.model_validate(brief | {"writer": "png", "follows": first if place else None}))
    return Shard.model_validate({"split": "train", "index": 0, "briefs": briefs})


def _made(shard: Shard, recipe: Recipe, home: Path, *, mistake_rate: float = 0.0) -> Made:
    store = Store(f"file://{home}/store")

    async def work() -> Made:
        async with scripted_teacher(store, mistake_rate=mistake_rate) as teacher:
            drafts = await write_queries(shard, recipe, store=store, teacher=teacher)
            files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
            queries, media = files.artifacts["kept"], files.artifacts["media"]
            asked = await verify_queries(queries, media, recipe, store=store, judge=teacher)
            queries = asked.artifacts["kept"]
            runs = await roll_out(queries, media, recipe, store=store, teacher=teacher, home=home, scope="rollout")
            given: dict[str, Any] = {"store": store, "judge": teacher, "home": home, "scope": "rollout"}
            kept = await verify_trajectories(runs.artifacts["kept"], queries, (media,), recipe, **given)
        both = (media, runs.artifacts["media"])
        built = build_dataset((kept.artifacts["kept"],), (queries,), both, (), recipe, store=store)
        return Made(store, home, recipe, [drafts, files, asked, runs, kept, built], both)

    return asyncio.run(work())


def _orders() -> list[tuple[str, ...]]:
    """Talks of four kinds; every kind begins one, and is asked further behind three others."""
    names = [kind.name for kind in SCENE]
    return [tuple((names[start:] + names[:start])[:4]) for start in range(len(names))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return _made(_shard(_orders()), RECIPE, tmp_path_factory.mktemp("talks"))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What is made where results are shown first, turns have no thoughts and skills are not listed."""
    return _made(_shard(SHORT), SHOWN, tmp_path_factory.mktemp("shown"))


def test_the_oracle_is_right_about_every_kind_of_further_question_to_every_picture(made: Made) -> None:
    assert [dict(stage.reasons) for stage in made.stages] == [{}] * 6
    queries, runs = made.queries, made.runs
    assert len(runs) == len(queries) == len(_shard(_orders()).briefs)
    for run in runs:
        query = queries[run.query_id]
        assert answer_matches(Gold.model_validate_json(query.gold_json), run.answer_json), (query, run)
        assert tuple(call.tool for step in run.steps for call in step.tool_calls) == query.tools
        if query.follows:
            assert query.files == queries[query.follows].files


def test_every_talk_is_one_example_and_every_trajectory_is_counted(made: Made) -> None:
    built, examples = made.stages[-1], made.examples
    assert len(examples) == len(_orders())
    assert (built.counts.taken, built.counts.kept, built.counts.dropped) == (len(made.runs), len(made.runs), 0)
    assert built.artifacts["kept"].rows == len(examples)
    assert built.facts["joined"] == str(len(made.runs) - len(examples))
    talks = talks_of(made.runs, made.queries, join=True)
    for talk in talks:
        queries = [made.queries[run.query_id] for run in talk.runs]
        example = examples[talk.example_id]
        assert example.family == queries[0].family
        assert example.query.split("\n") == [query.text for query in queries]
        assert example.answer_json == talk.runs[-1].answer_json
        assert example.tools == tuple(dict.fromkeys(name for query in queries for name in query.tools))
        parts = by_question(messages_from_json(example.messages_json))
        assert [bool(part[0].images) for part in parts] == [True, *[False] * (len(queries) - 1)]
    orders = [
        tuple(made.queries[run.query_id].family.removesuffix("/child").replace("-", "_") for run in talk.runs)
        for talk in talks
    ]
    wordings = {kind.name: kind.wording.replace("-", "_") for kind in SCENE}
    assert sorted(orders) == sorted(tuple(wordings[name] for name in order) for order in _orders())


class _Noting:
    """A controller that notes what the last turn was shown."""

    def __init__(self, inner: RecordedController) -> None:
        self.inner = inner
        self.name = inner.name
        self.shown: tuple[Message, ...] = ()

    async def act(self, messages: Sequence[Message], media: dict[str, bytes]) -> str:
        self.shown = tuple(messages)
        return await self.inner.act(messages, media)


async def _live(talk: Talk, made: Made, bench: Workbench, media: dict[str, bytes]) -> str:
    """The messages of a live talk in which the recorded turns are taken again."""
    steps = tuple(step for run in talk.runs for step in run.steps)
    controller = _Noting(RecordedController(talk.runs[0].model_copy(update={"steps": steps})))
    change = ToolChange(withheld=made.recipe.generation.held_out_tools)
    async with SkillSession.open(controller=controller, bench=bench, change=change) as session:
        for run in talk.runs:
            query = made.queries[run.query_id]
            files = query.files if run is talk.runs[0] else ()
            reply = await session.ask(query.text, [Attached(ref, media[ref.sha256]) for ref in files])
            assert reply.ended.answer_json == run.answer_json
    return messages_to_json([*controller.shown, action_message(steps[-1])])


def _without_thoughts(run: Trajectory) -> Trajectory:
    steps = tuple(step.model_copy(update={"action": without_thoughts(step.action)}) for step in run.steps)
    return run.model_copy(update={"steps": steps})


@pytest.mark.parametrize("which", ["made", "shown"])
def test_an_example_is_what_a_live_talk_with_the_real_skills_says(which: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(which)
    runs = made.runs if made.recipe.skills.thoughts else [_without_thoughts(run) for run in made.runs]
    talks = talks_of(runs, made.queries, join=True)
    media = {row.sha256: row.data for ref in made.media for row in made.store.records(ref, MediaFile)}

    async def work() -> list[str]:
        tools = made.recipe.training_tools()
        skills = made.recipe.skills
        given: dict[str, Any] = {"action_format": "skill_json", "shown_first": skills.shown_first}
        given |= {"listed": skills.listed}
        # Skills run again: no result of the rollouts is replayed.
        given |= {"mode": "live", "scope": "live", "store": made.store, "home": made.home, "max_steps": 6}
        async with open_workbench(tools, **given) as bench:
            return [await _live(talk, made, bench, media) for talk in talks]

    assert min(len(talk.runs) for talk in talks) > 2
    assert asyncio.run(work()) == [made.examples[talk.example_id].messages_json for talk in talks]


def test_what_is_shown_first_stands_once_in_a_talk(shown: Made) -> None:
    assert len(shown.examples) == 2
    contexts = {shown.queries[run.query_id].files[0].sha256: run.context for run in shown.runs}
    for example in shown.examples.values():
        messages = messages_from_json(example.messages_json)
        (picture,) = messages[1].images
        assert contexts[picture]
        assert contexts[picture] in messages[1].text
        assert example.messages_json.count('\\"API_name\\": \\"tag_and_ground\\", \\"result\\"') == 1
        assert '\\"thoughts\\"' not in "".join(m.text for m in messages if m.role == "assistant")


def test_planted_mistakes_leave_the_rest_of_a_talk_and_every_record_is_counted(tmp_path: Path) -> None:
    made = _made(_shard(_orders() * 2), RECIPE, tmp_path, mistake_rate=0.5)
    taken = len(_shard(_orders() * 2).briefs)
    for stage in made.stages:
        assert stage.counts.taken == taken
        taken = stage.counts.kept
    assert made.stages[1].reasons["gold: gold answer cannot be computed"] > 3
    examples = list(made.examples.values())
    assert int(made.stages[-1].facts["joined"]) == taken - len(examples) > 3
    # What follows a query that was dropped is there with its file.
    begun = {query.query_id for query in made.queries.values() if not query.follows}
    orphans = [run for run in made.runs if made.queries[run.query_id].follows not in {"", *begun}]
    assert orphans
    for run in orphans:
        example = made.examples[run.trajectory_id]
        assert len(example.images) == 1 + sum(len(step.images) for step in run.steps)
    assert {len(by_question(messages_from_json(row.messages_json))) for row in examples} >= {1, 2}


def test_equal_talks_give_equal_artifacts(shown: Made, tmp_path: Path) -> None:
    again = _made(_shard(SHORT), SHOWN, tmp_path)
    assert [s.artifacts["kept"].digest for s in again.stages] == [s.artifacts["kept"].digest for s in shown.stages]
