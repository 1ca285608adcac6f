import pytest

from journeyman.evaluation.causes import CAUSES, cause_of
from tests.dataset.toys import call, query, step, trajectory

ASKED = query(1)
FAULT = call(error="stopped").model_copy(update={"fault": "timeout"})


@pytest.mark.parametrize(
    ("steps", "changes", "right", "tools", "cause"),
    [
        ([step("a", call())], {}, 1.0, ("ocr",), "right"),
        ([], {"status": "out_of_tokens"}, 0.0, ("ocr",), "tokens used up"),
        ([], {"status": "out_of_time"}, 0.0, ("ocr",), "time used up"),
        ([step("", error="parse")], {"status": "failed"}, 0.0, ("ocr",), "no readable action"),
        ([step("a")], {}, 0.0, ("ocr",), "called no tool"),
        ([step("a", call("tag_image"))], {}, 0.0, ("ocr",), "wrong tool"),
        ([step("a", call(error="no such file"))], {}, 0.0, ("ocr",), "call failed"),
        ([step("a", FAULT), step("b", call())], {}, 0.0, ("ocr",), "wrong answer"),
        ([step("a", call())], {}, 0.0, (), "called a tool for nothing"),
        ([step("a")], {}, 0.0, (), "wrong answer"),
        ([step("a", call())], {"status": "max_steps"}, 0.0, ("ocr",), "steps used up"),
        ([step("a", call(), error="execution")], {"status": "max_steps"}, 0.0, ("ocr",), "code failed"),
        ([step("a", call())], {}, None, ("ocr",), "not scored"),
    ],
)
def test_an_attempt_has_one_cause(steps, changes, right, tools, cause) -> None:
    run = trajectory(ASKED, step("x")).model_copy(update={"steps": tuple(steps), **changes})
    assert cause_of(run, right=right, tools=tools, crashed=False) == cause
    assert cause in CAUSES


def test_a_crash_is_the_machines_whatever_was_done_before() -> None:
    assert cause_of(trajectory(ASKED), right=1.0, tools=("ocr",), crashed=True) == "crashed"


def test_a_benchmark_without_calls_says_itself_what_is_wrong() -> None:
    run = trajectory(ASKED, step("x"))
    assert cause_of(run, right=0.0, tools=("ocr",), crashed=False, why="said unknown") == "said unknown"
    assert cause_of(run, right=1.0, tools=("ocr",), crashed=False, why="wrong tool") == "right"
    failed = run.model_copy(update={"status": "failed"})
    assert cause_of(failed, right=0.0, tools=("ocr",), crashed=False, why="wrong tool") == "no readable action"
    assert cause_of(failed, right=0.0, tools=(), crashed=False, why="page lost") == "page lost"
