"""Pictures as LLaVA models take them: one size for all, so many tokens each, positions counted by token."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from journeyman.model_families._batches import Batching, joined, normalised
from journeyman.model_families._chat import plain_ids
from journeyman.model_families._segments import Picture, Pictures, counted_positions, image_token
from journeyman.model_family import ByteArray, Encoded

AFTER = "\n"
"""LLaVA was trained with a line break behind every picture."""


def picture(image: Image.Image, number: int, processor: Any, max_pixels: int, min_pixels: int) -> Picture:  # noqa: ARG001
    """As many tokens as the encoder gives features; its fixed size is not a matter of pixel limits."""
    out = processor.image_processor(images=[image], do_rescale=False, do_normalize=False, return_tensors="np")
    pixels = np.asarray(out["pixel_values"][0]).round().clip(0, 255).astype(np.uint8)
    side = processor.patch_size
    _, height, width = (n // side for n in pixels.shape)
    count = height * width + processor.num_additional_image_tokens
    if processor.vision_feature_select_strategy == "default":  # the first feature, a class token, is dropped
        count -= 1
    ids = [image_token(processor)] * count + plain_ids(AFTER, processor.tokenizer)
    return Picture(ids, _cut(pixels, side), [(1, height, width)])


def _cut(pixels: ByteArray, side: int) -> ByteArray:
    """[3, H, W] -> [P, 3 * side * side], row by row; what is no whole patch is dropped, as the encoder drops it."""
    _, rows, columns = (n // side for n in pixels.shape)
    whole = pixels[:, : rows * side, : columns * side].reshape(3, rows, side, columns, side)
    return np.ascontiguousarray(whole.transpose(1, 3, 0, 2, 4).reshape(rows * columns, -1))


def patch_dim(processor: Any) -> int:
    """Numbers a patch."""
    return int(3 * processor.patch_size**2)


def _tensors(conversations: Sequence[Encoded], processor: Any) -> dict[str, torch.Tensor]:
    patches, grids = joined(conversations)
    side = processor.patch_size
    _, rows, columns = (int(n) for n in grids[0])
    pixels = normalised(patches, processor.image_processor).view(len(grids), rows, columns, 3, side, side)
    pixels = pixels.permute(0, 3, 1, 4, 2, 5).reshape(len(grids), 3, rows * side, columns * side)
    height, width = picture_size(processor)
    # An encoder whose size is no multiple of its patches checks the size and then ignores the rest.
    padding = (0, width - columns * side, 0, height - rows * side)
    return {"pixel_values": torch.nn.functional.pad(pixels, padding)}


def _blank(processor: Any) -> dict[str, torch.Tensor]:
    return {"pixel_values": torch.zeros(1, 3, *picture_size(processor))}


def picture_size(processor: Any) -> tuple[int, int]:
    """Height and width, in pixels, that the image processor gives every picture."""
    image = processor.image_processor
    size = image.crop_size if getattr(image, "do_center_crop", False) else image.size
    return int(size["height"]), int(size["width"])


PICTURES = Pictures(picture=picture, positions=counted_positions, patch_dim=patch_dim, family="llava")
BATCHING = Batching(pictures=_tensors, blank=_blank, axes=1)
