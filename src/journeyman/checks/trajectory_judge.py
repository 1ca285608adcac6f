"""A judge that sees the pictures and the whole run has the last word.

T3-Agent's released verifier was sent the literal word TOOL_SET and no file; this one sees both.
"""

from journeyman.check import Finding, TrajectoryCheck, TrajectoryContext
from journeyman.checks.query_judge import Judgement
from journeyman.prompts import render_prompt
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.trajectory import Trajectory


async def _run(trajectory: Trajectory, context: TrajectoryContext) -> Finding | None:
    pictures = [ref.sha256 for ref in context.query.files if ref.media_type.startswith("image/")]
    prompt = render_prompt(
        "journeyman.checks",
        "trajectory_judge",
        query=context.query.text,
        context=context.query.picture_context,
        tools=[card.line() for card in context.bench.toolbox.cards],
        steps=trajectory.steps,
        answer=trajectory.answer_json,
    )
    message = Message(role="user", content=(TextPart(text=prompt), *(ImagePart(sha256=digest) for digest in pictures)))
    media = {digest: context.media[digest].data for digest in pictures}
    judgement = await context.judge.structured("trajectory_judge", [message], media, Judgement, max_tokens=512)
    if judgement.correct:
        return None
    return Finding("the judge says the run is wrong", judgement.reason)


CHECK = TrajectoryCheck(name="trajectory_judge", version=2, run=_run)
