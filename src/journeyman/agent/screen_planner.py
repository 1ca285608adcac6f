"""How an agent on a screen comes to a plan: its reply is begun with one, or another model says each of its steps."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import ScreenTurn, in_one_line, read_command, read_turn, write_turn
from journeyman.agent.controller import Controller
from journeyman.agent.screen_prompt import DONE, FAIL, begun_plan, grounding_question, planner_system
from journeyman.schema.message import Message

MAX_PLAN_CHARS = 400
"""Of a planner's instruction: a long sentence and a text to type."""

_LABEL = re.compile(r"(?:Observation|Thought|Action):")
_CODE = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*\(|`", re.ASCII)


class UnreadablePlanError(UnreadableActionError):
    """A planner's reply is no instruction; the message says why."""

    def __init__(self, reply: str, why: str) -> None:
        super().__init__(f"the planner's reply is no step: {why}")
        self.reply = reply.encode(errors="backslashreplace").decode()
        """As it came, but for halves of surrogate pairs, which cannot be stored."""


class EnforcedPlanController:
    """Another controller that has to think before it acts: each of its replies is begun with a thought."""

    def __init__(self, acting: Controller) -> None:
        """Begin the replies of ``acting``."""
        self._acting = acting

    @property
    def name(self) -> str:
        """Who acts."""
        return self._acting.name

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        """The whole reply, its beginning included; ``messages`` end in a user turn."""
        return await self._acting.act([*messages, begun_plan()], media)


class PlannedController:
    """Two models as one: a planner says each step in a sentence, a grounder does it.

    The planner is shown what the agent would be: screenshot, goal and the instructions so far, which are its own. The
    grounder is shown the screenshot and the one instruction, as a pair of grounding shows them.
    """

    def __init__(self, planner: Controller, grounder: Controller) -> None:
        """Let ``grounder`` do what ``planner`` says."""
        self._planner = planner
        self._grounder = grounder

    @property
    def name(self) -> str:
        """Who acts: the grounder."""
        return self._grounder.name

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        """One turn: the planner's instruction and the grounder's command, or the end of the episode.

        Where the grounder's reply holds no command, it stands behind the instruction as it came.

        Args:
            messages: System turn and question of a screen, as the agent itself would be shown them.
            media: Bytes of the screenshot, by sha256.

        Raises:
            UnreadablePlanError: The planner's reply is no instruction.
        """
        system, question = messages
        plan = read_plan(await self._planner.act([planner_system(), question], media))
        if plan in (DONE, FAIL):
            return write_turn(ScreenTurn(read_command(plan)))
        asked = grounding_question(plan, question.images[0])
        reply = await self._grounder.act([system, asked], media)
        try:
            turn = read_turn(reply)
        except UnreadableActionError:
            return f"Action: {plan}\n{reply}"
        return write_turn(replace(turn, instruction=plan))


def read_plan(reply: str) -> str:
    """The instruction in a planner's reply, or ``DONE`` or ``FAIL``.

    Raises:
        UnreadablePlanError: It is blank, longer than a line or ``MAX_PLAN_CHARS``, a labelled line of a turn, code, or
            no text.
    """
    said = reply.strip()
    if said.rstrip(".") in (DONE, FAIL):
        return said.rstrip(".")
    lines = len(said.splitlines())
    refused = {
        "it is blank": not said,
        f"it has {lines} lines; one sentence on one line is wanted": lines > 1,
        f"it has {len(said)} characters; {MAX_PLAN_CHARS} is the limit": len(said) > MAX_PLAN_CHARS,
        "it begins with a label; the bare sentence is wanted": bool(_LABEL.match(said)),
        "it is code; say in words what is to be done": bool(_CODE.match(said)),
        "it holds half of a surrogate pair, which is no character": any("\ud800" <= c <= "\udfff" for c in said),
    }
    why = next((why for why, is_so in refused.items() if is_so), "")
    if why:
        raise UnreadablePlanError(reply, why)
    return in_one_line(said)
