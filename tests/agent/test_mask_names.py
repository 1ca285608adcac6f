"""Masks by name: what is shown in place of run lengths, and what a name means when it is given to a skill."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.agent.mask_names import MaskNames
from journeyman.agent.skill_session import Attached, SkillSession
from journeyman.errors import ToolError
from tests.agent.skill_toys import MASK, RED, Script, bench_of_toys, ref, turn

ONE, TWO = {"size": [2, 2], "counts": "04"}, {"size": [2, 2], "counts": "13"}

masks = st.fixed_dictionaries(
    {"size": st.tuples(st.integers(1, 9), st.integers(1, 9)).map(list), "counts": st.text(max_size=5)}
)
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | masks,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=3), part, max_size=3),
    max_leaves=12,
)


@given(values)
def test_what_is_shown_means_what_it_was(value):
    names = MaskNames()
    shown = names.shown(value)
    assert names.meant(shown) == value
    assert names.shown(shown) == shown
    assert "counts" not in json.dumps(shown) or "counts" in json.dumps(without_masks(value))


def without_masks(value):
    if isinstance(value, list):
        return [without_masks(part) for part in value]
    if isinstance(value, dict):
        held = value.keys() == {"size", "counts"} and isinstance(value["counts"], str)
        return None if held else {key: without_masks(part) for key, part in value.items()}
    return value


def test_masks_are_numbered_as_they_are_shown_and_an_equal_one_keeps_its_name():
    names = MaskNames()
    assert names.shown([{"mask": ONE, "area": 0.5}, {"mask": TWO}]) == [
        {"mask": "mask_1", "area": 0.5},
        {"mask": "mask_2"},
    ]
    assert names.shown({"mask": {**ONE, "size": (2, 2)}}) == {"mask": "mask_1"}
    assert names.meant({"mask": "mask_2", "image": "mask_2.png"}) == {"mask": TWO, "image": "mask_2.png"}


def test_a_name_of_no_mask_is_refused_with_those_there_are():
    names = MaskNames()
    with pytest.raises(ToolError, match="there is no mask_1; no skill gave a mask"):
        names.meant({"mask": "mask_1"})
    names.shown([ONE, TWO])
    with pytest.raises(ToolError, match="there is no mask_7; mask_1, mask_2"):
        names.meant({"masks": ["mask_1", "mask_7"]})


def test_a_skill_is_given_the_mask_that_was_named_and_a_later_question_names_its_own(tmp_path):
    controller = Script(
        turn(("cut_out", {"image": "file_1.png"})),
        turn(("area_of", {"mask": "mask_1"}), ("area_of", {"mask": "mask_2"})),
        turn(value="3"),
        turn(("area_of", {"mask": "mask_1"})),
        turn(value="Which one?"),
    )

    async def go():
        async with SkillSession.open(controller=controller, bench=bench_of_toys(tmp_path)) as session:
            first = await session.ask("How large is it?", (Attached(ref(RED), RED),))
            return first, await session.ask("And now?")

    first, second = asyncio.run(go())
    lines = [line for step in first.steps for line in step.observation.splitlines() if line.startswith("{")]
    assert [json.loads(line) for line in lines] == [
        {"API_name": "cut_out", "result": [{"mask": "mask_1"}]},
        {"API_name": "area_of", "result": 3},
        {"API_name": "area_of", "error": "there is no mask_2; mask_1"},
    ]
    assert json.loads(first.steps[1].tool_calls[0].arguments_json) == {"mask": MASK}
    assert "there is no mask_1; no skill gave a mask" in second.steps[0].observation
