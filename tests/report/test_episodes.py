"""Screen tasks and grounding on the report's page."""

import re
from html.parser import HTMLParser

import pytest

from journeyman.evaluation.compare import compare
from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.config import EvaluationConfig
from journeyman.report.episodes import SHOWN, read_reels
from journeyman.report.grounded_clicks import SHOWS
from journeyman.report.page import comparison_page, write_report
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from tests.dataset.toys import toy_recipe
from tests.report.screens import (
    SCREENS,
    grounding_problem,
    grounding_score,
    step,
    task_problem,
    task_score,
)
from tests.scored import CHANCES, EVIL, PROBLEMS, scores_of

CONFIG = EvaluationConfig(bootstrap_samples=20)
TASKS = [
    task_problem(n, task=("shop/search", "mail/reply", "shop/cart")[n % 3], goal=f"{EVIL} {n}" if n == 0 else "")
    for n in range(12)
]
GROUNDINGS = [grounding_problem(n, SCREENS[n]) for n in range(6)]
HIT, MISS = "pyautogui.click(x=0.3, y=0.3)", "pyautogui.click(x=0.9, y=0.9)"


def task_attempts(agent: str) -> list[Score]:
    """Tuned solves all but 6 to 8; untuned solves 6 alone."""
    solved = {n for n in range(12) if n not in (6, 7, 8)} if agent == "tuned" else {6}
    return [
        task_score(
            problem,
            agent,
            step(f"Thought: {EVIL}\nAction: Click.\npyautogui.click(x=0.25, y=0.5)", SCREENS[n].sha256),
            step(f"{EVIL} without a command", SCREENS[n - 1].sha256, observed=EVIL, error="parse"),
            reward=1 if n in solved else -1,
        )
        for n, problem in enumerate(TASKS)
    ]


@pytest.fixture(scope="module")
def store() -> Store:
    return Store("memory://episodes")


@pytest.fixture(scope="module")
def on_tasks(store: Store) -> Comparison:
    refs = {agent: [store.write("scores", task_attempts(agent), Score)] for agent in ("tuned", "untuned")}
    return compare(refs, CONFIG, store=store)


@pytest.fixture(scope="module")
def on_groundings(store: Store) -> Comparison:
    rows = {
        "tuned": [grounding_score(p, "tuned", HIT if n < 3 else MISS) for n, p in enumerate(GROUNDINGS)],
        "untuned": [
            grounding_score(p, "untuned", "There is none." if n % 2 else MISS) for n, p in enumerate(GROUNDINGS)
        ],
    }
    return compare({a: [store.write("scores", r, Score)] for a, r in rows.items()}, CONFIG, store=store)


@pytest.fixture(scope="module")
def problems(store: Store) -> tuple[ArtifactRef, ...]:
    return store.write("problems", GROUNDINGS, Problem), store.write("problems", TASKS, Problem)


@pytest.fixture(scope="module")
def media(store: Store) -> tuple[ArtifactRef, ...]:
    return (store.write("media", SCREENS, MediaFile),)


@pytest.fixture(scope="module")
def page(
    store: Store,
    on_groundings: Comparison,
    on_tasks: Comparison,
    problems: tuple[ArtifactRef, ...],
    media: tuple[ArtifactRef, ...],
) -> str:
    url = write_report(
        "aguvis", [], on_groundings, [], recipe=toy_recipe(), teacher="x", store=store, problems=problems, media=media,
        others=[on_tasks],
    )  # fmt: skip
    return store.get(url.removeprefix(store.url + "/")).decode()


class Outline(HTMLParser):
    """Pictures and texts below the elements whose class or name is asked for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.captions: list[str] = []
        self.films: list[dict[str, str | None]] = []
        self._in_caption = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.images.append(given)
        if tag == "details" and given.get("class") == "film":
            self.films.append(given)
        if tag == "figcaption":
            self._in_caption = True
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_caption = self._in_caption and tag != "figcaption"

    def handle_data(self, data: str) -> None:
        if self._in_caption:
            self.captions[-1] += data


def test_two_runs_on_tasks_are_compared_with_film_strips(
    store: Store, on_tasks: Comparison, problems: tuple[ArtifactRef, ...], media: tuple[ArtifactRef, ...]
) -> None:
    html = comparison_page("two", on_tasks, store=store, systems={}, problems=problems, media=media)
    assert len(Outline(html).films) == 7
    assert "Where tuned did better than untuned" in html


def test_tasks_of_each_verdict_are_shown_of_many_kinds(
    store: Store, on_tasks: Comparison, problems: tuple[ArtifactRef, ...], media: tuple[ArtifactRef, ...]
) -> None:
    reels = {reel.verdict: reel for reel in read_reels(on_tasks, problems, media, store)}
    assert {verdict: (reel.total, len(reel.films)) for verdict, reel in reels.items()} == {
        "better": (9, 4), "worse": (1, 1), "both wrong": (2, 2),
    }  # fmt: skip
    assert len({film.task for film in reels["better"].films}) == 3
    (lost,) = reels["worse"].films
    assert [(strip.who, strip.is_solved) for strip in lost.strips] == [("untuned", True), ("tuned", False)]
    assert reels["worse"].title == "Where tuned did worse than untuned"
    assert 2 * sum(SHOWN.values()) == 20


def test_a_film_is_as_long_as_what_was_done_and_its_steps_are_captioned(page: str) -> None:
    outline = Outline(page)
    assert len(outline.films) == 7
    assert ["open" in film for film in outline.films] == [True, False, False, False, True, True, False]
    assert len(outline.captions) == 7 * 2 * 2
    acted, unread = (" ".join(caption.split()) for caption in outline.captions[:2])
    assert acted == f"1 Click. pyautogui.click(x=0.2500, y=0.5000){EVIL}"
    assert unread == f"2 {EVIL} without a command{EVIL}"
    steps = [image for image in outline.images if str(image["alt"]).startswith("step ")]
    assert len(steps) == 28
    assert {(image["width"], image["height"]) for image in steps} == {("344", "215")}


def test_the_page_holds_its_pictures_and_escapes_what_agents_wrote(page: str) -> None:
    assert "<script" not in page
    assert all(str(image["src"]).startswith("data:image/jpeg;base64,") for image in Outline(page).images)
    assert len(page) < 700_000


def test_grounding_is_shown_side_by_side_with_the_box_and_the_click(page: str) -> None:
    drawn = [image for image in Outline(page).images if image["alt"] == SHOWS]
    assert len(drawn) == 2 * len(GROUNDINGS)
    # The fifth is clicked at the same wrong place by both.
    assert len({image["src"] for image in drawn}) == 2 * len(GROUNDINGS) - 1
    assert "picture that a tool returned" not in page
    assert re.search(r"<h2>Side by side</h2>.*<h2>Episodes</h2>", page, re.DOTALL)


def test_other_benchmarks_have_no_films_and_tasks_without_problems_have_none(
    store: Store, on_tasks: Comparison, problems: tuple[ArtifactRef, ...], media: tuple[ArtifactRef, ...]
) -> None:
    refs = {agent: [store.write("scores", scores_of(agent, chance), Score)] for agent, chance in CHANCES.items()}
    held_out = compare(refs, CONFIG, store=store)
    assert read_reels(held_out, (store.write("problems", PROBLEMS, Problem),), media, store) == []
    assert read_reels(on_tasks, (), (), store) == []
    assert read_reels(on_tasks, problems[:1], media, store) == []


def test_one_agent_alone_has_no_films(store: Store, problems: tuple[ArtifactRef, ...]) -> None:
    alone = compare({"tuned": [store.write("scores", task_attempts("tuned"), Score)]}, CONFIG, store=store)
    assert read_reels(alone, problems, (), store) == []


def test_films_whose_screenshots_are_gone_are_shown_without_them(
    store: Store, on_tasks: Comparison, problems: tuple[ArtifactRef, ...], media: tuple[ArtifactRef, ...]
) -> None:
    with_them, without = (
        [
            strip.frames
            for reel in read_reels(on_tasks, problems, files, store)
            for f in reel.films
            for strip in f.strips
        ]
        for files in (media, ())
    )
    assert [len(frames) for frames in without] == [len(frames) for frames in with_them]
    assert without[0][0].url != with_them[0][0].url
