"""CPU-sized MiniCPM-V models: the real configuration classes, a tokenizer trained on the spot, no downloads."""

from collections.abc import Iterable
from typing import Any

from transformers import (
    MiniCPMV4_6Config,
    MiniCPMV4_6ForConditionalGeneration,
    MiniCPMV4_7Config,
    MiniCPMV4_7ForConditionalGeneration,
)
from transformers.models.minicpmv4_6.image_processing_pil_minicpmv4_6 import MiniCPMV4_6ImageProcessorPil
from transformers.models.minicpmv4_6.processing_minicpmv4_6 import MiniCPMV4_6Processor

from journeyman.errors import ConfigError
from journeyman.model_families._chat import CHATML
from journeyman.model_families._minicpm_pictures import newline_token
from journeyman.model_families._tiny_tokenizer import CONTEXT, random_model, train_tokenizer

MARKERS = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "image_start_token": "<image>",
    "image_end_token": "</image>",
    "slice_start_token": "<slice>",
    "slice_end_token": "</slice>",
    "image_id_start_token": "<image_id>",
    "image_id_end_token": "</image_id>",
}
CONTROL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", *MARKERS.values())
PATCH = 14


class PictureProcessor(MiniCPMV4_6Processor):  # type: ignore[misc]  # transformers is untyped
    """MiniCPM-V's processor without video, which would need torchvision.

    ``canvas`` says that the model is a 4.7, which lays positions out on a canvas.
    """

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        canvas: bool = False,
    ) -> None:
        missing = [name for name in MARKERS if getattr(tokenizer, name, None) is None and name != "video_token"]
        if missing:
            raise ConfigError(f"the tokenizer names no {', '.join(missing)}; is this a MiniCPM-V folder?")
        self.canvas = canvas
        self.slice_mode = image_processor.slice_mode
        self.default_use_image_id = image_processor.use_image_id
        self.image_token_divisor = 4 if image_processor.downsample_mode == "4x" else 16
        self.video_token = self.video_token_id = None
        for name in MARKERS:
            if name != "video_token":
                setattr(self, name, getattr(tokenizer, name))
        self.image_token_id = tokenizer.image_token_id
        # ProcessorMixin reads this signature to learn its parts: with no video_processor there is no video.
        super(MiniCPMV4_6Processor, self).__init__(
            image_processor, tokenizer, chat_template=chat_template or CHATML.jinja(tokenizer.image_token)
        )


def build_tiny(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """A MiniCPM-V 4.6 of about three million parameters with random weights, and its processor.

    Args:
        corpus: Texts the tokenizer is trained on.
        seed: Of the initial weights; equal arguments give equal models.
    """
    processor, settings = _parts(corpus, canvas=False)
    config = MiniCPMV4_6Config(**settings)
    return random_model(lambda: MiniCPMV4_6ForConditionalGeneration(config), seed, processor.tokenizer), processor


def build_tiny_4_7(corpus: Iterable[str], seed: int) -> tuple[Any, Any]:
    """A MiniCPM-V 4.7 of like size; arguments as of :func:`build_tiny`."""
    processor, settings = _parts(corpus, canvas=True)
    tokenizer = processor.tokenizer
    markers = ("image_start", "image_end", "slice_start", "slice_end")
    ids = {f"{name}_id": getattr(tokenizer, f"{name}_token_id") for name in markers}
    config = MiniCPMV4_7Config(**settings, **ids, newline_id=newline_token(tokenizer))
    return random_model(lambda: MiniCPMV4_7ForConditionalGeneration(config), seed, processor.tokenizer), processor


def _parts(corpus: Iterable[str], *, canvas: bool) -> tuple[PictureProcessor, dict[str, Any]]:
    tokenizer = train_tokenizer(corpus, CONTROL_TOKENS, **MARKERS)
    pictures = MiniCPMV4_6ImageProcessorPil(patch_size=PATCH, scale_resolution=56 if canvas else 112, max_slice_nums=4)
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 192,
        "intermediate_size": 512,
        "num_hidden_layers": 3,
        "layer_types": ["linear_attention", "linear_attention", "full_attention"],
        "num_attention_heads": 6,
        "num_key_value_heads": 6,
        "head_dim": 32,
        "linear_key_head_dim": 32,
        "linear_value_head_dim": 32,
        "linear_num_key_heads": 6,
        "linear_num_value_heads": 6,
        "max_position_embeddings": CONTEXT,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "partial_rotary_factor": 0.5,
            "mrope_section": [4, 2, 2],
            "mrope_interleaved": True,
        },
        "bos_token_id": tokenizer.convert_tokens_to_ids("<|endoftext|>"),
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "tie_word_embeddings": True,
    }
    vision = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "image_size": 112,
        "patch_size": PATCH,
    }
    settings = {
        "text_config": text | {"model_type": "qwen3_5_text"},
        "vision_config": vision,
        "insert_layer_id": 0,
        "image_token_id": tokenizer.image_token_id,
        "video_token_id": tokenizer.video_token_id,
        "tie_word_embeddings": True,
    }
    return PictureProcessor(pictures, tokenizer, canvas=canvas), settings
