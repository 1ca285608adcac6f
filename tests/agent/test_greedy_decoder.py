# ruff: noqa: E402 - what needs torch is imported only where torch is
"""What it writes is what transformers' own greedy generation writes, for every family that it decodes."""

import copy

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.agent import greedy_decoder
from journeyman.agent.greedy_decoder import GreedyDecoder
from journeyman.schema.message import ImagePart, Message, TextPart
from tests.model_families.members import MEMBERS, PICTURES, encode, member

SMALL, WIDE, TALL = sorted(PICTURES)
NEW = 12


def turn(role, *parts):
    return Message(
        role=role, content=tuple(TextPart(text=p) if p not in PICTURES else ImagePart(sha256=p) for p in parts)
    )


SYSTEM = turn("system", "act with tools, one line a tool, many words that all rows share")
CONVERSATIONS = (
    (SYSTEM, turn("user", "read it", WIDE), turn("assistant", "print(1)"), turn("user", "x", TALL, SMALL)),
    (SYSTEM, turn("user", "no picture")),
    (SYSTEM, turn("user", SMALL, "first the picture, then a good many words so that rows are of uneven length")),
    (turn("system", "another prompt"), turn("user", "read it", WIDE)),
    (turn("user", SMALL, "a picture in the first turn"),),
)
PACKING = sorted(name for name in MEMBERS if not name.startswith("minicpm"))


@pytest.fixture(params=PACKING)
def name(request):
    return request.param


def prompts(name):
    return [encode(name, c, add_generation_prompt=True) for c in CONVERSATIONS]


def decoder(name):
    family, model, processor = member(name)
    assert family.packs
    return GreedyDecoder(copy.deepcopy(model), processor, family)


def plainly(name, prompt):
    family, model, processor = member(name)
    batch = family.collate_prompts([prompt], processor)
    end = family.end_of_turn(processor)
    out = model.generate(
        **batch,
        max_new_tokens=NEW,
        do_sample=False,
        eos_token_id=end,
        pad_token_id=processor.tokenizer.pad_token_id,
    )[0, batch["input_ids"].shape[1] :].tolist()
    return out[: out.index(end)] if end in out else out


def test_each_row_of_a_batch_is_what_generate_writes_for_it_alone(name):
    rows = prompts(name)
    assert decoder(name).decode(rows, NEW) == [plainly(name, prompt) for prompt in rows]


def test_a_prefix_that_is_kept_and_rows_that_are_read_in_portions_change_nothing(name, monkeypatch):
    rows = prompts(name)
    decoding = decoder(name)
    want = decoding.decode(rows, NEW)
    monkeypatch.setitem(greedy_decoder._SCORES_AT_ONCE, "cpu", 1)
    assert decoding.decode(rows, NEW) == want
    assert decoding.decode(rows[:1], NEW) == want[:1]


def test_rows_that_have_ended_leave_and_the_others_go_on(name):
    """The end of the turn is made the likeliest token of some rows, by renaming what they write third."""
    rows = prompts(name)
    decoding = decoder(name)
    want = decoding.decode(rows, NEW)
    ends = want[0][2]
    decoding._end = ends
    for got, whole in zip(decoding.decode(rows, NEW), want, strict=True):
        assert got == (whole[: whole.index(ends)] if ends in whole else whole)


def test_old_prefixes_are_forgotten(name):
    decoding = decoder(name)
    for number in range(greedy_decoder.KEPT_PREFIXES + 2):
        prompt = encode(name, (turn("system", f"prompt {number}"), turn("user", "x")), add_generation_prompt=True)
        decoding.decode([prompt], 1)
    assert len(decoding._prefixes) == greedy_decoder.KEPT_PREFIXES
