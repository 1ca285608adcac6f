"""Encoded conversations -> tensors of one forward pass; what differs between families is a :class:`Batching`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from journeyman.model_families._segments import image_token
from journeyman.model_family import IGNORED, Encoded


@dataclass(frozen=True, slots=True)
class Batching:
    """How a family's models take a batch."""

    pictures: Callable[[Sequence[Encoded], Any], dict[str, torch.Tensor]]
    """(conversations, at least one with pictures, processor) -> the model's picture inputs."""
    blank: Callable[[Any], dict[str, torch.Tensor]]
    """Picture inputs of the smallest picture there is."""
    axes: int
    """3 where positions run in time, height and width; 1 where tokens are counted."""
    packs: bool = True
    """Whether the model can keep conversations in one row apart."""
    token_kinds: Callable[[Any], bool] = lambda _: False
    """Whether a prompt tells which of its tokens stand for pictures (``mm_token_type_ids``)."""

    def collate_rows(self, rows: Sequence[Sequence[Encoded]], processor: Any, *, prefix: int = 0) -> dict[str, Any]:
        """Rows of conversations as right-padded inputs; conversations in one row do not see each other.

        Args:
            rows: Conversations side by side in each row.
            processor: Of the model.
            prefix: First columns that all rows are known to share (:func:`common_prefix`); they are to be
                computed once. 0 for none, and for rows of several conversations.

        Returns:
            ``input_ids`` [B, L], ``position_ids`` (see :meth:`_positions`), ``logits_to_keep`` [B, L] bool,
            the pictures or a blank one, ``image_tokens``, and ``targets`` [N]: the token each kept logit
            predicts. ``weights`` [N] of the targets, where a conversation has some. ``prefix`` as given. One row of
            several conversations comes with their lengths, as attention kernels that pad nothing take them
            (:func:`_lengths`).
        """
        if not self.packs:
            rows = [[encoded] for row in rows for encoded in row]
        width = max(sum(len(e) for e in row) for row in rows)
        ids = np.full((len(rows), width), processor.tokenizer.pad_token_id, dtype=np.int64)
        labels = np.full((len(rows), width), IGNORED, dtype=np.int64)
        weights = np.ones((len(rows), width), dtype=np.float32)
        for i, row in enumerate(rows):
            start = 0
            for encoded in row:
                end = start + len(encoded)
                ids[i, start:end] = encoded.input_ids
                labels[i, start:end] = encoded.labels
                weights[i, start:end] = 1.0 if encoded.weights is None else encoded.weights
                labels[i, start] = IGNORED  # nothing of its own stands before it
                start = end
        keep = np.zeros_like(labels, dtype=bool)
        keep[:, :-1] = labels[:, 1:] != IGNORED
        conversations = [e for row in rows for e in row]
        token = image_token(processor)
        batch: dict[str, Any] = {
            "input_ids": torch.from_numpy(ids),
            # Right padding under a causal mask needs no mask.
            "position_ids": torch.from_numpy(self._positions(rows, width)),
            "logits_to_keep": torch.from_numpy(keep),
            "targets": torch.from_numpy(labels[:, 1:][keep[:, :-1]]),
            "image_tokens": sum(int((e.input_ids == token).sum()) for e in conversations),
            "prefix": prefix,
        }
        if any(encoded.weights is not None for encoded in conversations):
            batch["weights"] = torch.from_numpy(weights[:, 1:][keep[:, :-1]])
        if len(rows) == 1 and len(rows[0]) > 1:
            batch |= _lengths([len(encoded) for encoded in rows[0]])
        return batch | (self._pictures(conversations, processor) or self.blank(processor))

    def collate_prompts(self, prompts: Sequence[Encoded], processor: Any) -> dict[str, Any]:
        """Conversations that await an assistant turn, padded on the left so that all go on at the same column."""
        width = max(len(e) for e in prompts)
        ids = np.full((len(prompts), width), processor.tokenizer.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(prompts), width), dtype=np.int64)
        for i, encoded in enumerate(prompts):
            ids[i, width - len(encoded) :] = encoded.input_ids
            mask[i, width - len(encoded) :] = 1
        batch: dict[str, Any] = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if self.token_kinds(processor):
            kinds = (ids == image_token(processor)) & (mask == 1)
            batch["mm_token_type_ids"] = torch.from_numpy(kinds.astype(np.int64))
        return batch | self._pictures(prompts, processor)

    def collate_continuation(
        self, prompts: Sequence[Encoded], processor: Any, start: int, width: int
    ) -> dict[str, torch.Tensor]:
        """Conversations from column ``start`` on, padded on the left to ``width`` columns.

        No picture may stand before ``start``; nor is a mask made: who decodes knows where padding is.

        Returns:
            ``input_ids`` [B, width], ``position_ids`` [B, width] or [3, B, width], and the pictures.
        """
        ids = np.full((len(prompts), width), processor.tokenizer.pad_token_id, dtype=np.int64)
        positions = np.zeros((3, len(prompts), width), dtype=np.int64)
        for i, encoded in enumerate(prompts):
            rest = len(encoded) - start
            ids[i, width - rest :] = encoded.input_ids[start:]
            positions[:, i, width - rest :] = encoded.position_ids[:, start:]
        batch = {
            "input_ids": torch.from_numpy(ids),
            "position_ids": torch.from_numpy(positions[0] if self.axes == 1 else positions),
        }
        return batch | self._pictures(prompts, processor)

    def _pictures(self, conversations: Sequence[Encoded], processor: Any) -> dict[str, torch.Tensor]:
        with_pictures = [e for e in conversations if len(e.grids)]
        return self.pictures(with_pictures, processor) if with_pictures else {}

    def _positions(self, rows: Sequence[Sequence[Encoded]], width: int) -> np.ndarray[Any, Any]:
        """Positions that restart with every conversation.

        Returns:
            [B, L] where tokens are counted; else [3, B, L], or [4, B, L] where a row holds several
            conversations. Row 0 of four, like the only one, is what the model builds its block mask from.
        """
        packed = any(len(row) > 1 for row in rows)
        counted = np.zeros((len(rows), width), dtype=np.int64)
        axes = np.zeros((3, len(rows), width), dtype=np.int64)
        for i, row in enumerate(rows):
            start = 0
            for encoded in row:
                end = start + len(encoded)
                counted[i, start:end] = np.arange(end - start)
                axes[:, i, start:end] = encoded.position_ids
                start = end
            # Padding is a conversation of its own in a packed batch; in others it goes on counting, or the
            # model would take it for a packed one and build a dense mask.
            counted[i, start:] = np.arange(width - start) + (0 if packed else start)
        if self.axes == 1:
            return counted
        return np.concatenate([counted[None], axes]) if packed else axes


def _lengths(sizes: Sequence[int]) -> dict[str, Any]:
    """Where conversations of one row begin and end, under the names that transformers hands on to its kernels."""
    starts = torch.tensor([0, *np.cumsum(sizes)], dtype=torch.int32)
    longest = max(sizes)
    return {"cu_seq_lens_q": starts, "cu_seq_lens_k": starts, "max_length_q": longest, "max_length_k": longest}


def common_prefix(conversations: Sequence[Encoded], processor: Any) -> int:
    """How many first tokens all conversations share, ending before the first picture or trained token of any.

    The last of them still predicts a token of each conversation's own, so one more is left out.
    """
    if not conversations:
        return 0
    token = image_token(processor)
    first = conversations[0].input_ids
    shared = min(len(e) for e in conversations) - 1
    for encoded in conversations:
        ids, labels = encoded.input_ids[:shared], encoded.labels[:shared]
        ends = np.flatnonzero((ids != first[:shared]) | (ids == token) | (labels != IGNORED))
        shared = int(ends[0]) if len(ends) else shared
    return max(0, shared - 1)


def normalised(patches: torch.Tensor, image_processor: Any) -> torch.Tensor:
    """Bytes [P, 3 * n], channel by channel, as the model's numbers of equal shape."""
    mean = torch.tensor(image_processor.image_mean).view(1, 3, 1)
    std = torch.tensor(image_processor.image_std).view(1, 3, 1)
    return ((patches.float().view(len(patches), 3, -1) / 255 - mean) / std).view(len(patches), -1)


def joined(conversations: Sequence[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
    """Patches [P, patch_dim] and grids [G, 3] of several conversations in order."""
    patches = np.concatenate([e.patches for e in conversations])
    grids = np.concatenate([e.grids for e in conversations])
    return torch.from_numpy(patches), torch.from_numpy(grids)
