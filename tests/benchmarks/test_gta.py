"""GTA end to end: right, wrong and failed runs, over the denominators that the figures are published with."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.benchmarks._gta_calls import in_gta_words, uses_right_tools
from journeyman.metrics.gta import CATEGORIES, GoldStep
from journeyman.plugins import load_plugin, plugin_names
from journeyman.schema.problem import Problem
from journeyman.schema.trajectory import Trajectory
from journeyman.tool import Tool
from tests.benchmarks.official import (
    CRASHED,
    HIDDEN,
    PLOT,
    call,
    embed,
    figure,
    gta_files,
    gta_items,
    item,
    run,
    tool_call,
    write_folder,
)

GTA = load_benchmark("gta")
COVERS = {
    "ocr": ("OCR", "MathOCR"),
    "calculate": ("Calculator",),
    "draw_boxes": ("DrawBox",),
    "plot": ("Plot",),
    "tag_image": ("ImageDescription",),
    "visualize": ("ImageDescription", "RegionAttributeDescription", "CountGivenObject"),
}
BARE = Scoring(covers=COVERS)
WITH_MODEL = Scoring(covers=COVERS, embed=embed)


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> tuple[Problem, ...]:
    return GTA.read(write_folder(tmp_path_factory.mktemp("gta"), gta_files())).problems


def _right_runs() -> list[Trajectory]:
    return [
        run(tool_call("ocr"), tool_call("calculate"), answer="You pay $5 for it"),
        run(tool_call("ocr"), tool_call("ocr"), answer="cat"),
        run(tool_call("tag_image"), answer="a red surface"),
        run(tool_call("draw_boxes", image="file_1.jpg", bbox="(1, 1, 4, 4)", annotation="sign"), answer="done"),
        run(tool_call("plot", command=PLOT), answer="done"),
    ]


def _figure(problems: Any, runs: list[Trajectory], name: str, scoring: Scoring = WITH_MODEL) -> tuple[float, float]:
    return figure(GTA, name, [GTA.score(p, t, scoring) for p, t in zip(problems, runs, strict=True)])


def test_right_runs_earn_everything_over_the_whole_denominator(problems: Any) -> None:
    whole = {"AnsAcc": 3, "Ans+I": 5, "AnsAcc T3": 2, "ToolAcc": 5, "CodeExec": 5, "P F1": 4, "O recall": 1, "L F1": 2}
    for name, weight in whole.items():
        assert _figure(problems, _right_runs(), name) == pytest.approx((1.0, weight)), name
    assert _figure(problems, _right_runs(), "AnsAcc T3 of all") == pytest.approx((2 / 5, 5))


@pytest.mark.parametrize("bad", [CRASHED, run(status="max_steps"), run(status="failed"), run(answer=None)])
def test_a_run_without_an_answer_is_wrong_and_stays_in_every_denominator(problems: Any, bad: Trajectory) -> None:
    runs = [bad] * 5
    for name, weight in {
        "AnsAcc": 3,
        "AnsAcc official": 3,
        "AnsAcc T3": 2,
        "AnsAcc T3 of all": 5,
        "ToolAcc": 5,
    }.items():
        assert _figure(problems, runs, name) == (0.0, weight), name
    for name in ("Ans+I", "Ans+I official"):
        assert _figure(problems, runs, name) == (0.0, 5), name
    for name in ("P", "O", "L"):
        assert _figure(problems, runs, f"{name} F1")[0] == 0.0
        assert _figure(problems, runs, f"{name} recall official")[0] == 0.0
    assert _figure(problems, [CRASHED] * 5, "CodeExec") == (0.0, 5)


def test_the_answer_of_a_run_that_did_not_end_is_not_read(problems: Any) -> None:
    cut = run(answer="cat").model_copy(update={"status": "max_steps"})
    assert {m.name: m.value for m in GTA.score(problems[1], cut, BARE)}["AnsAcc"] == 0.0


@pytest.mark.parametrize(
    ("answer", "official", "corrected", "substring"),
    [
        ("It costs $5.", 0, 1, 1),
        ("five dollars", 1, 1, 1),
        ("$5, or maybe $6", 0, 0, 1),
        ("$50", 0, 0, 1),
        ("five dollars, not $6", 1, 0, 1),
        ("4", 0, 0, 0),
        (["$5"], 0, 1, 1),
        ({"price": "five dollars"}, 1, 1, 1),
        ("", 0, 0, 0),
    ],
)
def test_the_three_rules_part_where_the_official_ones_are_defective(
    problems: Any, answer: Any, official: float, corrected: float, substring: float
) -> None:
    found = {m.name: m.value for m in GTA.score(problems[0], run(answer=answer), BARE)}
    assert (found["AnsAcc official"], found["AnsAcc"], found["AnsAcc T3"]) == (official, corrected, substring)


def test_without_a_model_reference_texts_and_pictures_stay_unscored(problems: Any) -> None:
    assert _figure(problems, _right_runs(), "AnsAcc official", BARE)[1] == 2
    assert _figure(problems, _right_runs(), "AnsAcc", BARE)[1] == 2
    names = {m.name for p, t in zip(problems, _right_runs(), strict=True) for m in GTA.score(p, t, BARE)}
    assert not names & {"Ans+I", "Ans+I official"}


def test_reference_texts_are_scored_by_the_nearest_one(problems: Any) -> None:
    near = {m.name: m.value for m in GTA.score(problems[2], run(answer="a surface, red"), WITH_MODEL)}
    far = {m.name: m.value for m in GTA.score(problems[2], run(answer="zzz"), WITH_MODEL)}
    assert near["AnsAcc"] == near["AnsAcc official"] == pytest.approx(1.0)
    assert far["AnsAcc"] == 0.0


def test_a_picture_is_scored_by_the_last_call_that_drew_it(problems: Any) -> None:
    right = {"image": "file_1.jpg", "bbox": "(1, 1, 4, 4)", "annotation": "sign"}
    wrong = {"image": "file_1.jpg", "bbox": "(1, 1, 4, 4)", "annotation": "zzz"}

    def score(*calls: Any, status: str = "answered") -> tuple[float, float]:
        found = {m.name: m.value for m in GTA.score(problems[3], run(*calls, answer="x", status=status), WITH_MODEL)}
        return found["Ans+I official"], found["Ans+I"]

    assert score(tool_call("draw_boxes", **wrong), tool_call("draw_boxes", **right)) == pytest.approx((1, 1))
    assert score(tool_call("draw_boxes", **right), tool_call("draw_boxes", **wrong))[0] < 1
    assert score(tool_call("draw_boxes", error="bad box", **right)) == (0, 0)
    assert score(tool_call("draw_boxes", **right), status="failed") == pytest.approx((1, 0))
    assert score(tool_call("ocr")) == (0, 0)


def test_official_f1_passes_100_percent_and_ours_does_not(problems: Any) -> None:
    """Two gold OCR, one predicted: officially two hits of one call."""
    runs = [run(tool_call("ocr"), answer="cat")]
    assert _figure(problems[1:2], runs, "P F1 official")[0] == pytest.approx(4 / 3)
    assert _figure(problems[1:2], runs, "P precision official")[0] == 2.0
    assert _figure(problems[1:2], runs, "P F1")[0] == pytest.approx(2 / 3)
    assert _figure(problems[1:2], runs, "P precision")[0] == 1.0
    assert _figure(problems[1:2], runs, "P recall")[0] == 0.5


def test_one_call_of_ours_takes_the_name_that_leaves_most_gold_calls_with_one() -> None:
    gold = [GoldStep("tool", "ImageDescription"), GoldStep("tool", "CountGivenObject"), GoldStep("answer")]
    calls = [tool_call("visualize"), tool_call("tag_image"), tool_call("visualize"), tool_call("mine")]
    names = [step.tool for step in in_gta_words(calls, gold, COVERS)]
    assert names == ["CountGivenObject", "ImageDescription", "ImageDescription", "mine"]
    assert [step.tool for step in in_gta_words([tool_call("ocr")], gold, COVERS)] == ["OCR"]
    assert [step.tool for step in in_gta_words([tool_call("Calculator")], gold, COVERS)] == ["Calculator"]


@pytest.mark.parametrize(
    ("calls", "right"),
    [
        ((tool_call("ocr"), tool_call("calculate")), True),
        ((tool_call("ocr"), tool_call("ocr"), tool_call("calculate")), True),
        ((tool_call("ocr"),), False),
        ((tool_call("ocr"), tool_call("calculate"), tool_call("plot")), False),
        ((tool_call("ocr"), tool_call("calculate"), tool_call("inspect_file")), False),
        ((tool_call("ocr"), tool_call("calculate", error="no number")), False),
        ((), False),
    ],
)
def test_right_tools_are_the_gold_dialogs_and_no_others(calls: Any, right: bool) -> None:
    gold = [GoldStep("tool", "OCR"), GoldStep("tool", "Calculator"), GoldStep("answer")]
    assert uses_right_tools(calls, gold, COVERS) is right


def _one(tmp_path: Path, dialogs: list[Any], answer: Any) -> Problem:
    (problem,) = GTA.read(write_folder(tmp_path, gta_files({"0": item(dialogs, answer)}))).problems
    return problem


def test_where_no_tool_is_due_only_a_run_that_answered_without_one_is_right(tmp_path: Path) -> None:
    dialogs = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]
    problem = _one(tmp_path, dialogs, {"whitelist": [["hello"]], "blacklist": None})
    for trajectory, right in ((run(answer="hello"), 1), (CRASHED, 0), (run(tool_call("ocr"), answer="hello"), 0)):
        assert {m.name: m.value for m in GTA.score(problem, trajectory, BARE)}["ToolAcc"] == right


def test_an_empty_answer_is_none_even_where_officially_any_answer_is_right(tmp_path: Path) -> None:
    problem = _one(tmp_path, gta_items()["0"]["dialogs"], {"whitelist": [], "blacklist": None})
    for answer, official in (("", 0), ("anything", 1)):
        found = {m.name: m.value for m in GTA.score(problem, run(answer=answer), BARE)}
        assert (found["AnsAcc official"], found["AnsAcc"]) == (official, 0)


def test_tools_of_a_second_question_are_not_due(tmp_path: Path) -> None:
    more = [{"role": "user", "content": "And its colour?"}, call("Plot", command="x")]
    problem = _one(tmp_path, [*gta_items()["0"]["dialogs"], *more], gta_items()["0"]["gt_answer"])
    found = {m.name: m.value for m in GTA.score(problem, _right_runs()[0], BARE)}
    assert (found["ToolAcc"], found["L gold"]) == (1, 1)


def test_code_exec_is_the_share_of_steps_that_ran(problems: Any) -> None:
    runs = [run(answer="x", errors=errors) for errors in ([""], ["parse", ""], ["execution", "timeout"])]
    assert _figure([problems[0]] * 3, runs, "CodeExec") == (0.5, 3)


def test_each_of_gtas_tools_is_covered_by_a_tool_that_the_benchmark_asks_for() -> None:
    covered = set()
    for name in GTA.tools:
        assert name in plugin_names("journeyman.tools")
        covered |= {cover.tool for cover in load_plugin("journeyman.tools", name, "TOOL", Tool).covers}
    assert {tool for tools in CATEGORIES.values() for tool in tools} <= covered


def test_every_figure_is_made_of_measures_and_every_right_run_feeds_all_of_them(problems: Any) -> None:
    names = {m.name for p, t in zip(problems, _right_runs(), strict=True) for m in GTA.score(p, t, WITH_MODEL)}
    assert {part for found in GTA.figures for part in found.parts} == names
    assert set(GTA.headline) <= {found.name for found in GTA.figures}
    assert GTA.right in names


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_CALLS = st.lists(
    st.builds(
        lambda name, arguments, error: tool_call(name, error).model_copy(update={"arguments_json": arguments}),
        st.sampled_from([*COVERS, "OCR", "", "x"]),
        st.text(max_size=5) | st.sampled_from(["[]", "NaN", '{"a":1}', "[" * 5000]),
        st.sampled_from(["", "bad"]),
    ),
    max_size=6,
)
HOSTILE = ["", "{", "NaN", '"\\ud800"', "1" * 5000, "[" * 5000, json.dumps("$5 " * 40_000), '{"a":Infinity}', "\ud800"]


@given(
    answer=_VALUES.map(json.dumps) | st.sampled_from(HOSTILE) | st.text(max_size=5),
    calls=_CALLS,
    place=st.integers(0, 4),
)
def test_no_answer_and_no_call_makes_scoring_raise(problems: Any, answer: str, calls: Any, place: int) -> None:
    trajectory = run(*calls, answer=HIDDEN).model_copy(update={"answer_json": answer})
    for scoring in (BARE, WITH_MODEL):
        measures = GTA.score(problems[place], trajectory, scoring)
        assert len({m.name for m in measures}) == len(measures)
        for measure in measures:
            assert measure.value >= 0
            official = "official" in measure.name
            assert official or measure.value <= measure.weight + 1e-9


def test_an_answer_of_a_megabyte_is_wrong_and_fast(problems: Any) -> None:
    for size in (100_000, 10_000_000):
        found = {m.name: m.value for m in GTA.score(problems[0], run(answer="$5 " * (size // 3)), BARE)}
        assert found["AnsAcc"] == 0.0
    assert {m.name: m.value for m in GTA.score(problems[0], run(answer="$5 " * 33_000), BARE)}["AnsAcc"] == 1.0


def test_a_benchmark_reads_its_data_from_a_path_alone(tmp_path: Path) -> None:
    source = write_folder(tmp_path, gta_files())
    assert GTA.read(source) == GTA.read(source)
    assert {problem.benchmark for problem in GTA.read(source).problems} == {"gta"}
