"""A stage that loses a record fails; results keep their order whatever finishes first."""

import asyncio

import pytest
from pydantic import ValidationError

from journeyman.errors import TransientError
from journeyman.schema.verdict import Verdict
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store


def _row(number: int) -> Verdict:
    return Verdict(record_id=str(number), check="c", decision="keep", reason="", evidence="", record_json="")


def test_dropped_records_are_kept_whole_with_their_reason() -> None:
    store = Store("memory://tally")
    tally = Tally("stage", 3)
    tally.drop("b", _row(2), check="size", reason="too large", evidence="9 MB")
    tally.fail("c", _row(3), check="judge", reason="no decision")
    result = tally.result(store.write("rows", [_row(1)], Verdict), store=store)
    assert (result.counts.kept, result.counts.dropped, result.counts.failed) == (1, 1, 1)
    assert result.reasons == {"judge: no decision": 1, "size: too large": 1}
    dropped = store.records(result.artifacts["dropped"], Verdict)
    assert Verdict.model_validate_json(dropped[0].record_json) == _row(2)


def test_a_row_that_is_made_of_several_records_counts_them_all() -> None:
    store = Store("memory://tally")
    tally = Tally("stage", 4)
    tally.drop("b", _row(2), check="size", reason="too large")
    rows = store.write("rows", [_row(1)], Verdict)
    result = tally.result(rows, store=store, kept_records=3)
    assert (result.counts.kept, result.counts.dropped, result.artifacts["kept"].rows) == (3, 1, 1)
    with pytest.raises(ValidationError, match="records lost: in 4, kept 2, dropped 1, failed 0"):
        tally.result(rows, store=store, kept_records=2)


def test_a_stage_that_loses_a_record_fails() -> None:
    store = Store("memory://tally")
    with pytest.raises(ValidationError, match="records lost: in 2, kept 1, dropped 0, failed 0"):
        Tally("stage", 2).result(store.write("rows", [_row(1)], Verdict), store=store)


def test_results_keep_their_order_and_no_more_than_asked_run_at_once() -> None:
    running, most = 0, 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (10 - number))
        running -= 1
        return number

    assert asyncio.run(for_each(range(10), work, at_once=3)) == list(range(10))
    assert most == 3


def test_the_first_error_is_raised_as_itself() -> None:
    async def work(number: int) -> int:
        if number == 2:
            raise TransientError("the store does not answer")
        await asyncio.sleep(0.01)
        return number

    with pytest.raises(TransientError, match="does not answer"):
        asyncio.run(for_each(range(4), work, at_once=4))
