"""The agent answered, and every turn held an action that can be read; where it is Python, it parses."""

from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.python_syntax import parse_python
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, _context: TrajectoryContext) -> Finding | None:
    if trajectory.status != "answered":
        return Finding(f"no answer ({trajectory.status})", f"{len(trajectory.steps)} steps")
    for number, step in enumerate(trajectory.steps, start=1):
        if step.error == "parse":
            return Finding("a turn holds no readable action", f"step {number}: {step.action[:200]}")
        try:
            parse_python(step.code)
        except SyntaxError as exc:
            return Finding("code does not parse", f"step {number}: {exc}")
    return None


CHECK = TrajectoryCheck(name="actions_parse", version=1, run=_run)
