"""What came of each problem of an evaluation, kept as soon as it is known: a run that was killed repeats none."""

import io
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.errors import SchemaError
from journeyman.schema.arrow import records_to_table, table_to_records
from journeyman.schema.media import MediaFile
from journeyman.schema.record import Record, sha256_hex
from journeyman.schema.trajectory import Trajectory
from journeyman.storage import layout
from journeyman.storage.store import Store, parquet_bytes

logger = logging.getLogger(__name__)

_READERS = 8


class Outcome(Record):
    """One finished attempt."""

    problem_id: str
    status: str
    """How it ended: the trajectory's own status, or ``refused: ...`` with what the model's endpoint said."""
    trajectory: Trajectory
    media: tuple[MediaFile, ...]
    """Pictures that tools returned in it."""


class Outcomes:
    """The outcomes of one scope, one object each."""

    def __init__(self, store: Store, scope: str) -> None:
        """Keep outcomes below ``scope``, which names all that they depend on."""
        self._store = store
        self._scope = scope

    def load(self, problem_ids: Collection[str]) -> dict[str, Outcome]:
        """Those of ``problem_ids`` that an earlier run finished; a damaged object counts as none."""
        keys = {self._key(problem_id) for problem_id in problem_ids}
        there = [key for key in self._store.keys(layout.outcome_prefix(self._scope)) if key in keys]
        with ThreadPoolExecutor(_READERS) as readers:
            found = [outcome for outcome in readers.map(self._read, there) if outcome is not None]
        return {outcome.problem_id: outcome for outcome in found}

    def keep(self, outcome: Outcome) -> None:
        """Make ``outcome`` durable."""
        data = parquet_bytes(records_to_table([outcome], Outcome))
        self._store.put(self._key(outcome.problem_id), data)

    def _key(self, problem_id: str) -> str:
        return f"{layout.outcome_prefix(self._scope)}{sha256_hex(problem_id.encode())[:32]}.parquet"

    def _read(self, key: str) -> Outcome | None:
        try:
            (outcome,) = table_to_records(pq.read_table(io.BytesIO(self._store.get(key))), Outcome)
        except (pa.ArrowInvalid, SchemaError, ValueError) as exc:
            logger.warning("%s cannot be read (%s); its problem is attempted again", self._store.url_of(key), exc)
            return None
        return outcome if self._key(outcome.problem_id) == key else None
