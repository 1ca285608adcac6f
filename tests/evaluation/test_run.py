import asyncio
import shutil
from contextlib import asynccontextmanager

import pytest

from journeyman.agent.python_block import Action, write_action
from journeyman.dataset.build import build_dataset
from journeyman.errors import ConfigError, SandboxError
from journeyman.evaluation import run
from journeyman.evaluation.run import evaluate
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.message import ImagePart
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


def inputs(store: Store) -> tuple[ArtifactRef, ArtifactRef, ArtifactRef]:
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
    problems = store.write("queries", [*PROBLEMS, query(7)], Query)
    return problems, store.write("media", PICTURES.values(), MediaFile), dataset


def evaluated(agent: str, store: Store, tmp_path, model: ArtifactRef | None = None) -> StageResult:
    problems, media, dataset = inputs(store)
    return asyncio.run(evaluate(agent, (problems,), (media,), dataset, model, RECIPE, store=store, home=tmp_path))


@needs_sandbox
def test_format_only_solves_what_the_training_habit_solves(tmp_path) -> None:
    store = Store("memory://format-only")
    result = evaluated("format_only", store, tmp_path)
    scores = store.records(result.artifacts["kept"], Score)
    assert [s.problem_id for s in scores] == ["q0000", "q0001", "q0002"]
    assert [(s.answer_accuracy, s.tool_accuracy, s.code_executes, s.status) for s in scores] == [
        (1, 1, 1, "answered")
    ] * 3
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
    async def opened(agent, model, recipe, *, store, home):
        yield Looking(agent, crash_on)

    monkeypatch.setattr(run, "_opened_model", opened)


ANY_MODEL = ArtifactRef(kind="models", key="k", digest="m", rows=1)


@needs_sandbox
def test_the_blind_agent_names_another_problems_picture(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch)
    store = Store("memory://blind")
    for agent, right in (("tuned", 1), ("blind", 0)):
        scores = store.records(evaluated(agent, store, tmp_path, ANY_MODEL).artifacts["kept"], Score)
        assert [s.answer_accuracy for s in scores] == [right] * 3
        assert [s.tool_accuracy for s in scores] == [1] * 3


@needs_sandbox
def test_a_crashed_problem_is_wrong_and_says_why(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch, crash_on="blue")
    store = Store("memory://crash")
    result = evaluated("tuned", store, tmp_path, ANY_MODEL)
    crashed = store.records(result.artifacts["kept"], Score)[1]
    assert crashed.status == "crashed: the worker is gone"
    assert (crashed.answer_accuracy, crashed.tool_accuracy, crashed.code_executes) == (0, 0, 0)
    assert (result.facts["crashed"], result.facts["AnsAcc"]) == ("1", "0.667 of 3")


@needs_sandbox
def test_a_machine_on_which_everything_crashes_is_no_score_of_zero(tmp_path, monkeypatch) -> None:
    with_model(monkeypatch, crash_on="all")
    with pytest.raises(SandboxError, match="all 3 problems crashed for agent 'tuned'"):
        evaluated("tuned", Store("memory://allcrash"), tmp_path, ANY_MODEL)


def test_no_held_out_problem_is_refused(tmp_path) -> None:
    store = Store("memory://none")
    problems = (store.write("queries", [query(1)], Query),)
    with pytest.raises(ConfigError, match="no held-out problem"):
        asyncio.run(evaluate("chance", problems, (), ANY_MODEL, None, RECIPE, store=store, home=tmp_path))


def test_an_unknown_agent_and_a_missing_model_are_named(tmp_path) -> None:
    store = Store("memory://unknown")
    with pytest.raises(ConfigError, match="no agent 'oracle'; there is: untuned, tuned"):
        evaluated("oracle", store, tmp_path)
    with pytest.raises(ConfigError, match="agent 'tuned' needs a model"):
        evaluated("tuned", store, tmp_path)
