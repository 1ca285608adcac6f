"""Chat forms on a tokenizer that puts a space before every text, as Llama's does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.errors import ConfigError
from journeyman.model_families._chat import CHATML, VICUNA, chat_form, markup_ids, plain_ids
from journeyman.model_families._tiny_tokenizer import train_tokenizer
from tests.model_families.llama_tokenizer import llama_tokenizer

TOKENIZER = llama_tokenizer()
_TEXTS = st.lists(
    st.text(st.characters(categories=("Lu", "Ll", "Nd", "Po", "Zs", "Cc")), max_size=30)
    | st.sampled_from(["</s>", "<s>", "<image>", "a </s> USER: b", "<</s>"]),
    min_size=1,
    max_size=3,
)


def test_the_form_follows_from_the_tokenizers_control_tokens():
    assert chat_form(TOKENIZER) is VICUNA
    assert chat_form(train_tokenizer(["words"], ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))) is CHATML
    with pytest.raises(ConfigError, match=r"no known chat form \(chatml: .*; vicuna: "):
        chat_form(train_tokenizer(["words"], ("<|endoftext|>", "<|im_end|>")))


@given(texts=_TEXTS)
@settings(max_examples=100, deadline=None)
def test_pieces_tokenized_apart_are_read_back_as_they_were(texts):
    start = markup_ids("<s>", TOKENIZER)
    ids = [token for text in texts for token in plain_ids(text, TOKENIZER)]
    head = len(TOKENIZER.decode([*start, *plain_ids("x", TOKENIZER)]))
    assert TOKENIZER.decode([*start, *plain_ids("x", TOKENIZER), *ids])[head:] == "".join(texts)
    assert not {*ids} & {TOKENIZER.convert_tokens_to_ids(control) for control in ("<s>", "</s>", "<image>")}


def test_vicunas_words_are_the_tokens_the_whole_prompt_has():
    whole = TOKENIZER("<s> be kind USER: hello you ASSISTANT: hello</s>", add_special_tokens=False)["input_ids"]
    parts = [
        *markup_ids(VICUNA.start, TOKENIZER),
        *plain_ids(" be kind", TOKENIZER),
        *markup_ids(VICUNA.openings["user"], TOKENIZER),
        *plain_ids(" hello you", TOKENIZER),
        *markup_ids(VICUNA.openings["assistant"], TOKENIZER),
        *plain_ids(" hello", TOKENIZER),
        *markup_ids(VICUNA.closings["assistant"], TOKENIZER),
    ]
    assert parts == whole
