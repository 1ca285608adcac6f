"""A begun reply is gone on from as training showed it: the same tokens, without the end of the turn."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.agent.begun_turn import beginning_of, begun_tokens, encode_prompt, whole_reply
from journeyman.agent.screen_prompt import PLAN_BEGINNING, begun_plan
from journeyman.model_family import load_model_family
from journeyman.schema.message import ImagePart, Message, TextPart
from tests.model_families.llama_tokenizer import llama_tokenizer
from tests.model_families.members import MEMBERS, PICTURES, PIXELS, encode, member

SAID = "Thought: a few words.\nAction: Click.\npyautogui.click(x=0.5, y=0.5)"
SHOWN = sorted(PICTURES)[0]


def message(role, *content):
    return Message(role=role, content=tuple(TextPart(text=c) if isinstance(c, str) else c for c in content))


ASKED = [
    message("system", "be kind"),
    message("user", ImagePart(sha256=SHOWN), "one"),
    message("assistant", "Thought: an earlier turn"),
    message("user", "two"),
]


def prompted(name, messages):
    family, _, processor = member(name)
    return encode_prompt(messages, PICTURES, family, processor, **PIXELS), family, processor


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_begun_reply_has_the_first_tokens_of_the_whole_turn_in_training(name):
    prompt, family, processor = prompted(name, [*ASKED, begun_plan()])
    whole = encode(name, [*ASKED, message("assistant", SAID)])
    length = len(prompt)
    assert length < len(whole)
    assert prompt.input_ids.tolist() == whole.input_ids[:length].tolist()
    assert prompt.position_ids.tolist() == whole.position_ids[:, :length].tolist()
    assert (prompt.patches == whole.patches).all()
    rest = family.decode(whole.input_ids[length:].tolist(), processor)
    assert family.decode(begun_tokens(prompt), processor) + rest == SAID
    assert len(prompt.turn_spans) == len(ASKED), "an open turn is none"


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_conversation_that_ends_in_a_question_is_encoded_as_before(name):
    prompt, *_ = prompted(name, ASKED)
    expected = encode(name, ASKED, add_generation_prompt=True)
    assert prompt.input_ids.tolist() == expected.input_ids.tolist()
    assert begun_tokens(prompt) == []


def test_what_is_begun_is_known_though_the_message_is_not_to_be_trained_on():
    untrained = begun_plan().model_copy(update={"trained": False})
    prompt, family, processor = prompted("qwen2", [*ASKED, untrained])
    assert family.decode(begun_tokens(prompt), processor) == PLAN_BEGINNING
    nothing, *_ = prompted("qwen2", [*ASKED, message("assistant", "")])
    assert begun_tokens(nothing) == []


def test_a_tokenizer_that_spells_a_space_before_every_text_goes_on_without_a_second_one():
    class Processor:
        tokenizer = llama_tokenizer()
        image_token = "<image>"
        patch_size = 14

    family = load_model_family("llava")
    spoken = [message("system", "be kind"), message("user", "hello you")]
    prompt = encode_prompt([*spoken, message("assistant", "hello")], {}, family, Processor, **PIXELS)
    whole = family.encode(
        [*spoken, message("assistant", "hello words")], {}, Processor, add_generation_prompt=False, **PIXELS
    )
    assert prompt.input_ids.tolist() == whole.input_ids[: len(prompt)].tolist()
    written = whole.input_ids[len(prompt) :].tolist()
    assert family.decode([*begun_tokens(prompt), *written], Processor) == "hello words"


def test_an_endpoints_reply_is_whole_whether_it_went_on_or_answered_anew():
    anew = "Observation: A form.\nThought: I go on.\nAction: Click.\npyautogui.click(x=0.5, y=0.5)"
    assert whole_reply("Thought:", anew) == anew
    assert whole_reply("Thought:", " I go on.\nAction: Click.") == "Thought: I go on.\nAction: Click."
    assert whole_reply("Thought:", "I go on.") == "Thought:\nI go on."
    assert whole_reply("Thought:", "DONE") == "Thought:\nDONE"
    assert whole_reply("Thought:", "My Thought: it goes on.") == "Thought:\nMy Thought: it goes on."


def test_only_a_last_assistant_turn_is_a_beginning():
    assert beginning_of([]) == ""
    assert beginning_of(ASKED) == ""
    assert beginning_of([*ASKED, begun_plan()]) == "Thought:"
