"""Vocabularies that cut a reply in every awkward way, and names that are awkward to reply with."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from journeyman.action_formats.api_choice import Choice, write_choice
from journeyman.model_families._chat import plain_ids

END = "<|im_end|>"
NAMES = (
    "a/b",
    "a/b-large",
    "a/b-large-v2",
    "a",
    "facebook/detr-resnet-50",
    "facebook/detr-resnet-101",
    'one", "two',
    'says "so"',
    "back\\slash",
    "]}",
    '{"apis": ["a"]}',
    "unknown-language",
    "\u00fcber/\u6f22\u5b57",
    "\u6f22",
    "\U0001f600/\U0001f601",
    "line\nbreak\x07",
    " leading",
    "n\u2028n",
    "</s> and <|im_end|>",
)
QUESTIONS = ("Which of the two do you mean, \u6f22 or \U0001f600?", 'So?  \u3000 \n\n\t \\ "this"', "\u3000Which?")
CORPUS = [
    *(write_choice(Choice(apis=NAMES[i : i + 3])) for i in range(len(NAMES) - 2)),
    *(write_choice(Choice(apis=(name, "a"))) for name in NAMES),
    write_choice(Choice(unknown=True)),
    *(write_choice(Choice(question=question)) for question in QUESTIONS),
]
KINDS = ("words", "unsplit", "llama")
_CHARACTERS = st.characters(exclude_categories=("Cs", "Cn"))
names = st.sampled_from(NAMES) | st.text(_CHARACTERS, min_size=1, max_size=12).filter(
    lambda name: bool(name.strip()) and name != "unknown"
)
catalogues = st.lists(names, min_size=1, max_size=12, unique=True)
questions = st.sampled_from(QUESTIONS) | st.text(
    _CHARACTERS | st.sampled_from(' \t\n\u3000\u2003\x1f"\\'), min_size=1, max_size=60
).filter(lambda text: bool(text.strip()))


@cache
def tokenizer_of(kind: str) -> Any:
    """``words`` splits as Qwen does, ``unsplit`` merges across anything, ``llama`` falls back to bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from journeyman.model_families._tiny_tokenizer import train_tokenizer
    from tests.model_families.llama_tokenizer import llama_tokenizer

    if kind == "llama":
        return llama_tokenizer()
    if kind == "words":
        return train_tokenizer(CORPUS, ("<|endoftext|>", "<|im_start|>", END))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1500,
        min_frequency=1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=["<|endoftext|>", END],
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token="<|endoftext|>")


def end_of(kind: str) -> int:
    """The token that ends a turn."""
    return int(tokenizer_of(kind).convert_tokens_to_ids("</s>" if kind == "llama" else END))


def spelled(kind: str, text: str) -> list[int]:
    """Tokens of a reply, as a conversation is encoded."""
    return plain_ids(text, tokenizer_of(kind))


def said(kind: str, tokens: list[int]) -> str:
    """Text of a reply, by the tokenizer itself: behind a control token, where no space is dropped."""
    tokenizer = tokenizer_of(kind)
    before = [end_of(kind), *spelled(kind, "x")]
    return tokenizer.decode([*before, *tokens])[len(tokenizer.decode(before)) :]
