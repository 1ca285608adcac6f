"""How a stage accounts for its records: every one is kept, dropped with a reason, or failed."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, TypeVar

from journeyman.schema.artifact import ArtifactRef, Counts, Spend, StageResult
from journeyman.schema.record import Record, canonical_json
from journeyman.schema.verdict import Verdict
from journeyman.storage.store import Store

T = TypeVar("T")
U = TypeVar("U")


class Tally:
    """The verdicts of one stage over ``taken`` records."""

    def __init__(self, stage: str, taken: int) -> None:
        self.stage = stage
        self.taken = taken
        self.verdicts: list[Verdict] = []
        self._out: dict[str, str] = {}

    def drop(self, record_id: str, record: Record, *, check: str, reason: str, evidence: str = "") -> None:
        """Put a record aside, whole, with the reason."""
        self._put_aside("drop", record_id, record, check, reason, evidence)

    def fail(self, record_id: str, record: Record, *, check: str, reason: str, evidence: str = "") -> None:
        """Put a record aside on which no decision could be reached."""
        self._put_aside("failed", record_id, record, check, reason, evidence)

    def has(self, record_id: str) -> bool:
        """Whether the record was put aside."""
        return record_id in self._out

    def result(
        self,
        kept: ArtifactRef,
        *,
        store: Store,
        parents: Sequence[ArtifactRef] = (),
        spend: Spend | None = None,
        facts: dict[str, str] | None = None,
        kept_records: int | None = None,
        **others: ArtifactRef,
    ) -> StageResult:
        """Commit the dropped records and close the account.

        Args:
            kept: Rows that the stage made.
            store: Where artifacts live.
            parents: What they were made of.
            spend: What the teacher was paid.
            facts: What else is to be told.
            kept_records: Records taken that ``kept`` holds, where a row is made of several; None where each is a row.
            **others: Further artifacts, by name.

        Raises:
            pydantic.ValidationError: Records were lost: in is not kept + dropped + failed.
        """
        ordered = sorted(self.verdicts, key=lambda v: (v.record_id, v.check))
        dropped = store.write(f"{self.stage}-dropped", ordered, Verdict, parents=parents)
        decisions = Counter(self._out.values())
        held = kept.rows if kept_records is None else kept_records
        counts = Counts(taken=self.taken, kept=held, dropped=decisions["drop"], failed=decisions["failed"])
        reasons = Counter(f"{v.check}: {v.reason}" for v in ordered)
        return StageResult(
            stage=self.stage,
            artifacts={"kept": kept, "dropped": dropped, **others},
            counts=counts,
            reasons=dict(sorted(reasons.items())),
            spend=spend or Spend(),
            facts=facts or {},
        )

    def _put_aside(
        self,
        decision: Literal["drop", "failed"],
        record_id: str,
        record: Record,
        check: str,
        reason: str,
        evidence: str,
    ) -> None:
        self._out.setdefault(record_id, decision)
        self.verdicts.append(
            Verdict(
                record_id=record_id,
                check=check,
                decision=decision,
                reason=reason,
                evidence=evidence[:500],
                record_json=canonical_json(record),
            )
        )


async def for_each(items: Sequence[T], work: Callable[[T], Awaitable[U]], *, at_once: int) -> list[U]:
    """``work`` done on every item, ``at_once`` at a time, results in order.

    The first error cancels the rest and is raised as itself: a TransientError inside a group would
    not be seen as worth another try.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(item: T) -> U:
        async with gate:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(item)) for item in items]
    except BaseExceptionGroup as errors:
        raise first_error(errors) from errors
    return [task.result() for task in running]


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error inside ``errors`` that is not a group itself."""
    first = errors.exceptions[0]
    return first_error(first) if isinstance(first, BaseExceptionGroup) else first
