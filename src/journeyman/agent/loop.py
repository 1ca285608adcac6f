"""One query, solved step by step: the controller writes code or calls skills, and tools answer.

Nothing here knows whether a teacher, a tuned model or a baseline acts; many runs share one event
loop, one toolbox and one sandbox. The host's own log of tool calls is what a trajectory records:
code in the sandbox can print anything it likes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.python_block import read_action
from journeyman.agent.controller import Controller
from journeyman.agent.offer import Offer
from journeyman.agent.prompt import opening, shorten, system_prompt
from journeyman.agent.skill_calls import results_shown_first
from journeyman.agent.skill_session import Attached, SkillSession
from journeyman.agent.turns import MAX_UNREADABLE, NO_LIMITS, Attempt, Ended, RunLimits, Turns, Workbench
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.sandbox import Sandbox, Worker
from journeyman.schema.message import Message, TextPart
from journeyman.schema.problem import AS_IN_THE_RECIPE, ToolChange
from journeyman.schema.query import Query
from journeyman.schema.record import canonical_json
from journeyman.tool import ToolFiles

__all__ = ["MAX_UNREADABLE", "NO_LIMITS", "Attempt", "RunLimits", "Workbench", "run_query"]


async def run_query(
    query: Query,
    *,
    controller: Controller,
    bench: Workbench,
    media: Mapping[str, bytes],
    change: ToolChange = AS_IN_THE_RECIPE,
    limits: RunLimits = NO_LIMITS,
) -> Attempt:
    """Let ``controller`` solve ``query``, in turns of the workbench's action format.

    Args:
        query: What is asked.
        controller: Who acts.
        bench: Tools, and the sandbox where turns are code.
        media: Bytes of every file of the query, by sha256.
        change: How the run's tools differ from the workbench's.
        limits: What ends the run early; it then says so in its status.

    Raises:
        KeyError: A file of the query is not in ``media``.
    """
    if bench.action_format == "skill_json":
        return await _run_skills(query, controller, bench, media, change, limits)
    assert bench.sandbox is not None, "a workbench for code has a sandbox"
    return await _run_code(query, controller, bench, bench.sandbox, media, change, limits)


async def _run_skills(
    query: Query,
    controller: Controller,
    bench: Workbench,
    media: Mapping[str, bytes],
    change: ToolChange,
    limits: RunLimits,
) -> Attempt:
    async with SkillSession.open(controller=controller, bench=bench, change=change, limits=limits) as session:
        reply = await session.ask(query.text, [Attached(ref, media[ref.sha256]) for ref in query.files])
        return Attempt.of(
            query,
            controller,
            steps=reply.steps,
            ended=reply.ended,
            context=reply.context,
            returned=session.returned,
        )


async def _run_code(
    query: Query,
    controller: Controller,
    bench: Workbench,
    sandbox: Sandbox,
    media: Mapping[str, bytes],
    change: ToolChange,
    limits: RunLimits,
) -> Attempt:
    folder = SessionFolder.create(sandbox.home, sandbox.limits)
    try:
        for ref in query.files:
            folder.put(ref.name, media[ref.sha256])
        files = ToolFiles(root=folder.root, read=folder.read, write=folder.write)
        session, offer = bench.toolbox.session(files), Offer.of(bench.toolbox.cards, change)
        context = await results_shown_first(
            bench.shown_first, query.files, toolbox=bench.toolbox, offer=offer, folder=files
        )
        turns = Turns(controller, bench, folder, session, offer, dict(media), limits)
        system = Message(role="system", content=(TextPart(text=system_prompt(offer.cards)),))
        async with sandbox.worker(folder, offer.names, turns.call) as worker:
            ended = await turns.to_the_end([system, opening(query, context)], _CodeTurns(turns, worker).take)
        return Attempt.of(query, controller, steps=turns.steps, ended=ended, context=context, returned=turns.returned)
    finally:
        folder.remove()


@dataclass(frozen=True, slots=True)
class _CodeTurns:
    """Turns that hold code, run in the sandbox."""

    turns: Turns
    worker: Worker

    async def take(self, text: str) -> Ended | None:
        try:
            code = read_action(text).code
        except UnreadableActionError as exc:
            self.turns.record(text, observed=f"Error: {exc}", error="parse")
            return None if self.worker.alive else Ended("failed")
        result = await self.worker.run(code)
        shown = (
            "" if result.answered else "\n".join(part for part in (result.output.rstrip("\n"), result.error) if part)
        )
        if not shown and not result.answered:
            shown = "(nothing was printed)"
        self.turns.record(text, code=code, observed=shorten(shown), error=result.error_kind)
        if result.answered:
            return Ended("answered", canonical_json(result.answer))
        return None if self.worker.alive else Ended("failed")
