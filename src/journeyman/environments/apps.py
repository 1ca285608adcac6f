"""Seven small web apps of our own: pages with known truth for grounding, and tasks that the pages judge.

A page is one HTML string made from an app, a seed, a theme, a language, a layout and a scale. It asks nobody for
anything. Each part that can be acted on says what it is, what it does and what it looks like, so that an instruction
about it is true by construction; each task is judged by the page's whole state, so that a side effect is no solution.
"""

import random

from journeyman.browser.page import GuardedPage
from journeyman.browser.wall import missing
from journeyman.environment import DrawnPage, Environment, ScreenSession, ScreenTask
from journeyman.environments._apps.page import draw_page
from journeyman.environments._apps.session import FUNCTIONS, AppSession, oracle
from journeyman.environments._apps.shelf import APPS as SHELF
from journeyman.environments._apps.spec import APPS, LANGUAGES, LAYOUTS, SIZES, THEMES, PageSpec
from journeyman.errors import ConfigError
from journeyman.schema.screen import Element

__all__ = [
    "APPS",
    "ENVIRONMENT",
    "IMPOSSIBLE",
    "LANGUAGES",
    "LAYOUTS",
    "SIZES",
    "THEMES",
    "PageSpec",
    "annotated_page",
    "spec_of",
]

UNSEEN_THEMES, UNSEEN_LAYOUTS = THEMES[12:], LAYOUTS[6:]
"""Looks that are kept for evaluation: no training page and no episode has one."""
_SEEN_THEMES, _SEEN_LAYOUTS = THEMES[:12], LAYOUTS[:6]
_MAX_STEPS = 15
"""The longest plan has 6 steps, and a page may have to be scrolled before each."""

IMPOSSIBLE = tuple(f"{app.name}/{kind.name}" for app in SHELF.values() for kind in app.tasks if not kind.possible)
"""Tasks that ask for what is not there: the right thing is ``terminate(status="failure")``."""


def spec_of(task: str, seed: int, size: tuple[int, int] = (1280, 800)) -> PageSpec:
    """The page of ``size`` that ``task`` with ``seed`` is set on; it has none of the looks kept for evaluation.

    Raises:
        ConfigError: There is no such app, or the size is too small.
    """
    page_seed = random.Random(f"{task} {seed}").randrange(2**31)  # noqa: S311 - reproducible choice, no secret
    app = task.partition("/")[0]
    return PageSpec.draw(page_seed, themes=_SEEN_THEMES, layouts=_SEEN_LAYOUTS, apps=(app,), sizes=(size,))


async def annotated_page(page: GuardedPage, spec: PageSpec) -> tuple[bytes, tuple[Element, ...]]:
    """Screenshot and elements of the page of ``spec``, both from one rendering.

    Args:
        page: With the viewport that ``spec`` names; any scale.
        spec: What to show.

    Raises:
        ConfigError: The viewport of ``page`` is another.
        ScreenError: The page was lost.
    """
    shown = page.page.viewport_size
    if shown != {"width": spec.width, "height": spec.height}:
        raise ConfigError(f"a page of {spec.width}x{spec.height} needs a viewport of that size, not {shown}")
    await page.show(draw_page(spec).html)
    return await page.screenshot(), await page.elements()


async def _open(page: GuardedPage, task: str, seed: int) -> ScreenSession:
    drawn = draw_page(spec_of(task, seed, _size_of(page)), task)
    assert drawn.assignment is not None
    await page.show(drawn.html)
    return AppSession(page, drawn.assignment)


async def _draw(page: GuardedPage, app: str, seed: int, unseen_look: bool) -> DrawnPage:
    themes, layouts = (UNSEEN_THEMES, UNSEEN_LAYOUTS) if unseen_look else (_SEEN_THEMES, _SEEN_LAYOUTS)
    spec = PageSpec.draw(seed, themes=themes, layouts=layouts, apps=(app,), sizes=(_size_of(page),))
    screenshot, elements = await annotated_page(page, spec)
    return DrawnPage(screenshot, elements, spec.family, spec.language)


def _size_of(page: GuardedPage) -> tuple[int, int]:
    shown = page.page.viewport_size
    assert shown is not None, "a page of the pool has a viewport"
    return shown["width"], shown["height"]


ENVIRONMENT = Environment(
    name="apps",
    summary="Seven generated web apps (shop, mail, calendar, table, form, settings, map) with tasks they judge",
    tasks=tuple(
        ScreenTask(f"{app.name}/{kind.name}", app.name, kind.actions, max_steps=_MAX_STEPS)
        for app in SHELF.values()
        for kind in app.tasks
    ),
    functions=FUNCTIONS,
    viewport=None,
    pages=APPS,
    draw=_draw,
    open=_open,
    oracle=oracle,
    missing=missing,
)
