import asyncio

import pytest

from journeyman.errors import TransientError
from journeyman.schema.artifact import ArtifactRef
from tasks.resources import finish, media_of, paid_before, ref, scope_of

KEPT = {"kind": "media", "key": "a", "digest": "d1", "rows": 2}
MEDIA = {"kind": "media", "key": "b", "digest": "d2", "rows": 2}


async def fails_side_by_side() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_raises(TransientError("the store does not answer")))
        group.create_task(asyncio.sleep(60))


async def _raises(error: Exception) -> None:
    raise error


def test_an_error_inside_a_task_group_comes_out_as_itself() -> None:
    with pytest.raises(TransientError, match="the store does not answer"):
        finish(fails_side_by_side(), timeout_seconds=10)


def test_work_that_does_not_end_is_stopped_and_may_be_tried_again() -> None:
    with pytest.raises(TransientError, match="did not end within 0 s"):
        finish(asyncio.sleep(60), timeout_seconds=0.05)


def test_a_shards_files_are_what_the_writers_made_or_else_the_users_own() -> None:
    assert media_of({"artifacts": {"kept": KEPT, "media": MEDIA}}).digest == "d2"
    assert media_of({"artifacts": {"kept": KEPT}}).digest == "d1"


def test_equal_inputs_find_the_same_ledger_and_others_do_not() -> None:
    first = ref({"artifacts": {"kept": KEPT}})
    assert scope_of("rollout", first) == scope_of("rollout", ArtifactRef.model_validate(KEPT))
    assert scope_of("rollout", first) != scope_of("verify", first)
    assert scope_of("rollout", first) != scope_of("rollout", ArtifactRef.model_validate(MEDIA))


def test_what_an_earlier_run_paid_costs_this_one_nothing() -> None:
    result = {"spend": {"calls": 3, "replayed": 1, "prompt_tokens": 9, "completion_tokens": 9, "usd": "0.5"}}
    spend = paid_before(result)["spend"]
    assert (spend["calls"], spend["replayed"], spend["usd"]) == (0, 4, "0")
