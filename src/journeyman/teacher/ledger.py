"""The call ledger: cost book, audit log and resume cache in one, durable before an answer is seen.

A row is in the store before :meth:`Ledger.append` returns, so no answer that any code acted on is
ever paid for again. Rows that arrive within one short window are committed together, as databases
do: the price of durability is one write per window, not one per call.
"""

import asyncio
import contextlib
import hashlib
import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pyarrow.parquet as pq

from journeyman.errors import ArtifactError
from journeyman.schema.arrow import check_schema, records_to_table, table_to_records
from journeyman.schema.call import Call
from journeyman.storage import layout
from journeyman.storage.store import Store, parquet_bytes
from journeyman.teacher.answer import read_answer

_READERS = 8  # parts are small, so reading them is all latency


class Ledger:
    """The paid calls of one scope, such as a stage's shard. Not shared between event loops."""

    def __init__(self, store: Store, scope: str, *, window_seconds: float = 0.05, rows_per_part: int = 64) -> None:
        """Open the ledger; nothing is read yet.

        Args:
            store: Where parts are kept.
            scope: Folder of this ledger below ``ledger/``.
            window_seconds: How long a row may wait for others to be committed with.
            rows_per_part: A part of this many rows does not wait for the window to end.
        """
        self.scope = scope
        self._store = store
        self._window_seconds = window_seconds
        self._rows_per_part = rows_per_part
        self._by_digest: dict[str, Call] = {}
        self._paid_earlier: Decimal | None = None
        self._pending: list[Call] = []
        self._commit: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._writing = asyncio.Lock()

    @property
    def paid_earlier_usd(self) -> Decimal:
        """US dollars of all rows that :meth:`load` found."""
        return self._paid_earlier or Decimal(0)

    async def load(self) -> None:
        """Read what earlier runs paid for; a second time does nothing.

        Raises:
            ArtifactError: A part was changed after it was written.
            SchemaError: A part was written by another version.
        """
        if self._paid_earlier is not None:
            return
        calls = await asyncio.to_thread(read_calls, self._store, self.scope)
        self._paid_earlier = sum((Decimal(call.price_usd) for call in calls), Decimal(0))
        self._remember(calls)

    def lookup(self, request_digest: str) -> Call | None:
        """A durable answer to that request; answers without content are paid for but never found."""
        return self._by_digest.get(request_digest)

    async def append(self, call: Call) -> None:
        """Add a row; it is durable on return.

        Raises:
            TransientError: The store does not answer. The row is kept and written by the next append or :meth:`close`.
            StorageError: The store refuses.
        """
        self._pending.append(call)
        commit = self._next_commit()
        if len(self._pending) >= self._rows_per_part:
            self._hurry.set()
        # Other rows wait for the same commit: one cancelled caller must not take theirs down.
        await asyncio.shield(commit)

    async def close(self) -> None:
        """Everything appended is durable. The ledger can be used again.

        Raises:
            TransientError: The store does not answer.
            StorageError: The store refuses.
        """
        while self._pending:
            commit = self._next_commit()
            self._hurry.set()
            await asyncio.shield(commit)
        async with self._writing:  # a commit that a cancelled caller left behind
            pass

    def _next_commit(self) -> asyncio.Task[None]:
        if self._commit is None:
            self._hurry = asyncio.Event()
            self._commit = asyncio.create_task(self._commit_pending(self._hurry))
        return self._commit

    async def _commit_pending(self, hurry: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), self._window_seconds)
        # While one part is written the next one fills up.
        async with self._writing:
            rows, self._pending, self._commit = self._pending, [], None
            if not rows:
                return
            try:
                await asyncio.to_thread(self._write, rows)
            except BaseException:
                self._pending[:0] = rows
                raise
        self._remember(rows)

    def _write(self, rows: Iterable[Call]) -> None:
        data = parquet_bytes(records_to_table(rows, Call))
        self._store.put(_part_key(self.scope, data), data)

    def _remember(self, calls: Iterable[Call]) -> None:
        for call in calls:
            # The first row stands, so that every later run reads the same answer.
            if call.request_digest not in self._by_digest and read_answer(call.response_json).is_usable:
                self._by_digest[call.request_digest] = call


def read_calls(store: Store, scope: str) -> list[Call]:
    """Every row of ``scope`` and of the scopes below it, in an order that only depends on what is there.

    Raises:
        ArtifactError: A part was changed after it was written.
        SchemaError: A part was written by another version.
    """
    keys = store.keys(layout.ledger_prefix(scope))
    with ThreadPoolExecutor(max_workers=_READERS) as readers:
        parts = readers.map(store.get, keys)
        return [call for key, data in zip(keys, parts, strict=True) for call in _read_part(store, key, data)]


def paid_usd(store: Store, scope: str) -> Decimal:
    """US dollars paid in ``scope`` and the scopes below it, by any run and process."""
    return sum((Decimal(call.price_usd) for call in read_calls(store, scope)), Decimal(0))


def _part_key(scope: str, data: bytes) -> str:
    return f"{layout.ledger_prefix(scope)}{hashlib.sha256(data).hexdigest()}.parquet"


def _read_part(store: Store, key: str, data: bytes) -> list[Call]:
    if key.rpartition("/")[2] != f"{hashlib.sha256(data).hexdigest()}.parquet":
        raise ArtifactError(f"ledger part {store.url_of(key)} was changed after it was written; remove it to pay again")
    table = pq.read_table(io.BytesIO(data))
    check_schema(table.schema, Call)
    return table_to_records(table, Call)
