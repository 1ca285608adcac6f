import pytest

from journeyman.benchmarks.held_out import BENCHMARK, alias, answer_accuracy, code_executes, problems_of, tool_accuracy
from journeyman.errors import ConfigError
from journeyman.schema.problem import AS_IN_THE_RECIPE
from tests.dataset.toys import call, query, step, trajectory

TOOLS = ("ocr", "crop_image", "calculate", "look_up_facts", "my_own_tool")


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


def test_a_fault_that_was_put_in_is_no_error_of_the_agents() -> None:
    broken = call(error="ocr took longer than 60 s and was stopped").model_copy(update={"fault": "timeout"})
    asked = query(1)
    recovered = trajectory(asked, step("a", broken, error="execution"), step("b", call()), step("c"))
    assert (tool_accuracy(asked, recovered), code_executes(recovered)) == (1, 1)
    gave_up = trajectory(asked, step("a", broken, error="execution"), step("c"))
    assert tool_accuracy(asked, gave_up) == 0, "the tool was called, but never answered"


def posed(*queries):
    return problems_of(queries, tools=TOOLS, held_out_tools=("look_up_facts",))


def test_each_query_says_what_training_never_saw_of_it() -> None:
    problems = posed(
        query(1),
        query(2, tools=()),
        query(3, tools=("look_up_facts",)),
        query(4, tools=("crop_image", "ocr", "calculate")),
        query(5, tools=("ocr", "ocr", "calculate")),
    )
    conditions = {p.problem_id: p.groups["condition"] for p in problems}
    assert conditions == {
        "q0001": "seen tools",
        "q0001~renamed": "renamed tools",
        "q0002": "no tool",
        "q0003": "unseen tools",
        "q0004": "long chain",
        "q0005": "long chain",
    }


def test_a_tool_that_training_never_told_of_is_offered_where_it_is_needed_only() -> None:
    seen, _, unseen = posed(query(1), query(3, tools=("look_up_facts",)))
    assert seen.tools.withheld == ("look_up_facts",)
    assert unseen.tools == AS_IN_THE_RECIPE


def test_one_seen_problem_in_three_comes_again_renamed_and_one_with_its_first_tool_broken() -> None:
    problems = posed(*(query(n) for n in range(9)))
    twins = [p.problem_id for p in problems if "~" in p.problem_id]
    assert twins == ["q0000~renamed", "q0001~broken", "q0003~renamed", "q0004~broken", "q0006~renamed", "q0007~broken"]
    by_id = {p.problem_id: p for p in problems}
    assert {r.tool: r.name for r in by_id["q0000~renamed"].tools.renamed} == {tool: alias(tool) for tool in TOOLS}
    assert by_id["q0001~broken"].tools.broken == ("ocr",)
    assert by_id["q0001~broken"].query == by_id["q0001"].query


def test_no_alias_is_another_tools_name() -> None:
    aliases = [alias(tool) for tool in TOOLS]
    assert len(set(aliases)) == len(TOOLS)
    assert not set(aliases) & set(TOOLS)
    assert all(name.isidentifier() for name in aliases)


def test_without_a_query_and_with_a_folder_there_is_a_named_error() -> None:
    with pytest.raises(ConfigError, match=r"no held-out problem .* raise generation.held_out_problems"):
        posed()
    with pytest.raises(ConfigError, match="come with a dataset, not from '/data'"):
        BENCHMARK.read("/data")
