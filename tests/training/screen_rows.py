"""Pages and steps of screens as rows, in the very form that the screen dataset stores."""

import re

from journeyman.action_formats.pyautogui_call import Click, ScreenTurn, write_turn
from journeyman.agent.screen_prompt import grounding_conversation, step_conversation
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import messages_from_json, messages_to_json
from journeyman.schema.record import sha256_hex
from journeyman.schema.screen import GROUNDING, PLANNING
from tests.model_families.members import picture
from tests.training.examples import written

PICTURE = picture(160, 100)
SCREEN = sha256_hex(PICTURE)
FULL = ScreenTurn(Click(0.25, 0.75), "Click Save.", "The form is filled in.", "A form with a button Save.")
INSTRUCTION = 'button {}, the one that says "role":"user" and\n\nPrevious actions:\nNone'
LEVELS = {"l1": 1.0, "l2": 2.0}


def page(row_id, pairs, split="train"):
    turns = [(INSTRUCTION.format(i), ScreenTurn(Click(i / 100, 0.5))) for i in range(pairs)]
    return screen_row(row_id, GROUNDING, grounding_conversation(SCREEN, turns), split)


def step(row_id, turn=FULL, split="train"):
    messages = step_conversation("Save the form", ["Fill it in."], SCREEN, turn)
    return screen_row(row_id, PLANNING, messages, split)


def screen_row(row_id, family, messages, split="train"):
    return Example(
        example_id=row_id,
        split=split,
        family=family,
        query="",
        messages_json=messages_to_json(messages),
        images=(EmbeddedImage(bytes=PICTURE, path=f"{SCREEN}.png"),),
        tools=(),
        answer_json='""',
        origin="synthesised",
        teacher="toy",
    )


def looked_at(view, row, *, epoch=0, part=0):
    named = {name: getattr(row, name) for name in ("example_id", "family", "messages_json")}
    return view.messages_json(named, epoch=epoch, part=part)


def pairs_in(messages_json):
    """Commands of a sample, in order; each names its pair."""
    return [re.search(r"x=([\d.]+)", m.text)[1] for m in messages_from_json(messages_json) if m.role == "assistant"]


def commands(pairs):
    return [re.search(r"x=([\d.]+)", write_turn(ScreenTurn(Click(i / 100, 0.5))))[1] for i in range(pairs)]


PAGES = [1, 9, 3, 17, 8, 0, 25, 2, 0, 12, 5, 8]
"""Pairs of the rows of a small dataset; 0 stands for a step."""
PAIRS = sum(PAGES)


def screen_file(folder):
    """Path of a Parquet file with these rows, and a page of 11 pairs and a step to validate on."""
    rows = [page(f"p{i}", pairs) if pairs else step(f"s{i}") for i, pairs in enumerate(PAGES)]
    rows += [page("held", 11, "validation"), step("held-step", split="validation")]
    return written(folder, rows, group_rows=3)
