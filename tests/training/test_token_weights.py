"""What of a turn counts more: exactly its arguments and answers, in every family, and as much in the loss."""

# ruff: noqa: E402 - what needs torch is imported only where torch is
import pickle
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.action_formats.skill_json import SkillCall, SkillTurn, write_turn
from journeyman.model_family import IGNORED
from journeyman.schema.message import Message, TextPart, messages_to_json
from journeyman.training.conversations import Conversation, Encoder, Limits
from journeyman.training.loss import TokenLoss
from journeyman.training.token_weights import token_weights
from tests.model_families.members import MEMBERS, PIXELS, member

CALLS = write_turn(
    SkillTurn(
        "I look for it.", (SkillCall("ground_objects", {"image": "file_1.png", "phrases": "grün star"}),), "Wait."
    )
)
ANSWER = write_turn(SkillTurn("I know file_1.png now.", (), "two stars"))


def said(role: str, text: str, *, trained: bool = True) -> Message:
    return Message(role=role, content=(TextPart(text=text),), trained=trained)


TALK = (said("user", "Where?"), said("assistant", CALLS), said("user", "here"), said("assistant", ANSWER))


def encode(name, messages, content_weight=8.0):
    family, _, processor = member(name)
    encoder = Encoder(family, processor, Limits(**PIXELS), content_weight=content_weight)
    row = Conversation("r", messages_to_json(messages), {})
    return encoder.encode(row, encoder.measure("r", row.messages_json, {})), processor


@pytest.mark.parametrize("name", MEMBERS)
def test_tokens_of_arguments_and_answers_count_more_and_a_conversation_as_much_as_before(name):
    encoded, processor = encode(name, TALK)
    trained = encoded.labels != IGNORED
    weights = encoded.weights[trained]
    assert not encoded.weights[~trained].any()
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    low, high = sorted(set(np.round(weights, 5).tolist()))
    assert high == pytest.approx(8 * low, rel=1e-3)
    heavy = np.flatnonzero(encoded.weights > 1)
    runs = np.split(heavy, np.flatnonzero(np.diff(heavy) > 1) + 1)
    words = [processor.tokenizer.decode(encoded.input_ids[run].tolist()).strip('" ,}]') for run in runs]
    assert words == ["file_1.png", "grün star", "two stars"]


@pytest.mark.parametrize(
    "messages",
    [
        (said("user", "Where?"), said("assistant", "I would rather talk.")),
        (said("user", "Where?"), said("assistant", CALLS, trained=False), said("assistant", "Plain words.")),
    ],
    ids=["no turn", "a slip"],
)
def test_turns_that_are_not_read_or_not_trained_have_no_content(messages):
    encoded, _ = encode("qwen2", messages)
    assert set(encoded.weights[encoded.labels != IGNORED].tolist()) == {1.0}


def test_equal_weights_are_none_and_weights_reach_other_processes():
    assert encode("qwen2", TALK, 1.0)[0].weights is None
    family, _, processor = member("qwen2")
    copy = pickle.loads(pickle.dumps(Encoder(family, processor, Limits(**PIXELS), content_weight=8.0)))
    row = Conversation("r", messages_to_json(TALK), {})
    again = copy.encode(row, copy.measure("r", row.messages_json, {}))
    assert again.weights.tolist() == encode("qwen2", TALK)[0].weights.tolist()


def test_tokens_that_do_not_spell_the_text_leave_a_turn_as_it_is():
    encoded, processor = encode("qwen2", TALK, 1.0)
    other = (TALK[0], said("assistant", CALLS.replace("star", "moon")), *TALK[2:])
    weights = token_weights(other, encoded, processor, 8.0)
    first, second = ((start, end) for start, end in encoded.turn_spans[[1, 3]].tolist())
    assert len({w for w in weights[slice(*first)].tolist() if w}) == 1
    assert len({w for w in weights[slice(*second)].tolist() if w}) == 2


def test_the_loss_is_the_weighted_sum_whether_rows_are_padded_or_packed():
    family, model, processor = member("qwen2")
    long, _ = encode("qwen2", TALK)
    short, _ = encode("qwen2", TALK[2:], 1.0)
    loss = TokenLoss(model).eval()

    def of(*rows):
        with torch.no_grad():
            return loss(family.collate(rows, processor)).item()

    # One trained token a time: what each costs, summed by weight.
    costs = []
    for column in np.flatnonzero(long.labels != IGNORED):
        alone = np.full_like(long.labels, IGNORED)
        alone[column] = long.labels[column]
        costs.append(long.weights[column] * of([replace(long, labels=alone, weights=None)]))
    assert of([long]) == pytest.approx(sum(costs), rel=1e-4)
    assert of([long]) != pytest.approx(of([replace(long, weights=None)]), rel=1e-2)
    both = of([long]) + of([short])
    assert of([long], [short]) == pytest.approx(both, rel=1e-4)
    assert of([long, short]) == pytest.approx(both, rel=1e-4)
