"""Parquet files read one row group at a time, by byte range, from a local disk or an object store."""

import io
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.errors import ArtifactError, ConfigError, StorageError, TransientError
from journeyman.storage.store import translated

_READERS = 8


@dataclass(frozen=True, slots=True)
class RowGroup:
    """What is read at once."""

    file: int
    """Number of its file, in the order they were given."""
    index: int
    """Its number in that file."""
    rows: int
    size_bytes: int
    """As stored."""


class RowGroups:
    """The row groups of Parquet files of one schema. Only footers are kept; safe across threads."""

    def __init__(self, urls: Sequence[str], storage_options: Mapping[str, Any] | None = None) -> None:
        """Read the footers.

        Args:
            urls: Files: local paths, ``file://``, ``memory://`` or ``s3://``; one folder of Parquet files may be given
                in place of files.
            storage_options: For fsspec. Without it s3 credentials and endpoint are the environment's own (``AWS_*``).

        Raises:
            ArtifactError: No such file, or not Parquet.
            StorageError: The object store refuses, or its bucket is not there.
            TransientError: The object store does not answer.
        """
        self._files: list[tuple[Any, str, pq.FileMetaData, pa.Schema]] = []
        groups: list[RowGroup] = []
        found = [file for url in urls for file in _parquet_files(url, storage_options)]
        with ThreadPoolExecutor(_READERS) as readers:
            footers = list(readers.map(lambda file: _footer(*file), found))
        for number, ((fs, path), (footer, schema)) in enumerate(zip(found, footers, strict=True)):
            self._files.append((fs, path, footer, schema))
            for index in (i for i in range(footer.num_row_groups) if footer.row_group(i).num_rows):
                start, end = _range(footer, index, range(footer.num_columns))
                groups.append(RowGroup(number, index, footer.row_group(index).num_rows, end - start))
        self.groups = tuple(groups)
        self.urls = tuple(urls)

    @property
    def schema(self) -> pa.Schema:
        """Schema of the first file."""
        return self._files[0][3]

    @property
    def rows(self) -> int:
        """Rows of all groups."""
        return sum(group.rows for group in self.groups)

    def read(self, group: RowGroup, columns: Sequence[str]) -> pa.Table:
        """``columns`` of one row group, with one request to the store.

        Raises:
            ArtifactError: The group is damaged, or was changed after it was opened.
        """
        fs, path, footer, _ = self._files[group.file]
        names = [footer.schema.column(i).path for i in range(footer.num_columns)]
        wanted = [i for i, name in enumerate(names) if name.partition(".")[0] in columns]
        start, end = _range(footer, group.index, wanted)
        what = f"row group {group.index} of {footer.num_row_groups} of {path}"
        with translated("read", what):
            data = fs.cat_file(path, start=start, end=end)
        try:
            if len(data) != end - start:
                raise pa.ArrowInvalid(f"{len(data)} bytes where the footer says {end - start}")
            size = end + footer.serialized_size
            table = pq.ParquetFile(pa.PythonFile(_Cut(data, start, size), "r"), metadata=footer).read_row_group(
                group.index, columns=list(columns)
            )
        except (pa.ArrowException, OSError) as exc:
            raise ArtifactError(f"{what} cannot be read: {exc}; write the dataset anew") from exc
        return table.select(list(columns))

    def constant(self, group: RowGroup, column: str) -> str | None:
        """The value that ``column`` has in every row of the group, where the footer tells; else None."""
        footer = self._files[group.file][2]
        for i in range(footer.num_columns):
            chunk = footer.row_group(group.index).column(i)
            if chunk.path_in_schema == column:
                stats = chunk.statistics
                known = stats is not None and stats.has_min_max and not stats.null_count
                return str(stats.min) if known and stats.min == stats.max else None
        return None


class _Cut(io.RawIOBase):
    """A file of which one range is at hand; reading elsewhere is an error."""

    def __init__(self, data: bytes, start: int, size: int) -> None:
        self._data, self._start, self._size, self._at = memoryview(data), start, size, 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        begin = self._at - self._start
        end = len(self._data) if size < 0 else begin + size
        if begin < 0 or end > len(self._data):
            raise OSError(f"bytes {self._at} to {self._at + size} lie outside the row group")
        self._at = self._start + end
        return bytes(self._data[begin:end])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _range(footer: pq.FileMetaData, index: int, columns: Sequence[int]) -> tuple[int, int]:
    """First byte, and the one after the last, of some column chunks of a row group."""
    chunks = [footer.row_group(index).column(i) for i in columns]
    starts = [c.data_page_offset if c.dictionary_page_offset is None else c.dictionary_page_offset for c in chunks]
    ends = [start + chunk.total_compressed_size for start, chunk in zip(starts, chunks, strict=True)]
    return min(starts, default=0), max(ends, default=0)


def _parquet_files(url: str, storage_options: Mapping[str, Any] | None) -> list[tuple[Any, str]]:
    options = dict(storage_options or {})
    if url.startswith("s3://"):
        options.setdefault("use_listings_cache", False)
    try:
        fs, path = fsspec.core.url_to_fs(url, **options)
    except (ValueError, ImportError) as exc:
        raise ConfigError(f"dataset {url!r} cannot be opened: {exc}; give a path, file://, memory:// or s3://") from exc
    if path.endswith(".parquet"):
        return [(fs, path)]
    with translated("list", url):
        if not fs.exists(path):
            raise FileNotFoundError(path)
        found = sorted(p for p in fs.find(path) if p.endswith(".parquet")) if fs.isdir(path) else [path]
    if not found:
        raise ArtifactError(f"{url} holds no Parquet file; give the folder of a dataset or one of its files")
    return [(fs, p) for p in found]


def _footer(fs: Any, path: str) -> tuple[pq.FileMetaData, pa.Schema]:
    try:
        with translated("read", path), fs.open(path, "rb") as file:
            opened = pq.ParquetFile(file)
            return opened.metadata, opened.schema_arrow
    except (ArtifactError, StorageError, TransientError):
        raise
    except pa.ArrowException as exc:
        raise ArtifactError(f"{path} is not a Parquet file: {exc}") from exc
