"""Screens as GUI agents see them: elements with boxes, instructions about them, and episodes of actions.

Aguvis' released data has points alone, so that no scorer can be built from it, and neither episode nor
step ids. Here boxes come from the page that was drawn, and a step can be played again from seed and actions.
"""

from typing import Literal

from journeyman.schema.query import Split
from journeyman.schema.record import Record

GROUNDING, PLANNING = "grounding", "planning"
"""Families of examples that are made of screens: pages, and steps of episodes. Training's stages choose by them."""
ElementKind = Literal["text", "icon"]
"""``text`` where words can be read on it, ``icon`` where it has none: ScreenSpot's two kinds."""
TemplateStyle = Literal["name", "look", "place", "function"]
InstructionStyle = Literal[TemplateStyle, "teacher"]
"""What an instruction tells its element by; ``teacher`` where a model worded it freely."""


class Element(Record):
    """Something that can be acted on, and that a click on its middle would hit."""

    element_id: str
    """Unique on its screen."""
    kind: ElementKind
    role: str
    """E.g. ``button``, ``link``, ``field``, ``checkbox``, ``tab``, ``cell``."""
    name: str
    """Words on it, or else its accessible name; empty where it has none."""
    function: str
    """What it does, e.g. ``opens the cart``; empty where the page does not say."""
    look: str
    """What it looks like, e.g. ``round red button``; empty where nothing about it is remarkable."""
    left: float
    """Share of the screenshot's width, 0 to 1; so are the others, of width or height."""
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        """Where a click hits it."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is on it, edges included."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


class Screen(Record):
    """A screenshot and everything on it that can be hit."""

    screen_id: str
    split: Split
    family: str
    """App, layout and theme, or the task where an environment has no looks."""
    unseen_look: bool
    """Whether training has no page of its theme or layout."""
    environment: str
    """Plugin on the ``environments`` shelf."""
    task: str
    """Page or task of the environment."""
    seed: int
    language: str
    width: int
    """Pixels of the screenshot."""
    height: int
    screenshot: str
    """sha256 of a PNG."""
    elements: tuple[Element, ...]


class Grounding(Record):
    """An instruction about one screen that one element satisfies: what stage 1 of Aguvis learns from."""

    grounding_id: str
    screen_id: str
    screenshot: str
    split: Split
    family: str
    instruction: str
    style: InstructionStyle
    element: Element
    action: str
    """The command, as ``pyautogui_call`` writes it."""
    teacher: str
    """Model name of who worded it; empty for a template."""


class ScreenStep(Record):
    """One action of an episode, and what was on the screen before it."""

    screenshot: str
    """sha256 of the PNG before the action."""
    action: str
    """The command, as ``pyautogui_call`` writes it."""
    element: Element | None
    """What was acted on; None for keys, scrolling and waiting."""
    instruction: str = ""
    """What is done, in one sentence."""
    thought: str = ""
    observation: str = ""
    teacher: str = ""
    """Model name of who wrote thought and observation; empty where there are none."""
    slip: bool = False
    """A wrong act, which the steps behind it take back: shown as a previous action, never as what to do."""


class Episode(Record):
    """A goal pursued on a page; environment, task, seed and actions play it again."""

    episode_id: str
    split: Split
    family: str
    environment: str
    task: str
    seed: int
    goal: str
    width: int
    height: int
    steps: tuple[ScreenStep, ...]
    reward: float
    """The page's own, -1 to 1."""
    status: Literal["solved", "unsolved", "failed"]
    """``failed`` where the page was lost; its cause is in ``cause``."""
    cause: str
    actor: str
    """``oracle``, or the model name of a teacher."""
