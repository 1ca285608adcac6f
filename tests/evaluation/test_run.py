import asyncio
import shutil
from contextlib import asynccontextmanager

import pytest

from journeyman.action_formats.python_block import Action, write_action
from journeyman.benchmarks.held_out import problems_of
from journeyman.dataset.build import build_dataset
from journeyman.errors import ConfigError, SandboxError
from journeyman.evaluation import agents
from journeyman.evaluation.run import Portion, evaluate
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.message import ImagePart
from journeyman.schema.problem import Problem
from journeyman.schema.query import Gold, Query
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.store import Store
from tests.dataset.toys import call, file_ref, picture, query, step, toy_recipe, trajectory

needs_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")

RECIPE = toy_recipe(tools=("measure_colour", "crop_image"), generation={"max_steps": 3})
COLOURS = {"red": (220, 20, 20), "blue": (20, 20, 220), "green": (10, 150, 10)}
PICTURES = {name: picture(colour) for name, colour in COLOURS.items()}
PROBLEMS = [
    query(
        n,
        split="held_out",
        family=f"colour/{name}",
        tools=("measure_colour",),
        files=(file_ref(PICTURES[name]),),
        gold_json=canonical_json(Gold(kind="text", value=name)),
    )
    for n, name in enumerate(COLOURS)
]


def posed(*, twins: bool = False) -> list[Problem]:
    problems = problems_of(PROBLEMS, tools=RECIPE.tools)
    return [p for p in problems if twins or "~" not in p.problem_id]


def inputs(store: Store, *, twins: bool = False) -> tuple[ArtifactRef, ArtifactRef, ArtifactRef]:
    code = 'found = measure_colour("file_1.png")\nprint(found)'
    taught = [query(n, family="other", tools=("measure_colour",)) for n in (100, 101)]
    runs = [trajectory(q, step(code, call("measure_colour")), step("final_answer(found[0][0])")) for q in taught]
    dataset = build_dataset(
        (store.write("trajectories", runs, Trajectory),),
        (store.write("queries", taught, Query),),
        (store.write("media", [picture((n, 0, 7)) for n in (100, 101)], MediaFile),),
        (),
        RECIPE,
        store=store,
    ).artifacts["kept"]
    problems = store.write("problems", posed(twins=twins), Problem)
    return problems, store.write("media", PICTURES.values(), MediaFile), dataset


def evaluated(
    agent: str, store: Store, tmp_path, model: ArtifactRef | None = None, *, twins: bool = False, **options
) -> StageResult:
    problems, media, dataset = inputs(store, twins=twins)
    recipe = options.pop("recipe", RECIPE)
    return asyncio.run(
        evaluate(agent, problems, (media,), recipe, store=store, home=tmp_path, dataset=dataset, model=model, **options)
    )


def values(score: Score) -> tuple[float | None, ...]:
    return tuple(score.value(name) for name in ("AnsAcc", "ToolAcc", "CodeExec"))


@needs_sandbox
def test_format_only_solves_what_the_training_habit_solves(tmp_path) -> None:
    store = Store("memory://format-only")
    result = evaluated("format_only", store, tmp_path)
    scores = store.records(result.artifacts["kept"], Score)
    assert [s.problem_id for s in scores] == ["q0000", "q0001", "q0002"]
    assert [(*values(s), s.status, s.cause) for s in scores] == [(1, 1, 1, "answered", "right")] * 3
    assert result.facts["ToolAcc"] == "1.000 of 3"
    assert evaluated("format_only", store, tmp_path).artifacts == result.artifacts


@needs_sandbox
def test_chance_runs_real_tools_and_every_problem_is_scored(tmp_path) -> None:
    store = Store("memory://chance")
    result = evaluated("chance", store, tmp_path)
    scores = store.records(result.artifacts["kept"], Score)
    assert len(scores) == 3
    called = [c for s in scores for t in Trajectory.model_validate_json(s.trajectory_json).steps for c in t.tool_calls]
    assert len(called) == 3


class Looking:
    """A model that tells the colour it is shown, and crashes on demand."""

    def __init__(self, name: str, crash_on: str = "") -> None:
        self.name = name
        self._crash_on = crash_on

    async def act(self, messages, media):
        shown = next(p.sha256 for m in messages for p in m.content if isinstance(p, ImagePart))
        colour = next(name for name, file in PICTURES.items() if file.sha256 == shown and media[shown] == file.data)
        if self._crash_on in (colour, "all"):
            raise SandboxError("the worker is gone")
        code = f'x = measure_colour("file_1.png")\nfinal_answer({colour!r})'
        return write_action(Action("I see it.", code))


def with_model(monkeypatch, crash_on: str = "") -> None:
    @asynccontextmanager
    async def opened(agent, given):
        yield Looking(agent, crash_on)

    monkeypatch.setattr(agents, "open_local_model", opened)


ANY_MODEL = ArtifactRef(kind="models", key="k", digest="m", rows=1)


@needs_sandbox
def test_the_blind_agent_names_another_problems_picture(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch)
    store = Store("memory://blind")
    for agent, right in (("tuned", 1), ("blind", 0)):
        scores = store.records(evaluated(agent, store, tmp_path, ANY_MODEL).artifacts["kept"], Score)
        assert [values(s)[:2] for s in scores] == [(right, 1)] * 3


@needs_sandbox
def test_a_crashed_problem_is_wrong_and_says_why(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch, crash_on="blue")
    store = Store("memory://crash")
    result = evaluated("tuned", store, tmp_path, ANY_MODEL)
    crashed = store.records(result.artifacts["kept"], Score)[1]
    assert crashed.status == "crashed: the worker is gone"
    assert (values(crashed), crashed.cause) == ((0, 0, 0), "crashed")
    assert (result.facts["cause: crashed"], result.facts["AnsAcc"]) == ("1", "0.667 of 3")


@needs_sandbox
def test_a_machine_on_which_everything_crashes_is_no_score_of_zero(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch, crash_on="all")
    with pytest.raises(SandboxError, match="all 3 problems crashed for agent 'tuned'"):
        evaluated("tuned", Store("memory://allcrash"), tmp_path, ANY_MODEL)


@needs_sandbox
def test_a_run_that_was_killed_repeats_no_finished_problem_and_ends_in_the_same_scores(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch)
    store = Store("memory://killed")
    whole = evaluated("tuned", Store("memory://straight"), tmp_path, ANY_MODEL)
    with_model(monkeypatch, crash_on="blue")  # what crashed is not finished; the other two are
    evaluated("tuned", store, tmp_path, ANY_MODEL)
    acted = []

    class Counting(Looking):
        async def act(self, messages, media):
            acted.append(messages)
            return await super().act(messages, media)

    @asynccontextmanager
    async def opened(agent, given):
        yield Counting(agent)

    monkeypatch.setattr(agents, "open_local_model", opened)
    again = evaluated("tuned", store, tmp_path, ANY_MODEL)
    assert len(acted) == 1
    assert again.facts["replayed"] == "2"
    assert again.artifacts["kept"].digest == whole.artifacts["kept"].digest


@needs_sandbox
def test_portions_are_scored_apart_and_together_are_all(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch)
    store = Store("memory://portions")
    found = [
        s.problem_id
        for i in range(2)
        for s in store.records(
            evaluated("tuned", store, tmp_path, ANY_MODEL, portion=Portion(i, 2)).artifacts["kept"], Score
        )
    ]
    assert sorted(found) == ["q0000", "q0001", "q0002"]


@needs_sandbox
def test_twins_are_told_of_renamed_tools_and_meet_broken_ones(tmp_path, monkeypatch) -> None:
    shown = []

    class Renaming(Looking):
        async def act(self, messages, media):
            told = messages[0].text
            name = "colour_shares" if "colour_shares(" in told else "measure_colour"
            shown.append(name)
            failed = "took longer than" in messages[-1].text
            code = f'x = {name}("file_1.png")\nfinal_answer(x[0][0])'
            return write_action(Action("Once more." if failed else "I see it.", code))

    @asynccontextmanager
    async def opened(agent, given):
        yield Renaming(agent)

    monkeypatch.setattr(agents, "open_local_model", opened)
    store = Store("memory://twins")
    result = evaluated("tuned", store, tmp_path, ANY_MODEL, twins=True)
    scores = {s.problem_id: s for s in store.records(result.artifacts["kept"], Score)}
    assert set(scores) == {"q0000", "q0000~renamed", "q0001", "q0001~broken", "q0002"}
    assert {i: values(s) for i, s in scores.items()} == dict.fromkeys(scores, (1, 1, 1))
    assert "colour_shares" in shown
    renamed = Trajectory.model_validate_json(scores["q0000~renamed"].trajectory_json)
    assert [c.tool for step in renamed.steps for c in step.tool_calls] == ["measure_colour"]
    broken = Trajectory.model_validate_json(scores["q0001~broken"].trajectory_json)
    assert [c.fault for step in broken.steps for c in step.tool_calls] == ["timeout", ""]


@needs_sandbox
def test_tokens_and_time_that_are_used_up_end_a_run_as_a_wrong_answer_with_its_cause(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch)
    few = toy_recipe(tools=RECIPE.tools, generation={"max_steps": 3}, evaluation={"max_tokens": 3})
    store = Store("memory://tokens")
    scores = store.records(evaluated("tuned", store, tmp_path, ANY_MODEL, recipe=few).artifacts["kept"], Score)
    assert [(s.status, s.cause, s.value("AnsAcc")) for s in scores] == [("out_of_tokens", "tokens used up", 0)] * 3

    class Slow(Looking):
        async def act(self, messages, media):
            await asyncio.sleep(30)
            raise AssertionError

    @asynccontextmanager
    async def opened(agent, given):
        yield Slow(agent)

    monkeypatch.setattr(agents, "open_local_model", opened)
    short = toy_recipe(tools=RECIPE.tools, generation={"max_steps": 3}, evaluation={"max_seconds": 0.2})
    store = Store("memory://time")
    scores = store.records(evaluated("tuned", store, tmp_path, ANY_MODEL, recipe=short).artifacts["kept"], Score)
    assert [(s.status, s.cause) for s in scores] == [("out_of_time", "time used up")] * 3


def test_an_unknown_agent_and_a_missing_model_are_named(tmp_path) -> None:
    store = Store("memory://unknown")
    with pytest.raises(
        ConfigError, match=r"no agent 'vllm7b'; there is: untuned, .* set JOURNEYMAN_ENDPOINT__VLLM7B__URL"
    ):
        evaluated("vllm7b", store, tmp_path)
    with pytest.raises(ConfigError, match="agent 'tuned' needs a model"):
        evaluated("tuned", store, tmp_path)
