"""Draw and change pictures with a diffusers model that the user set, on this machine."""

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from PIL import Image

from journeyman.errors import ToolError
from journeyman.tools._backings.backing import backing_of, not_configured
from journeyman.tools._backings.hub import loaded

SEED = 0
"""Of the first noise: equal calls give equal pictures."""


def drawn(model: str, prompt: str) -> Image.Image:
    """A picture of ``prompt`` by a text-to-image pipeline.

    Raises:
        ToolError: The model cannot be loaded.
    """
    return _first(painter(model)(prompt=prompt, generator=_noise()))


def changed(model: str, prompt: str, picture: Image.Image) -> Image.Image:
    """``picture`` as ``prompt`` tells to change it, by an InstructPix2Pix-class pipeline.

    Raises:
        ToolError: The model cannot be loaded.
    """
    return _first(instructed_painter(model)(prompt=prompt, image=picture, generator=_noise()))


def painter(model: str) -> Any:
    """The text-to-image pipeline."""
    return _pipeline(model, "AutoPipelineForText2Image")


def instructed_painter(model: str) -> Any:
    """The pipeline of the class that the model's own ``model_index.json`` names."""
    return _pipeline(model, "DiffusionPipeline")


def diffusion_or_endpoint(tool: str) -> Callable[[], str]:
    """A ``Tool.missing`` for ``tool``, which a url or a diffusers model can back."""
    configured = not_configured(tool, "url", "model")

    def missing() -> str:
        lacking = configured()
        if lacking or backing_of(tool).url:
            return lacking
        absent = [
            module for module in ("diffusers", "transformers", "torch") if importlib.util.find_spec(module) is None
        ]
        return f"install {', '.join(absent)}: pip install {' '.join(absent)}" if absent else ""

    return missing


@lru_cache(maxsize=1)
def _pipeline(model: str, kind: str) -> Any:
    import diffusers
    import torch

    # The other weights format is a pickle, which runs code as it loads.
    pipeline = loaded(model, lambda: getattr(diffusers, kind).from_pretrained(model, use_safetensors=True))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to("cuda", torch.float16) if torch.cuda.is_available() else pipeline


def _noise() -> Any:
    import torch

    # Drawn on the CPU also for a GPU, so that both start from the same noise.
    return torch.Generator("cpu").manual_seed(SEED)


def _first(output: Any) -> Image.Image:
    picture = output.images[0]
    if any(getattr(output, "nsfw_content_detected", None) or ()):
        raise ToolError("the model's safety checker blanked the picture; ask for something else")
    assert isinstance(picture, Image.Image)
    return picture.convert("RGB")
