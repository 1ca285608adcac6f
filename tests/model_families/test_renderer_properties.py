"""Whatever a conversation holds, all assistant words and pictures reach the model, and nothing else is trained."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.model_families._chat import chat_form
from journeyman.model_family import IGNORED
from journeyman.schema.message import ImagePart, Message, TextPart
from tests.model_families.members import MEMBERS, PICTURES, encode, member

CONTROLS = [
    "<|im_end|>",
    "<|im_start|>assistant\n",
    "<|image_pad|>",
    "<|vision_start|>",
    "<image>",
    "</s>",
    "</slice>",
    "<image_id>",
    "print('<|im_end|>')",
    "<<|im_end|><|im_end|>",
]


def _composed(text: str) -> bool:
    """The tokenizers compose characters (NFC), so only composed text comes back as it was."""
    return unicodedata.normalize("NFC", text) == text


_WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40).filter(_composed) | st.sampled_from(CONTROLS)
_TEXT = st.builds(lambda text: TextPart(text=text), _WORDS)
_IMAGE = st.sampled_from(sorted(PICTURES)).map(lambda digest: ImagePart(sha256=digest))
_SHOWN = st.lists(_TEXT | _IMAGE, max_size=5)
_USER = _SHOWN.map(lambda parts: Message(role="user", content=tuple(parts)))
_ASSISTANT = st.builds(
    lambda part, kept: Message(role="assistant", content=(part,), trained=kept), _TEXT, st.booleans()
)
_SYSTEM = st.lists(_TEXT.map(lambda part: Message(role="system", content=(part,))), max_size=1)
_TURNS = st.builds(
    lambda first, turns: [*first, *(message for turn in turns for message in turn)],
    _SYSTEM,
    st.lists(st.tuples(_USER, _ASSISTANT), min_size=1, max_size=4),
)

every_member = pytest.mark.parametrize("name", sorted(MEMBERS))
some_examples = settings(max_examples=40, deadline=None)


@every_member
@given(messages=_TURNS)
@some_examples
def test_exactly_the_kept_assistant_turns_are_trained(name, messages) -> None:
    family, _, processor = member(name)
    result = encode(name, messages)
    end = family.end_of_turn(processor)
    wanted = [m.text for m in messages if m.role == "assistant" and m.trained]
    trained = result.labels[result.labels != IGNORED].tolist()
    assert trained.count(end) == len(wanted)
    assert (result.input_ids[result.labels != IGNORED] == trained).all()
    form = chat_form(processor.tokenizer)
    assert processor.tokenizer.decode(trained) == "".join(
        f"{form.leads['assistant']}{text}{form.stop}" for text in wanted
    )
    for (start, stop), message in zip(result.turn_spans, messages, strict=True):
        labels = result.labels[start:stop]
        kept = labels[labels != IGNORED].tolist()
        assert bool(kept) == (message.role == "assistant" and message.trained)
        if kept:
            assert family.decode(kept, processor) == message.text


@every_member
@given(messages=_TURNS)
@some_examples
def test_every_picture_has_its_tokens_in_its_own_turn(name, messages) -> None:
    family, _, processor = member(name)
    result = encode(name, messages)
    token = family.image_token(processor)
    inside = [
        int(((result.picture_spans[:, 0] >= start) & (result.picture_spans[:, 1] <= stop)).sum())
        for start, stop in result.turn_spans
    ]
    assert inside == [len(m.images) for m in messages]
    for start, stop in result.picture_spans:
        assert (result.input_ids[start:stop] == token).any()
        assert (result.labels[start:stop] == IGNORED).all()
    # No image token stands anywhere else, however the text around tries.
    outside = result.input_ids.copy()
    for start, stop in result.picture_spans:
        outside[start:stop] = -1
    assert not (outside == token).any()
    assert int(result.grids.prod(axis=1).sum()) == len(result.patches)


@every_member
@given(messages=_TURNS)
@some_examples
def test_text_forges_no_turn(name, messages) -> None:
    family, _, processor = member(name)
    result = encode(name, messages)
    form = chat_form(processor.tokenizer)
    ended = sum(form.stop in form.closings[m.role] for m in messages)
    assert int((result.input_ids == family.end_of_turn(processor)).sum()) == ended


@every_member
@given(messages=_TURNS, cut=st.integers(0, 3))
@some_examples
def test_what_is_served_begins_what_was_trained(name, messages, cut) -> None:
    assistants = [i for i, m in enumerate(messages) if m.role == "assistant"]
    before = assistants[min(cut, len(assistants) - 1)]
    whole = encode(name, messages)
    prompt = encode(name, messages[:before], add_generation_prompt=True)
    assert whole.input_ids[: len(prompt)].tolist() == prompt.input_ids.tolist()
    assert whole.patches[: len(prompt.patches)].tobytes() == prompt.patches.tobytes()


_CALM = st.text(st.characters(categories=("Lu", "Ll", "Nd", "Po", "Zs")), max_size=30).filter(_composed)


@every_member
@given(texts=st.lists(st.tuples(_CALM, _CALM), min_size=1, max_size=3), digest=st.sampled_from(sorted(PICTURES)))
@settings(max_examples=20, deadline=None)
def test_the_exported_chat_template_writes_what_the_renderer_writes(name, texts, digest) -> None:
    _, _, processor = member(name)
    messages = [Message(role="system", content=(TextPart(text="Act."),))]
    for asked, answered in texts:
        messages += [
            Message(role="user", content=(TextPart(text=asked), ImagePart(sha256=digest), TextPart(text="!"))),
            Message(role="assistant", content=(TextPart(text=answered),)),
        ]
    result = encode(name, messages[:-1], add_generation_prompt=True)
    written, column = "", 0
    literal = processor.apply_chat_template([{"role": "user", "content": [{"type": "image"}]}], tokenize=False)
    empty = processor.apply_chat_template([{"role": "user", "content": [{"type": "text", "text": ""}]}], tokenize=False)
    head = len(chat_form(processor.tokenizer).start + chat_form(processor.tokenizer).openings["user"])
    literal = literal[head : len(literal) - len(empty) + head]
    for start, stop in result.picture_spans:
        written += processor.tokenizer.decode(result.input_ids[column:start]) + literal
        column = stop
    written += processor.tokenizer.decode(result.input_ids[column:])
    plain = [
        {
            "role": m.role,
            "content": [
                {"type": "image"} if isinstance(p, ImagePart) else {"type": "text", "text": p.text} for p in m.content
            ],
        }
        for m in messages[:-1]
    ]
    assert processor.apply_chat_template(plain, tokenize=False, add_generation_prompt=True) == written


@every_member
def test_the_exported_chat_template_has_a_tools_section_and_shows_tool_pictures(name) -> None:
    _, _, processor = member(name)
    tool = {"type": "function", "function": {"name": "ocr", "description": "reads", "parameters": {"type": "object"}}}
    messages = [
        {"role": "user", "content": "read it"},
        {"role": "assistant", "content": "ocr()"},
        {"role": "tool", "content": [{"type": "text", "text": "here"}, {"type": "image"}]},
    ]
    for start in ([], [{"role": "system", "content": "Act."}]):
        text = processor.apply_chat_template([*start, *messages], tools=[tool], tokenize=False)
        assert text.count("Tools:\n") == 1
        assert '"name": "ocr"' in text
        assert text.index("Tools:") < text.index("read it")
        assert processor.image_token in text[text.index("Observation:\nhere") :]
    assert "Tools:" not in processor.apply_chat_template(messages, tokenize=False)
