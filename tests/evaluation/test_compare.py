import math

import pytest

from journeyman.errors import SchemaError
from journeyman.evaluation.compare import Comparison, compare
from journeyman.evaluation.run import score
from journeyman.schema.query import Query
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from tests.dataset.toys import call, query, step, toy_recipe, trajectory

RECIPE = toy_recipe(evaluation={"bootstrap_samples": 200})
PROBLEMS = [query(n, needs_picture=n % 2 == 0, family=f"{'look' if n % 2 == 0 else 'total'}/plain") for n in range(20)]


def scored(agent: str, right: int) -> list[Score]:
    """The first ``right`` problems solved, the others answered wrongly with the wrong tool."""
    rows = []
    for n, asked in enumerate(PROBLEMS):
        good = n < right
        run = trajectory(asked, step("x", call("ocr" if good else "tag_image")), answer=f"answer {n}" if good else "no")
        rows.append(score(asked, agent, run, "answered"))
    return rows


def compared(**right: int) -> Comparison:
    store = Store("memory://compare")
    refs = {agent: store.write("scores", scored(agent, n), Score) for agent, n in right.items()}
    return compare(refs, RECIPE, store=store, problems=(store.write("queries", PROBLEMS, Query),))


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
    assert comparison.picture_problems == 10
    blind = comparison.result("blind", "ToolAcc", "picture")
    assert blind is not None
    assert (blind.value, blind.n) == (0.2, 10)
    against = comparison.contrast("tuned", "blind", "ToolAcc", "picture")
    assert against is not None
    assert against.value == pytest.approx(0.8)


def test_groups_are_by_the_families_first_part_and_by_tools() -> None:
    comparison = compared(untuned=0, tuned=10)
    assert {g.group for g in comparison.by_family} == {"look", "total"}
    assert {(g.group, g.agent, g.estimate.n) for g in comparison.by_tool} == {
        ("ocr", "tuned", 20),
        ("ocr", "untuned", 20),
    }


def test_a_missing_problem_is_refused_rather_than_left_out() -> None:
    store = Store("memory://uneven")
    refs = {
        "untuned": store.write("scores", scored("untuned", 3), Score),
        "tuned": store.write("scores", scored("tuned", 3)[1:], Score),
    }
    with pytest.raises(SchemaError, match="agent 'tuned' has no score for 1 of 20 problems, first q0000"):
        compare(refs, RECIPE, store=store)


def test_a_comparison_survives_json() -> None:
    comparison = compared(untuned=0, tuned=20)
    assert Comparison.model_validate_json(comparison.model_dump_json()) == comparison
