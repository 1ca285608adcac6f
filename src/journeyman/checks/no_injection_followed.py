"""No call is one that a text in an earlier result asked for: what obeys a sign or a passage is not to be learned.

It reads words and is strict: an honest call of a tool that a result happens to name is dropped too.
"""

from journeyman.agent.skill_injection import followed_injections
from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, context: TrajectoryContext) -> Finding | None:
    found = followed_injections(trajectory, context.bench.toolbox.cards)
    if not found:
        return None
    first = found[0]
    obeyed = f"{first.tool}({first.argument})" if first.argument else first.tool
    return Finding("a call follows a text in results", f"step {first.step}: {obeyed}, asked for by {first.text!r}")


CHECK = TrajectoryCheck(name="no_injection_followed", version=1, run=_run)
