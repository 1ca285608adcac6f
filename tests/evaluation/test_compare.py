import math

import pytest

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.errors import SchemaError
from journeyman.evaluation.compare import compare
from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.run import score_attempt
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.score import Score
from journeyman.storage.outcomes import Outcome
from journeyman.storage.store import Store
from tests.dataset.toys import call, query, step, trajectory

CONFIG = EvaluationConfig(bootstrap_samples=200)
BENCHMARK = load_benchmark("held_out")


def problem(number: int) -> Problem:
    pictured = number % 2 == 0
    asked = query(number, needs_picture=pictured)
    groups = {"picture": "needed" if pictured else "not needed", "tools": "ocr", "condition": "seen tools"}
    return Problem(
        problem_id=asked.query_id,
        benchmark="held_out",
        query=asked,
        gold_json="",
        groups_json=groups_json(groups),
        tools=AS_IN_THE_RECIPE,
    )


PROBLEMS = [problem(n) for n in range(20)]


def scored(agent: str, right: int) -> list[Score]:
    """The first ``right`` problems solved, the others answered wrongly with the wrong tool."""
    rows = []
    for n, posed in enumerate(PROBLEMS):
        good = n < right
        asked = posed.query
        run = trajectory(asked, step("x", call("ocr" if good else "tag_image")), answer=f"answer {n}" if good else "no")
        outcome = Outcome(problem_id=posed.problem_id, status="answered", trajectory=run, media=())
        rows.append(score_attempt(posed, agent, outcome, BENCHMARK, Scoring()))
    return rows


def compared(**right: int | tuple[int, ...]) -> Comparison:
    store = Store("memory://compare")
    refs = {
        agent: [store.write("scores", scored(agent, n), Score) for n in ((given,) if isinstance(given, int) else given)]
        for agent, given in right.items()
    }
    return compare(refs, CONFIG, store=store)


def test_the_gain_is_tuned_minus_untuned_on_the_same_problems() -> None:
    comparison = compared(untuned=2, tuned=14, blind=6)
    assert comparison.gain_points == pytest.approx(60)
    assert comparison.gain_clear_of_zero
    difference = comparison.contrast("tuned", "untuned", "ToolAcc")
    assert difference is not None
    assert (difference.n, difference.better, difference.worse) == (20, 12, 0)
    assert difference.p == pytest.approx(2 / 2**12)


def test_no_gain_is_said_so() -> None:
    assert not compared(untuned=10, tuned=10).gain_clear_of_zero
    assert not compared(untuned=10, tuned=4).gain_clear_of_zero
    alone = compared(tuned=10)
    assert math.isnan(alone.gain_points)
    assert not alone.gain_clear_of_zero


def test_the_blind_agent_is_judged_on_problems_that_need_the_picture() -> None:
    comparison = compared(untuned=0, tuned=20, blind=4)
    blind = comparison.result("blind", "ToolAcc", "picture", "needed")
    assert blind is not None
    assert (blind.value, blind.n) == (0.2, 10)
    against = comparison.contrast("tuned", "blind", "ToolAcc", "picture", "needed")
    assert against is not None
    assert against.value == pytest.approx(0.8)


def test_results_are_broken_down_by_the_groups_of_the_problems() -> None:
    comparison = compared(untuned=0, tuned=10)
    assert comparison.groupings == ("condition", "picture", "tools")
    assert comparison.groups("picture") == ("needed", "not needed")


def test_what_went_wrong_is_counted_for_every_run() -> None:
    comparison = compared(untuned=0, tuned=14)
    assert comparison.causes["tuned"] == {"right": 14, "wrong tool": 6}
    assert comparison.causes_by_tool == {"ocr": {"right": 14, "wrong tool": 6}}
    assert sum(comparison.causes["untuned"].values()) == len(PROBLEMS)


def test_runs_of_other_seeds_count_a_problem_once_with_its_mean() -> None:
    comparison = compared(untuned=(0, 0), tuned=(10, 20))
    result = next(r for r in comparison.results if (r.agent, r.metric, r.grouping) == ("tuned", "ToolAcc", ""))
    assert (result.estimate.value, result.estimate.n, result.seeds) == (0.75, 20, 2)
    assert result.seed_spread == pytest.approx(math.sqrt(2) / 4)


def test_shards_of_one_run_are_one_run() -> None:
    store = Store("memory://shards")
    rows = scored("tuned", 10)
    refs = {"tuned": [store.write("scores", rows[i::3], Score) for i in range(3)]}
    (result, *_) = compare(refs, CONFIG, store=store).results
    assert (result.seeds, result.estimate.n) == (1, 20)


def test_a_missing_problem_is_refused_rather_than_left_out() -> None:
    store = Store("memory://uneven")
    refs = {
        "untuned": [store.write("scores", scored("untuned", 3), Score)],
        "tuned": [store.write("scores", scored("tuned", 3)[1:], Score)],
    }
    with pytest.raises(SchemaError, match="agent 'tuned' has no score for 1 of 20 problems, first q0000"):
        compare(refs, CONFIG, store=store)


def test_scores_of_two_benchmarks_and_no_scores_are_refused() -> None:
    store = Store("memory://mixed")
    other = [row.model_copy(update={"benchmark": "gta"}) for row in scored("tuned", 3)]
    refs = {"untuned": [store.write("scores", scored("untuned", 3), Score)], "tuned": [store.write("s", other, Score)]}
    with pytest.raises(SchemaError, match=r"several benchmarks \(gta, held_out\)"):
        compare(refs, CONFIG, store=store)
    with pytest.raises(SchemaError, match="no score"):
        compare({"tuned": [store.write("scores", [], Score)]}, CONFIG, store=store)


def test_a_comparison_survives_json() -> None:
    comparison = compared(untuned=0, tuned=20)
    assert Comparison.model_validate_json(comparison.model_dump_json()) == comparison
