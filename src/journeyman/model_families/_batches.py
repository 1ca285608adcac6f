"""Encoded conversations -> tensors of one forward pass."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from journeyman.model_family import IGNORED, Encoded


def collate_rows(rows: Sequence[Sequence[Encoded]], processor: Any, *, prefix: int = 0) -> dict[str, Any]:
    """Rows of conversations as right-padded inputs; conversations in one row do not see each other.

    Args:
        rows: Conversations side by side in each row.
        processor: Of the model.
        prefix: First columns that all rows are known to share (:func:`common_prefix`); they are to be
            computed once. 0 for none, and for rows of several conversations.

    Returns:
        ``input_ids`` [B, L], ``position_ids`` ([3, B, L], or [4, B, L] where a row holds several
        conversations: row 0 restarts at each one and is what the model builds its block mask from),
        ``logits_to_keep`` [B, L] bool, the pictures or a blank one, and ``targets`` [N]: the token each kept logit
        predicts. ``prefix`` as given.
    """
    width = max(sum(len(e) for e in row) for row in rows)
    packed = any(len(row) > 1 for row in rows)
    ids = np.full((len(rows), width), processor.tokenizer.pad_token_id, dtype=np.int64)
    labels = np.full((len(rows), width), IGNORED, dtype=np.int64)
    positions = np.zeros((4, len(rows), width), dtype=np.int64)
    for i, row in enumerate(rows):
        start = 0
        for encoded in row:
            end = start + len(encoded)
            ids[i, start:end] = encoded.input_ids
            labels[i, start:end] = encoded.labels
            labels[i, start] = IGNORED  # nothing of its own stands before it
            positions[0, i, start:end] = np.arange(end - start)
            positions[1:, i, start:end] = encoded.position_ids
            start = end
        positions[0, i, start:] = np.arange(width - start)
    keep = np.zeros_like(labels, dtype=bool)
    keep[:, :-1] = labels[:, 1:] != IGNORED
    targets = labels[:, 1:][keep[:, :-1]]
    batch: dict[str, Any] = {
        "input_ids": torch.from_numpy(ids),
        # Without several conversations in a row, right padding under a causal mask needs no mask at all.
        "position_ids": torch.from_numpy(positions if packed else positions[1:]),
        "logits_to_keep": torch.from_numpy(keep),
        "targets": torch.from_numpy(targets),
        "prefix": prefix,
    }
    pictures = _pictures([e for row in rows for e in row], processor)
    return batch | (pictures or _blank(processor))


def collate_prompts(prompts: Sequence[Encoded], processor: Any) -> dict[str, Any]:
    """Conversations that await an assistant turn, padded on the left so that all go on at the same column."""
    width = max(len(e) for e in prompts)
    ids = np.full((len(prompts), width), processor.tokenizer.pad_token_id, dtype=np.int64)
    mask = np.zeros((len(prompts), width), dtype=np.int64)
    kinds = np.zeros((len(prompts), width), dtype=np.int64)
    image = _image_token(processor)
    for i, encoded in enumerate(prompts):
        ids[i, width - len(encoded) :] = encoded.input_ids
        mask[i, width - len(encoded) :] = 1
        kinds[i, width - len(encoded) :] = encoded.input_ids == image
    batch: dict[str, Any] = {
        "input_ids": torch.from_numpy(ids),
        "attention_mask": torch.from_numpy(mask),
        "mm_token_type_ids": torch.from_numpy(kinds),
    }
    return batch | _pictures(prompts, processor)


def common_prefix(conversations: Sequence[Encoded], processor: Any) -> int:
    """How many first tokens all conversations share, ending before the first picture or trained token of any.

    The last of them still predicts a token of each conversation's own, so one more is left out.
    """
    if not conversations:
        return 0
    image_token = _image_token(processor)
    first = conversations[0].input_ids
    shared = min(len(e) for e in conversations) - 1
    for encoded in conversations:
        ids, labels = encoded.input_ids[:shared], encoded.labels[:shared]
        ends = np.flatnonzero((ids != first[:shared]) | (ids == image_token) | (labels != IGNORED))
        shared = int(ends[0]) if len(ends) else shared
    return max(0, shared - 1)


def _blank(processor: Any) -> dict[str, torch.Tensor]:
    """The smallest picture, for batches without one: ranks must agree on which parameters have gradients."""
    image = processor.image_processor
    side = image.merge_size
    dim = 3 * image.temporal_patch_size * image.patch_size**2
    return {"pixel_values": torch.zeros(side * side, dim), "image_grid_thw": torch.tensor([[1, side, side]])}


def _image_token(processor: Any) -> int:
    return int(processor.tokenizer.convert_tokens_to_ids(processor.image_token))


def _pictures(encoded: Sequence[Encoded], processor: Any) -> dict[str, torch.Tensor]:
    with_pictures = [e for e in encoded if len(e.grids)]
    if not with_pictures:
        return {}
    patches = torch.from_numpy(np.concatenate([e.patches for e in with_pictures])).float()
    image = processor.image_processor
    mean = torch.tensor(image.image_mean).view(1, 3, 1)
    std = torch.tensor(image.image_std).view(1, 3, 1)
    pixels = ((patches.view(len(patches), 3, -1) / 255 - mean) / std).view(len(patches), -1)
    grids = torch.from_numpy(np.concatenate([e.grids for e in with_pictures]))
    return {"pixel_values": pixels, "image_grid_thw": grids}
