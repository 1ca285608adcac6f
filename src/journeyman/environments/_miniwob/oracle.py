"""Solves episodes: a policy in JavaScript reads the page and says what to do next, mouse and keyboard do it."""

from collections.abc import AsyncIterator
from functools import cache
from importlib import resources
from typing import Any

from journeyman.action_formats.pyautogui_call import (
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Wait,
    Write,
)
from journeyman.browser.elements import EXTRACTION, elements_of, look
from journeyman.environment import OracleStep, ScreenSession
from journeyman.environments._miniwob.session import OVERLAYS, SCREEN, MiniwobSession
from journeyman.errors import ConfigError
from journeyman.schema.screen import Element

MAX_STEPS = 60
"""An episode that takes more has gone wrong."""
_FILES = ("prelude.js", "clicks.js", "looks.js", "forms.js", "pages.js")
_LOOK = look("body", OVERLAYS, *SCREEN)
_ALIKE = 0.5
"""Least share of intersection in union for an element to be the node that a policy chose."""
_INSIDE = 0.9
"""Or else least share of an element that lies inside the node, around the point that is clicked."""


async def oracle(session: ScreenSession) -> AsyncIterator[OracleStep]:
    """The steps that solve an episode.

    Raises:
        ConfigError: ``session`` is none of MiniWoB++.
    """
    if not isinstance(session, MiniwobSession):
        raise ConfigError(f"a {type(session).__name__} is no episode of miniwob; open one with its environment")
    memo: dict[str, Any] = {"k": 0}
    for _ in range(MAX_STEPS):
        found = await session.page.observe(_script(), [session.task, session.goal, memo, _LOOK])
        if found is None:
            return
        memo = found["memo"]
        action = found["action"]
        element, whole = _element_of(action, elements_of(found["elements"], *SCREEN))
        command = _command_of(action, element if whole else None)
        yield command, element, action.get("say") or _sentence(element)


@cache
def _script() -> str:
    folder = resources.files("journeyman.environments._miniwob").joinpath("policies")
    parts = "\n".join(folder.joinpath(name).read_text() for name in _FILES)
    return f"""([task, goal, memo, look]) => {{
  if (WOB_DONE_GLOBAL) return null;
  const POLICIES = {{}};
  {parts}
  const action = POLICIES[task](goal, memo);
  memo.k += 1;
  if (!action) return null;
  // Some pages cover what they ask for: nothing can be done there.
  if (['click', 'move', 'drag'].includes(action.do) && action.x === undefined) return null;
  const extract = {EXTRACTION};
  return {{action, memo, elements: extract(look)}};
}}"""


def _element_of(action: dict[str, Any], elements: tuple[Element, ...]) -> tuple[Element | None, bool]:
    """The element at the point of ``action``, and whether it is the whole node that was chosen."""
    box: dict[str, float] | None = action.get("box")
    if not box:
        return None, False
    wide, high = SCREEN
    left, top, right, bottom = box["left"] / wide, box["top"] / high, box["right"] / wide, box["bottom"] / high
    best: tuple[float, Element | None] = 0.0, None
    for element in elements:
        shared = max(0.0, min(right, element.right) - max(left, element.left)) * max(
            0.0, min(bottom, element.bottom) - max(top, element.top)
        )
        own = (element.right - element.left) * (element.bottom - element.top)
        alike = shared / (own + (right - left) * (bottom - top) - shared)
        inside = shared / own >= _INSIDE and element.holds(*_fraction(action["x"], action["y"]))
        if (alike >= _ALIKE or inside) and alike > best[0]:
            best = alike, element
    return best[1], best[0] >= _ALIKE


def _command_of(action: dict[str, Any], element: Element | None) -> Command:
    match action["do"]:
        case "click":
            return Click(*_point(action, element), clicks=action["clicks"])
        case "move":
            return MoveTo(*_point(action, element))
        case "drag":
            x, y = action["end"]
            start = _fraction(action["x"], action["y"])
            return DragTo(*_fraction(x, y), from_x=start[0], from_y=start[1])
        case "type":
            return Write(action["text"])
        case "press":
            return Press(tuple(action["keys"]))
        case "hotkey":
            return Hotkey(tuple(action["keys"]))
        case "wheel":
            return Scroll(action["pages"])
        case "wait":
            return Wait(action["seconds"])
    raise AssertionError(f"a policy does {action['do']}")


def _point(action: dict[str, Any], element: Element | None) -> tuple[float, float]:
    if element is not None and not action.get("exact"):
        return element.middle
    return _fraction(action["x"], action["y"])


def _fraction(x: float, y: float) -> tuple[float, float]:
    return min(max(x / SCREEN[0], 0.0), 1.0), min(max(y / SCREEN[1], 0.0), 1.0)


def _sentence(element: Element | None) -> str:
    return f'Click "{element.name}".' if element is not None and element.name else "Click it."
