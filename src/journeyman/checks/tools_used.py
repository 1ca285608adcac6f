"""The tools that a right solution uses were used: 16 of 94 released MM-Traj rows used none at all.

Which tools, not how often each, and not where results of skills were shown before the first turn. Where a
synthesised query needs none, none was used: a model that never sees that learns to call something always.
"""

from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, context: TrajectoryContext) -> Finding | None:
    used = {call.tool for step in trajectory.steps for call in step.tool_calls}
    if trajectory.context:
        return None  # results of skills were shown first; which calls are then left to make, nobody has computed
    unused = [name for name in context.query.tools if name not in used]
    if unused:
        return Finding(
            "a needed tool was not used",
            f"needed {', '.join(context.query.tools)}; used {', '.join(sorted(used)) or 'none'}",
        )
    if used and not context.query.tools and context.query.origin == "synthesised":
        return Finding("a tool was used where none is needed", f"used {', '.join(sorted(used))}")
    return None


CHECK = TrajectoryCheck(name="tools_used", version=3, run=_run)
