"""Whether photographs that scikit-image ships are named, also turned, cut, darkened and noisy."""

import random

from PIL import Image, ImageEnhance, ImageOps

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import camera, png

TRUTH = {
    "coffee": {"espresso", "cup", "coffee mug"},
    "chelsea": {"tabby", "tiger cat", "Egyptian cat"},
    "rocket": {"missile", "projectile", "space shuttle"},
}
"""Of the photographs with one main thing that is an ImageNet class."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of pictures with a right label first, and among the five."""
    from skimage import data

    rng = random.Random(53)
    first = among = cases = 0
    for name, right in TRUTH.items():
        photograph = Image.fromarray(getattr(data, name)()).convert("RGB")
        for variant in _variants(photograph, rng):
            labels = [label for label, _ in call({"photograph.png": png(variant)}, image="photograph.png").value]
            first, among, cases = first + (labels[0] in right), among + bool(right & set(labels)), cases + 1
    return (
        Accuracy("right label first, 3 photographs in 6 variants", first / cases, cases),
        Accuracy("right label among the five", among / cases, cases),
    )


def _variants(photograph: Image.Image, rng: random.Random) -> list[Image.Image]:
    width, height = photograph.size
    left, top = rng.randint(0, width // 5), rng.randint(0, height // 5)
    return [
        photograph,
        ImageOps.mirror(photograph),
        photograph.rotate(rng.uniform(-15, 15), Image.Resampling.BICUBIC),
        photograph.crop((left, top, left + width * 4 // 5, top + height * 4 // 5)),
        ImageEnhance.Brightness(photograph).enhance(0.5),
        camera(photograph, rng),
    ]
