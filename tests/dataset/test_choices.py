"""Matched instructions become examples with the whole set of right APIs; contradictions and shared problems do not."""

import json
from pathlib import Path

import pytest

from journeyman.dataset.choices import build_choices, contradictions
from journeyman.errors import SchemaError
from journeyman.recipe import Recipe, load_recipe
from journeyman.schema.api import Api
from journeyman.schema.artifact import StageResult
from journeyman.schema.example import Example
from journeyman.schema.instruction import Instruction
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_from_json
from journeyman.storage.store import Store
from tests.choice_toys import apis, instruction
from tests.dataset.toys import picture

RECIPE = load_recipe("mllm_tool")


def built(store: Store, rows: list[Instruction], held_out: list[Instruction], recipe: Recipe = RECIPE) -> StageResult:
    files = {ref.sha256 for row in rows for ref in row.files}
    media = [file for n in range(80) if (file := picture((n, 0, 9))).sha256 in files]
    return build_choices(
        [store.write("instructions", rows, Instruction)],
        [store.write("media", media, MediaFile)],
        [store.write("instructions", held_out, Instruction)],
        store.write("apis", apis(), Api),
        {"lab/sharpen"},
        recipe,
        store=store,
    )


def test_an_example_has_every_right_api_and_its_file_and_no_file_name(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    result = built(store, [instruction(1)], [])
    (example,) = store.records(result.artifacts["kept"], Example)
    system, user, reply = messages_from_json(example.messages_json)
    assert json.loads(reply.text) == {"apis": ["lab/mistlift", "mill/clearview-2"]}
    assert [part.sha256 for part in user.media] == [instruction(1).files[0].sha256]
    assert example.images[0].bytes == picture((1, 0, 9)).data
    assert "file_1" not in example.messages_json
    assert "lab/" not in system.text


def test_candidates_are_listed_where_the_recipe_says_so(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    listing = RECIPE.model_copy(update={"catalogue": RECIPE.catalogue.model_copy(update={"candidates": 3})})
    result = built(store, [instruction(1, text="Please do the dehaze for hazy pictures.")], [], listing)
    (example,) = store.records(result.artifacts["kept"], Example)
    system = messages_from_json(example.messages_json)[0].text
    assert "lab/mistlift: " in system
    assert system.count("\n") == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (instruction(2, split="held_out"), "is a held-out problem"),
        (instruction(2, files=instruction(9).files), "shares a file with a held-out problem"),
        (instruction(2, family=instruction(9).family), "shares a task family with a held-out problem"),
        (instruction(2, seed=9), "shares a seed with a held-out problem"),
        (instruction(2, accepted=("lab/sharpen",)), "accepts an API that is held out"),
    ],
    ids=["split", "file", "family", "seed", "API"],
)
def test_nothing_of_the_problems_is_trained_on(tmp_path: Path, row: Instruction, reason: str) -> None:
    result = built(Store(f"file://{tmp_path}"), [instruction(1), row], [instruction(9, split="held_out")])
    assert result.counts.kept == 1
    assert result.reasons == {f"contamination: {reason}": 1}
    assert result.facts["contaminated"] == "1"


def test_an_answer_without_apis_is_unknown_or_the_question(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    rows = [
        instruction(1, answer="unknown", accepted=()),
        instruction(2, answer="question", accepted=(), question="Which one?", files=(), modality="text"),
    ]
    result = built(store, rows, [])
    replies = {
        example.example_id: messages_from_json(example.messages_json)[-1].text
        for example in store.records(result.artifacts["kept"], Example)
    }
    assert replies == {"i0001": '{"apis": "unknown"}', "i0002": '{"question": "Which one?"}'}


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="is in no media artifact"):
        built(Store(f"file://{tmp_path}"), [instruction(300)], [])


def test_of_nested_answers_to_one_wish_the_largest_stands() -> None:
    small = instruction(1, accepted=("lab/mistlift",))
    large = instruction(2, text=small.text.upper(), files=small.files)
    assert contradictions([small, large]) == {"i0001": "an equal instruction accepts more"}


def test_of_contradicting_answers_to_one_wish_none_stands() -> None:
    one = instruction(1)
    other = instruction(2, text=one.text, files=one.files, accepted=("lab/droplet",))
    unknown = instruction(3, text=one.text, files=one.files, accepted=(), answer="unknown")
    reason = "contradicts an equal instruction"
    assert contradictions([one, other]) == {"i0001": reason, "i0002": reason}
    assert contradictions([one, unknown]) == {"i0001": reason, "i0003": reason}


def test_equal_words_over_other_files_are_a_pair_and_no_contradiction() -> None:
    one = instruction(1)
    assert contradictions([one, instruction(2, text=one.text, accepted=("lab/droplet",))]) == {}


def test_the_outcome_does_not_depend_on_the_order_of_the_parts(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    parts = [store.write("instructions", [instruction(n) for n in range(i, 30, 3)], Instruction) for i in range(3)]
    media = store.write("media", [picture((n, 0, 9)) for n in range(30)], MediaFile)
    catalogue = store.write("apis", apis(), Api)
    first, second = (
        build_choices(order, [media], [], catalogue, (), RECIPE, store=store) for order in (parts, parts[::-1])
    )
    assert first == second
    assert int(first.facts["train"]) + int(first.facts["validation"]) == 30
