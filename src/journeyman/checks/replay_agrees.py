"""The recorded code, run again with the recorded tool results, shows and answers the same.

What cannot be repeated (a clock, an unseeded choice) cannot be learned from and is dropped.
"""

from journeyman.agent.loop import run_query
from journeyman.agent.recorded import RecordedController
from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.errors import ArtifactError
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, context: TrajectoryContext) -> Finding | None:
    controller = RecordedController(trajectory)
    files = {ref.sha256: context.media[ref.sha256].data for ref in context.query.files}
    try:
        attempt = await run_query(context.query, controller=controller, bench=context.bench, media=files)
    except ArtifactError as exc:
        return Finding("a call is not on the cassette", str(exc))
    again = attempt.trajectory
    if again.context != trajectory.context:
        return Finding("what is shown first differs", again.context[:300])
    if again.answer_json != trajectory.answer_json:
        return Finding("the replayed answer differs", f"{trajectory.answer_json} then {again.answer_json}")
    for number, (first, second) in enumerate(zip(trajectory.steps, again.steps, strict=True), start=1):
        if first.observation != second.observation or first.images != second.images:
            return Finding("a replayed observation differs", f"step {number}: {second.observation[:300]}")
    return None


CHECK = TrajectoryCheck(name="replay_agrees", version=2, run=_run)
