"""Write once, read many, over fsspec: ``s3://``, ``file://`` and ``memory://`` behave alike.

Data objects are named by their own sha256 and written first; the manifest is written last and is
the commit. Writing the same rows twice is harmless and gives the same reference.
"""

import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from journeyman.errors import ArtifactError, ConfigError, StorageError, TransientError
from journeyman.schema.arrow import arrow_schema, check_schema, records_to_table, table_to_records
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.record import Record, canonical_json, fingerprint, sha256_hex
from journeyman.storage import layout
from journeyman.storage.manifest import DataObject, Manifest

logger = logging.getLogger(__name__)
R = TypeVar("R", bound=Record)

ROW_GROUP_ROWS = 100  # pictures are embedded: larger groups make the dataset viewer read too much at once
OBJECT_BYTES = 256 * 1024 * 1024
"""Bytes of files in one data object: writing and reading hold one object at a time."""
_SCHEMES = ("s3", "file", "memory")


class Store:
    """An object store rooted at a URL."""

    def __init__(self, url: str, storage_options: dict[str, Any] | None = None) -> None:
        """Root the store at ``url``; nothing is contacted yet.

        Raises:
            ConfigError: ``url`` is not ``s3://bucket/prefix``, ``file:///path`` or ``memory://name``.
        """
        scheme, _, path = url.partition("://")
        if scheme not in _SCHEMES or not path.strip("/"):
            raise ConfigError(f"store {url!r} cannot be used; give s3://bucket/prefix, file:///path or memory://name")
        self.url = url.rstrip("/")
        self.storage_options = dict(storage_options or {})
        if scheme == "s3":
            self.storage_options.setdefault("use_listings_cache", False)
        self._fs: fsspec.AbstractFileSystem = fsspec.filesystem(scheme, **self.storage_options)
        self._root = self._fs._strip_protocol(self.url)  # noqa: SLF001 - fsspec's own way to the bare path

    # objects -----------------------------------------------------------------------------------

    def path(self, key: str) -> str:
        """The path of ``key`` as fsspec takes it."""
        return f"{self._root}/{key}"

    def url_of(self, key: str) -> str:
        """The full URL of ``key``."""
        return f"{self.url}/{key}"

    def put(self, key: str, data: bytes) -> None:
        """Write an object whole; a reader sees all of it or nothing."""
        with translated("write", self.url_of(key)):
            if not self.url.startswith("s3"):
                self._fs.makedirs(self._fs._parent(self.path(key)), exist_ok=True)  # noqa: SLF001
            if self.url.startswith("file"):
                # A rename is atomic where a write is not: a killed writer leaves no half object.
                part = self.path(f"{key}.part")
                self._fs.pipe_file(part, data)
                self._fs.mv(part, self.path(key))
            else:
                self._fs.pipe_file(self.path(key), data)

    def get(self, key: str) -> bytes:
        """Read an object.

        Raises:
            ArtifactError: There is none.
        """
        with translated("read", self.url_of(key)):
            data = self._fs.cat_file(self.path(key))
        return bytes(data)

    def exists(self, key: str) -> bool:
        """Whether the object is there; an unreachable store is an error, never False."""
        try:
            with translated("look up", self.url_of(key)):
                self._fs.info(self.path(key))
        except ArtifactError:
            return False
        return True

    def keys(self, prefix: str) -> list[str]:
        """Keys below ``prefix``, sorted; 0-byte folder markers are left out."""
        with translated("list", self.url_of(prefix)):
            try:
                found = self._fs.find(self.path(prefix).rstrip("/"))
            except FileNotFoundError:
                return []
        start = len(self._root) + 1
        return sorted(p[start:] for p in found if not p.endswith(("/", ".part")))

    def delete(self, prefix: str) -> None:
        """Remove everything below ``prefix``; used for superseded checkpoints only."""
        with translated("delete", self.url_of(prefix)):
            for key in self.keys(prefix):
                self._fs.rm_file(self.path(key))

    def check(self) -> None:
        """Write, read and remove a probe, so that a bad store is named before anything is paid for.

        Raises:
            StorageError: Wrong credentials, no such bucket, read-only, unreachable.
        """
        key = "probe/.journeyman"
        try:
            self.put(key, b"ok")
            self.get(key)
            self._fs.rm_file(self.path(key))
        except (TransientError, ArtifactError) as exc:
            raise StorageError(f"store {self.url} cannot be used: {exc}") from exc

    # artifacts ---------------------------------------------------------------------------------

    def write(
        self, kind: str, rows: Iterable[R], record: type[R], *, parents: Sequence[ArtifactRef] = ()
    ) -> ArtifactRef:
        """Commit ``rows`` as one artifact of ``kind``; files in them make several objects of :data:`OBJECT_BYTES`."""
        objects = tuple(self._written(kind, records_to_table(part, record)) for part in _parts(rows))
        manifest = Manifest(
            kind=kind,
            record=record.__name__,
            schema_version=record.SCHEMA_VERSION,
            objects=objects,
            parents=tuple(sorted({p.digest for p in parents})),
        )
        artifact_digest = fingerprint(manifest)
        key = layout.manifest_key(kind, artifact_digest)
        self.put(key, canonical_json(manifest).encode())
        return ArtifactRef(kind=kind, key=key, digest=artifact_digest, rows=sum(item.rows for item in objects))

    def _written(self, kind: str, table: pa.Table) -> DataObject:
        data = parquet_bytes(table)
        digest = sha256_hex(data)
        written = DataObject(
            key=layout.data_key(kind, digest), sha256=digest, size_bytes=len(data), rows=table.num_rows
        )
        if not self.exists(written.key):
            self.put(written.key, data)
        return written

    def manifest(self, ref: ArtifactRef) -> Manifest:
        """The commit record of ``ref``.

        Raises:
            ArtifactError: Missing, or not the manifest that ``ref`` names.
        """
        text = self.get(ref.key)
        if sha256_hex(text) != ref.digest:
            raise ArtifactError(f"manifest {self.url_of(ref.key)} was changed after it was committed")
        try:
            return Manifest.model_validate_json(text)
        except ValidationError as exc:
            raise ArtifactError(f"manifest {self.url_of(ref.key)} cannot be read: {exc}") from exc

    def table(self, ref: ArtifactRef, record: type[Record]) -> pa.Table:
        """All rows of an artifact, each object checked against its sha256.

        Raises:
            ArtifactError: An object is missing or was changed.
            SchemaError: The rows are of another record or version.
        """
        tables = list(self.tables(ref, record))
        return pa.concat_tables(tables) if tables else arrow_schema(record).empty_table()

    def tables(self, ref: ArtifactRef, record: type[Record]) -> Iterator[pa.Table]:
        """The rows of :meth:`table`, one object at a time; raises as it does."""
        for item in self.manifest(ref).objects:
            data = self.get(item.key)
            if sha256_hex(data) != item.sha256:
                raise ArtifactError(f"{self.url_of(item.key)} was changed after it was committed")
            table = pq.read_table(io.BytesIO(data))
            check_schema(table.schema, record)
            yield table

    def records(self, ref: ArtifactRef, record: type[R]) -> list[R]:
        """All rows of an artifact as records, in the order they were written."""
        return table_to_records(self.table(ref, record), record)


def _parts(rows: Iterable[R]) -> Iterator[list[R]]:
    """Rows in order, cut where the bytes in them pass :data:`OBJECT_BYTES`; at least one part, empty for no rows."""
    part: list[R] = []
    held = 0
    for row in rows:
        size = sum(len(value) for value in row.__dict__.values() if isinstance(value, bytes))
        if part and size and held + size > OBJECT_BYTES:
            yield part
            part, held = [], 0
        part.append(row)
        held += size
    yield part


def parquet_bytes(table: pa.Table) -> bytes:
    """One Parquet file; equal tables give equal bytes under one pyarrow version."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP_ROWS, store_schema=True)
    return sink.getvalue()


class translated:  # noqa: N801 - reads as a clause: ``with translated("write", url)``
    """Turn the storage library's exceptions into named ones."""

    def __init__(self, verb: str, url: str) -> None:
        self._what = f"cannot {verb} {url}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, exc: BaseException | None, _trace: object) -> None:
        if exc is None or not isinstance(exc, Exception):
            return
        if isinstance(exc, FileNotFoundError):
            if "bucket does not exist" in str(exc):
                raise StorageError(
                    f"{self._what}: the bucket does not exist; create it or set JOURNEYMAN_STORE"
                ) from exc
            raise ArtifactError(f"{self._what}: there is no such object") from exc
        if isinstance(exc, PermissionError):
            raise StorageError(
                f"{self._what}: refused ({exc}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and its rights"
            ) from exc
        if type(exc).__name__ == "NoCredentialsError":
            raise StorageError(
                f"{self._what}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from exc
        if isinstance(exc, (OSError, TimeoutError)) or "Connect" in type(exc).__name__:
            raise TransientError(f"{self._what}: {type(exc).__name__}: {exc}") from exc
