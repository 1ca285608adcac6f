"""Strips of stored episodes and of agents' attempts."""

import base64
import io

import pytest
from PIL import Image

from journeyman.report.act_drawings import ACT_COLOUR, BOX_COLOUR, FAULT_COLOUR, GROUND_COLOUR
from journeyman.report.film_strip import SLIP, shown_steps, strip_of_attempt, strip_of_episode
from journeyman.schema.screen import ScreenStep
from tests.report.screens import FILES, SCREENS, element, episode, step, task_problem, task_score

SHOTS = [file.sha256 for file in SCREENS]


def test_a_stored_episode_shows_every_step_on_the_screen_before_it() -> None:
    strip = strip_of_episode(episode(1, "pyautogui.click(x=0.2500, y=0.5000)", "pyautogui.press(keys='enter')"), FILES)
    assert (strip.who, strip.goal, strip.outcome, strip.is_solved) == (
        "oracle", "Find thing 1.", "reward 1, solved", True,
    )  # fmt: skip
    assert [(f.number, f.command, f.instruction, f.note) for f in strip.frames] == [
        (1, "pyautogui.click(x=0.2500, y=0.5000)", "Do thing 0.", ""),
        (2, "pyautogui.press(keys='enter')", "Do thing 1.", ""),
    ]
    first, second = (frame.picture for frame in strip.frames)
    assert (first.getpixel((5, 5)), second.getpixel((5, 5))) == ((60, 60, 60), (70, 70, 70))
    assert first.getpixel((86, 108)) == ACT_COLOUR
    with Image.open(io.BytesIO(base64.b64decode(strip.frames[0].url.partition("base64,")[2]))) as kept:
        assert (kept.format, kept.size) == ("JPEG", (344, 215))


def test_an_act_without_a_point_is_drawn_where_the_last_one_left_the_pointer() -> None:
    commands = ("pyautogui.moveTo(x=0.2500, y=0.5000)", "pyautogui.write(message='a')", "pyautogui.click()")
    assert strip_of_episode(episode(1, *commands), FILES).frames[2].picture.getpixel((86, 108)) == ACT_COLOUR
    alone = strip_of_episode(episode(1, "pyautogui.click()"), FILES).frames[0].picture
    assert alone.getpixel((172, 107)) == ACT_COLOUR


def test_the_element_is_boxed_and_a_slip_is_named() -> None:
    wrong = ScreenStep(
        screenshot=SHOTS[0], action="pyautogui.click(x=0.9000, y=0.9000)", element=element(), instruction="Click Go.",
        thought="It looks right.", slip=True,
    )  # fmt: skip
    (frame,) = strip_of_episode(episode().model_copy(update={"steps": (wrong,)}), FILES).frames
    assert frame.picture.getpixel((129, 51)) == BOX_COLOUR
    assert (frame.note, frame.thought) == (SLIP, "It looks right.")


def test_an_episode_that_was_lost_says_why() -> None:
    lost = episode(1, "pyautogui.click(x=0.5, y=0.5)", status="failed", cause="crashed", reward=0)
    strip = strip_of_episode(lost, FILES)
    assert (strip.outcome, strip.is_solved) == ("reward 0, failed, crashed", False)


def test_a_missing_screenshot_leaves_its_step_in_place() -> None:
    strip = strip_of_episode(episode(1, "pyautogui.click(x=0.5, y=0.5)", "pyautogui.press(keys='enter')"), {})
    assert [frame.number for frame in strip.frames] == [1, 2]
    assert strip.frames[0].picture.getpixel((5, 5)) == GROUND_COLOUR


def test_a_long_episode_shows_its_beginning_and_its_end() -> None:
    many = episode(1, *["pyautogui.scroll(page=0.5)"] * 12)
    assert len(strip_of_episode(episode(1, *["pyautogui.scroll(page=0.5)"] * 10), FILES).frames) == 10
    strip = strip_of_episode(many, FILES)
    assert [frame.number for frame in strip.frames] == [1, 2, 3, 4, 5, 6, 10, 11, 12]
    assert strip.left_out == "steps 7 to 9 of 12 are left out"
    assert strip_of_episode(episode(1, "pyautogui.scroll(page=0.5)"), FILES).left_out == ""


@pytest.mark.parametrize(("total", "shown"), [(0, 0), (1, 1), (9, 9), (10, 10), (11, 9), (50, 9)])
def test_a_strip_is_of_bounded_length(total: int, shown: int) -> None:
    assert len(set(shown_steps(total))) == shown
    assert set(shown_steps(total)) <= set(range(total))


def test_an_attempt_shows_words_commands_and_what_was_refused() -> None:
    problem = task_problem(1)
    score = task_score(
        problem, "tuned",
        step("Thought: A field.\nAction: Type it.\npyautogui.write(message='x')", SHOTS[0]),
        step("I would click the button.", SHOTS[1], observed="no command was found", error="parse"),
        step("pyautogui.press(keys='f13')", SHOTS[2], observed="no key f13", error="execution"),
        step("pyautogui.click(x=0.25, y=0.5)"),
        reward=-1,
    )  # fmt: skip
    strip = strip_of_attempt(problem, score, FILES, "tuned")
    assert (strip.who, strip.goal, strip.is_solved) == ("tuned", "Find thing 1.", False)
    assert strip.outcome.startswith("reward -1, not solved: ")
    typed, unread, refused, unseen = strip.frames
    assert (typed.command, typed.instruction, typed.thought) == ("pyautogui.write(message='x')", "Type it.", "A field.")
    assert (unread.command, unread.note) == ("I would click the button.", "no command was found")
    assert unread.picture.getpixel((5, 5)) == (70, 70, 70)
    assert FAULT_COLOUR in {colour for _, colour in unread.picture.getcolors(1 << 20) or ()}
    assert (refused.command, refused.note) == ("pyautogui.press(keys='f13')", "no key f13")
    assert unseen.picture.getpixel((5, 5)) == GROUND_COLOUR


def test_a_function_that_the_environment_does_not_have_is_no_command() -> None:
    problem = task_problem(1)
    score = task_score(problem, "tuned", step("mobile.home()", SHOTS[0]), step("answer('x')", SHOTS[1]))
    commands = [frame.command for frame in strip_of_attempt(problem, score, FILES, "tuned").frames]
    assert commands == ["mobile.home()", "answer(answer='x')"]
    pictures = [frame.picture for frame in strip_of_attempt(problem, score, FILES, "tuned").frames]
    assert [FAULT_COLOUR in {c for _, c in p.getcolors(1 << 20) or ()} for p in pictures] == [True, False]


def test_a_solved_attempt_and_one_whose_page_was_lost_are_told_apart() -> None:
    problem = task_problem(1)
    solved = strip_of_attempt(problem, task_score(problem, "a", step("pyautogui.click()", SHOTS[0])), FILES, "a")
    assert (solved.outcome, solved.is_solved) == ("reward 1, solved", True)
    lost = strip_of_attempt(problem, task_score(problem, "a", reward=None, status="failed"), FILES, "a")
    assert (lost.outcome, lost.frames, lost.sheet()) == ("no reward, not solved: page lost", (), None)


def test_a_strip_as_one_picture_wraps_after_four() -> None:
    sheet = strip_of_episode(episode(1, *["pyautogui.scroll(page=0.5)"] * 5), FILES, most=(160, 100)).sheet()
    assert sheet is not None
    assert sheet.size == (4 * 160 + 30, 2 * 100 + 10)


def test_long_replies_are_cut() -> None:
    problem = task_problem(1)
    score = task_score(problem, "a", step("word " * 200, SHOTS[0], observed="x" * 900, error="parse"))
    (frame,) = strip_of_attempt(problem, score, FILES, "a").frames
    assert len(frame.command) == len(frame.note) == 243
