"""Pictures as Qwen-VL models take them: patches at the picture's own aspect ratio, positions in three axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from journeyman.model_families._batches import Batching, joined, normalised
from journeyman.model_families._segments import Picture, Pictures, image_token
from journeyman.model_family import Encoded, IntArray

BEFORE, AFTER = "<|vision_start|>", "<|vision_end|>"


def picture(image: Image.Image, number: int, processor: Any, max_pixels: int, min_pixels: int) -> Picture:  # noqa: ARG001
    """One token for each square of merged patches, between two markers."""
    # Bytes, not normalised floats: a quarter of the memory, and the batch does that part.
    out = processor.image_processor(
        images=[image],
        do_rescale=False,
        do_normalize=False,
        size={"shortest_edge": min_pixels, "longest_edge": max_pixels},
        return_tensors="np",
    )
    time, height, width = (int(n) for n in out["image_grid_thw"][0])
    patches = np.asarray(out["pixel_values"]).round().clip(0, 255).astype(np.uint8)
    before, after = (int(processor.tokenizer.convert_tokens_to_ids(t)) for t in (BEFORE, AFTER))
    count = time * height * width // processor.image_processor.merge_size**2
    return Picture([before, *[image_token(processor)] * count, after], patches, [(time, height, width)])


def positions(ids: IntArray, grids: IntArray, processor: Any) -> IntArray:
    """Multimodal rotary positions (Qwen2-VL, arXiv:2409.12191, section 2.1): [3, L].

    Text advances all three axes together; a picture stands still in time, and the text behind it goes
    on behind its longer side.
    """
    merge = processor.image_processor.merge_size
    shown = ids == image_token(processor)
    out = np.empty((3, len(ids)), dtype=np.int64)
    column, position = 0, 0
    for _, height, width in grids // [1, merge, merge]:
        start = column + int(shown[column:].argmax())
        out[:, column:start] = np.arange(position, position + start - column)
        position += start - column
        column = start + height * width
        rows, columns = np.divmod(np.arange(height * width), width)
        out[:, start:column] = position + np.stack([np.zeros_like(rows), rows, columns])
        position += max(height, width)
    out[:, column:] = np.arange(position, position + len(ids) - column)
    return out


def patch_dim(processor: Any) -> int:
    """Numbers a patch: channels, repeated frames and the patch's area."""
    image = processor.image_processor
    return int(3 * image.temporal_patch_size * image.patch_size**2)


def _tensors(conversations: Sequence[Encoded], processor: Any) -> dict[str, torch.Tensor]:
    patches, grids = joined(conversations)
    return {"pixel_values": normalised(patches, processor.image_processor), "image_grid_thw": grids}


def _blank(processor: Any) -> dict[str, torch.Tensor]:
    side = processor.image_processor.merge_size
    return {
        "pixel_values": torch.zeros(side * side, patch_dim(processor)),
        "image_grid_thw": torch.tensor([[1, side, side]]),
    }


PICTURES = Pictures(picture=picture, positions=positions, patch_dim=patch_dim)
BATCHING = Batching(pictures=_tensors, blank=_blank, axes=3, token_kinds=lambda _: True)
