"""Results of heavy tools, one object each, that every run over a store shares: a page is read once."""

import io
import logging

import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.errors import ArtifactError, SchemaError
from journeyman.schema.arrow import records_to_table, table_to_records
from journeyman.storage import layout
from journeyman.storage.cassette import Recording
from journeyman.storage.store import Store, parquet_bytes

logger = logging.getLogger(__name__)


class ToolResults:
    """Recordings by key. A look-up is one request, so it pays for calls that take longer than that."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Recording | None:
        """What an earlier run recorded under ``key``; a damaged object counts as none, and is written anew."""
        path = layout.tool_result_key(key)
        try:
            data = self._store.get(path)
        except ArtifactError:
            return None
        try:
            (recording,) = table_to_records(pq.read_table(io.BytesIO(data)), Recording)
        except (pa.ArrowInvalid, SchemaError, ValueError) as exc:
            logger.warning("%s cannot be read (%s); the tool runs again", self._store.url_of(path), exc)
            return None
        if recording.key != key:
            logger.warning("%s holds the result of another call; the tool runs again", self._store.url_of(path))
            return None
        return recording

    def put(self, recording: Recording) -> None:
        """Keep ``recording``; equal keys have equal results, so the last writer does no harm."""
        data = parquet_bytes(records_to_table([recording], Recording))
        self._store.put(layout.tool_result_key(recording.key), data)
