"""Features of a run's files on the ranks' machine: one Arrow file, mapped into memory by every rank."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

_SCHEMA = pa.schema([pa.field("sha256", pa.string()), pa.field("data", pa.large_binary())])
_BATCH_FILES = 256


class FeatureWriter:
    """Writes the file, which is there as soon as the block ends without an error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._sink = pa.OSFile(str(self._part), "wb")
        self._writer = pa.ipc.new_file(self._sink, _SCHEMA)
        return self

    def __exit__(self, kind: object, exc: object, trace: object) -> None:
        if exc is None:
            self._write()
        self._writer.close()
        self._sink.close()
        if exc is None:
            self._part.replace(self._path)
        else:
            self._part.unlink()

    def add(self, sha256: str, data: bytes) -> None:
        """Add the ``.npy`` of one file."""
        self._rows.append({"sha256": sha256, "data": data})
        if len(self._rows) == _BATCH_FILES:
            self._write()

    def _write(self) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._rows, schema=_SCHEMA))
        self._rows.clear()


class FeatureFile(Mapping[str, bytes]):
    """``.npy`` of each file, by sha256.

    A rank's own memory is the index alone, about 250 bytes a file; the features are pages of the file, which
    ranks of one machine share and which the system may drop.
    """

    def __init__(self, path: Path) -> None:
        """Map the file at ``path``."""
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self._data: list[pa.Array] = []
        self._places: dict[str, tuple[int, int]] = {}
        for number in range(self._reader.num_record_batches):
            batch = self._reader.get_batch(number)
            self._data.append(batch.column("data"))
            for row, sha256 in enumerate(batch.column("sha256").to_pylist()):
                self._places[sha256] = (number, row)

    def __getitem__(self, sha256: str) -> bytes:
        number, row = self._places[sha256]
        data: bytes = self._data[number][row].as_py()
        return data

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
