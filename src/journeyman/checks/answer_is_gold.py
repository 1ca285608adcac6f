"""The final answer is the computed one; a query without a gold answer is left to the judge."""

from journeyman.answer import answer_matches
from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.schema.query import Gold
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, context: TrajectoryContext) -> Finding | None:
    if not context.query.gold_json:
        return None
    gold = Gold.model_validate_json(context.query.gold_json)
    if answer_matches(gold, trajectory.answer_json):
        return None
    return Finding("answer is not the gold answer", f"gold {gold.value!r}, answer {trajectory.answer_json}")


CHECK = TrajectoryCheck(name="answer_is_gold", version=1, run=_run)
