"""Features of the files that conversations show, for models with frozen encoders: each file is computed once."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from journeyman.errors import MediaError
from journeyman.model_family import FrozenEncoders, MediaKind
from journeyman.storage.features import FeatureCache, compute_missing

HELD_BYTES = 1 << 28
"""Features that stay in memory; those that were asked for longest ago go first."""

Files = Mapping[str, tuple[MediaKind, bytes]]
"""Kind and bytes by sha256."""


class MediaFeatures:
    """Features in memory, else those that the bucket holds, else computed, and kept in the bucket for others."""

    def __init__(self, cache: FeatureCache, encoders: FrozenEncoders, processor: Any) -> None:
        """Nothing is read or computed yet.

        Args:
            cache: Of the encoders' identity.
            encoders: Of the model's family.
            processor: Of the model.
        """
        self._cache = cache
        self._encoders = encoders
        self._processor = processor
        self._held: dict[str, bytes] = {}
        self._held_bytes = 0
        self._refused: dict[str, str] = {}
        self._lock = threading.Lock()

    def take(self, wanted: Sequence[Files]) -> list[dict[str, bytes] | MediaError]:
        """``.npy`` of each conversation's files by sha256, or why one of them has none; all are computed together."""
        files = {sha256: file for some in wanted for sha256, file in some.items()}
        with self._lock:
            found = {sha256: self._held[sha256] for sha256 in files if sha256 in self._held}
            new = {s: file for s, file in files.items() if s not in found and s not in self._refused}
            if new:
                computed = compute_missing(self._cache, new, self._encoders, self._processor)
                found |= computed.features
                self._refused |= computed.refused
            self._hold(found)
            return [self._of(some, found) for some in wanted]

    def close(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            self._cache.flush()

    def _of(self, files: Files, found: Mapping[str, bytes]) -> dict[str, bytes] | MediaError:
        for sha256, (kind, _) in files.items():
            if sha256 in self._refused:
                return MediaError(f"{kind} {sha256[:12]} has no features: {self._refused[sha256]}")
        return {sha256: found[sha256] for sha256 in files}

    def _hold(self, features: Mapping[str, bytes]) -> None:
        for sha256, data in features.items():
            self._held_bytes += len(data) - len(self._held.pop(sha256, b""))
            self._held[sha256] = data  # the newest is last
        while self._held_bytes > HELD_BYTES and len(self._held) > 1:
            self._held_bytes -= len(self._held.pop(next(iter(self._held))))
