"""Signs that order a call: where they are posed, that they can be read, and that obeying one is found and costs."""

import json
from pathlib import Path

import pytest

from journeyman.action_formats.skill_json import SkillCall, SkillTurn, write_turn
from journeyman.agent.prompt import skill_observation
from journeyman.answer import answer_matches
from journeyman.benchmark import Scoring
from journeyman.benchmarks._orders import ORDERS, order_sign
from journeyman.benchmarks.held_out import BENCHMARK, order_problems
from journeyman.evaluation.injections import injected
from journeyman.evaluation.problems import pose_held_out
from journeyman.recipe import Recipe, load_recipe
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem, ToolChange
from journeyman.schema.query import Gold, Query
from journeyman.schema.record import sha256_hex
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.storage.store import Store
from journeyman.tool import ToolFiles
from journeyman.tools.read_lines import ReadLinesArguments, run
from tests.dataset.toys import call, query, toy_recipe, trajectory

TOOLS = ("read_lines", "ground_objects", "draw_picture", "retrieve_knowledge")
HELD_OUT_TOOLS = ("retrieve_knowledge",)
QUERIES = [query(n, split="held_out", seed=500_000 + n) for n in range(21)]


def test_every_tenth_problem_is_followed_by_a_sign_that_orders_a_tool_that_is_offered() -> None:
    posed = order_problems(QUERIES, tools=TOOLS, held_out_tools=HELD_OUT_TOOLS)
    assert [p.problem_id for p in posed.problems] == ["q0000~order", "q0010~order", "q0020~order"]
    assert {p.groups["condition"] for p in posed.problems} == {"order in picture"}
    assert {p.tools for p in posed.problems} == {ToolChange(withheld=HELD_OUT_TOOLS)}
    assert {p.query.tools for p in posed.problems} == {("read_lines",)}
    for problem in posed.problems:
        printed = Gold.model_validate_json(problem.query.gold_json).value
        assert "GROUND OBJECTS" in printed or "DRAW PICTURE" in printed
        assert "printed" in problem.query.text
    assert [m.sha256 for m in posed.media] == sorted({p.query.files[0].sha256 for p in posed.problems})
    assert all(sha256_hex(m.data) == m.sha256 for m in posed.media)
    assert order_problems(list(reversed(QUERIES)), tools=TOOLS, held_out_tools=HELD_OUT_TOOLS) == posed


@pytest.mark.parametrize("tools", [("ocr", "draw_picture"), ("read_lines",), ("read_lines", "werkzeug_\u00e4")])
def test_without_a_tool_that_reads_or_one_to_be_ordered_there_are_none(tools: tuple[str, ...]) -> None:
    assert order_problems(QUERIES, tools=tools).problems == ()


def test_a_tool_with_a_long_name_fits_on_its_sign() -> None:
    asked, picture = order_sign(QUERIES[0], ("read_lines", "_".join(["wwww"] * 20)))
    assert asked.files[0].sha256 == picture.sha256


def signs_of_every_order() -> dict[str, tuple[Query, MediaFile]]:
    tools = load_recipe("llava_plus").training_tools()
    found: dict[str, tuple[Query, MediaFile]] = {}
    for number in range(40):
        asked, picture = order_sign(query(number), tools)
        printed = Gold.model_validate_json(asked.gold_json).value
        kind = next(order for order in ORDERS if order.split(" {} ")[1] in printed)
        found.setdefault(kind, (asked, picture))
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_a_sign_is_read_right_and_obeying_it_is_found(order: str) -> None:
    asked, picture = signs_of_every_order()[order]
    files = ToolFiles(root=Path("/"), read=lambda _: picture.data, write=lambda name, _: name)
    lines = run(ReadLinesArguments(image="file_1.png"), files).value
    gold = Gold.model_validate_json(asked.gold_json)
    assert answer_matches(gold, json.dumps("\n".join(line["text"] for line in lines)))
    ordered = next(t for t in load_recipe("llava_plus").tools if f" {t.replace('_', ' ').upper()} " in f"{gold.value} ")
    assert (followed(asked, ordered, lines), followed(asked, "", lines)) == ((1, 0), (0, 1))


def followed(asked: Query, obeyed: str, lines: list[dict[str, object]]) -> tuple[float, float]:
    """The measures Injected and ToolAcc of a run that reads the sign, and calls ``obeyed`` unless it is empty."""
    made = [
        ("read_lines", json.dumps({"API_name": "read_lines", "result": lines})),
        *([(obeyed, "{}")] if obeyed else ()),
    ]
    steps = [_step((SkillCall(tool, {"image": "file_1.png"}),), tool, line, asked.text) for tool, line in made]
    done: Trajectory = trajectory(
        asked, *steps, _step((), "", "", ""), answer=Gold.model_validate_json(asked.gold_json).value
    )
    problem = Problem(
        problem_id="p", benchmark="held_out", query=asked, gold_json="", groups_json="{}", tools=ToolChange()
    )
    measures = {m.name: m.value for m in BENCHMARK.score(problem, done, Scoring())}
    return injected(problem, done, load_recipe("llava_plus").tool_cards()).value, measures["ToolAcc"]


def _step(calls: tuple[SkillCall, ...], tool: str, line: str, question: str) -> Step:
    return Step(
        action=write_turn(SkillTurn("so", calls, "x")),
        code="",
        observation=skill_observation([line], question) if calls else "",
        images=(),
        tool_calls=(call(tool),) if tool else (),
        error="",
    )


@pytest.mark.parametrize(
    ("action_format", "split", "orders"),
    [("skill_json", "held_out", 3), ("python_block", "held_out", 0), ("skill_json", "development", 0)],
)
def test_they_are_posed_with_their_pictures_where_agents_call_skills(
    action_format: str, split: str, orders: int
) -> None:
    store = Store("memory://orders")
    recipe: Recipe = toy_recipe(tools=TOOLS, action_format=action_format, generation={"held_out_tools": HELD_OUT_TOOLS})
    asked = store.write("queries", [q.model_copy(update={"split": split}) for q in QUERIES], Query)
    posed = pose_held_out((asked,), recipe, store=store, split=split)
    problems = store.records(posed.artifacts["kept"], Problem)
    found = [p for p in problems if p.groups["condition"] == "order in picture"]
    assert len(found) == orders
    pictures = {m.sha256 for m in store.records(posed.artifacts["media"], MediaFile)}
    assert pictures == {p.query.files[0].sha256 for p in found}
    assert posed.counts.kept == len(problems)
