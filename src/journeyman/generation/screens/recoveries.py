"""Slips: some episodes begin with a wrong click on something harmless, and then go on as they should have begun.

An agent that was only shown what is right has never been where it does not want to be. The slip is shown to it among
the previous actions and is no target; the step behind it is, with a thought that says what went wrong.
"""

import random
from collections.abc import Sequence

from journeyman.action_formats.pyautogui_call import Click
from journeyman.environment import Environment, OracleStep, ScreenSession
from journeyman.schema.record import fingerprint
from journeyman.schema.screen import Element, Episode

HARMLESS = ("tab", "link", "menu item", "field")
"""Roles: what shows something else, or takes the focus."""
_MOST_NAME_CHARS = 40


def is_due(seed: int, share: float) -> bool:
    """Whether the episode of ``seed`` is to have a slip; as many as ``share`` are."""
    return int(fingerprint(["slip", seed])[:8], 16) / 16**8 < share


async def wrong_click(environment: Environment, session: ScreenSession, seed: int) -> OracleStep | None:
    """A first click that is not the oracle's; None where that is none, or nothing harmless is on the screen.

    Args:
        environment: Its oracle says what the right first step is.
        session: Just opened; nothing is done here.
        seed: Chooses among what is harmless.
    """
    async for _, right, _ in environment.oracle(session):
        chosen = _harmless(await session.elements(), right, seed) if right is not None else None
        if chosen is None:
            return None
        x, y = chosen.middle
        return Click(x, y), chosen, f'Click the {chosen.role} "{chosen.name}".'
    return None


def is_taken_back(episode: Episode) -> bool:
    """Whether a solved episode's slip was one: what was clicked too early is not what was to be clicked at all."""
    slipped, right = (
        {(step.element.element_id, step.element.name) for step in episode.steps if step.slip is slip and step.element}
        for slip in (True, False)
    )
    return episode.status == "solved" and bool(slipped) and not slipped & right


def _harmless(elements: Sequence[Element], right: Element, seed: int) -> Element | None:
    names = [element.name for element in elements]
    chosen = [
        element
        for element in elements
        if element.role in HARMLESS
        and element.element_id != right.element_id
        and 0 < len(element.name) <= _MOST_NAME_CHARS
        and names.count(element.name) == 1
        and not element.holds(*right.middle)
    ]
    chosen.sort(key=lambda element: element.element_id)
    rng = random.Random(f"slip/{seed}")  # noqa: S311 - reproducible choice, no secret
    return rng.choice(chosen) if chosen else None
