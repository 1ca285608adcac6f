"""Turns of one run until it answers or a limit ends it: what runs of code and runs of skills share.

The host's own log of tool calls is what a trajectory records, whatever the agent says it did.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journeyman.agent.controller import Controller
from journeyman.agent.offer import Offer
from journeyman.agent.prompt import action_message, shown_after
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.sandbox import Sandbox
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message
from journeyman.schema.query import Query
from journeyman.schema.record import fingerprint, sha256_hex
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.toolbox import Toolbox, ToolSession

MAX_UNREADABLE = 3
"""Turns in a row without a readable action that end a run, as T3-Agent's: it would not recover, only cost."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What runs share."""

    toolbox: Toolbox
    sandbox: Sandbox | None
    """Where the agent's code runs; None where its turns hold none."""
    home: Path
    """Folders of runs are made in it; the sandbox's, where there is one."""
    max_steps: int
    action_format: str = "python_block"
    """How the agent's turns are written: ``python_block`` or ``skill_json``."""
    shown_first: tuple[str, ...] = ()
    """Tools that the host runs on a question's first picture, to show their results with the question."""
    listed: bool = True
    """Whether an agent of ``skill_json`` is told its skills; one that was trained on them alone is not."""


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
class Ended:
    """How a run ended: a trajectory's status, and its answer."""

    status: str
    answer_json: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A finished run and the pictures its tools returned."""

    trajectory: Trajectory
    media: tuple[MediaFile, ...]

    @classmethod
    def of(
        cls,
        query: Query,
        controller: Controller,
        *,
        steps: Sequence[Step],
        ended: Ended,
        context: str,
        returned: dict[str, MediaFile],
    ) -> "Attempt":
        """The run of ``controller`` on ``query``; ``returned`` are the pictures by sha256."""
        trajectory = Trajectory.model_validate(
            {
                "trajectory_id": fingerprint([query.query_id, controller.name])[:16],
                "query_id": query.query_id,
                "steps": tuple(steps),
                "answer_json": ended.answer_json,
                "status": ended.status,
                "controller": controller.name,
                "context": context,
            }
        )
        return cls(trajectory, tuple(returned[digest] for digest in sorted(returned)))


TakeTurn = Callable[[str], Awaitable[Ended | None]]
"""Does what a turn's text says and records it as a step; says how the run ended, None where it goes on."""


@dataclass
class Turns:
    """One run under way: its tools, its steps, and the pictures that its tools returned."""

    controller: Controller
    bench: Workbench
    folder: SessionFolder
    session: ToolSession
    offer: Offer
    media: dict[str, bytes]
    """Bytes of every picture that can be shown, by sha256; pictures that tools return are added."""
    limits: RunLimits
    returned: dict[str, MediaFile] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    _images: list[str] = field(default_factory=list)
    _logged: int = 0

    def __post_init__(self) -> None:
        self._logged = len(self.session.log)

    async def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Answer one tool call of the agent; the log is kept here, outside of its reach.

        Raises:
            ToolError: For the agent.
            ArtifactError: A replay, and the call was never recorded.
        """
        result = await self.offer.call(self.session, name, args, kwargs)
        for picture in result.images:
            data = self.folder.read(picture)
            digest = sha256_hex(data)
            self.media[digest] = data
            self._images.append(digest)
            self.returned[digest] = MediaFile(
                sha256=digest,
                media_type="image/png",
                size_bytes=len(data),
                source=f"tool:{name}",
                licence="as its input",
                data=data,
            )
        return result.value

    def record(self, action: str, *, code: str = "", observed: str = "", error: str = "") -> None:
        """Add a step: a turn's text, what came of it, and the calls and pictures since the last one."""
        self.steps.append(
            Step(
                action=action,
                code=code,
                observation=observed,
                images=tuple(self._images),
                tool_calls=tuple(self.session.log[self._logged :]),
                error=error,
            )
        )
        self._images, self._logged = [], len(self.session.log)

    async def to_the_end(self, messages: list[Message], take: TakeTurn) -> Ended:
        """Have the controller act until the run ends; ``messages`` grows by its turns and what they brought."""
        started, written = time.monotonic(), 0
        for _ in range(self.bench.max_steps):
            try:
                async with asyncio.timeout(self._seconds_left(started)):
                    action = await self.controller.act(messages, self.media)
                    written += self.limits.tokens_of(action) if self.limits.max_tokens else 0
                    if written > self.limits.max_tokens:
                        self.record(action, error="tokens")
                        return Ended("out_of_tokens")
                    ended = await take(action)
            except TimeoutError:
                if not self.limits.max_seconds:
                    raise
                return Ended("out_of_time")
            if ended is not None:
                return ended
            if self._lost():
                return Ended("failed")
            messages += [action_message(self.steps[-1]), shown_after(self.steps[-1])]
        return Ended("max_steps")

    def _seconds_left(self, started: float) -> float | None:
        if not self.limits.max_seconds:
            return None
        return max(0.0, started + self.limits.max_seconds - time.monotonic())

    def _lost(self) -> bool:
        last = self.steps[-MAX_UNREADABLE:]
        return len(last) == MAX_UNREADABLE and all(step.error == "parse" for step in last)
