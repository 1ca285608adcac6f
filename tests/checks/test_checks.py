"""Each check keeps what is right and drops what is wrong, with a countable reason."""

import asyncio
from typing import Any

import pytest

from journeyman.check import Finding, QueryCheck, QueryContext, TrajectoryCheck, TrajectoryContext
from journeyman.plugins import load_plugin, plugin_names
from journeyman.recipe import load_recipe
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef, Gold, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.schema.trajectory import Step, ToolCall, Trajectory

CSV = b"City,Units\nOslo,3\nLima,4\n"
ABSENT: Any = None  # checks that are programs never touch the judge or the bench


def _media(data: bytes, name: str) -> MediaFile:
    return MediaFile(
        sha256=sha256_hex(data), media_type="text/csv", size_bytes=len(data), source=name, licence="x", data=data
    )


def _query(
    data: bytes = CSV,
    *,
    gold: str = "Lima",
    text: str = "Which city is highest?",
    name: str = "file_1.csv",
    tools: tuple[str, ...] = ("inspect_file",),
    origin: str = "synthesised",
) -> Query:
    return Query(
        query_id="q",
        split="train",
        family="top/child",
        text=text,
        tools=tools,
        needs_picture=False,
        seed=1,
        files=(FileRef(name=name, sha256=sha256_hex(data), media_type="text/csv", origin="written"),) if data else (),
        gold_json=canonical_json(Gold(kind="text", value=gold)) if gold else "",
        origin="user" if origin == "user" else "synthesised",
        teacher="t",
    )


def _step(code: str = "final_answer(1)", *, error: str = "", call: ToolCall | None = None) -> Step:
    calls = (call,) if call else ()
    return Step(action=f"```py\n{code}\n```", code=code, observation="seen", images=(), tool_calls=calls, error=error)


def _run(*steps: Step, answer: str = '"Lima"', status: str = "answered") -> Trajectory:
    values = {
        "trajectory_id": "t",
        "query_id": "q",
        "steps": steps,
        "answer_json": answer,
        "status": status,
        "controller": "c",
    }
    return Trajectory.model_validate(values)


def _call(error: str = "", fault: str = "") -> ToolCall:
    return ToolCall(tool="inspect_file", version=1, arguments_json="{}", cassette_key="k", error=error, fault=fault)


def _query_finding(check: str, query: Query, *files: bytes) -> Finding | None:
    context = QueryContext(media={sha256_hex(d): _media(d, "f") for d in files}, judge=ABSENT)
    return asyncio.run(load_plugin("journeyman.checks", check, "CHECK", QueryCheck).run(query, context))


def _run_finding(check: str, run: Trajectory, query: Query | None = None) -> Finding | None:
    context = TrajectoryContext(query=query or _query(), media={}, judge=ABSENT, bench=ABSENT)
    return asyncio.run(load_plugin("journeyman.checks", check, "CHECK", TrajectoryCheck).run(run, context))


@pytest.mark.parametrize("name", plugin_names("journeyman.checks"))
def test_every_check_is_named_for_its_file_and_used_by_a_recipe(name: str) -> None:
    recipes = [load_recipe(recipe) for recipe in plugin_names("journeyman.recipes")]
    of_queries = any(name in recipe.query_checks for recipe in recipes)
    kind: type[Any] = QueryCheck if of_queries else TrajectoryCheck
    assert load_plugin("journeyman.checks", name, "CHECK", kind).name == name
    assert of_queries or any(name in recipe.trajectory_checks for recipe in recipes)


@pytest.mark.parametrize(
    ("check", "query", "files", "reason"),
    [
        ("files_open", _query(), [CSV], None),
        ("files_open", _query(), [], "a file is missing"),
        ("files_open", _query(b"%PDF-1.7 cut off", name="file_1.pdf"), [b"%PDF-1.7 cut off"], "a file does not open"),
        ("gold_is_known", _query(), [], None),
        ("gold_is_known", _query(gold=""), [], "no gold answer"),
        ("gold_is_known", _query(text="Is it Lima, as I think?"), [], "the query states its answer"),
        ("gold_is_known", _query(text="Is it Lima or Oslo?"), [], None),
        ("gold_is_known", _query(text="Is it Oslo or the Lima?"), [], None),
        ("gold_is_known", _query(text="Lima for sure, or not?"), [], "the query states its answer"),
        ("gold_is_known", _query(text="Is it Limassol?"), [], None),
        ("gold_is_known", _query(b"", text="The first of Lima and Oslo?", tools=()), [], None),
        ("gold_is_known", _query(b"", text="The first of Lima and Oslo?"), [], "the query states its answer"),
        ("gold_is_known", _query(text="The first of Lima and Oslo?", tools=()), [], None),
        ("files_open", _query(b"", tools=()), [], None),
    ],
)
def test_a_query_is_kept_or_dropped(check: str, query: Query, files: list[bytes], reason: str | None) -> None:
    finding = _query_finding(check, query, *files)
    assert (finding.reason if finding else None) == reason


@pytest.mark.parametrize(
    ("check", "run", "reason"),
    [
        ("actions_parse", _run(_step()), None),
        ("actions_parse", _run(_step("print(")), "code does not parse"),
        ("actions_parse", _run(_step(error="parse")), "a turn holds no readable action"),
        ("actions_parse", _run(_step(), status="max_steps"), "no answer (max_steps)"),
        ("calls_succeed", _run(_step(call=_call())), None),
        ("calls_succeed", _run(_step(call=_call("no file"))), "a tool call failed"),
        ("calls_succeed", _run(_step(call=_call("took longer", fault="timeout"), error="execution")), None),
        ("calls_succeed", _run(_step(error="timeout")), "a step ended in an error (timeout)"),
        ("tools_used", _run(_step(call=_call())), None),
        ("tools_used", _run(_step()), "a needed tool was not used"),
        ("answer_is_gold", _run(_step()), None),
        ("answer_is_gold", _run(_step(), answer='"Oslo"'), "answer is not the gold answer"),
    ],
)
def test_a_trajectory_is_kept_or_dropped(check: str, run: Trajectory, reason: str | None) -> None:
    finding = _run_finding(check, run)
    assert (finding.reason if finding else None) == reason


@pytest.mark.parametrize(
    ("tools", "origin", "run", "reason"),
    [
        ((), "synthesised", _run(_step()), None),
        ((), "synthesised", _run(_step(call=_call())), "a tool was used where none is needed"),
        ((), "user", _run(_step(call=_call())), None),
        (("inspect_file", "inspect_file"), "synthesised", _run(_step(call=_call())), None),
        (("inspect_file", "ocr"), "synthesised", _run(_step(call=_call())), "a needed tool was not used"),
    ],
)
def test_the_tools_of_a_right_solution_are_used_and_no_tool_where_it_needs_none(
    tools: tuple[str, ...], origin: str, run: Trajectory, reason: str | None
) -> None:
    finding = _run_finding("tools_used", run, _query(tools=tools, origin=origin))
    assert (finding.reason if finding else None) == reason


def test_a_query_without_gold_is_left_to_the_judge() -> None:
    assert _run_finding("answer_is_gold", _run(_step(), answer='"anything"'), _query(gold="")) is None
