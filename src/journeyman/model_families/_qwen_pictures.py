"""Pictures and videos as Qwen-VL models take them: patches at their own aspect ratio, positions in three axes.

A video is some of its frames, evenly spaced. Two of them make one patch in time, which in a picture is the same one
twice. Its features stand where picture tokens stand: nothing behind the encoder asks
which of the two a token is, so a picture of several patches in time is a video.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from journeyman.errors import ConfigError
from journeyman.model_families._batches import Batching, joined, normalised
from journeyman.model_families._segments import Picture, Pictures, image_token
from journeyman.model_family import ByteArray, Encoded, IntArray, MediaKind
from journeyman.schema.record import sha256_hex

BEFORE, AFTER = "<|vision_start|>", "<|vision_end|>"
FRAMES = 4
"""Of a video that are shown, each as large as a picture may be."""


def picture(image: Image.Image, number: int, processor: Any, max_pixels: int, min_pixels: int) -> Picture:  # noqa: ARG001
    """One token for each square of merged patches, between two markers."""
    patches, (time, height, width) = _patches(image, processor, max_pixels, min_pixels)
    return Picture(_tokens(time * height * width, processor), patches, [(time, height, width)])


def video(data: bytes, number: int, processor: Any, max_pixels: int, min_pixels: int) -> Picture:  # noqa: ARG001
    """One token for each square of merged patches of each pair of frames.

    Raises:
        MediaError: The file cannot be opened.
    """
    from journeyman.media_reader import read_frames

    frames = read_frames(data, f"video {sha256_hex(data)[:12]}", FRAMES)
    each = processor.image_processor.temporal_patch_size
    cut = [_patches(frame, processor, max_pixels, min_pixels) for frame in frames]
    height, width = cut[0][1][1:]
    # [frames, patches, channels, time in a patch, area]; a picture's patch holds one frame ``each`` times.
    parts = np.stack([patches.reshape(len(patches), 3, each, -1) for patches, _ in cut])
    parts = parts[:, :, :, 0].reshape(-1, each, *parts.shape[1:3], parts.shape[-1])
    patches = np.ascontiguousarray(parts.transpose(0, 2, 3, 1, 4)).reshape(len(parts) * height * width, -1)
    if _shows_pairs_alone(processor):
        ids = _tokens(height * width, processor) * len(parts)
        return Picture(ids, patches, [(1, height, width)] * len(parts))
    return Picture(_tokens(len(patches), processor), patches, [(len(parts), height, width)])


def media_size(
    kind: MediaKind, size: tuple[int, int], processor: Any, *, max_pixels: int, min_pixels: int
) -> tuple[int, int]:
    """See :class:`~journeyman.model_family.MediaSize`.

    Raises:
        ConfigError: A sound.
    """
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    if kind == "audio":
        raise ConfigError(
            "model family qwen_vl takes image and video, not audio; train a family that takes it, e.g. bridge"
        )
    own = processor.image_processor
    width, height = size
    side = own.patch_size * own.merge_size
    high, wide = smart_resize(height, width, factor=side, min_pixels=min_pixels, max_pixels=max_pixels)
    patches = (high // own.patch_size) * (wide // own.patch_size)
    pairs = FRAMES // own.temporal_patch_size if kind == "video" else 1
    markers = 2 * (pairs if _shows_pairs_alone(processor) else 1)
    return pairs * patches // own.merge_size**2 + markers, pairs * patches


def _patches(
    image: Image.Image, processor: Any, max_pixels: int, min_pixels: int
) -> tuple[ByteArray, tuple[int, int, int]]:
    # Bytes, not normalised floats: a quarter of the memory, and the batch does that part.
    out = processor.image_processor(
        images=[image],
        do_rescale=False,
        do_normalize=False,
        size={"shortest_edge": min_pixels, "longest_edge": max_pixels},
        return_tensors="np",
    )
    time, height, width = (int(n) for n in out["image_grid_thw"][0])
    return np.asarray(out["pixel_values"]).round().clip(0, 255).astype(np.uint8), (time, height, width)


def _tokens(patches: int, processor: Any) -> list[int]:
    before, after = (int(processor.tokenizer.convert_tokens_to_ids(t)) for t in (BEFORE, AFTER))
    return [before, *[image_token(processor)] * (patches // processor.image_processor.merge_size**2), after]


def _shows_pairs_alone(processor: Any) -> bool:
    """Whether the model is a Qwen3-VL, whose patches, and only whose, are 16 pixels wide.

    It has each pair of frames between markers of their own, behind a text that tells the time; that text is left
    out here, since it makes the tokens of a video depend on more than its size.
    """
    return bool(processor.image_processor.patch_size == 16)


def positions(ids: IntArray, grids: IntArray, processor: Any) -> IntArray:
    """Multimodal rotary positions (Qwen2-VL, arXiv:2409.12191, section 2.1): [3, L].

    Text advances all three axes together; a picture stands still in time, a video advances by one for each patch in
    time, and the text behind either goes on behind its longer side, as it does in the models of transformers.
    """
    merge = processor.image_processor.merge_size
    shown = ids == image_token(processor)
    out = np.empty((3, len(ids)), dtype=np.int64)
    column, position = 0, 0
    for time, height, width in grids // [1, merge, merge]:
        start = column + int(shown[column:].argmax())
        out[:, column:start] = np.arange(position, position + start - column)
        position += start - column
        column = start + time * height * width
        out[:, start:column] = position + np.indices((time, height, width)).reshape(3, -1)
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


PICTURES = Pictures(picture=picture, positions=positions, patch_dim=patch_dim, files={"video": video}, family="qwen_vl")
BATCHING = Batching(pictures=_tensors, blank=_blank, axes=3, token_kinds=lambda _: True)
