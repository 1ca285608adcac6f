"""A small tokenizer of Llama's kind: spaces are part of words, and one is put before every text."""

from typing import Any


def llama_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import LlamaTokenizer

    from journeyman.model_families._tiny_tokenizer import merges

    corpus = ["be kind to all USER: hello you ASSISTANT: hello words of all kinds"] * 4
    specials = ["<unk>", "<s>", "</s>"]
    bytes_ = [f"<0x{n:02X}>" for n in range(256)]
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[*specials, *bytes_], show_progress=False, max_token_length=8
    )
    tokenizer.train_from_iterator(corpus, trainer)
    made = LlamaTokenizer(vocab=tokenizer.get_vocab(), merges=merges(tokenizer), legacy=False, pad_token="<unk>")
    made.add_tokens(["<image>"], special_tokens=True)
    return made
