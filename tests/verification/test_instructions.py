"""A judge over real HTTP decides on near APIs, twice; what it cannot settle is put aside with the reason."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from journeyman.recipe import load_recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import StageResult
from journeyman.schema.instruction import Instruction
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.verification.instructions import match_instructions
from tests.choice_toys import apis, instruction, placements
from tests.teacher.fake_teacher import FakeTeacher, completion, serving

Judge = Callable[[dict[str, object], list[str]], list[str]]
"""(instruction as asked, names in order) -> names it accepts."""
RECIPE = load_recipe("mllm_tool", {"choices": {"instructions_per_call": 3}})


def matched(tmp_path: Path, rows: list[Instruction], judge: Judge) -> tuple[StageResult, list[Instruction], list[dict]]:
    asked: list[dict] = []

    async def reply(request: web.Request) -> web.Response:
        prompt = (await request.json())["messages"][0]["content"]  # a repair turn comes behind it
        told = json.loads(re.search(r"```json\n(.*?)\n```", prompt, re.DOTALL).group(1))
        asked.append(told)
        names = [api["name"] for api in told["apis"]]
        matches = [{"number": one["number"], "accepted": judge(one, names)} for one in told["instructions"]]
        return completion(json.dumps({"matches": matches}))

    async def run() -> StageResult:
        store = Store(f"file://{tmp_path}")
        refs = (
            store.write("instructions", rows, Instruction),
            store.write("apis", apis(), Api),
            store.write("taxonomy", placements(), Placement),
        )
        fake = FakeTeacher([reply], models=("judge",))
        async with serving(fake):
            settings = Settings.model_validate({"OPENAI_BASE_URL": fake.url, "JOURNEYMAN_STORE": store.url})
            ledger = Ledger(store, "judge", window_seconds=0.005)
            async with Teacher.open(settings, ledger, model="judge") as teacher:
                return await match_instructions(*refs, RECIPE, store=store, judge=teacher)

    result = asyncio.run(run())
    kept = Store(f"file://{tmp_path}").records(result.artifacts["kept"], Instruction)
    return result, kept, asked


def accepts(*names: str) -> Judge:
    return lambda _, given: [name for name in names if name in given]


def test_what_is_accepted_is_completed_by_what_does_the_same(tmp_path: Path) -> None:
    result, (row,), _ = matched(tmp_path, [instruction(1, accepted=())], accepts("lab/mistlift"))
    assert row.accepted == ("lab/mistlift", "mill/clearview-2")
    assert result.facts["several APIs"] == "1"


def test_only_apis_of_the_branch_that_take_the_file_are_judged_once_in_each_order(tmp_path: Path) -> None:
    _, _, asked = matched(tmp_path, [instruction(1, accepted=())], accepts("lab/mistlift"))
    names = [[api["name"] for api in request["apis"]] for request in asked]
    restoration = ["lab/droplet", "lab/mistlift", "lab/sharpen", "mill/clearview-2"]
    assert sorted(names) == sorted([restoration, restoration[::-1]])


def test_words_alone_are_matched_with_apis_that_take_words_alone(tmp_path: Path) -> None:
    row = instruction(
        1, accepted=(), modality="text", files=(), path=("text", "summary"), function_class="summarise", media_json=""
    )
    _, (kept,), asked = matched(tmp_path, [row], accepts("text/gist"))
    assert {api["name"] for request in asked for api in request["apis"]} == {"text/gist", "text/mood"}
    assert kept.accepted == ("text/gist",)


@pytest.mark.parametrize(
    ("row", "judge", "reason"),
    [
        (instruction(1, accepted=()), lambda _, names: names[:1], "the judge decides otherwise in another order"),
        (instruction(1, accepted=()), accepts("lab/droplet"), "what it was written for does not satisfy it"),
        (instruction(1, accepted=()), accepts(), "what it was written for does not satisfy it"),
        (
            instruction(1, accepted=(), answer="unknown", path=(), function_class=""),
            accepts("lab/droplet"),
            "an API satisfies it",
        ),
    ],
    ids=["two minds", "another class", "nothing", "unknown that is known"],
)
def test_what_cannot_be_settled_is_dropped(tmp_path: Path, row: Instruction, judge: Judge, reason: str) -> None:
    result, kept, _ = matched(tmp_path, [row], judge)
    assert kept == []
    assert result.reasons == {f"instruction_judge: {reason}": 1}


def test_an_instruction_that_the_judge_skips_has_failed(tmp_path: Path) -> None:
    rows = [instruction(n, accepted=()) for n in range(2)]
    no_names = [7]  # neither reply nor repair is a list of names
    result, _, _ = matched(tmp_path, rows, lambda _, names: no_names)
    assert result.counts.failed == 2
    assert result.reasons == {"instruction_judge: no decision": 2}


def test_names_that_were_not_given_are_passed_over(tmp_path: Path) -> None:
    _, (row,), _ = matched(tmp_path, [instruction(1, accepted=())], lambda _, names: ["made/up", "lab/mistlift"])
    assert row.accepted == ("lab/mistlift", "mill/clearview-2")


def test_members_of_a_pair_have_answers_of_their_own(tmp_path: Path) -> None:
    wanted = {1: "lab/mistlift", 2: "lab/mistlift", 3: "lab/droplet"}
    rows = [
        instruction(n, accepted=(), pair_id="p", function_class=cls, media_json=json.dumps({"n": n}))
        for n, cls in ((1, "dehaze"), (2, "dehaze"), (3, "derain"))
    ]
    result, kept, _ = matched(tmp_path, rows, lambda one, _: [wanted[one["media"]["n"]]])
    assert [row.instruction_id for row in kept] == ["i0001", "i0003"]
    assert {row.pair_id for row in kept} == {"p"}
    assert result.reasons == {"pair: its file does not tell it from its twin": 1}


def test_a_twin_that_is_left_alone_is_no_pair(tmp_path: Path) -> None:
    rows = [instruction(n, accepted=(), pair_id="p") for n in (1, 2)]
    _, (row,), _ = matched(tmp_path, rows, accepts("lab/mistlift"))
    assert row.pair_id == ""


def test_a_question_back_is_not_judged(tmp_path: Path) -> None:
    row = instruction(1, answer="question", accepted=(), question="Which one?", files=(), modality="text")
    result, kept, asked = matched(tmp_path, [row], accepts())
    assert kept == [row]
    assert asked == []
    assert result.spend.calls == 0
