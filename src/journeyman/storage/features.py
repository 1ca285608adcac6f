"""Features that frozen encoders give of files: computed once a file, kept in the bucket, shared by all runs over it.

Parts of some hundred files are written while features are computed, each an immutable Parquet object
named by its content, so that a killed run loses little. What a feature depends on besides its file is
the prefix that it lies under: the identity of the encoders.
"""

import io
import logging
import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.errors import MediaError, SchemaError, TransientError
from journeyman.schema.arrow import check_schema, records_to_table
from journeyman.schema.record import Record, sha256_hex
from journeyman.storage import layout
from journeyman.storage.store import Store, parquet_bytes

logger = logging.getLogger(__name__)

PART_FILES = 256
"""A part is written as soon as it holds so many files, or :data:`PART_BYTES`."""
PART_BYTES = 1 << 24
BATCH_FILES = 8
"""Files that the encoders are given at once."""
_HELD_BYTES = 1 << 26
"""Parts that stay in memory once they are read; others are read again when they are asked for."""
_READERS = 8

Kind = Literal["image", "audio", "video"]
File = tuple[str, Kind, bytes]
"""sha256, kind and bytes of a file."""


class Feature(Record):
    """What frozen encoders see in one file."""

    sha256: str
    """Of the file."""
    kind: Kind
    identity: str
    """Encoders, their weights and sampling: equal files have equal features under one identity."""
    data: bytes
    """An ``.npy`` of float32 [N, width]."""


class Encoders(Protocol):
    """The frozen encoders of a model family; said here since storage knows no models."""

    def compute(self, files: Sequence[tuple[Kind, bytes]], processor: Any) -> list[npt.NDArray[np.float32]]:
        """Features [N, width] of each file, in order.

        Raises:
            MediaError: A file cannot be opened.
        """
        ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that has no features."""

    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class Computed:
    """What :func:`compute_missing` found or computed."""

    features: Mapping[str, bytes]
    """``.npy`` by sha256."""
    refused: Mapping[str, str]
    """sha256 -> why the file has none."""


class FeatureCache:
    """The features of one identity. Safe across threads, and beside other writers: duplicates are harmless."""

    def __init__(self, store: Store, identity: str) -> None:
        """Nothing is read until it is asked for.

        Args:
            store: Where the parts are.
            identity: Of the encoders.
        """
        self.identity = identity
        self._store = store
        self._prefix = layout.feature_prefix(identity)
        self._new: dict[str, Feature] = {}
        self._new_bytes = 0
        self._digests: dict[str, frozenset[str]] = {}
        self._held: dict[str, pa.Table] = {}
        self._room = _HELD_BYTES
        self._lock = threading.Lock()

    def load(self, digests: Collection[str]) -> dict[str, bytes]:
        """Features of those of ``digests`` that have any, by sha256, as ``.npy``."""
        return dict(self.scan(digests))

    def scan(self, digests: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """What :meth:`load` gives, one after the other: a few parts are in memory at a time.

        A part that is damaged is passed over with a warning; of two features of a file the first counts.
        """
        wanted = set(digests)
        with self._lock:
            new = [(sha256, self._new[sha256].data) for sha256 in sorted(wanted & self._new.keys())]
        yield from new
        wanted.difference_update(sha256 for sha256, _ in new)
        keys = self._store.keys(self._prefix) if wanted else []
        with ThreadPoolExecutor(_READERS) as readers:
            for start in range(0, len(keys), _READERS):
                # A part that was read before is read again only for what it is known to hold.
                some = keys[start : start + _READERS]
                some = [key for key in some if not wanted.isdisjoint(self._digests.get(key, wanted))]
                for table in readers.map(self._part, some):
                    for row, sha256 in enumerate(table["sha256"].to_pylist()):
                        if sha256 in wanted:
                            wanted.discard(sha256)
                            yield sha256, table["data"][row].as_py()

    def keep(self, rows: Iterable[Feature]) -> None:
        """Take up ``rows``; each part is written as soon as it is full, the last one by :meth:`flush`."""
        for row in rows:
            with self._lock:
                if row.sha256 not in self._new:
                    self._new[row.sha256] = row
                    self._new_bytes += len(row.data)
                full = len(self._new) >= PART_FILES or self._new_bytes >= PART_BYTES
            if full:
                self.flush()

    def flush(self) -> None:
        """Write what is not written yet as one part named by its content; does nothing when there is none."""
        with self._lock:
            new = dict(self._new)
        if not new:
            return
        data = parquet_bytes(records_to_table((new[sha256] for sha256 in sorted(new)), Feature))
        key = f"{self._prefix}{sha256_hex(data)}.parquet"
        self._store.put(key, data)
        # Only now: a store that refused leaves them to the next flush.
        with self._lock:
            # A damaged part of this name, which held none, is mended by it.
            self._digests[key] = frozenset(new)
            self._held.pop(key, None)
            for sha256, row in new.items():
                if self._new.pop(sha256, None) is not None:
                    self._new_bytes -= len(row.data)
        logger.info("kept features of %d files under %s", len(new), self._prefix)

    def _part(self, key: str) -> pa.Table:
        held = self._held.get(key)
        if held is not None:
            return held
        table = self._read(key)
        with self._lock:
            self._digests[key] = frozenset(table["sha256"].to_pylist())
            if table.nbytes <= self._room and key not in self._held:
                self._held[key] = table
                self._room -= table.nbytes
        return table

    def _read(self, key: str) -> pa.Table:
        """Digests and data of a part; none of a damaged one, whose features are computed anew."""
        data = self._store.get(key)
        try:
            if sha256_hex(data) != key.rsplit("/", 1)[-1].removesuffix(".parquet"):
                raise SchemaError("it was changed after it was written")
            table = pq.read_table(io.BytesIO(data))
            check_schema(table.schema, Feature)
            if set(table["identity"].to_pylist()) - {self.identity}:
                raise SchemaError("it holds features of other encoders")
        except (pa.ArrowException, SchemaError, OSError) as exc:
            logger.warning("%s is passed over (%s); its features are computed anew", self._store.url_of(key), exc)
            table = records_to_table([], Feature)
        return table.select(["sha256", "data"])


def compute_missing(
    cache: FeatureCache,
    files: Mapping[str, tuple[Kind, bytes]],
    encoders: Encoders,
    processor: Any,
    *,
    processes: int = 0,
) -> Computed:
    """Features of ``files``, computed and kept where ``cache`` has none; ``cache.flush()`` writes the last part.

    Args:
        cache: Of the encoders' identity.
        files: Kind and bytes by sha256.
        encoders: Are sent to every process.
        processor: Of the model.
        processes: That compute; 0 computes in this one, with torch's threads.
    """
    features = cache.load(files.keys())
    rest = ((sha256, *file) for sha256, file in files.items() if sha256 not in features)
    refused = {}
    for outcome in compute_features(cache, rest, encoders, processor, processes=processes):
        if isinstance(outcome, Refusal):
            refused[outcome.sha256] = outcome.reason
        else:
            features[outcome.sha256] = outcome.data
    return Computed(features, refused)


def compute_features(
    cache: FeatureCache, files: Iterable[File], encoders: Encoders, processor: Any, *, processes: int = 0
) -> Iterator[Feature | Refusal]:
    """The features of ``files`` one after the other, kept part by part while they are computed.

    The last part is written by ``cache.flush()``. Files are taken a few batches ahead of what is given: memory does
    not grow with their number.

    Raises:
        TransientError: A process that computes was killed; what is done is kept.
    """
    try:
        for outcome in _outcomes(files, cache.identity, encoders, processor, processes):
            if isinstance(outcome, Feature):
                cache.keep([outcome])
            yield outcome
    except BrokenExecutor as exc:
        raise TransientError(
            "a process that computes features was killed (out of memory, or by hand); run again"
        ) from exc


def npy_bytes(array: npt.NDArray[np.float32]) -> bytes:
    """Features [N, width] as an ``.npy``.

    Raises:
        ValueError: It has other axes, or none of either.
    """
    if array.ndim != 2 or not array.size:
        raise ValueError(f"features have shape {array.shape}; frozen encoders give [N, width]")
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array, dtype=np.float32), allow_pickle=False)
    return out.getvalue()


def _outcomes(
    files: Iterable[File], identity: str, encoders: Encoders, processor: Any, processes: int
) -> Iterator[Feature | Refusal]:
    batches = _batches(files)
    if processes == 0:
        for batch in batches:
            with _few_threads():
                found = _computed(batch, identity, encoders, processor)
            yield from found
        return
    # Spawned: a forked copy of a process that runs threads may hang.
    pool: Executor = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_enter,
        initargs=(identity, encoders, processor, max(1, (os.cpu_count() or 1) // processes)),
    )
    try:
        ahead: deque[Any] = deque()
        for batch in batches:
            ahead.append(pool.submit(_run, batch))
            if len(ahead) > 2 * processes:
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _few_threads() -> Iterator[None]:
    """Keep torch to a quarter of the cores: small encoders wait for their threads longer than they compute.

    On two busy cores two threads take five times as long as one.
    """
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch is not None else 0
    if torch is not None:
        torch.set_num_threads(min(before, max(1, (os.cpu_count() or 1) // 4)))
    try:
        yield
    finally:
        if torch is not None:
            torch.set_num_threads(before)


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    taken = iter(files)
    while batch := list(islice(taken, BATCH_FILES)):
        yield batch


def _computed(batch: Sequence[File], identity: str, encoders: Encoders, processor: Any) -> list[Feature | Refusal]:
    try:
        arrays = encoders.compute([(kind, data) for _, kind, data in batch], processor)
    except MediaError as exc:
        if len(batch) == 1:
            return [Refusal(batch[0][0], str(exc))]
        # One file of them is bad: the others have their features all the same.
        return [outcome for file in batch for outcome in _computed([file], identity, encoders, processor)]
    return [_outcome(file, array, identity) for file, array in zip(batch, arrays, strict=True)]


def _outcome(file: File, array: npt.NDArray[np.float32], identity: str) -> Feature | Refusal:
    sha256, kind, data = file
    if sha256_hex(data) != sha256:
        return Refusal(sha256, "its bytes are not those that its sha256 says")
    if not np.isfinite(array).all():
        return Refusal(sha256, "the encoders give numbers that are not finite")
    return Feature(sha256=sha256, kind=kind, identity=identity, data=npy_bytes(array))


_given: tuple[str, Encoders, Any] | None = None
"""Identity, encoders and processor of this process, where it is one of a pool."""


def _enter(identity: str, encoders: Encoders, processor: Any, threads: int) -> None:
    global _given  # noqa: PLW0603 - the one state of a process of the pool
    _given = (identity, encoders, processor)
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(threads)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        # The pool's queue would keep this process waiting for a parent that was killed.
        wait([parent.sentinel])
        os._exit(70)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def _run(batch: Sequence[File]) -> list[Feature | Refusal]:
    assert _given is not None
    return _computed(batch, *_given)
