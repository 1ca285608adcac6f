"""Tasks of generated apps, done, undone and done wrongly on real pages."""

from collections.abc import Callable

import pytest

from journeyman.action_formats.pyautogui_call import Call, Click, Command, read_command, write_command
from journeyman.browser.page import GuardedPage
from journeyman.environment import Outcome
from journeyman.environments._apps.page import draw_page
from journeyman.environments._apps.session import AppSession
from journeyman.environments.apps import (
    ENVIRONMENT,
    IMPOSSIBLE,
    LAYOUTS,
    THEMES,
    UNSEEN_LAYOUTS,
    UNSEEN_THEMES,
    PageSpec,
    spec_of,
)
from tests.browsers import Browsers

TASKS = [task.name for task in ENVIRONMENT.tasks]
WIDTH, HEIGHT = 1280, 800

GIVE_UP = Call("terminate", (("status", "failure"),))
CLAIM = Call("terminate", (("status", "success"),))


async def opened(page: GuardedPage, task: str, seed: int) -> AppSession:
    session = await ENVIRONMENT.open(page, task, seed)
    assert isinstance(session, AppSession)
    return session


async def solved(page: GuardedPage, task: str, seed: int) -> tuple[Outcome, int]:
    """How the oracle's episode ends, and its number of steps; none of them is needless."""
    session = await opened(page, task, seed)
    assert await session.outcome() == (False, 0)
    steps = 0
    async for command, element, instruction in ENVIRONMENT.oracle(session):
        assert await session.outcome() == (False, 0)
        assert read_command(write_command(command), ENVIRONMENT.functions) == command
        if isinstance(command, Click):
            assert element is not None
            assert command.x is not None
            assert command.y is not None
            assert element.holds(command.x, command.y)
        assert instruction.endswith(".")
        await session.act(command)
        steps += 1
    return await session.outcome(), steps


@pytest.mark.parametrize("task", TASKS)
def test_the_oracle_does_every_task(browsers: Browsers, task: str) -> None:
    most = next(each.max_steps for each in ENVIRONMENT.tasks if each.name == task)

    async def play(page: GuardedPage) -> None:
        for seed in (0, 1):
            outcome, steps = await solved(page, task, seed)
            assert outcome == (True, 1), seed
            assert 1 <= steps <= most

    browsers.on_page(play, width=WIDTH, height=HEIGHT)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_the_oracle_does_every_task_on_twenty_pages(browsers: Browsers, task: str) -> None:
    async def play(page: GuardedPage) -> list[tuple[Outcome, int]]:
        return [await solved(page, task, seed) for seed in range(20)]

    outcomes = [outcome for outcome, _ in browsers.on_page(play, width=WIDTH, height=HEIGHT)]
    assert outcomes == [Outcome(True, 1.0)] * 20


def ends(browsers: Browsers, task: str, *commands: Command | Callable[[AppSession], Command], seed: int = 0) -> Outcome:
    """What comes of ``commands``, some of which are made for the session."""

    async def act(page: GuardedPage) -> Outcome:
        session = await opened(page, task, seed)
        for command in commands:
            await session.act(command(session) if callable(command) else command)
        return await session.outcome()

    return browsers.on_page(act, width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("task", IMPOSSIBLE)
def test_of_what_cannot_be_done_only_saying_so_is_right(browsers: Browsers, task: str) -> None:
    assert ends(browsers, task, GIVE_UP) == (True, 1)
    assert ends(browsers, task, CLAIM) == (True, 0)


def test_saying_it_is_done_or_cannot_be_done_earns_nothing(browsers: Browsers) -> None:
    assert ends(browsers, "shop/order", GIVE_UP) == (True, 0)
    assert ends(browsers, "shop/order", CLAIM) == (True, 0)
    assert ends(browsers, "table/read-cell", GIVE_UP) == (True, 0)


def test_an_answer_is_right_or_not(browsers: Browsers) -> None:
    def right(session: AppSession) -> Command:
        return Call("answer", (("answer", f" {session.assignment.answer}"),))

    assert ends(browsers, "table/read-cell", right) == (True, 1)
    assert ends(browsers, "table/read-cell", Call("answer", (("answer", "none"),))) == (True, 0)
    assert ends(browsers, "shop/order", Call("answer", (("answer", "none"),))) == (True, 0)


async def press(page: GuardedPage, *names: str) -> Outcome:
    """Click parts of the shown page, scrolled to first; what came of it."""
    for name in names:
        await page.page.locator(f'[data-id="{name}"]').click()
    done, reward = await page.evaluate("() => [window.journeyman.done(), window.journeyman.reward()]")
    return Outcome(done, reward)


def assigned(task: str) -> tuple[str, list[str]]:
    """A page of ``task`` without banners, and what its plan names."""
    for seed in range(100):
        page = draw_page(PageSpec.draw(seed, apps=(task.partition("/")[0],), layouts=("left-list",)), task)
        if "cookies-no" not in page.html and page.assignment is not None:
            return page.html, [move.target for move in page.assignment.plan if move.target]
    raise AssertionError("every page has a banner")


def test_deleting_another_mail_ends_the_task_badly(browsers: Browsers) -> None:
    html, (_, delete) = assigned("mail/delete")
    wrong = "m0" if delete != "delete-m0" else "m1"

    async def act(page: GuardedPage) -> Outcome:
        return await press(page, f"open-{wrong}", f"delete-{wrong}")

    assert browsers.on_page(act, html, WIDTH, HEIGHT) == (True, -1)


def test_an_order_of_the_wrong_number_ends_the_task_badly(browsers: Browsers) -> None:
    html, (start, _, put, cart, order) = assigned("shop/order")

    async def act(page: GuardedPage) -> Outcome:
        return await press(page, start, put, cart, order)

    assert browsers.on_page(act, html, WIDTH, HEIGHT) == (True, -1)


def test_a_side_effect_is_no_solution_until_it_is_undone(browsers: Browsers) -> None:
    html, (star,) = assigned("mail/star")
    other = "star-m0" if star != "star-m0" else "star-m1"

    async def act(page: GuardedPage) -> list[Outcome]:
        return [await press(page, other), await press(page, star), await press(page, other)]

    assert browsers.on_page(act, html, WIDTH, HEIGHT) == [(False, 0), (False, 0), (True, 1)]


def test_after_the_end_nothing_counts_any_more(browsers: Browsers) -> None:
    html, (star,) = assigned("mail/star")

    async def act(page: GuardedPage) -> list[Outcome]:
        return [await press(page, star), await press(page, star)]

    assert browsers.on_page(act, html, WIDTH, HEIGHT) == [(True, 1), (True, 1)]


def test_no_pixel_tells_what_is_asked_or_what_was_earned(browsers: Browsers) -> None:
    spec = PageSpec.draw(5, apps=("mail",))

    async def draw(page: GuardedPage) -> set[bytes]:
        pictures = set()
        for task in ("mail/star", "mail/reply", "mail/absent-mail"):
            await page.show(draw_page(spec, task).html)
            pictures.add(await page.screenshot())
        return pictures

    assert len(browsers.on_page(draw, width=WIDTH, height=HEIGHT)) == 1


def test_equal_seeds_give_equal_screens(browsers: Browsers) -> None:
    async def draw(page: GuardedPage) -> list[tuple[str, bytes]]:
        drawn = []
        for seed in (7, 8, 7):
            session = await opened(page, "calendar/make-event", seed)
            drawn.append((session.goal, await session.screenshot()))
        return drawn

    first, other, again = browsers.on_page(draw, width=WIDTH, height=HEIGHT)
    assert first == again != other


def test_seeds_of_a_task_are_spread_over_the_looks_that_training_may_see() -> None:
    specs = [spec_of("shop/order", seed) for seed in range(200)]
    assert {spec.app for spec in specs} == {"shop"}
    assert {spec.theme for spec in specs} == set(THEMES) - set(UNSEEN_THEMES)
    assert {spec.layout for spec in specs} == set(LAYOUTS) - set(UNSEEN_LAYOUTS)
    assert len({spec.seed for spec in specs} | {spec_of("shop/wish", seed).seed for seed in range(200)}) == 400
