"""Rows and models of the benchmark, made once: ``python -m training_throughput.models FOLDER``.

The language model is SmolLM2-135M-Instruct where the packages that ship its weights are installed, else one of its
shape with random weights, which computes as fast. Our side trains it inside a LLaVA, as the product would; TRL gets
the same language model by itself.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM

from journeyman.errors import ConfigError
from journeyman.model_families._llava_parts import IMAGE, assemble, square_pictures
from journeyman.model_families._tiny_tokenizer import train_tokenizer
from journeyman.model_family import load_model_family
from journeyman.schema.arrow import table_to_records
from journeyman.schema.example import Example
from journeyman.training.conversations import Encoder, Limits, corpus
from training_throughput.case import MAX_PIXELS, MIN_PIXELS
from training_throughput.rows import conversations, write_rows

PICTURE_ROWS, TEXT_ROWS = "pictures.parquet", "text.parquet"
QWEN, LLAVA, LANGUAGE = "qwen2_vl", "llava", "language"
FACTS = "facts.json"
"""What the language model's weights are, and tokens of each row by file."""


def main(folder: Path) -> None:
    """Fill ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / PICTURE_ROWS, pictures=True)
    write_rows(folder / TEXT_ROWS, pictures=False)
    qwen = load_model_family("qwen_vl")
    qwen.save(*qwen.build_tiny(_texts(folder / PICTURE_ROWS), 0), folder / QWEN, None)
    llava = load_model_family("llava")
    try:
        model, processor = llava.builds["small"]((), 0)
        weights = "SmolLM2-135M-Instruct"
    except ConfigError as exc:
        model, processor = _of_shape(_texts(folder / TEXT_ROWS))
        weights = f"random weights in the shape of SmolLM2-135M ({exc})"
    model = model.to(torch.bfloat16)
    llava.save(model, processor, folder / LLAVA, None)
    language = LlamaForCausalLM(model.config.text_config).to(torch.bfloat16)
    language.model.load_state_dict(model.model.language_model.state_dict())
    language.lm_head.load_state_dict(model.lm_head.state_dict())
    language.save_pretrained(folder / LANGUAGE)
    processor.tokenizer.save_pretrained(folder / LANGUAGE)
    tokens = {
        PICTURE_ROWS: _tokens(folder / PICTURE_ROWS, "qwen_vl", folder / QWEN),
        TEXT_ROWS: _tokens(folder / TEXT_ROWS, "llava", folder / LLAVA),
    }
    (folder / FACTS).write_text(json.dumps({"weights": weights, "tokens": tokens}))


def _tokens(rows: Path, family: str, model: Path) -> list[int]:
    """Length of each conversation."""
    kind = load_model_family(family)
    encoder = Encoder(kind, kind.load_processor(str(model)), Limits(MAX_PIXELS, MIN_PIXELS))
    return [encoder.measure(c.row_id, c.messages_json, c.sizes()).tokens for c in conversations(rows)]


def _texts(rows: Path) -> list[str]:
    return list(corpus(table_to_records(pq.read_table(rows), Example)))


def _of_shape(texts: list[str]) -> tuple[Any, Any]:
    """SmolLM2-135M's configuration with random weights, and a small CLIP that sees blank pictures only."""
    tokenizer = train_tokenizer(texts, ("<|endoftext|>", "<|im_start|>", "<|im_end|>", IMAGE))
    torch.manual_seed(0)
    language = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=49152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            max_position_embeddings=8192,
            rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
            tie_word_embeddings=True,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    vision = CLIPVisionConfig(
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=112,
        patch_size=16,
    )
    return assemble(CLIPVisionModel(vision), language, tokenizer, square_pictures(112), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
