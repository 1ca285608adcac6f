"""An episode on a page of an app, and the one who knows how it is done."""

import logging
from collections.abc import AsyncIterator

from journeyman.action_formats.pyautogui_call import (
    ANSWER,
    TERMINATE,
    Call,
    Click,
    Command,
    DragTo,
    Press,
    Scroll,
    Write,
)
from journeyman.browser.page import GuardedPage
from journeyman.environment import OracleStep, Outcome, ScreenSession
from journeyman.environments._apps.app import Assignment, Move
from journeyman.schema.screen import Element

logger = logging.getLogger(__name__)

FUNCTIONS = (ANSWER, TERMINATE)

_TRIES = 5
"""Scrolls and closed banners until an element must have come to light."""
_STILL = 0.04
"""Pages below which scrolling brings nothing."""
_PLACE = """id => {
  const box = document.querySelector(`[data-id="${CSS.escape(id)}"]`)?.getBoundingClientRect();
  return box && box.height ? (box.top + box.bottom) / 2 / innerHeight : null;
}"""
_VALUE = """id => Number(document.querySelector(`[data-id="${CSS.escape(id)}"]`).getAttribute("aria-valuenow")) / 100"""


class AppSession:
    """A task on a page that is shown; the page says what came of it, but for what an agent says instead of doing."""

    def __init__(self, page: GuardedPage, assignment: Assignment) -> None:
        """Args: page: Shows the task's page already. assignment: Its task."""
        self.page = page
        self.assignment = assignment
        self.goal = assignment.goal
        self.width, self.height = page.size
        self._said: float | None = None

    async def screenshot(self) -> bytes:
        """PNG of the screen."""
        return await self.page.screenshot()

    async def elements(self) -> tuple[Element, ...]:
        """What can be hit on it."""
        return await self.page.elements()

    async def act(self, command: Command) -> None:
        """Do ``command``; an answer or the end of the episode is noted here, all else is the browser's.

        Raises:
            ScreenError: The page is lost.
            ToolError: A key or a function that there is not.
        """
        match command:
            case Call("terminate", arguments):
                gave_up = dict(arguments).get("status") == "failure"
                await self._conclude(gave_up and self.assignment.want is None and self.assignment.answer is None)
            case Call("answer", arguments):
                await self._conclude(self._is_right(str(dict(arguments).get("answer", ""))))
            case _:
                await self.page.perform(command)

    async def outcome(self) -> Outcome:
        """Whether the episode is over, and its reward: 1 done, 0 not, -1 where something else was done for good."""
        if self._said is not None:
            return Outcome(True, self._said)
        done, reward = await self.page.evaluate("() => [window.journeyman.done(), window.journeyman.reward()]")
        return Outcome(bool(done), float(reward))

    async def _conclude(self, right: bool) -> None:
        before = await self.outcome()
        self._said = before.reward if before.done else float(right)

    def _is_right(self, answer: str) -> bool:
        wanted = self.assignment.answer
        return wanted is not None and answer.strip().casefold() == wanted.casefold()


async def oracle(session: ScreenSession) -> AsyncIterator[OracleStep]:
    """The steps that solve the task: each command, what it acts on, and what it does in one sentence.

    The caller acts; what comes next is decided by looking at the page then.
    """
    assert isinstance(session, AppSession)
    for move in session.assignment.plan:
        if not move.target or move.kind == "call":
            yield _spoken(move), None, move.say
            continue
        for name in filter(None, (move.target, move.onto)):
            async for step in _brought_to_light(session, name):
                yield step
        found = {element.element_id: element for element in await session.elements()}
        if move.target not in found or (move.onto and move.onto not in found):
            logger.warning("the oracle does not see %s for %r", move.target, session.goal)
            return
        yield await _pointed(session, move, found), found[move.target], move.say


async def _brought_to_light(session: AppSession, name: str) -> AsyncIterator[OracleStep]:
    for _ in range(_TRIES):
        found = {element.element_id: element for element in await session.elements()}
        place = await session.page.evaluate(_PLACE, name)
        if name in found or place is None:
            return
        banner = found.get("cookies-no")
        if banner is not None and 0 < place < 1:
            yield Click(*_at(*banner.middle)), banner, "Decline the cookies, whose notice is in the way."
            continue
        pages = round(max(-1.0, min(1.0, place - 0.5)), 2)
        if abs(pages) < _STILL:
            return
        yield Scroll(pages), None, f"Scroll {'down' if pages > 0 else 'up'} to see more of the page."


async def _pointed(session: AppSession, move: Move, found: dict[str, Element]) -> Command:
    element = found[move.target]
    x, y = _at(*element.middle)
    match move.kind:
        case "drag":
            return DragTo(*_at(*found[move.onto].middle), x, y)
        case "slide":
            width = element.right - element.left
            now = await session.page.evaluate(_VALUE, move.target)
            knob, _ = _at(element.left + width * now, y)
            return DragTo(*_at(element.left + width * move.share, y), knob, y)
        case "triple":
            return Click(x, y, clicks=3)
        case _:
            return Click(x, y)


def _spoken(move: Move) -> Command:
    match move.kind:
        case "write":
            return Write(move.text)
        case "press":
            return Press((move.text,))
        case _ if move.target == "answer":
            return Call("answer", (("answer", move.text),))
        case _:
            return Call("terminate", (("status", move.text),))


def _at(x: float, y: float) -> tuple[float, float]:
    # As many digits as commands are written with, so that what is stored is what was done.
    return round(x, 4), round(y, 4)
