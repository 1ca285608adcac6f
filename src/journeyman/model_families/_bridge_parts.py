"""Bridge models put together from frozen encoders, projectors and any causal language model."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from journeyman.errors import ConfigError
from journeyman.model_families import _small
from journeyman.model_families._bridge_media import MARKERS, PAD, BridgeProcessor
from journeyman.model_families._bridge_model import (
    MODALITIES,
    PROJECTORS,
    BridgeConfig,
    BridgeForConditionalGeneration,
)
from journeyman.model_families._chat import chat_form
from journeyman.model_families._encoders import EncoderSpec, encoder_spec
from journeyman.model_families._folders import SHARD_SIZE
from journeyman.model_families._llava_parts import refuse_recurrent
from journeyman.model_families._tiny_tokenizer import CONTEXT, random_model, train_tokenizer

JOIN = " + "
BUILT_IN = (
    ("image", "efficientnet-lite0"),
    ("audio", "whisper-tiny-en"),
    ("video", "efficientnet-lite0"),
)
"""Encoders of the members that are built here."""


def assemble(
    decoder: Any, head: Any, tokenizer: Any, encoders: Iterable[EncoderSpec], seed: int, *, projector: str = "linear"
) -> tuple[Any, Any]:
    """A model of the given language model, its projectors drawn at random, and its processor.

    Args:
        decoder: Causal language model without its head.
        head: Gives logits.
        tokenizer: Of the language model; gets the markers of media where it has none.
        encoders: At most one for each kind of media.
        seed: Of the projectors.
        projector: ``linear`` or ``resampler``.

    Raises:
        ConfigError: The language model has recurrent layers, or its tokenizer no known turn markers.
    """
    refuse_recurrent(decoder.config)
    chat_form(tokenizer)
    new = [marker for marker in MARKERS if marker not in tokenizer.get_vocab()]
    tokenizer.add_tokens(new, special_tokens=True)
    config = BridgeConfig(
        text_config=decoder.config.to_dict(),
        encoders={spec.kind: spec.settings() for spec in encoders},
        projector=projector,
        media_token_id=tokenizer.convert_tokens_to_ids(PAD),
        tie_word_embeddings=bool(decoder.config.tie_word_embeddings),
    )
    model = random_model(lambda: BridgeForConditionalGeneration(config), seed)
    model.model.language_model.load_state_dict(decoder.state_dict())
    model.lm_head.load_state_dict(head.state_dict())
    model.tie_weights()
    if len(tokenizer) > decoder.config.vocab_size:
        # The markers' rows are drawn, from the seed; the soft tokens' one is never read, since features stand there.
        _grow_vocabulary(model, len(tokenizer), seed)
    model.to(decoder.dtype)
    model.generation_config.suppress_tokens = [tokenizer.convert_tokens_to_ids(marker) for marker in MARKERS]
    return model, BridgeProcessor(tokenizer, config)


def from_parts(name: str, precision: str, seed: int = 0) -> tuple[Any, Any]:
    """:func:`assemble` of ``image=ENCODER + audio=ENCODER + video=ENCODER + LANGUAGE MODEL``.

    Kinds of media may be left out. ``projector=resampler`` among the parts takes a resampler.

    Raises:
        ConfigError: A part is not there or not known, or there is no encoder or not one language model.
    """
    settings, language = _parts(name)
    projector = settings.pop("projector", PROJECTORS[0])
    if projector not in PROJECTORS:
        raise ConfigError(f"projector={projector} is not known; there is: {', '.join(PROJECTORS)}")
    if not settings:
        raise ConfigError(f"{name!r} names no encoder; write e.g. image=efficientnet-lite0 + {language}")
    encoders = [encoder_spec(kind, settings[kind]) for kind in MODALITIES if kind in settings]
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    try:
        model = AutoModelForCausalLM.from_pretrained(language, dtype=dtype)
        tokenizer = AutoTokenizer.from_pretrained(language)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"language model {language!r} cannot be loaded: {exc}; give a folder or a hub name") from exc
    return assemble(model.get_decoder(), model.get_output_embeddings(), tokenizer, encoders, seed, projector=projector)


def build_tiny(corpus: Iterable[str], seed: int, *, projector: str = "linear") -> tuple[Any, Any]:
    """A Llama of random weights, about three million parameters with the projectors, and the built-in encoders.

    Args:
        corpus: Texts the tokenizer is trained on.
        seed: Of the initial weights; equal arguments give equal models.
        projector: ``linear`` or ``resampler``.
    """
    tokenizer = train_tokenizer(corpus, ("<|endoftext|>", "<|im_start|>", "<|im_end|>", *MARKERS))
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    language = random_model(lambda: LlamaForCausalLM(config), seed)
    return assemble(language.get_decoder(), language.lm_head, tokenizer, built_in_encoders(), seed, projector=projector)


def build_small(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """SmolLM2-135M-Instruct with the built-in encoders; the language model is that of llava's ``small``.

    Args:
        corpus: Not read; the tokenizer is SmolLM2's own.
        seed: Of the projectors and of the rows of the media markers.

    Raises:
        ConfigError: A package that ships the weights, or reads them, is not installed.
    """
    seen, its_processor = _small.build_small(corpus, seed)
    return assemble(seen.model.language_model, seen.lm_head, its_processor.tokenizer, built_in_encoders(), seed)


def built_in_encoders() -> list[EncoderSpec]:
    """One for each kind of media."""
    return [encoder_spec(kind, name) for kind, name in BUILT_IN]  # type: ignore[arg-type]  # a tuple of literals


def save(model: Any, processor: Any, folder: Path, state: Mapping[str, Any] | None) -> None:
    """Write safetensors, configuration, tokenizer and chat template; which encoders there are is in the configuration.

    Args:
        model: A bridge model.
        processor: Its processor.
        folder: Created when missing.
        state: Weights to write instead of the model's own, e.g. gathered from ZeRO-3 ranks.
    """
    weights = dict(state) if state is not None else None
    model.save_pretrained(folder, state_dict=weights, safe_serialization=True, max_shard_size=SHARD_SIZE)
    processor.tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(processor.chat_template)


def load_processor(name: str, *, revision: str = "") -> BridgeProcessor:
    """Tokenizer and encoders of a local path or hub name.

    Raises:
        ConfigError: There are none.
    """
    from transformers import AutoConfig

    options = {"revision": revision} if revision else {}
    try:
        config = AutoConfig.from_pretrained(name, **options)
        return BridgeProcessor(AutoTokenizer.from_pretrained(name, **options), config)
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"processor of {name!r} cannot be loaded: {exc}; give a folder, a hub name or 'tiny'"
        ) from exc


def _parts(name: str) -> tuple[dict[Any, str], str]:
    """(setting -> value, language model)."""
    settings: dict[Any, str] = {}
    languages = []
    for part in name.split(JOIN):
        key, equals, value = part.partition("=")
        if equals and key in (*MODALITIES, "projector"):
            if key in settings:
                raise ConfigError(f"{name!r} names {key} twice; leave one out")
            settings[key] = value
        else:
            languages.append(part)
    if len(languages) != 1:
        raise ConfigError(
            f"{name!r} names {len(languages)} language models; write image=ENCODER + audio=ENCODER + video=ENCODER + "
            "LANGUAGE MODEL, encoders that are not wanted left out"
        )
    return settings, languages[0]


def _grow_vocabulary(model: Any, size: int, seed: int) -> None:
    """Give ``model`` embeddings for ``size`` tokens; new rows are drawn from ``seed``."""
    state = torch.get_rng_state()
    try:
        torch.manual_seed(seed)
        model.resize_token_embeddings(size, pad_to_multiple_of=64, mean_resizing=False)
    finally:
        torch.set_rng_state(state)
