"""Which row comes when: a function of the seed, read from row groups with a bounded buffer, the same on every rank.

A dataset's groups are shuffled anew every epoch and taken in runs of at most ``BUFFER_ROWS`` rows or
``BUFFER_BYTES``; the rows of a run are shuffled among themselves. One run is held, and the next is
read meanwhile. A dataset that is no larger than one run is shuffled as a whole, read once and kept. What is
drawn are samples: rows, or what a view makes of each (views.py).
"""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from journeyman.errors import ConfigError, SchemaError
from journeyman.schema.arrow import arrow_schema
from journeyman.schema.example import Example
from journeyman.schema.message import messages_from_json
from journeyman.schema.screen import GROUNDING
from journeyman.storage.row_groups import RowGroup, RowGroups
from journeyman.training.conversations import Conversation
from journeyman.training.media_source import MediaSource
from journeyman.training.views import USER_TURN, RowView

BUFFER_ROWS = 2048
BUFFER_BYTES = 1 << 28
"""As stored, which for pictures is about what they take in memory."""
_READERS = 8
_COLUMNS = ("example_id", "family", "messages_json")
_STORED = MediaSource()


@dataclass(frozen=True, slots=True)
class _Run:
    """Row groups whose rows are shuffled among themselves."""

    epoch: int
    number: int
    groups: tuple[int, ...]
    samples: int


@dataclass(frozen=True, slots=True)
class RowRef:
    """One row of the buffer, or a sample that a view makes of it; it keeps its group in memory."""

    group: int
    """Number of its group in the dataset."""
    row: int
    """Its number in the group."""
    table: pa.Table = field(repr=False)
    source: MediaSource = field(repr=False)
    view: RowView | None = None
    epoch: int = 0
    part: int = 0
    """Number of the sample among those of the row."""

    @property
    def row_id(self) -> str:
        """Its ``example_id``."""
        return str(self.table["example_id"][self.row].as_py())

    @property
    def key(self) -> tuple[int, int, int] | None:
        """Equal where samples are: group, row and the form that a view gives; None where it does not come again."""
        form = 0
        if self.view is not None:
            found = self.view.form(self.table["family"][self.row].as_py(), self.row_id, self.epoch)
            if found is None:
                return None
            form = found
        return self.group, self.row, form

    @property
    def conversation(self) -> Conversation:
        """The sample, copied out of the buffer.

        Raises:
            SchemaError: The row is not one that its view can look at.
        """
        (row,) = self.table.slice(self.row, 1).to_pylist()
        if self.view is not None:
            row["messages_json"] = self.view.messages_json(row, epoch=self.epoch, part=self.part)
        return self.source.conversation(row)


class Rows:
    """The rows of a dataset that are trained on, in an order without end."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        split: str,
        seed: int = 0,
        families: Sequence[str] = (),
        share: float = 1.0,
        buffer_rows: int = BUFFER_ROWS,
        media: MediaSource = _STORED,
        view: RowView | None = None,
    ) -> None:
        """Read footers, and of the rows no more than is needed to know which of them are meant.

        Args:
            urls: As :class:`~journeyman.storage.row_groups.RowGroups` takes them.
            split: Rows of this split.
            seed: Of order and share.
            families: Rows of these families only; empty takes all.
            share: Share of those rows, 0 to 1, drawn once.
            buffer_rows: Rows shuffled among themselves.
            media: Where the media of a row come from.
            view: What samples are made of rows; None takes them as stored. Where it cuts pages, their texts are read
                once, a group at a time, to count the samples.

        Raises:
            SchemaError: The files do not hold examples.
            ArtifactError: A file is missing or damaged.
        """
        self.urls = tuple(urls)
        self._files = RowGroups(urls)
        refuse_other_schema(self._files.schema, ", ".join(urls))
        self._media = media
        self._view = view
        # A dataset that was written before there were sounds and videos has no columns for them.
        self._columns = (*_COLUMNS, *(name for name in media.columns if name in self._files.schema.names))
        self._seed = seed
        self._buffer_rows = buffer_rows
        self._held: dict[int, Future[pa.Table]] = {}
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="row-groups")
        chosen = self._readers.map(lambda g: self._chosen(g, split, frozenset(families), share), self._files.groups)
        found = [(group, rows) for group, rows in zip(self._files.groups, chosen, strict=True) if len(rows)]
        self._groups: tuple[RowGroup, ...] = tuple(group for group, _ in found)
        self._chosen_rows = tuple(rows for _, rows in found)
        self._samples = tuple(self._readers.map(self._num_samples, self._groups, self._chosen_rows))
        """Samples an epoch of each of these rows."""
        self.rows = sum(int(samples.sum()) for samples in self._samples)
        """Samples an epoch: as many as rows where no view cuts them."""
        held, size = sum(map(len, self._chosen_rows)), sum(group.size_bytes for group in self._groups)
        self.fits = (held <= buffer_rows and size <= BUFFER_BYTES) or len(self._groups) <= 1
        """Whether the buffer holds all of them."""

    def close(self) -> None:
        """Read nothing more."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def shuffled(self, drawn: int) -> Iterator[RowRef]:
        """The order of training from its ``drawn``-th sample on; each once an epoch."""
        epoch, skipped = divmod(drawn, max(1, self.rows))
        runs = self._runs_from(epoch) if self.rows else iter(())
        run = next(runs, None)
        while run is not None:
            if skipped >= run.samples:
                skipped -= run.samples
                run = next(runs)
                continue
            following = next(runs)
            held = {g: self._held[g] if g in self._held else self._read(g) for g in run.groups}
            ahead = {g: held[g] if g in held else self._read(g) for g in following.groups}
            self._held = held | ahead
            order = [sample for g in sorted(run.groups) for sample in self._samples_of(g)]
            random.Random(self._seed_of(run)).shuffle(order)  # noqa: S311 - reproducible order, no secret
            for group, row, part in order[skipped:]:
                yield RowRef(group, row, held[group].result(), self._media, self._view, run.epoch, part)
            skipped, run = 0, following

    def stored(self) -> Iterator[RowRef]:
        """Each sample of the first epoch once, in the order in which rows are stored."""
        ahead = [self._read(g) for g in range(min(2, len(self._groups)))]
        for group in range(len(self._groups)):
            table = ahead.pop(0).result()
            if group + 2 < len(self._groups):
                ahead.append(self._read(group + 2))
            for _, row, part in self._samples_of(group):
                yield RowRef(group, row, table, self._media, self._view, 0, part)

    def texts(self) -> Iterator[str]:
        """Text of every turn, as stored; pictures are not read."""
        for group, rows in zip(self._groups, self._chosen_rows, strict=True):
            column = self._files.read(group, ("messages_json",))["messages_json"]
            for row in rows:
                yield from (m.text for m in messages_from_json(column[int(row)].as_py()))

    def _read(self, group: int) -> "Future[pa.Table]":
        return self._readers.submit(self._files.read, self._groups[group], self._columns)

    def _chosen(self, group: RowGroup, split: str, families: frozenset[str], share: float) -> npt.NDArray[np.int32]:
        """Numbers of the rows that are meant; the columns are read only where the footer does not tell."""
        wanted = {"split": {split}} | ({"family": set(families)} if families else {})
        known = {column: self._files.constant(group, column) for column in wanted}
        if any(value is not None and value not in wanted[column] for column, value in known.items()):
            return np.zeros(0, dtype=np.int32)
        mask = np.ones(group.rows, dtype=bool)
        unknown = tuple(column for column, value in known.items() if value is None)
        if unknown:
            table = self._files.read(group, unknown)
            for column in unknown:
                values = pa.array(sorted(wanted[column]), type=table.schema.field(column).type)
                mask &= pc.is_in(table[column], value_set=values).to_numpy(zero_copy_only=False)
        if share < 1:
            rng = random.Random(f"share/{self._seed}/{group.file}/{group.index}")  # noqa: S311 - reproducible
            mask &= np.array([rng.random() < share for _ in range(group.rows)], dtype=bool)
        return np.flatnonzero(mask).astype(np.int32)

    def _num_samples(self, group: RowGroup, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Samples of each of the ``rows``; texts are read only where there may be pages to cut."""
        cuts = self._view is not None and self._view.pairs_per_sample > 0
        if self._view is None or not cuts or self._files.constant(group, "family") not in (None, GROUNDING):
            return np.ones(len(rows), dtype=np.int32)
        table = self._files.read(group, ("family", "messages_json")).take(pa.array(rows))
        pairs = pc.count_substring(table["messages_json"], USER_TURN).to_numpy().astype(np.int32)
        pages = pc.equal(table["family"], GROUNDING).to_numpy()
        return np.where(pages, self._view.num_samples(pairs), 1).astype(np.int32)

    def _samples_of(self, group: int) -> Iterator[tuple[int, int, int]]:
        """Group, row and number of each sample of a group."""
        for row, samples in zip(self._chosen_rows[group].tolist(), self._samples[group].tolist(), strict=True):
            yield from ((group, row, part) for part in range(samples))

    def _runs_from(self, epoch: int) -> Iterator[_Run]:
        while True:
            yield from self._runs(epoch)
            epoch += 1

    def _runs(self, epoch: int) -> list[_Run]:
        order = list(range(len(self._groups)))
        if not self.fits:
            random.Random(f"groups/{self._seed}/{epoch}").shuffle(order)  # noqa: S311 - reproducible order
        runs: list[list[int]] = []
        rows = size = 0
        for group in order:
            rows += len(self._chosen_rows[group])
            size += self._groups[group].size_bytes
            if not runs or rows > self._buffer_rows or size > BUFFER_BYTES:
                runs.append([])
                rows, size = len(self._chosen_rows[group]), self._groups[group].size_bytes
            runs[-1].append(group)
        counts = [sum(int(self._samples[g].sum()) for g in run) for run in runs]
        return [_Run(epoch, i, tuple(run), count) for i, (run, count) in enumerate(zip(runs, counts, strict=True))]

    def _seed_of(self, run: _Run) -> str:
        return f"order/{self._seed}/{run.epoch}" if self.fits else f"order/{self._seed}/{run.epoch}/{run.number}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """One sample of a mixture."""

    dataset: int
    """Number of its dataset."""
    ref: RowRef
    first_epoch: bool
    """Whether it is drawn for the first time."""
    after: tuple[int, ...]
    """Samples drawn of each dataset up to and with this one: where to go on."""


class Mixture:
    """Rows of several datasets by weight. Which dataset is drawn depends on the weights alone."""

    def __init__(self, datasets: Sequence[Rows], weights: Sequence[float]) -> None:
        """Mix ``datasets``; of each, rows are drawn in proportion to its weight.

        Raises:
            ConfigError: A dataset has no row, or a weight is not above 0.
        """
        for data, weight in zip(datasets, weights, strict=True):
            if not data.rows:
                raise ConfigError(f"dataset {', '.join(data.urls)} has no row to train on; see its splits and families")
            if weight <= 0:
                raise ConfigError(
                    f"dataset {', '.join(data.urls)} has weight {weight}; give one above 0, or leave it out"
                )
        self.datasets = tuple(datasets)
        self._shares = [weight / sum(weights) for weight in weights]

    @property
    def rows(self) -> int:
        """Rows of all datasets; so many are drawn in what counts as an epoch."""
        return sum(data.rows for data in self.datasets)

    @property
    def start(self) -> tuple[int, ...]:
        """Nothing is drawn yet."""
        return (0,) * len(self.datasets)

    def rows_after(self, drawn: tuple[int, ...]) -> Iterator[Drawn]:
        """Rows without end, behind those of which ``drawn`` tells how many there were of each dataset."""
        sources = [data.shuffled(count) for data, count in zip(self.datasets, drawn, strict=True)]
        counts = list(drawn)
        while True:
            total = sum(counts) + 1
            # The dataset that is furthest behind its share: exact at any length, and known from the counts alone.
            number = max(range(len(counts)), key=lambda d: (self._shares[d] * total - counts[d], -d))
            first = counts[number] < self.datasets[number].rows
            counts[number] += 1
            yield Drawn(number, next(sources[number]), first, tuple(counts))

    def close(self) -> None:
        """Read nothing more."""
        for data in self.datasets:
            data.close()


def refuse_other_schema(schema: pa.Schema, name: str) -> None:
    """Accept examples as the store holds them and as they are published, or as ``datasets`` writes them again.

    Raises:
        SchemaError: A column is missing or holds something else.
    """
    for want in arrow_schema(Example):
        index = schema.get_field_index(want.name)
        found: Any = schema.field(index).type if index >= 0 else None
        if found is None and not Example.model_fields[want.name].is_required():
            continue
        if found is None or not _alike(found, want.type):
            raise SchemaError(
                f"{name} does not hold examples: column {want.name!r} is {found or 'missing'}, not {want.type}; "
                "give a dataset that `build-dataset` made"
            )


def _alike(found: pa.DataType, want: pa.DataType) -> bool:
    """Whether types differ in nullability and width at most."""
    if pa.types.is_string(want):
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    if pa.types.is_binary(want):
        return bool(pa.types.is_binary(found) or pa.types.is_large_binary(found))
    if pa.types.is_list(want):
        lists = pa.types.is_list(found) or pa.types.is_large_list(found)
        return bool(lists and _alike(found.value_type, want.value_type))
    if pa.types.is_struct(want):
        fields = (
            {found.field(i).name: found.field(i).type for i in range(found.num_fields)}
            if pa.types.is_struct(found)
            else {}
        )
        return all(
            want.field(i).name in fields and _alike(fields[want.field(i).name], want.field(i).type)
            for i in range(want.num_fields)
        )
    return bool(found == want)
