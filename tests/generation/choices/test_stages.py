"""From briefs to matched instructions with real files: the planted mistakes are what is dropped."""

import asyncio
import json
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web

from journeyman.catalogue.stages import place_apis, store_catalogue
from journeyman.generation.choices.files import write_media
from journeyman.generation.choices.hints import HintGate
from journeyman.generation.choices.plan import ChoiceBrief, ChoiceShard, plan_choices
from journeyman.generation.choices.write import write_instructions
from journeyman.recipe import load_recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import StageResult
from journeyman.schema.instruction import Instruction, InstructionDraft
from journeyman.schema.media import MediaFile
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.verification.instructions import match_instructions
from tests.choice_toys import apis, placements
from tests.scripted import scripted_teacher
from tests.teacher.fake_teacher import FakeTeacher, completion, serving

RECIPE = load_recipe("mllm_tool", {"choices": {"instructions": 90, "held_out_problems": 1, "shard_size": 100}})


async def _all_stages(store: Store, mistake_rate: float) -> list[StageResult]:
    async with scripted_teacher(store, mistake_rate=mistake_rate) as teacher:
        catalogue = store_catalogue("embedded", store=store).artifacts["kept"]
        placed = await place_apis(catalogue, "", RECIPE.catalogue, store=store, teacher=teacher)
        taxonomy = placed.artifacts["kept"]
        places = store.records(taxonomy, Placement)
        shard = plan_choices(store.records(catalogue, Api), places, RECIPE.choices, RECIPE.generation)[0]
        drafts = await write_instructions(shard, catalogue, taxonomy, RECIPE, store=store, teacher=teacher)
        files = write_media(drafts.artifacts["kept"], store=store)
        given = (files.artifacts["kept"], catalogue, taxonomy, RECIPE)
        matched = await match_instructions(*given, store=store, judge=teacher)
    return [placed, drafts, files, matched]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[StageResult]]:
    store = Store(f"file://{tmp_path_factory.mktemp('store')}")
    return store, asyncio.run(_all_stages(store, 0.3))


def test_planted_mistakes_are_dropped_and_every_record_is_accounted_for(
    stages: tuple[Store, list[StageResult]],
) -> None:
    _, results = stages
    for before, after in pairwise(results[1:]):
        assert after.counts.taken == before.counts.kept
    reasons = {reason for result in results for reason in result.reasons}
    assert "hint: gives the API away" in reasons
    assert any(reason.startswith("instruction_judge:") for reason in reasons)
    assert results[-1].counts.kept > 40


def test_all_kinds_of_files_are_there_and_bear_no_name_of_their_own(stages: tuple[Store, list[StageResult]]) -> None:
    store, results = stages
    rows = store.records(results[-1].artifacts["kept"], Instruction)
    assert {row.modality for row in rows} == {"text", "image", "audio", "video"}
    media = {file.sha256: file for file in store.records(results[2].artifacts["media"], MediaFile)}
    for row in rows:
        assert (row.modality != "text") == bool(row.files)
        for ref in row.files:
            assert ref.name.partition(".")[0] == "file_1"
            assert media[ref.sha256].media_type.startswith(row.modality)


def test_members_of_a_pair_share_their_words_and_have_other_files_and_answers(
    stages: tuple[Store, list[StageResult]],
) -> None:
    store, results = stages
    pairs = defaultdict(list)
    for row in store.records(results[-1].artifacts["kept"], Instruction):
        if row.pair_id:
            pairs[row.pair_id].append(row)
    assert len(pairs) > 4
    for rows in pairs.values():
        assert len({row.text for row in rows}) == 1
        assert len({row.files[0].sha256 for row in rows}) == len({row.accepted for row in rows}) == len(rows) > 1


def test_one_wish_has_many_apis_and_some_have_none(stages: tuple[Store, list[StageResult]]) -> None:
    store, results = stages
    rows = store.records(results[-1].artifacts["kept"], Instruction)
    counts = Counter(row.answer for row in rows)
    assert counts["unknown"]
    assert counts["question"]
    assert any(len(row.accepted) > 1 for row in rows)
    assert all(bool(row.accepted) == (row.answer == "apis") for row in rows)
    assert all(bool(row.question) == (row.answer == "question") for row in rows)


def test_what_is_kept_gives_no_api_away(stages: tuple[Store, list[StageResult]]) -> None:
    store, results = stages
    gate = HintGate([], [])
    for row in store.records(results[-1].artifacts["kept"], Instruction):
        assert gate.hint(row.text, row.accepted) == ""
        assert not any(name.casefold() in row.text.casefold() for name in row.accepted)


def written(tmp_path: Path, briefs: list[ChoiceBrief], reply: dict[str, object] | str) -> StageResult:
    async def answer(_: web.Request) -> web.Response:
        return completion(reply if isinstance(reply, str) else json.dumps({"instructions": [reply]}))

    async def run() -> StageResult:
        store = Store(f"file://{tmp_path}")
        refs = store.write("apis", apis(), Api), store.write("taxonomy", placements(), Placement)
        fake = FakeTeacher([answer], models=("writer",))
        async with serving(fake):
            settings = Settings.model_validate({"OPENAI_BASE_URL": fake.url, "JOURNEYMAN_STORE": store.url})
            ledger = Ledger(store, "writer", window_seconds=0.005)
            async with Teacher.open(settings, ledger, model="writer") as teacher:
                shard = ChoiceShard(split="train", index=0, briefs=tuple(briefs))
                return await write_instructions(shard, *refs, RECIPE, store=store, teacher=teacher)

    return asyncio.run(run())


def brief(**changes: object) -> ChoiceBrief:
    fields = {
        "seed": 7,
        "kind": "pair",
        "modality": "image",
        "style": "plain question",
        "family": "image/restoration/plain-question",
        "apis": ("lab/mistlift", "lab/droplet"),
        "ambiguity": "quality",
    }
    return ChoiceBrief.model_validate(fields | changes)


SCENE = json.dumps({"width": 64, "height": 48, "items": []})
GOOD = {"number": 7, "text": "Could this look better?", "media": [SCENE, SCENE], "question": ""}


def test_a_pair_becomes_two_drafts_of_equal_words(tmp_path: Path) -> None:
    result = written(tmp_path, [brief()], GOOD)
    drafts = Store(f"file://{tmp_path}").records(result.artifacts["kept"], InstructionDraft)
    assert [draft.target for draft in drafts] == ["dehaze", "derain"]
    assert len({draft.pair_id for draft in drafts}) == 1
    assert len({draft.instruction_id for draft in drafts}) == 2


@pytest.mark.parametrize(
    ("reply", "reason", "failed"),
    [
        (GOOD | {"number": 8}, "instruction_writer: the teacher wrote none", 2),
        (GOOD | {"text": "  "}, "instruction_writer: the teacher wrote none", 2),
        ("not json", "instruction_writer: the teacher wrote none", 2),
        (GOOD | {"text": "Give it to droplet."}, "hint: gives the API away", 0),
        (GOOD | {"media": [SCENE]}, "instruction_writer: no usable file content", 2),
        (GOOD | {"media": ["{}", "no"]}, "instruction_writer: no usable file content", 2),
    ],
    ids=["another number", "no words", "no JSON", "a hint", "a file too few", "no content"],
)
def test_what_cannot_be_used_is_put_aside_whole(
    tmp_path: Path, reply: dict[str, object] | str, reason: str, failed: int
) -> None:
    result = written(tmp_path, [brief()], reply)
    assert result.counts.kept == 0
    assert result.counts.taken == 2
    assert result.counts.failed == failed
    assert result.reasons == {reason: 2}


def test_a_question_without_a_question_is_dropped(tmp_path: Path) -> None:
    asked = brief(kind="question", apis=("lab/mistlift",), ambiguity="")
    result = written(tmp_path, [asked], GOOD | {"media": []})
    assert result.reasons == {"instruction_writer: asks nothing back": 1}


def test_an_instruction_in_another_language_is_kept(tmp_path: Path) -> None:
    result = written(tmp_path, [brief()], GOOD | {"text": "Kannst du das Bild verbessern? 画像を直して"})
    assert result.counts.kept == 2
