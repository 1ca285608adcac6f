"""Pages of generated apps: text first, then as a browser draws them."""

import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from journeyman.browser.page import GuardedPage
from journeyman.environments._apps.page import Page, draw_page
from journeyman.environments._apps.shelf import APPS as SHELF
from journeyman.environments._apps.themes import THEMES as THEME_TABLE
from journeyman.environments._apps.themes import look_of
from journeyman.environments.apps import (
    APPS,
    IMPOSSIBLE,
    LANGUAGES,
    LAYOUTS,
    SIZES,
    THEMES,
    PageSpec,
    annotated_page,
)
from journeyman.errors import ConfigError
from journeyman.schema.screen import Element
from tests.browsers import Browsers

TASKS = tuple(f"{app.name}/{kind.name}" for app in SHELF.values() for kind in app.tasks)
WIDTH, HEIGHT = SIZES[0]


class Marked(HTMLParser):
    """The marked elements of a page, and the words on it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.marks: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self._code = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code = tag in ("script", "style")
        if "data-id" in dict(attrs):
            self.marks.append({"tag": tag, **dict(attrs)})

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.words.append(data)


def spec_for(app: str, seed: int = 0, **changes: str) -> PageSpec:
    return PageSpec.draw(seed, apps=(app,), **{f"{key}s": (value,) for key, value in changes.items()})


@pytest.mark.parametrize("app", APPS)
def test_equal_specifications_give_equal_text_and_other_seeds_other_text(app: str) -> None:
    texts = [draw_page(spec_for(app, seed)).html for seed in range(4)]
    assert texts == [draw_page(spec_for(app, seed)).html for seed in range(4)]
    assert len(set(texts)) == 4


@pytest.mark.parametrize("app", APPS)
def test_every_part_has_an_id_of_its_own_a_role_and_a_function(app: str) -> None:
    for seed in range(5):
        marks = Marked(draw_page(spec_for(app, seed)).html).marks
        ids = [mark["data-id"] for mark in marks]
        assert len(ids) == len(set(ids))
        assert all(mark["data-role"] and mark["data-function"] for mark in marks)
        assert any("bare" in str(mark.get("class")).split() and mark["aria-label"] for mark in marks)


@pytest.mark.parametrize("app", APPS)
def test_a_page_names_nothing_outside_itself(app: str) -> None:
    for seed in range(4):
        html = draw_page(spec_for(app, seed)).html
        # An icon of nothing, so that none is asked for, and a place in the page itself.
        own = r"<link(?! rel=\"icon\" href=\"data:,\"| rel=\"expect\" href=\"#)"
        assert not re.search(rf"https?:|//[a-z]|url\(|@import|\ssrc=|{own}", html)


@pytest.mark.parametrize("app", APPS)
def test_languages_differ_but_functions_stay_english(app: str) -> None:
    pages = {language: Marked(draw_page(spec_for(app, 3, language=language)).html) for language in LANGUAGES}
    words = {language: " ".join(page.words) for language, page in pages.items()}
    assert len(set(words.values())) == len(LANGUAGES)
    assert "Buscar" in {str(mark["aria-label"]) for mark in pages["es"].marks if mark["data-id"] == "search"}
    tools = {
        language: {mark["data-id"]: mark["data-function"] for mark in page.marks if "panel" in str(mark["data-id"])}
        for language, page in pages.items()
    }
    assert tools["en"] == tools["de"] == tools["fr"] == tools["es"]


def test_looks_follow_the_theme() -> None:
    assert look_of(THEME_TABLE["paper"], "danger", icon="bin", lettered=False) == "round red button with a bin"
    assert look_of(THEME_TABLE["console"], "primary") == "outlined green button"
    assert look_of(THEME_TABLE["blocks"], "primary", icon="plus") == "yellow button with a plus sign"
    assert look_of(THEME_TABLE["news"], "plain", icon="search", lettered=False) == "magnifying glass icon"
    assert look_of(THEME_TABLE["paper"], "plain", icon="gear") == ""


def test_a_specification_is_drawn_from_what_is_left() -> None:
    specs = [PageSpec.draw(seed, themes=THEMES[:3], layouts=LAYOUTS[:2], apps=("mail", "map")) for seed in range(60)]
    assert {spec.theme for spec in specs} == set(THEMES[:3])
    assert {spec.layout for spec in specs} == set(LAYOUTS[:2])
    assert {spec.app for spec in specs} == {"mail", "map"}
    assert {spec.language for spec in specs} == set(LANGUAGES)
    assert min(spec.scale for spec in specs) < 0.95 < 1.3 < max(spec.scale for spec in specs)
    assert {(spec.width, spec.height) for spec in specs} == {(1280, 800)}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"themes": ("neon",)}, "no theme 'neon'.*paper"),
        ({"apps": ("bank",)}, "no app 'bank'"),
        ({"layouts": ()}, "no layout is left"),
        ({"sizes": ((200, 800),)}, "200x800 is too small"),
    ],
    ids=str,
)
def test_what_there_is_not_is_refused_by_name(changes: dict[str, tuple[str, ...]], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        PageSpec.draw(1, **changes)


def test_a_task_of_another_app_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no task 'mail/star' in the app 'shop'.*shop/order"):
        draw_page(spec_for("shop"), "mail/star")


def task_page(task: str, seed: int) -> Page:
    return draw_page(spec_for(task.partition("/")[0], seed), task)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_wants_what_is_not_so_yet_and_its_plan_names_parts_of_the_page(task: str) -> None:
    goals = set()
    for seed in range(5):
        page = task_page(task, seed)
        assert page.assignment is not None
        plan, want = page.assignment.plan, page.assignment.want
        ids = {mark["data-id"] for mark in Marked(page.html).marks}
        named = {name for move in plan if move.kind != "call" for name in (move.target, move.onto) if name}
        assert named <= ids
        assert 1 <= len(plan) <= 6
        assert all(move.say.endswith(".") for move in plan)
        assert (want is None) == (task in IMPOSSIBLE or page.assignment.answer is not None)
        goals.add(re.sub(r'"[^"]*"|\d+|\b[A-Z]\w+', "", page.assignment.goal))
    assert len(goals) >= 2, "one wording only"


@pytest.mark.parametrize("task", IMPOSSIBLE)
def test_what_cannot_be_done_asks_for_what_is_nowhere_on_the_page(task: str) -> None:
    for seed in range(5):
        page = task_page(task, seed)
        assert page.assignment is not None
        goal, words = page.assignment.goal, " ".join(Marked(page.html).words)
        # What is missing stands in quotes, or is the person of whom the plan says so.
        missing = page.assignment.plan[0].say.rstrip(".")
        name = missing.split('"')[-2] if '"' in missing else " ".join(missing.split()[-2:])
        assert name in goal
        assert name not in words


def test_there_are_enough_of_everything() -> None:
    assert len(THEMES) >= 12
    assert len(TASKS) - len(IMPOSSIBLE) >= 12
    assert {task.partition("/")[0] for task in IMPOSSIBLE} == set(APPS)


@pytest.mark.parametrize("app", APPS)
def test_every_app_in_every_theme_runs_without_error_or_request_and_most_of_it_can_be_hit(
    browsers: Browsers, app: str
) -> None:
    shown = hit = 0
    errors: list[str] = []

    async def look(page: GuardedPage) -> None:
        nonlocal shown, hit
        page.page.on("pageerror", lambda error: errors.append(str(error)))
        before = page.counts.copy()
        for number, theme in enumerate(THEMES):
            await page.show(draw_page(spec_for(app, number, theme=theme)).html)
            found = {element.element_id for element in await page.elements()}
            drawn = await page.evaluate(
                "() => [...document.querySelectorAll('[data-id]')].filter(it => it.getClientRects().length)"
                ".map(it => it.dataset.id)"
            )
            assert len(drawn) == len(set(drawn)) > 8
            shown += len(drawn)
            hit += len(found & set(drawn))
        assert page.counts == before

    browsers.on_page(look, width=WIDTH, height=HEIGHT)
    assert errors == []
    assert hit >= 0.6 * shown


def test_equal_specifications_give_equal_pixels_and_boxes(browsers: Browsers) -> None:
    async def draw(page: GuardedPage) -> list[tuple[bytes, tuple[Element, ...]]]:
        return [await annotated_page(page, PageSpec.draw(seed)) for seed in (1, 2, 3, 1, 2, 3)]

    drawn = browsers.on_page(draw, width=WIDTH, height=HEIGHT)
    assert drawn[:3] == drawn[3:]
    assert len({png for png, _ in drawn}) == 3


def test_a_page_is_annotated_with_what_it_says_of_itself(browsers: Browsers) -> None:
    spec = spec_for("map", 4, language="de", theme="paper")

    async def draw(page: GuardedPage) -> tuple[Element, ...]:
        return (await annotated_page(page, spec))[1]

    found = {element.element_id: element for element in browsers.on_page(draw, width=WIDTH, height=HEIGHT)}
    zoom = found["zoom-in"]
    assert (zoom.kind, zoom.role, zoom.name) == ("icon", "button", "Vergrößern")
    assert (zoom.function, zoom.look) == ("zooms in", "plus sign icon")
    assert found["flag"].look == "round blue button with a flag"


def share_of(colour: str, png: bytes, element: Element) -> float:
    """How much of an element has nearly this colour."""
    left, top, right, bottom = (
        element.left * WIDTH,
        element.top * HEIGHT,
        element.right * WIDTH,
        element.bottom * HEIGHT,
    )
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    inside = pixels[round(top) : round(bottom), round(left) : round(right)]
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return float((np.abs(inside - wanted).max(axis=2) < 12).mean())


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_said_of_a_button_is_what_is_drawn(browsers: Browsers, theme: str) -> None:
    look, spec = THEME_TABLE[theme], spec_for("table", 1, theme=theme)

    async def draw(page: GuardedPage) -> tuple[bytes, tuple[Element, ...]]:
        await page.show(draw_page(spec, "table/read-cell").html)
        return await page.screenshot(), await page.elements()

    png, found = browsers.on_page(draw, width=WIDTH, height=HEIGHT)
    add = next(element for element in found if element.element_id == "add")
    plain = next(element for element in found if element.element_id == "export")
    assert look.accent_word in add.look
    assert share_of(look.accent, png, add) > (0.5 if look.buttons == "solid" else 0.05)
    assert look.accent_word not in plain.look
    assert share_of(look.accent, png, plain) < 0.3


def test_a_viewport_of_another_size_is_refused(browsers: Browsers) -> None:
    async def draw(page: GuardedPage) -> None:
        with pytest.raises(ConfigError, match="a page of 1280x800 needs a viewport of that size"):
            await annotated_page(page, PageSpec.draw(1))

    browsers.on_page(draw, width=400, height=300)


def test_what_a_click_changes_the_page_says_of_itself_at_once(browsers: Browsers) -> None:
    spec = spec_for("mail", 2)

    async def star(page: GuardedPage) -> tuple[Element, Element]:
        await page.show(draw_page(spec, "mail/star").html)
        before = next(one for one in await page.elements() if one.element_id.startswith("star-"))
        await page.page.mouse.click(before.middle[0] * WIDTH, before.middle[1] * HEIGHT)
        return before, next(one for one in await page.elements() if one.element_id == before.element_id)

    before, after = browsers.on_page(star, width=WIDTH, height=HEIGHT)
    looks = {before.look: before.function.split()[0], after.look: after.function.split()[0]}
    assert looks == {"outlined star": "stars", "filled star": "takes"}
