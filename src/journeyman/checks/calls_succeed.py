"""No tool call was refused and no step ended in an error, but where a fault was put in on purpose."""

from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, _context: TrajectoryContext) -> Finding | None:
    for number, step in enumerate(trajectory.steps, start=1):
        for call in step.tool_calls:
            if call.error and not call.fault:
                return Finding("a tool call failed", f"step {number}: {call.tool}({call.arguments_json}): {call.error}")
        if step.error and not any(call.fault for call in step.tool_calls):
            return Finding(f"a step ended in an error ({step.error})", f"step {number}: {step.observation[:300]}")
    return None


CHECK = TrajectoryCheck(name="calls_succeed", version=2, run=_run)
