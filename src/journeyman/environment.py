"""What an environment is: tasks on pages that judge themselves. ``environments/`` holds them, one file each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from journeyman.action_formats.pyautogui_call import Command, PluggableFunction
from journeyman.browser.page import GuardedPage
from journeyman.errors import ConfigError
from journeyman.plugins import load_plugin
from journeyman.schema.screen import Element

ActionKind = Literal["click", "double", "type", "key", "wheel", "hover", "drag"]


class Outcome(NamedTuple):
    """How an episode stands."""

    done: bool
    reward: float
    """The page's own, -1 to 1; 0 until it is done. Time does not shrink it."""


@dataclass(frozen=True, slots=True)
class ScreenTask:
    """One kind of goal; a seed makes a page of it."""

    name: str
    """Unique in its environment, e.g. ``click-button``."""
    family: str
    """Tasks alike, e.g. ``buttons``; splits keep families whole."""
    actions: tuple[ActionKind, ...]
    """What the goal takes."""
    max_steps: int
    """Commands that an agent is given."""
    threshold: float = 1.0
    """Least reward that counts as solved; below 1 where the page measures a distance."""

    def is_solved(self, outcome: Outcome) -> bool:
        """Whether the goal was reached."""
        return outcome.done and outcome.reward >= self.threshold


class ScreenSession(Protocol):
    """One episode on one page."""

    @property
    def goal(self) -> str:
        """What is asked, in words."""

    @property
    def width(self) -> int:
        """Pixels of the screenshot."""

    @property
    def height(self) -> int:
        """Pixels of the screenshot."""

    async def screenshot(self) -> bytes:
        """PNG of ``width`` times ``height``."""

    async def elements(self) -> tuple[Element, ...]:
        """What can be hit now, in fractions of the screenshot."""

    async def act(self, command: Command) -> None:
        """Do ``command``.

        Raises:
            ToolError: A key or function that is not known here; nothing was done.
            ScreenError: The page is lost.
        """

    async def outcome(self) -> Outcome:
        """How the episode stands now."""


class DrawnPage(NamedTuple):
    """A page as it is asked about: screenshot and elements are of one rendering."""

    screenshot: bytes
    """PNG."""
    elements: tuple[Element, ...]
    look: str
    """What a split must not cut in two, e.g. app, layout and theme."""
    language: str


OracleStep = tuple[Command, Element | None, str]
"""What to do, the element it is done to (None for keys, scrolling and waiting), and the same in one sentence."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Pages with goals. Equal tasks, seeds and commands give equal screens."""

    name: str
    summary: str
    tasks: tuple[ScreenTask, ...]
    viewport: tuple[int, int] | None
    """CSS pixels of the page that ``open`` wants; None takes any from 320 x 320 on."""
    open: Callable[[GuardedPage, str, int], Awaitable[ScreenSession]]
    """Begin an episode: page, task name, seed. The page may have been used for other episodes before."""
    oracle: Callable[[ScreenSession], AsyncIterator[OracleStep]]
    """The steps that solve an episode which was just opened. It reads the page to decide; whoever asks for the next
    step has done the last one by ``act``. It ends when nothing is left to do."""
    missing: Callable[[], str]
    """What must be installed or set first; empty where nothing must."""
    functions: tuple[PluggableFunction, ...] = ()
    """What may be called beside mouse and keyboard."""
    shown: tuple[int, int] | None = None
    """CSS pixels of the part of the page that screenshots show; None where they show all of it."""
    pages: tuple[str, ...] = ()
    """Pages that ``draw`` can draw; empty where its tasks' first screens are all that there is."""
    draw: Callable[[GuardedPage, str, int, bool], Awaitable[DrawnPage]] | None = None
    """A page without a goal: page, name, seed, and whether it has a look that is kept for evaluation."""

    def task(self, name: str) -> ScreenTask:
        """The task ``name``.

        Raises:
            ConfigError: There is none.
        """
        for task in self.tasks:
            if task.name == name:
                return task
        raise ConfigError(f"no task {name!r} in {self.name}; there is: {', '.join(task.name for task in self.tasks)}")


def load_environment(name: str) -> Environment:
    """The environment ``name``.

    Raises:
        UnknownPluginError: There is none.
    """
    return load_plugin("journeyman.environments", name, "ENVIRONMENT", Environment)
