"""What a rank trains on, step by step, prepared ahead of it: rows drawn, measured, planned, encoded and collated.

Every rank draws and measures all rows (about a millisecond each, no pixels) and so knows every step
without asking the others; it opens files only of the conversations that it computes itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from queue import Empty, Full, Queue
from typing import Any

from journeyman.errors import ConfigError
from journeyman.model_family import Encoded
from journeyman.training.conversations import Encoder, Measure, Size
from journeyman.training.encoding_pool import EncodingPool
from journeyman.training.order import Drawn, Mixture, RowRef, Rows
from journeyman.training.packing import Packing, Step
from journeyman.training.position import Position

SAMPLE_ROWS = 512
"""First samples of the order, from which the steps of an epoch are told; exact for datasets up to this size."""
_CHUNK_ROWS = 8
_CHUNKS_AHEAD = 8
_BATCHES_AHEAD = 3
"""Forward passes whose conversations are being encoded."""
_BATCHES_READY = 2
"""Forward passes that are collated and wait for the step."""
_KEPT_BYTES = 1 << 28
_POLL_SECONDS = 0.2
_CLOSE_SECONDS = 60.0

Key = tuple[int, int, int, int]
"""What a sample is: dataset, group, row and form (``RowRef.key``)."""
Collate = Callable[[Sequence[Sequence[Encoded]], int], dict[str, Any]]
"""(rows of conversations, tokens of the shared prefix) -> tensors of one forward pass."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that has been measured and can be trained on."""

    ref: RowRef
    key: Key | None
    """None where it does not come again, and is not worth keeping."""
    measure: Measure
    position: Position
    """Behind this row."""

    @property
    def tokens(self) -> int:
        """Pictures included."""
        return self.measure.tokens

    @property
    def patches(self) -> int:
        """Rows of ``Encoded.patches``."""
        return self.measure.patches

    @property
    def shared(self) -> int:
        """First tokens in common with the run's reference conversation."""
        return self.measure.shared


@dataclass(frozen=True, slots=True)
class Batch:
    """One forward pass of this rank."""

    inputs: dict[str, Any]
    lengths: tuple[tuple[int, ...], ...]
    """Tokens of each conversation, row by row."""


@dataclass(frozen=True, slots=True)
class LoadedStep:
    """One optimizer step."""

    tokens: int
    """Trained tokens over all ranks."""
    position: Position
    """Where the next step goes on."""
    passes: tuple[tuple[str, ...], ...]
    """``example_id`` of the conversations of each forward pass, over all ranks, in the plan's order."""
    pass_tokens: tuple[int, ...]
    """Trained tokens of each of these passes."""
    batches: Iterator[Batch]
    """This rank's forward passes, all to be taken before the next step."""


class Loader:
    """The steps of one rank, from any position on."""

    def __init__(
        self,
        mixture: Mixture,
        encoder: Encoder,
        packing: Packing,
        collate: Collate,
        *,
        rank: int,
        processes: int = 0,
    ) -> None:
        """Prepare to load; nothing is read until it is asked for.

        Args:
            mixture: The rows.
            encoder: Of the model's family and processor.
            packing: How steps are made; its ``ranks`` share them.
            collate: Encoded conversations -> model inputs.
            rank: Of this process, from 0.
            processes: That encode; 0 takes a thread.

        Raises:
            ConfigError: There are fewer rows than ranks.
        """
        if mixture.rows < packing.ranks:
            raise ConfigError(
                f"{packing.ranks} ranks share {mixture.rows} rows to train on; set ranks and nodes to "
                f"{mixture.rows} processes or fewer"
            )
        self.waited = 0.0
        """Seconds that the steps have waited for data so far."""
        self._mixture = mixture
        self._packing = packing
        self._collate = collate
        self._rank = rank
        if packing.share_prefix:
            encoder = encoder.with_reference(
                encoder.opening(next(mixture.datasets[0].stored()).conversation.messages_json)
            )
        self._pool = EncodingPool(encoder, processes)
        self._measures: dict[Key, Measure] = {}
        self._kept: dict[Key, Encoded] = {}
        self._room = _KEPT_BYTES
        self._stop = threading.Event()
        self._ready: Queue[Any] = Queue(_BATCHES_READY)
        self._thread: threading.Thread | None = None

    @property
    def start(self) -> Position:
        """Before the first row."""
        return Position(drawn=self._mixture.start)

    def epoch_steps(self) -> int:
        """Steps in which each row is trained on about once.

        Raises:
            ConfigError: Of the sampled rows none can be trained on.
        """
        count = min(SAMPLE_ROWS, self._mixture.rows)
        sample = list(self._measured(self.start, count))
        if not sample:
            raise ConfigError(self._nothing_left(count))
        return self._packing.steps_of(sample, len(sample) * self._mixture.rows / count)

    def steps(self, position: Position) -> Iterator[LoadedStep]:
        """Steps without end from ``position`` on; can be called once.

        Raises:
            ConfigError: A row cannot be encoded, or none is left to train on.
            ArtifactError: The dataset cannot be read any further.
        """
        self._thread = threading.Thread(target=self._fill, args=(position,), daemon=True, name="loader")
        self._thread.start()
        while True:
            step: Step[Candidate] = self._take()
            rows = step.conversations
            yield LoadedStep(
                tokens=sum(row.measure.trained for row in rows),
                position=max((row.position for row in rows), key=lambda p: sum(p.drawn)),
                passes=tuple(tuple(c.ref.row_id for row in micro for c in row) for micro in step.micro_batches),
                pass_tokens=tuple(sum(c.measure.trained for row in micro for c in row) for micro in step.micro_batches),
                batches=(self._take() for _ in self._own(step)),
            )

    def once(self, rows: Rows) -> Iterator[tuple[Batch, int]]:
        """Each conversation of ``rows`` in one forward pass of one rank, as stored: for validation.

        Every rank is given equally many; the surplus, repeated so that ranks stay in step, has 0 trained
        tokens beside it.

        Yields:
            The forward pass, and its trained tokens.
        """
        loaded: deque[tuple[Future[Encoded], int]] = deque()
        waiting: list[Candidate] = []
        drawn = (Drawn(-1, ref, first_epoch=True, after=()) for ref in rows.stored())
        for candidate in self._measured_in(drawn, Position()):
            waiting.append(candidate)
            if len(waiting) == self._packing.ranks:
                loaded.append(self._of_round(waiting))
                waiting = []
            if len(loaded) > _BATCHES_AHEAD:
                yield self._alone(*loaded.popleft())
        if waiting:
            loaded.append(self._of_round(waiting))
        while loaded:
            yield self._alone(*loaded.popleft())

    def close(self) -> None:
        """Prepare nothing more.

        The thread is waited for: one that still tokenizes or reads Parquet when the interpreter ends is cut off
        inside C++, which aborts the process though its work is done.
        """
        self._stop.set()
        self._pool.close()
        self._mixture.close()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    # the loader's thread -------------------------------------------------------------------------

    def _fill(self, position: Position) -> None:
        try:
            for item in self._prepared(position):
                if not self._put(item):
                    return
        except BaseException as exc:  # noqa: BLE001 - raised again where the step waits for it
            self._put(_Failed(exc))

    def _put(self, item: Any) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue
            return True
        return False

    def _take(self) -> Any:
        began = time.monotonic()
        while True:
            try:
                item = self._ready.get(timeout=_POLL_SECONDS)
                break
            except Empty:
                if self._stop.is_set():
                    raise RuntimeError("the loader was closed while a step waited for it") from None
        self.waited += time.monotonic() - began
        if isinstance(item, _Failed):
            raise item.error
        return item

    def _prepared(self, position: Position) -> Iterator[Any]:
        """Each step, followed by this rank's batches of it."""
        ahead: deque[Any] = deque()
        for step in self._packing.steps(self._measured(position)):
            ahead.append(step)
            for micro in self._own(step):
                ahead.append(_Encoding(step.prefix, [[(c, self._encoding(c)) for c in row] for row in micro]))
                while sum(isinstance(item, _Encoding) for item in ahead) > _BATCHES_AHEAD:
                    yield self._finished(ahead.popleft())

    def _own(self, step: Step[Candidate]) -> tuple[tuple[tuple[Candidate, ...], ...], ...]:
        return step.micro_batches[self._rank :: self._packing.ranks]

    def _finished(self, item: Any) -> Any:
        if not isinstance(item, _Encoding):
            return item
        rows = [[self._keep(c, future) for c, future in row] for row in item.rows]
        return self._batch(rows, item.prefix)

    def _batch(self, rows: list[list[Encoded]], prefix: int) -> Batch:
        return Batch(self._collate(rows, prefix), tuple(tuple(map(len, row)) for row in rows))

    def _encoding(self, candidate: Candidate) -> "Future[Encoded]":
        known = None if candidate.key is None else self._kept.get(candidate.key)
        if known is not None:
            done: Future[Encoded] = Future()
            done.set_result(known)
            return done
        return self._pool.submit(Encoder.encode, candidate.ref.conversation, candidate.measure)

    def _keep(self, candidate: Candidate, future: "Future[Encoded]") -> Encoded:
        """The encoded conversation, kept for the next epoch if its dataset fits the buffer and while there is room."""
        encoded, key = future.result(), candidate.key
        size = encoded.patches.nbytes + encoded.input_ids.nbytes * 5
        kept = key is None or key in self._kept
        if key is not None and not kept and self._mixture.datasets[key[0]].fits and size <= self._room:
            self._kept[key] = encoded
            self._room -= size
        return encoded

    def _of_round(self, waiting: list[Candidate]) -> "tuple[Future[Encoded], int]":
        own = waiting[min(self._rank, len(waiting) - 1)]
        trained = own.measure.trained if self._rank < len(waiting) else 0
        return self._pool.submit(Encoder.encode, own.ref.conversation, own.measure), trained

    def _alone(self, future: "Future[Encoded]", trained: int) -> tuple[Batch, int]:
        return self._batch([[future.result()]], 0), trained

    # measuring -----------------------------------------------------------------------------------

    def _measured(self, position: Position, rows: int | None = None) -> Iterator[Candidate]:
        """Rows from ``position`` on that can be trained on; of the first ``rows`` if that is given."""
        return self._measured_in(islice(self._mixture.rows_after(position.drawn), rows), position)

    def _measured_in(self, drawn: Iterator[Drawn], position: Position) -> Iterator[Candidate]:
        pending: deque[tuple[list[Drawn], list[Measure] | Future[list[Measure]]]] = deque()
        fruitless = 0
        while True:
            while len(pending) < _CHUNKS_AHEAD and (chunk := list(islice(drawn, _CHUNK_ROWS))):
                pending.append((chunk, self._measuring(chunk)))
            if not pending:
                return
            chunk, found = pending.popleft()
            measures = found if isinstance(found, list) else found.result()
            for row, measure in zip(chunk, measures, strict=True):
                key = _key(row)
                if key is not None and row.dataset >= 0 and self._mixture.datasets[row.dataset].fits:
                    self._measures[key] = measure
                position = position.behind(row.after, measure, first_epoch=row.first_epoch)
                usable = measure.turns > 0 and measure.trained > 0
                fruitless = 0 if usable else fruitless + 1
                if fruitless > 2 * self._mixture.rows + SAMPLE_ROWS:
                    raise ConfigError(self._nothing_left(self._mixture.rows))
                if usable:
                    yield Candidate(row.ref, key, measure, position)

    def _measuring(self, chunk: list[Drawn]) -> "list[Measure] | Future[list[Measure]]":
        known = [self._measures[key] for row in chunk if (key := _key(row)) is not None and key in self._measures]
        if len(known) == len(chunk):
            return known
        conversations = [row.ref.conversation for row in chunk]
        return self._pool.submit(_measure, [(c.row_id, c.messages_json, c.sizes()) for c in conversations])

    def _nothing_left(self, rows: int) -> str:
        return (
            f"none of {rows} rows can be trained on: all are longer than max_tokens or have no trained assistant turn; "
            "nothing can be learned; raise max_tokens, or take too_long = cut"
        )


@dataclass(frozen=True, slots=True)
class _Encoding:
    """A forward pass whose conversations are being encoded."""

    prefix: int
    rows: list[list[tuple[Candidate, "Future[Encoded]"]]]


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


def _key(row: Drawn) -> Key | None:
    key = row.ref.key
    return None if key is None else (row.dataset, *key)


def _measure(encoder: Encoder, rows: list[tuple[str, str, dict[str, Size]]]) -> list[Measure]:
    return [encoder.measure(*row) for row in rows]
