"""One query, solved step by step: the controller writes code, the sandbox runs it, tools answer.

Nothing here knows whether a teacher, a tuned model or a baseline acts; many runs share one event
loop, one toolbox and one sandbox. The host's own log of tool calls is what a trajectory records:
code in the sandbox can print anything it likes.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journeyman.agent.controller import Controller
from journeyman.agent.offer import Offer
from journeyman.agent.prompt import action_message, observation, opening, shorten, system_prompt
from journeyman.agent.python_block import UnreadableActionError, read_action
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.sandbox import Sandbox, StepResult, Worker
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message, TextPart
from journeyman.schema.problem import AS_IN_THE_RECIPE, ToolChange
from journeyman.schema.query import Query
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.tool import ToolFiles
from journeyman.toolbox import Toolbox, ToolSession

MAX_UNREADABLE = 3
"""Turns in a row without a readable action that end a run, as T3-Agent's: it would not recover, only cost."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What runs share."""

    toolbox: Toolbox
    sandbox: Sandbox
    max_steps: int


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may use up besides the workbench's steps; 0 sets no limit."""

    max_tokens: int = 0
    """Tokens that the controller may write in all."""
    max_seconds: float = 0.0
    """Wall time of the run, waiting for a shared model included."""
    tokens_of: Callable[[str], int] = len
    """Tokens of a text that the controller wrote."""


NO_LIMITS = RunLimits()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A finished run and the pictures its tools returned."""

    trajectory: Trajectory
    media: tuple[MediaFile, ...]


async def run_query(
    query: Query,
    *,
    controller: Controller,
    bench: Workbench,
    media: Mapping[str, bytes],
    change: ToolChange = AS_IN_THE_RECIPE,
    limits: RunLimits = NO_LIMITS,
) -> Attempt:
    """Let ``controller`` solve ``query``.

    Args:
        query: What is asked.
        controller: Who acts.
        bench: Tools and sandbox.
        media: Bytes of every file of the query, by sha256.
        change: How the run's tools differ from the workbench's.
        limits: What ends the run early; it then says so in its status.

    Raises:
        KeyError: A file of the query is not in ``media``.
    """
    folder = SessionFolder.create(bench.sandbox.home, bench.sandbox.limits)
    try:
        for ref in query.files:
            folder.put(ref.name, media[ref.sha256])
        session = bench.toolbox.session(ToolFiles(root=folder.root, read=folder.read, write=folder.write))
        offer = Offer.of(bench.toolbox.cards, change)
        run = _Run(query, controller, bench, folder, session, offer, dict(media), limits)
        async with bench.sandbox.worker(folder, offer.names, run.broker) as worker:
            return await run.to_the_end(worker)
    finally:
        folder.remove()


@dataclass
class _Run:
    query: Query
    controller: Controller
    bench: Workbench
    folder: SessionFolder
    session: ToolSession
    offer: Offer
    media: dict[str, bytes]
    limits: RunLimits
    steps: list[Step] = field(default_factory=list)
    returned: dict[str, MediaFile] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)

    async def broker(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Answer one tool call from inside the sandbox; the log is kept here, outside."""
        result = await self.offer.call(self.session, name, args, kwargs)
        for picture in result.images:
            data = self.folder.read(picture)
            digest = sha256_hex(data)
            self.media[digest] = data
            self.images.append(digest)
            self.returned[digest] = MediaFile(
                sha256=digest,
                media_type="image/png",
                size_bytes=len(data),
                source=f"tool:{name}",
                licence="as its input",
                data=data,
            )
        return result.value

    async def to_the_end(self, worker: Worker) -> Attempt:
        system = Message(role="system", content=(TextPart(text=system_prompt(self.offer.cards)),))
        messages = [system, opening(self.query)]
        started, written = time.monotonic(), 0
        for _ in range(self.bench.max_steps):
            try:
                async with asyncio.timeout(self._seconds_left(started)):
                    action = await self.controller.act(messages, self.media)
                    written += self.limits.tokens_of(action) if self.limits.max_tokens else 0
                    if written > self.limits.max_tokens:
                        self._record(action, code="", observed="", error="tokens")
                        return self._finished("out_of_tokens", "")
                    result = await self._step(action, worker)
            except TimeoutError:
                if not self.limits.max_seconds:
                    raise
                return self._finished("out_of_time", "")
            step = self.steps[-1]
            if result is not None and result.answered:
                return self._finished("answered", canonical_json(result.answer))
            if not worker.alive or self._lost():
                return self._finished("failed", "")
            messages += [action_message(step), observation(step.observation, step.images)]
        return self._finished("max_steps", "")

    def _seconds_left(self, started: float) -> float | None:
        if not self.limits.max_seconds:
            return None
        return max(0.0, started + self.limits.max_seconds - time.monotonic())

    def _lost(self) -> bool:
        last = self.steps[-MAX_UNREADABLE:]
        return len(last) == MAX_UNREADABLE and all(step.error == "parse" for step in last)

    async def _step(self, text: str, worker: Worker) -> StepResult | None:
        self.images = []
        try:
            code = read_action(text).code
        except UnreadableActionError as exc:
            self._record(text, code="", observed=f"Error: {exc}", error="parse")
            return None
        result = await worker.run(code)
        shown = (
            "" if result.answered else "\n".join(part for part in (result.output.rstrip("\n"), result.error) if part)
        )
        if not shown and not result.answered:
            shown = "(nothing was printed)"
        self._record(text, code=code, observed=shorten(shown), error=result.error_kind)
        return result

    def _record(self, text: str, *, code: str, observed: str, error: str) -> None:
        logged = sum(len(step.tool_calls) for step in self.steps)
        self.steps.append(
            Step(
                action=text,
                code=code,
                observation=observed,
                images=tuple(self.images),
                tool_calls=tuple(self.session.log[logged:]),
                error=error,
            )
        )

    def _finished(self, status: str, answer_json: str) -> Attempt:
        trajectory = Trajectory.model_validate(
            {
                "trajectory_id": fingerprint([self.query.query_id, self.controller.name])[:16],
                "query_id": self.query.query_id,
                "steps": tuple(self.steps),
                "answer_json": answer_json,
                "status": status,
                "controller": self.controller.name,
            }
        )
        return Attempt(trajectory, tuple(self.returned[digest] for digest in sorted(self.returned)))
