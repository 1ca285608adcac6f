"""A talk in which skills are called: question after question over the same files, the turns of skills hidden.

Files that skills wrote stay, so that a later question can go on with them; a run of one query is a
talk of one question.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.skill_json import read_turn
from journeyman.agent.controller import Controller
from journeyman.agent.mask_names import MaskNames
from journeyman.agent.offer import Offer
from journeyman.agent.prompt import (
    UNLISTED,
    action_message,
    question,
    skill_observation,
    system_prompt,
    unreadable_turn,
)
from journeyman.agent.skill_calls import call_skills, results_shown_first
from journeyman.agent.turns import NO_LIMITS, Ended, RunLimits, Turns, Workbench
from journeyman.sandbox.folder import SessionFolder
from journeyman.schema.media import MediaFile
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.problem import AS_IN_THE_RECIPE, ToolChange
from journeyman.schema.query import FileRef
from journeyman.schema.record import canonical_json
from journeyman.schema.trajectory import Step
from journeyman.tool import ToolFiles


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that comes with a question."""

    ref: FileRef
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one question."""

    value: str
    """What the user is told; empty where the run ended without an answer."""
    ended: Ended
    steps: tuple[Step, ...]
    """Every turn that the question took, the answer's included."""
    artifacts: tuple[str, ...]
    """Names of files that skills wrote for it; :meth:`SkillSession.read` gives their bytes."""
    context: str
    """Results of skills that were run before the first turn."""

    @property
    def hidden(self) -> tuple[Step, ...]:
        """The turns that the user is not shown unless they ask: all but the one that answered."""
        return self.steps[:-1] if self.ended.status == "answered" else self.steps


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its reply."""

    text: str
    files: tuple[FileRef, ...]
    reply: Reply


class SkillSession:
    """One talk; made by :meth:`open`. Its questions are asked one at a time."""

    def __init__(
        self, controller: Controller, bench: Workbench, folder: SessionFolder, offer: Offer, limits: RunLimits
    ) -> None:
        """Talk to ``controller`` over ``folder``."""
        self._controller = controller
        self._bench = bench
        self._folder = folder
        self._files = ToolFiles(root=folder.root, read=folder.read, write=folder.write)
        self._session = bench.toolbox.session(self._files)
        self._offer = offer
        self._limits = limits
        self._one_at_a_time = asyncio.Lock()
        self._media: dict[str, bytes] = {}
        text = system_prompt(offer.cards, "skill_json") if bench.listed else UNLISTED
        self._messages = [Message(role="system", content=(TextPart(text=text),))]
        self.returned: dict[str, MediaFile] = {}
        """Pictures that skills returned, by sha256."""
        self.exchanges: list[Exchange] = []
        """What was asked and replied, in order."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        controller: Controller,
        bench: Workbench,
        change: ToolChange = AS_IN_THE_RECIPE,
        limits: RunLimits = NO_LIMITS,
    ) -> AsyncIterator["SkillSession"]:
        """A talk over a folder of its own, which is deleted on leaving.

        Args:
            controller: Who acts.
            bench: Its tools are the skills.
            change: How the talk's tools differ from the workbench's.
            limits: Of each question.
        """
        folder = SessionFolder.create(bench.home)
        try:
            yield cls(controller, bench, folder, Offer.of(bench.toolbox.cards, change), limits)
        finally:
            folder.remove()

    async def ask(self, text: str, pictures: Sequence[Attached] = ()) -> Reply:
        """Have the controller answer ``text``, with what was asked before in its sight.

        A question that ends without an answer is left out of what it sees later, so that a talk always
        alternates; the files that its skills wrote stay.

        Args:
            text: The question.
            pictures: New files; other files than pictures are named to the agent and not shown.

        Raises:
            ToolError: A file's name is taken or is no plain name, or the file is too large.
            ArtifactError: A replay, and a call was never recorded.
        """
        async with self._one_at_a_time:
            for given in pictures:
                self._folder.put(given.ref.name, given.data)
                self._media[given.ref.sha256] = given.data
            refs = tuple(given.ref for given in pictures)
            before = set(self._folder.names())
            masks = MaskNames()
            context = await results_shown_first(
                self._bench.shown_first,
                refs,
                toolbox=self._bench.toolbox,
                offer=self._offer,
                folder=self._files,
                shown=masks.shown,
            )
            turns = Turns(
                controller=self._controller,
                bench=self._bench,
                folder=self._folder,
                session=self._session,
                offer=self._offer,
                media=self._media,
                limits=self._limits,
                returned=self.returned,
            )
            messages = [*self._messages, question(text, refs, context)]
            ended = await turns.to_the_end(messages, _SkillTurns(turns, text, masks).take)
            if ended.status == "answered":
                self._messages = [*messages, action_message(turns.steps[-1])]
            reply = Reply(
                value=read_turn(turns.steps[-1].action).value if ended.status == "answered" else "",
                ended=ended,
                steps=tuple(turns.steps),
                artifacts=tuple(name for name in self._folder.names() if name not in before),
                context=context,
            )
            self.exchanges.append(Exchange(text, refs, reply))
            return reply

    def read(self, name: str) -> bytes:
        """Bytes of a file of the talk.

        Raises:
            ToolError: There is none of that name.
        """
        return self._folder.read(name)


def visible_turns(exchanges: Iterable[Exchange]) -> tuple[Message, ...]:
    """What the user sees of a talk: their own questions with their pictures, and final values.

    A question without an answer stands without a reply.
    """
    turns = []
    for exchange in exchanges:
        pictures = [ImagePart(sha256=ref.sha256) for ref in exchange.files if ref.media_type.startswith("image/")]
        turns.append(Message(role="user", content=(TextPart(text=exchange.text), *pictures)))
        if exchange.reply.ended.status == "answered":
            turns.append(Message(role="assistant", content=(TextPart(text=exchange.reply.value),)))
    return tuple(turns)


@dataclass(frozen=True, slots=True)
class _SkillTurns:
    """Turns that call skills, or answer."""

    turns: Turns
    question: str
    masks: MaskNames

    async def take(self, text: str) -> Ended | None:
        try:
            turn = read_turn(text)
        except UnreadableActionError as exc:
            self.turns.record(text, observed=unreadable_turn(str(exc), self.question), error="parse")
            return None
        if not turn.actions:
            self.turns.record(text)
            return Ended("answered", canonical_json(turn.value))
        lines, slipped = await call_skills(turn.actions, self.turns, self.masks)
        observed = skill_observation(lines, self.question)
        self.turns.record(text, observed=observed, error="execution" if slipped else "")
        return None
