"""Samples of screens on their way through the loader into the loss."""

# ruff: noqa: E402 - what needs torch is imported only where torch is
import re
import threading
from functools import lru_cache
from itertools import islice

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.model_family import IGNORED, load_model_family
from journeyman.schema.message import messages_from_json
from journeyman.training.config import TrainingConfig, ViewsConfig
from journeyman.training.conversations import Conversation, Encoder, Limits, corpus
from journeyman.training.loader import Loader
from journeyman.training.loss import TokenLoss
from journeyman.training.order import Mixture, Rows
from journeyman.training.packing import Packing
from journeyman.training.position import read_position
from journeyman.training.rank_protocol import RankConfig
from journeyman.training.views import RowView
from journeyman.training.worker import Rank
from tests.model_families.members import PIXELS
from tests.training.examples import written
from tests.training.screen_rows import (
    LEVELS,
    PAGES,
    PICTURE,
    SCREEN,
    commands,
    looked_at,
    page,
    pairs_in,
    screen_file,
    step,
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return screen_file(tmp_path_factory.mktemp("screens"))


@lru_cache(maxsize=1)
def tiny():
    rows = [page("p", 9), step("s")]
    family = load_model_family("qwen_vl")
    return family, *family.build_tiny(corpus(rows), 0)


def loader(path, view, *, share=True):
    family, _, processor = tiny()
    return Loader(
        Mixture([Rows([path], split="train", buffer_rows=5, view=view)], [1.0]),
        Encoder(family, processor, Limits(**PIXELS)),
        Packing(1500, 500, 1, share, 0.3),
        lambda rows, prefix: {"rows": rows, "prefix": prefix},
        rank=0,
    )


def taken(made, count, position=None):
    """(position behind, (row, conversation as text) of each sample) of the first steps."""
    _, _, processor = tiny()
    try:
        found = []
        for loaded in islice(made.steps(position or made.start), count):
            encoded = [one for batch in loaded.batches for row in batch.inputs["rows"] for one in row]
            names = [name for names in loaded.passes for name in names]
            texts = [processor.tokenizer.decode(one.input_ids) for one in encoded]
            found.append((loaded.position, sorted(zip(names, texts, strict=True))))
        return found
    finally:
        made.close()


@pytest.mark.parametrize("done", [1, 6, 11])
def test_a_resumed_run_goes_on_with_the_very_same_samples(dataset, done, tmp_path):
    view = RowView(4, LEVELS, 1)
    straight = taken(loader(dataset, view), 13)
    assert straight[-1][0].drawn[0] > Rows([dataset], split="train", view=view).rows, "into the second epoch"
    straight[done - 1][0].write(tmp_path)
    assert taken(loader(dataset, view), 13 - done, read_position(tmp_path)) == straight[done:]


def test_what_is_kept_for_the_next_epoch_is_what_the_next_epoch_shows(tmp_path):
    """A dataset that fits has its measures and encoded rows kept: by the level that was drawn, and no page's."""
    path = written(tmp_path, [step(f"s{i}") for i in range(4)] + [page("p", 9), page("q", 4)])
    view = RowView(4, {"l0": 1.0, "l3": 1.0})
    made = loader(path, view, share=False)
    rows = made._mixture.datasets[0]
    assert rows.fits
    steps = taken(made, 12)
    assert steps[-1][0].drawn[0] >= 4 * rows.rows
    family, _, processor = tiny()
    images = {SCREEN: PICTURE}
    expected = []
    for ref in islice(rows.shuffled(0), steps[-1][0].drawn[0]):
        messages = messages_from_json(ref.conversation.messages_json)
        encoded = family.encode(messages, images, processor, add_generation_prompt=False, **PIXELS)
        expected.append((ref.row_id, processor.tokenizer.decode(encoded.input_ids)))
    assert sorted(one for _, samples in steps for one in samples) == sorted(expected)
    assert {key[3] for key in made._measures} <= {0, 3}
    assert len(made._measures) == len(made._kept) <= 8


def test_an_epochs_steps_are_told_from_samples(dataset):
    told = {}
    for most in (1, 8):
        made = loader(dataset, RowView(most))
        told[most] = made.epoch_steps()
        rows = made._mixture.rows
        steps = taken(made, 40)
        assert abs(told[most] - next(i for i, s in enumerate(steps, 1) if s[0].drawn[0] >= rows)) <= 1
    assert told[1] > told[8], "a picture for each pair"


def test_validation_shows_every_pair_once_and_the_same_each_time(dataset):
    view = RowView(4, LEVELS)
    made = loader(dataset, view)
    rounds = []
    for _ in range(2):
        held = Rows([dataset], split="validation", view=view)
        batches = [batch for batch, _ in made.once(held)]
        rounds.append([tiny()[2].tokenizer.decode(batch.inputs["rows"][0][0].input_ids) for batch in batches])
    made.close()
    assert rounds[0] == rounds[1]
    assert len(rounds[0]) == 3 + 1
    shown = [x for text in rounds[0][:3] for x in re.findall(r"x=([\d.]+), y=0.5000\)", text.partition("button ")[2])]
    assert sorted(shown) == sorted(commands(11))


def test_a_rank_looks_at_training_and_validation_rows_alike(dataset, tmp_path):
    config = TrainingConfig(views=ViewsConfig(pairs_per_sample=2))
    rank = Rank(RankConfig(folder=tmp_path, training=config, urls=(dataset,)), threading.Event())
    counts = [rank._rows(rank.config.sources, split).rows for split in ("train", "validation")]
    assert counts == [sum(max(1, -(-pairs // 2)) for pairs in PAGES), 6 + 1]


# loss -----------------------------------------------------------------------------------------------


def encoded_samples(view, row, count):
    family, _, processor = tiny()
    encoder = Encoder(family, processor, Limits(**PIXELS))
    made = []
    for part in range(count):
        one = Conversation("p", looked_at(view, row, part=part), {SCREEN: PICTURE})
        made.append(encoder.encode(one, encoder.measure(one.row_id, one.messages_json, one.sizes())))
    return made


def test_of_a_packed_sample_the_commands_are_trained_and_nothing_else():
    family, _, processor = tiny()
    view, row = RowView(8), page("p", 8)
    (encoded,) = encoded_samples(view, row, 1)
    messages = messages_from_json(looked_at(view, row))
    assert len(encoded.turn_spans) == len(messages) == 17
    for message, (start, end) in zip(messages, encoded.turn_spans.tolist(), strict=True):
        labels = encoded.labels[start:end]
        trained = labels[labels != IGNORED].tolist()
        if message.role == "assistant":
            assert family.decode(trained, processor) == message.text
            assert trained[-1] == family.end_of_turn(processor)
        else:
            assert trained == []


def pair_losses(encoded):
    """Summed loss of each reply of a conversation that goes through the model alone, in order."""
    family, model, processor = tiny()
    torch.set_num_threads(1)
    losses = []
    for start, end in encoded.turn_spans.tolist():
        labels = np.full_like(encoded.labels, IGNORED)
        labels[start:end] = encoded.labels[start:end]
        if (labels != IGNORED).any():
            alone = type(encoded)(**{n: getattr(encoded, n) for n in encoded.__slots__} | {"labels": labels})
            with torch.no_grad():
                losses.append(float(TokenLoss(model.eval())(family.collate([[alone]], processor))))
    return losses


def test_a_pair_has_the_loss_packed_that_it_has_alone_up_to_what_stands_before_it():
    row = page("p", 16)
    packed, alone = encoded_samples(RowView(8), row, 2), encoded_samples(RowView(1), row, 16)
    assert sum(one.trained_tokens for one in packed) == sum(one.trained_tokens for one in alone), "no pair weighs more"
    order = [pairs_in(looked_at(RowView(8), row, part=part)) for part in range(2)]
    single = [pairs_in(looked_at(RowView(1), row, part=part))[0] for part in range(16)]
    losses = {command: pair_losses(one)[0] for command, one in zip(single, alone, strict=True)}
    together = [pair_losses(one) for one in packed]
    for commands_of, found in zip(order, together, strict=True):
        assert found[0] == pytest.approx(losses[commands_of[0]], rel=1e-5), "nothing stands before the first"
    mean = sum(map(sum, together)) / 16
    assert mean == pytest.approx(sum(losses.values()) / 16, rel=0.02)
