"""Whatever a conversation holds, all assistant words and pictures reach the model, and nothing else is trained."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.model_families.qwen_vl import FAMILY
from journeyman.model_family import IGNORED
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.record import sha256_hex

PIXELS = {"max_pixels": 112 * 112, "min_pixels": 56 * 56}


def _picture(width: int, height: int) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), (width, height, 9)).save(sink, "PNG")
    return sink.getvalue()


PICTURES = {sha256_hex(data): data for data in (_picture(60, 60), _picture(224, 160), _picture(40, 300))}
_WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40) | st.sampled_from(
    ["<|im_end|>", "<|im_start|>assistant\n", "<|image_pad|>", "<|vision_start|>", "print('<|im_end|>')"]
)
_TEXT = st.builds(lambda text: TextPart(text=text), _WORDS)
_SHOWN = st.lists(_TEXT | st.sampled_from(sorted(PICTURES)).map(lambda digest: ImagePart(sha256=digest)), max_size=4)
_USER = _SHOWN.map(lambda parts: Message(role="user", content=tuple(parts)))
_ASSISTANT = st.builds(
    lambda part, kept: Message(role="assistant", content=(part,), trained=kept), _TEXT, st.booleans()
)
_TURNS = st.lists(st.tuples(_USER, _ASSISTANT), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def processor():
    return FAMILY.build_tiny(["a few words to learn from", "print(1)"], 0)[1]


@given(turns=_TURNS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_kept_assistant_turns_are_trained_and_no_picture_is_lost(processor, turns) -> None:
    messages = [message for turn in turns for message in turn]
    result = FAMILY.encode(messages, PICTURES, processor, add_generation_prompt=False, **PIXELS)
    end = processor.tokenizer.convert_tokens_to_ids("<|im_end|>")
    wanted = [m.text for m in messages if m.role == "assistant" and m.trained]
    trained = result.labels[result.labels != IGNORED].tolist()
    assert trained.count(end) == len(wanted)
    assert processor.tokenizer.decode(trained) == "".join(f"{text}<|im_end|>" for text in wanted)
    assert len(result.grids) == sum(len(m.images) for m in messages)
    merged = sum(int(t * h * w) // 4 for t, h, w in result.grids)
    assert int((result.input_ids == processor.image_token_id).sum()) == merged


@given(turns=_TURNS, cut=st.integers(0, 3))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_served_begins_what_was_trained(processor, turns, cut) -> None:
    messages = [message for turn in turns for message in turn]
    before = 2 * min(cut, len(turns) - 1) + 1
    whole = FAMILY.encode(messages, PICTURES, processor, add_generation_prompt=False, **PIXELS)
    prompt = FAMILY.encode(messages[:before], PICTURES, processor, add_generation_prompt=True, **PIXELS)
    assert whole.input_ids[: len(prompt)].tolist() == prompt.input_ids.tolist()
