"""A judge that sees the files decides whether the query can be answered from them, or else from its words.

MAT asked the same question after trajectories were paid for, and then applied no verdict.
"""

from pydantic import BaseModel, ConfigDict

from journeyman.check import Finding, QueryCheck, QueryContext
from journeyman.file_reader import inspect
from journeyman.prompts import render_prompt
from journeyman.schema.message import ImagePart, Message, Part, TextPart
from journeyman.schema.query import Query


class Judgement(BaseModel):
    """A judge's answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thought: str
    correct: bool
    reason: str
    """In a few words, when not correct; else empty."""


async def _run(query: Query, context: QueryContext) -> Finding | None:
    described = []
    pictures: list[Part] = []
    for ref in query.files:
        facts = inspect(context.media[ref.sha256].data, ref.name)
        if facts.kind == "picture":
            described.append(f"{ref.name}: a picture of {facts.width} x {facts.height} pixels, attached")
            pictures.append(ImagePart(sha256=ref.sha256))
        else:
            described.append(f"{ref.name}:\n{facts.text}")
    prompt = render_prompt(
        "journeyman.checks",
        "query_judge",
        query=query.text,
        files=described,
        tools=query.tools,
        context=query.picture_context,
    )
    message = Message(role="user", content=(TextPart(text=prompt), *pictures))
    media = {ref.sha256: context.media[ref.sha256].data for ref in query.files}
    judgement = await context.judge.structured("query_judge", [message], media, Judgement, max_tokens=512)
    if judgement.correct:
        return None
    what = "files do" if query.files else "words do"
    return Finding(f"the judge says the {what} not answer the query", judgement.reason)


CHECK = QueryCheck(name="query_judge", version=4, run=_run)
