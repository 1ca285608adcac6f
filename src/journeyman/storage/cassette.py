"""Recorded tool results: a call that was made once is replayed ever after, files included.

A tool's result is keyed by tool, version, arguments and the bytes it read, so a recording is true
wherever its key comes up. Recordings are kept in memory while a shard runs and flushed as one
Parquet object: a look-up costs no round trip, and a shard is one object, not thousands.
"""

import io
import logging
import threading
from collections.abc import Iterable

import pyarrow.parquet as pq

from journeyman.errors import ArtifactError
from journeyman.schema.arrow import records_to_table, table_to_records
from journeyman.schema.record import Record, sha256_hex
from journeyman.storage import layout
from journeyman.storage.store import Store, parquet_bytes

logger = logging.getLogger(__name__)


class RecordedFile(Record):
    """A file that a tool wrote."""

    name: str
    """The name the tool asked for; the folder may give it another."""
    data: bytes


class Recording(Record):
    """What one tool call gave, right or wrong: a refusal is as repeatable as a result."""

    key: str
    """sha256 of tool, version, arguments and the sha256 of every file read."""
    tool: str
    version: int
    arguments_json: str
    value_json: str
    """Canonical JSON of the result's value; empty when ``error`` is not."""
    images: tuple[str, ...]
    """Of ``files``, the names of pictures the agent is shown."""
    files: tuple[RecordedFile, ...]
    error: str
    """What the agent was told; empty when the tool answered."""


class Cassette:
    """The recordings of one scope, with those of other scopes laid beside them. Safe across threads."""

    def __init__(self, store: Store, scope: str) -> None:
        """Start empty; call :meth:`preload` to take up what earlier runs recorded.

        Args:
            store: Where recordings live.
            scope: Where new ones go, e.g. ``roll-out/<digest of the shard>``.
        """
        self.scope = scope
        self._store = store
        self._known: dict[str, Recording] = {}
        self._new: dict[str, Recording] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def preload(self, scopes: Iterable[str] = ()) -> None:
        """Read the recordings of this scope and of ``scopes``; of two with one key the first read stays.

        Raises:
            ArtifactError: A part was changed after it was written.
        """
        for scope in dict.fromkeys((self.scope, *scopes)):
            for key in self._store.keys(layout.cassette_prefix(scope)):
                recordings = self._read(key)
                with self._lock:
                    for recording in recordings:
                        self._known.setdefault(recording.key, recording)

    def get(self, key: str) -> Recording | None:
        """The recording of ``key``, if there is one in memory."""
        return self._known.get(key)

    def put(self, recording: Recording) -> Recording:
        """Keep ``recording`` until :meth:`flush`; the one already there wins, and is returned."""
        with self._lock:
            kept = self._known.setdefault(recording.key, recording)
            if kept is recording:
                self._new[recording.key] = recording
        return kept

    def flush(self) -> None:
        """Write the new recordings as one part named by its content; does nothing when there are none."""
        with self._lock:
            new = dict(self._new)
        if not new:
            return
        data = parquet_bytes(records_to_table((new[key] for key in sorted(new)), Recording))
        self._store.put(f"{layout.cassette_prefix(self.scope)}{sha256_hex(data)}.parquet", data)
        # Only now: a store that refused leaves them to the next flush.
        with self._lock:
            for key in new:
                self._new.pop(key, None)
        logger.info("recorded %d tool results in %s", len(new), self.scope)

    def _read(self, key: str) -> list[Recording]:
        data = self._store.get(key)
        if sha256_hex(data) != key.rsplit("/", 1)[-1].removesuffix(".parquet"):
            raise ArtifactError(f"{self._store.url_of(key)} was changed after it was written; remove it to record anew")
        return table_to_records(pq.read_table(io.BytesIO(data)), Recording)
