"""The tools that a right solution uses were used: 16 of 94 released MM-Traj rows used none at all."""

from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, context: TrajectoryContext) -> Finding | None:
    used = {call.tool for step in trajectory.steps for call in step.tool_calls}
    unused = [name for name in context.query.tools if name not in used]
    if unused:
        return Finding(
            "a needed tool was not used",
            f"needed {', '.join(context.query.tools)}; used {', '.join(sorted(used)) or 'none'}",
        )
    return None


CHECK = TrajectoryCheck(name="tools_used", version=1, run=_run)
