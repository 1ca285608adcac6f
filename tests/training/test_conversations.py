import pickle

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.schema.message import ImagePart, Message, TextPart, messages_from_json, messages_to_json
from journeyman.training.conversations import Conversation, Encoder, Limits, corpus
from tests.model_families.members import MEMBERS, PICTURES, PIXELS, member
from tests.training.examples import examples, tiny

LIMITS = Limits(**PIXELS)

text = st.text("ab <|im_end|>Thought:\n", max_size=30)
parts = st.one_of(
    st.builds(TextPart, text=text), st.sampled_from(sorted(PICTURES)).map(lambda sha256: ImagePart(sha256=sha256))
)
messages = st.lists(
    st.builds(
        Message,
        role=st.sampled_from(("system", "user", "assistant")),
        content=st.lists(parts, min_size=1, max_size=4).map(tuple),
        trained=st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


def encoder(name, **limits):
    family, _, processor = member(name)
    return Encoder(family, processor, Limits(**(PIXELS | limits)))


def conversation(made):
    named = {sha256 for m in made for sha256 in m.images}
    return Conversation("row", messages_to_json(made), {sha256: PICTURES[sha256] for sha256 in sorted(named)})


@pytest.mark.parametrize("name", MEMBERS)
@given(made=messages)
@settings(max_examples=25, deadline=None)
def test_what_is_measured_without_pixels_is_what_is_encoded(name, made):
    one, row = encoder(name), conversation(made)
    measure = one.measure(row.row_id, row.messages_json, row.sizes())
    encoded = one.encode(row, measure)
    assert (measure.tokens, measure.patches, measure.trained) == (
        len(encoded),
        len(encoded.patches),
        encoded.trained_tokens,
    )
    assert (measure.turns, measure.cut) == (len(made), False)


@given(made=messages, most=st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_a_cut_keeps_as_many_whole_turns_as_end_in_a_trained_one_and_fit(made, most):
    row, plain = conversation(made), encoder("qwen2")
    lengths = []
    for turns in range(1, len(made) + 1):
        first = conversation(made[:turns])
        lengths.append(plain.measure("row", first.messages_json, first.sizes()).tokens)
    dropped = encoder("qwen2", max_tokens=most).measure("row", row.messages_json, row.sizes())
    cutter = encoder("qwen2", max_tokens=most, too_long="cut")
    cut = cutter.measure("row", row.messages_json, row.sizes())
    if lengths[-1] <= most:
        assert dropped.turns == cut.turns == len(made)
        return
    assert (dropped.turns, dropped.tokens) == (0, lengths[-1])
    ends = [i + 1 for i, m in enumerate(made) if m.role == "assistant" and m.trained and lengths[i] <= most]
    assert cut.turns == max(ends, default=0)
    assert cut.cut == (cut.turns > 0)
    if cut.turns:
        encoded = cutter.encode(row, cut)
        assert len(encoded) == lengths[cut.turns - 1]
        assert len(encoded.picture_spans) == sum(len(m.images) for m in made[: cut.turns])


def test_the_shared_opening_is_one_that_the_encoded_conversations_have_in_common():
    family, processor = tiny()
    rows = [Conversation(e.example_id, e.messages_json, {}) for e in examples(12)]
    images = [{i.path.partition(".")[0]: i.bytes for i in e.images} for e in examples(12)]
    rows = [Conversation(r.row_id, r.messages_json, i) for r, i in zip(rows, images, strict=True)]
    plain = Encoder(family, processor, LIMITS)
    one = plain.with_reference(plain.opening(rows[0].messages_json))
    measures = [one.measure(r.row_id, r.messages_json, r.sizes()) for r in rows]
    encoded = [one.encode(r, m) for r, m in zip(rows, measures, strict=True)]
    exact = family.common_prefix(encoded, processor)
    shared = min(m.shared for m in measures)
    # It ends before the turn of the first picture; the exact one may run into that turn.
    assert 200 < exact - 15 < shared <= exact
    other = [Message(role="user", content=(TextPart(text="something else"),))]
    assert one.measure("row", messages_to_json(other), {}).shared < 5


def test_an_encoder_is_the_same_in_another_process():
    one = encoder("qwen2", max_tokens=300, too_long="cut")
    one = one.with_reference(one.opening(examples(1)[0].messages_json))
    again = pickle.loads(pickle.dumps(one))
    for example in examples(6):
        row = Conversation("row", example.messages_json, {i.path.partition(".")[0]: i.bytes for i in example.images})
        measure = one.measure("row", row.messages_json, row.sizes())
        assert again.measure("row", row.messages_json, row.sizes()) == measure
        if measure.turns:
            assert (again.encode(row, measure).input_ids == one.encode(row, measure).input_ids).all()


def test_missing_and_broken_pictures_are_named_with_their_row():
    sha256 = sorted(PICTURES)[0]
    made = [Message(role="user", content=(ImagePart(sha256=sha256),))]
    one = encoder("qwen2")
    lost = Conversation("row-7", messages_to_json(made), {})
    with pytest.raises(ConfigError, match=f"row row-7: picture {sha256[:12]} of a user turn is missing"):
        one.measure(lost.row_id, lost.messages_json, lost.sizes())
    with pytest.raises(ConfigError, match=f"row row-7: picture {sha256[:12]} cannot be opened"):
        Conversation("row-7", messages_to_json(made), {sha256: b"no picture"}).sizes()
    half = Conversation("row-7", messages_to_json(made), {sha256: PICTURES[sha256][:-40]})
    measure = one.measure(half.row_id, half.messages_json, half.sizes())
    with pytest.raises(ConfigError, match=r"row row-7: picture .* cannot be opened"):
        one.encode(half, measure)


def test_a_corpus_is_every_turn():
    rows = examples(3)
    assert list(corpus(rows)) == [m.text for row in rows for m in messages_from_json(row.messages_json)]
