"""Masks of the things in a picture by a SAM-class model that the user set for ``segment_image``."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from journeyman.tools._backings.hub import loaded

if TYPE_CHECKING:
    import numpy as np
    import torch

    Array = np.ndarray[Any, Any]

POINTS = 12
"""Points a side that the model is asked about; the 32 of the SAM paper take minutes on a CPU."""
BATCH = 48
"""Points at a time: 3 masks of 256 x 256 each."""
LEAST_QUALITY = 0.88
"""Intersection over union that the model expects of its own mask."""
LEAST_STABILITY = 0.92
"""Area of the mask cut 1 above the threshold, as a share of that cut 1 below (both in logits)."""
SAME_THING = 0.7
"""Intersection over union from which two masks are the same thing."""


def all_masks(model: str, picture: Image.Image) -> "list[Array]":
    """One mask (height, width), True inside, for each thing the model is sure of, best first; maybe none.

    As in the SAM paper: a grid of points, three masks for each, those of low quality or stability dropped.
    """
    import torch

    processor, network = _processor(model), _network(model)
    width, height = picture.size
    steps = [(n + 0.5) / POINTS for n in range(POINTS)]
    points = [[[width * x, height * y]] for y in steps for x in steps]
    inputs = processor(images=picture, input_points=[points], return_tensors="pt")
    logits, quality = [], []
    with torch.inference_mode():
        embeddings = network.get_image_embeddings(inputs["pixel_values"])
        for start in range(0, len(points), BATCH):
            asked = inputs["input_points"][:, start : start + BATCH]
            outputs = network(input_points=asked, image_embeddings=embeddings, multimask_output=True)
            logits.append(outputs.pred_masks[0].flatten(0, 1))
            quality.append(outputs.iou_scores[0].flatten(0, 1))
        kept = _sure_and_apart(torch.cat(logits), torch.cat(quality))
        return _full_size(processor, inputs, kept, picture) if len(kept) else []


def box_mask(model: str, picture: Image.Image, box: tuple[int, int, int, int]) -> "Array":
    """The mask (height, width), True inside, of what ``box`` holds."""
    import torch

    processor, network = _processor(model), _network(model)
    inputs = processor(images=picture, input_boxes=[[[float(edge) for edge in box]]], return_tensors="pt")
    given = {name: inputs[name] for name in ("pixel_values", "input_boxes")}
    with torch.inference_mode():
        outputs = network(**given, multimask_output=False)
        return _full_size(processor, inputs, outputs.pred_masks[0].flatten(0, 1), picture)[0]


def _sure_and_apart(logits: "torch.Tensor", quality: "torch.Tensor") -> "torch.Tensor":
    """Of masks as logits (n, h, w) the sure ones, best first, without repetitions."""
    import torch

    inside, wide = (logits > 1).flatten(1).sum(1), (logits > -1).flatten(1).sum(1)
    sure = (quality >= LEAST_QUALITY) & (inside > 0) & (inside >= LEAST_STABILITY * wide)
    order = torch.argsort(quality[sure], descending=True, stable=True)
    logits = logits[sure][order]
    flat = (logits > 0).flatten(1)
    kept: list[int] = []
    for number in range(len(logits)):
        shared = [(int((flat[number] & flat[k]).sum()), int((flat[number] | flat[k]).sum())) for k in kept]
        if all(both <= SAME_THING * either for both, either in shared):
            kept.append(number)
    return logits[kept]


def _full_size(processor: Any, inputs: Any, logits: "torch.Tensor", picture: Image.Image) -> "list[Array]":
    """Masks as logits (n, h, w) cut at 0, each as large as ``picture``."""
    import numpy as np

    # SAM pads the picture and needs to know how far; SAM 2 does not pad.
    padded = [inputs["reshaped_input_sizes"]] if "reshaped_input_sizes" in inputs else []
    masks = processor.post_process_masks(logits[None, :, None], inputs["original_sizes"], *padded)[0]
    return [np.asarray(mask, dtype=bool) for mask in masks.reshape(-1, picture.height, picture.width)]


def load(model: str) -> None:
    """Load what the first call would."""
    _network(model)
    _processor(model)


@lru_cache(maxsize=1)
def _network(model: str) -> Any:
    import torch
    from transformers import AutoModelForMaskGeneration

    torch.set_num_threads(1)
    return loaded(model, lambda: AutoModelForMaskGeneration.from_pretrained(model)).eval()


@lru_cache(maxsize=1)
def _processor(model: str) -> Any:
    from transformers import AutoProcessor

    return loaded(model, lambda: AutoProcessor.from_pretrained(model))
