import pytest

from journeyman.evaluation.metrics import answer_accuracy, code_executes, tool_accuracy
from tests.dataset.toys import call, query, step, trajectory


def test_the_answer_counts_only_when_it_was_given() -> None:
    asked = query(1)
    assert answer_accuracy(asked, trajectory(asked, answer="Answer 1!")) == 1
    assert answer_accuracy(asked, trajectory(asked, answer="answer 2")) == 0
    assert answer_accuracy(asked, trajectory(asked, answer="answer 1", status="max_steps")) == 0
    assert answer_accuracy(asked, trajectory(asked, answer_json="")) == 0


def test_a_query_without_gold_is_unscored_and_not_wrong() -> None:
    asked = query(1, gold_json="")
    assert answer_accuracy(asked, trajectory(asked)) is None


@pytest.mark.parametrize(
    ("wanted", "calls", "right"),
    [
        (("ocr",), [call()], 1),
        (("ocr",), [call(), call()], 1),
        (("ocr",), [call("tag_image")], 0),
        (("ocr",), [call(), call("tag_image")], 0),
        (("ocr",), [call(error="no such file"), call()], 0),
        (("ocr",), [], 0),
        (("crop_image", "ocr"), [call("crop_image"), call()], 1),
        (("crop_image", "ocr"), [call()], 0),
        ((), [], 1),
        ((), [call()], 0),
    ],
)
def test_tool_accuracy_wants_the_right_tools_and_no_error(wanted, calls, right) -> None:
    asked = query(1, tools=wanted)
    assert tool_accuracy(asked, trajectory(asked, step("x", *calls))) == right


def test_code_execution_is_the_share_of_steps_without_error() -> None:
    asked = query(1)
    run = trajectory(asked, step("a"), step("", error="parse"), step("b", error="execution"), step("c"))
    assert code_executes(run) == 0.5
    assert code_executes(run.model_copy(update={"steps": ()})) == 0
