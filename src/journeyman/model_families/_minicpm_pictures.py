"""Pictures as MiniCPM-V takes them: an overview, and slices of large ones, each with its own markers.

Slicing is LLaVA-UHD's (arXiv:2403.11703, section 3.1) as transformers' image processor does it. MiniCPM-V 4.6 counts
positions by token; 4.7 lays overview and slices over one another on a canvas, in three axes.
"""

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers.models.minicpmv4_7.modeling_minicpmv4_7 import MiniCPMV4_7Model

from journeyman.model_families._batches import Batching, joined, normalised
from journeyman.model_families._chat import plain_ids
from journeyman.model_families._segments import Picture, Pictures, counted_positions, image_token
from journeyman.model_family import Encoded, IntArray


def picture(image: Image.Image, number: int, processor: Any, max_pixels: int, min_pixels: int) -> Picture:  # noqa: ARG001
    """Number, overview and slices; ``max_pixels`` bounds the area of an overview, and of all slices together.

    ``min_pixels`` has no effect: a picture that needs no slices is scaled to the size of one.
    """
    own = processor.image_processor
    side = min(own.scale_resolution, math.isqrt(max_pixels))
    out = own(
        images=[image],
        do_rescale=False,
        do_normalize=False,
        scale_resolution=side,
        max_slice_nums=max(1, min(own.max_slice_nums, max_pixels // side**2)),
        return_tensors="np",
    )
    sizes = [(int(h), int(w)) for h, w in out["target_sizes"]]
    count = sum(h * w for h, w in sizes)
    strip = np.asarray(out["pixel_values"][0]).round().clip(0, 255).astype(np.uint8)
    patches = strip.reshape(3, own.patch_size, count, own.patch_size).transpose(2, 0, 1, 3).reshape(count, -1)
    columns = int(out["grids"][0][1])
    return Picture(_tokens(sizes, columns, number, processor), patches, [(1, h, w) for h, w in sizes])


def _tokens(sizes: Sequence[tuple[int, int]], columns: int, number: int, processor: Any) -> list[int]:
    tokenizer = processor.tokenizer
    run = [image_token(processor)]
    merged = processor.image_token_divisor
    ids: list[int] = []
    if processor.default_use_image_id:
        ids += [tokenizer.image_id_start_token_id, *plain_ids(str(number), tokenizer), tokenizer.image_id_end_token_id]
    (height, width), *slices = sizes
    ids += [tokenizer.image_start_token_id, *run * (height * width // merged), tokenizer.image_end_token_id]
    for i, (height, width) in enumerate(slices):
        if i and i % columns == 0:
            ids += plain_ids("\n", tokenizer)
        ids += [tokenizer.slice_start_token_id, *run * (height * width // merged), tokenizer.slice_end_token_id]
    return ids


class _Canvas:
    """MiniCPM-V 4.7's own layout of positions, which is a method of the model, without a model."""

    _frame_end_idx = staticmethod(MiniCPMV4_7Model._frame_end_idx)  # noqa: SLF001 - what get_rope_index calls
    _group_visual_frames = MiniCPMV4_7Model._group_visual_frames  # noqa: SLF001
    get_vision_position_ids = MiniCPMV4_7Model.get_vision_position_ids
    get_rope_index = MiniCPMV4_7Model.get_rope_index

    def __init__(self, config: Any) -> None:
        self.config = config


def positions(ids: IntArray, grids: IntArray, processor: Any) -> IntArray:
    """[3, L] by token, or on the canvas where the model is a 4.7."""
    if not processor.canvas or not len(grids):
        return counted_positions(ids, grids, processor)
    tokenizer = processor.tokenizer
    markers = ("image_start", "image_end", "slice_start", "slice_end")
    config = SimpleNamespace(
        downsample_mode=processor.image_processor.downsample_mode,
        newline_id=newline_token(tokenizer),
        **{f"{name}_id": getattr(tokenizer, f"{name}_token_id") for name in markers},
    )
    kinds = (ids == image_token(processor)).astype(np.int64)
    out, _ = _Canvas(config).get_rope_index(
        torch.from_numpy(ids)[None], torch.from_numpy(kinds)[None], target_sizes=torch.from_numpy(grids[:, 1:])
    )
    return np.asarray(out[:, 0].numpy())


def newline_token(tokenizer: Any) -> int:
    """The one token of a line break, which ends a row of slices."""
    (token,) = plain_ids("\n", tokenizer)
    return token


def patch_dim(processor: Any) -> int:
    """Numbers a patch."""
    return int(3 * processor.image_processor.patch_size**2)


def _tensors(conversations: Sequence[Encoded], processor: Any) -> dict[str, torch.Tensor]:
    patches, grids = joined(conversations)
    side = processor.image_processor.patch_size
    strip = normalised(patches, processor.image_processor).view(len(patches), 3, side, side).permute(1, 2, 0, 3)
    return {"pixel_values": strip.reshape(1, 3, side, -1), "target_sizes": grids[:, 1:].to(torch.int32)}


def _blank(processor: Any) -> dict[str, torch.Tensor]:
    side = processor.image_processor.patch_size
    merged = math.isqrt(processor.image_token_divisor)
    return {
        "pixel_values": torch.zeros(1, 3, side, side * merged**2),
        "target_sizes": torch.tensor([[merged, merged]], dtype=torch.int32),
    }


PICTURES = Pictures(picture=picture, positions=positions, patch_dim=patch_dim, family="minicpm_v")
BATCHING = Batching(
    pictures=_tensors,
    blank=_blank,
    axes=3,
    # Its linear attention carries one state along the row, which restarting positions do not reset.
    packs=False,
    token_kinds=lambda processor: bool(processor.canvas),
)
