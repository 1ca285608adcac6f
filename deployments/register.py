"""Tell a Prefect server what Journeyman needs: ``python -m deployments.register``, safe to run twice.

Makes the result block, the work pool, the limit on shards in flight, the automation that finds
dead runs, and every deployment of prefect.yaml. A schedule that somebody switched on stays on.
"""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from prefect.automations import Automation
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.exceptions import ObjectNotFound

from journeyman.errors import StackError
from tasks.policies import RESULT_BLOCK
from tasks.resources import TEACHER_LIMIT
from tasks.result_storage import ArtifactBucket

ROOT = Path(__file__).resolve().parents[1]
POOL = "local"
SHARDS_IN_FLIGHT = 16
SILENT_SECONDS = 120
"""A run that sends no heartbeat this long is dead; four beats at the stack's 30 s."""
ZOMBIES = "mark silent runs as crashed"

logger = logging.getLogger(__name__)


def register() -> None:
    """Make or update everything the flows need on the server that PREFECT_API_URL names.

    Raises:
        StackError: The deployments of prefect.yaml were refused; the message carries Prefect's own.
    """
    ArtifactBucket.register_type_and_schema()
    ArtifactBucket().save(RESULT_BLOCK.partition("/")[2], overwrite=True)
    with get_client(sync_client=True) as client:
        _pool(client)
        _teacher_limit(client)
        switched_on = _active_schedules(client)
        _deploy()
        _switch_on(client, switched_on)
    _zombie_automation()


def _pool(client: SyncPrefectClient) -> None:
    template = json.loads((ROOT / "deployments" / "work_pools" / f"{POOL}.json").read_text())
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
    else:
        client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


def _teacher_limit(client: SyncPrefectClient) -> None:
    """Made once; an operator's own number is kept."""
    try:
        client.read_global_concurrency_limit_by_name(TEACHER_LIMIT)
    except ObjectNotFound:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=TEACHER_LIMIT, limit=SHARDS_IN_FLIGHT))


def _active_schedules(client: SyncPrefectClient) -> set[tuple[str, str]]:
    return {
        (deployment.name, schedule.slug)
        for deployment in client.read_deployments()
        for schedule in deployment.schedules
        if schedule.active and schedule.slug
    }


def _deploy() -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackError(f"prefect deploy --all failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _switch_on(client: SyncPrefectClient, schedules: set[tuple[str, str]]) -> None:
    """Deploying writes ``active: false`` over what somebody switched on; put it back."""
    for deployment in client.read_deployments():
        for schedule in deployment.schedules:
            if (deployment.name, schedule.slug) in schedules and not schedule.active:
                client.update_deployment_schedule(_known(deployment.id), _known(schedule.id), active=True)


def _known(identifier: UUID | None) -> UUID:
    assert identifier is not None, "the server gives every stored object an id"
    return identifier


def _zombie_automation() -> None:
    """A killed machine leaves its run Running for ever; without a heartbeat it is marked Crashed."""
    wanted = Automation(
        name=ZOMBIES,
        description=f"A run that sent no heartbeat for {SILENT_SECONDS} s lost its process.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            after={"prefect.flow-run.heartbeat"},
            expect={
                "prefect.flow-run.heartbeat",
                *(f"prefect.flow-run.{s}" for s in ("Completed", "Failed", "Cancelled", "Crashed")),
            },
            for_each={"prefect.resource.id"},
            match={"prefect.resource.id": ["prefect.flow-run.*"]},
            threshold=1,
            within=SILENT_SECONDS,  # type: ignore[arg-type]  # pydantic reads seconds
        ),
        actions=[
            ChangeFlowRunState(state=StateType.CRASHED, message="no heartbeat: its process is gone; run it again")
        ],
    )
    try:
        found = cast("Automation", Automation.read(name=ZOMBIES))
    except ValueError:
        wanted.create()
    else:
        # An update forgets whose silence is being waited out: a run that died meanwhile would hold its slot for ever.
        if _told(wanted) != _told(found):
            wanted.id = found.id
            wanted.update()


def _told(automation: Automation) -> dict[str, Any]:
    """What was asked for; the server adds an id to each trigger.

    Not as JSON: that makes lists of the sets of events, in an order that changes from one process to the next.
    """
    return automation.model_dump(exclude={"id": True, "trigger": {"id"}})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    register()
    logger.info(
        "registered: block %s, pool %s, limit %s, deployments of prefect.yaml",
        RESULT_BLOCK,
        POOL,
        TEACHER_LIMIT,
    )
