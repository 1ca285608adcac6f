"""AndroidControl: UGround's 500 steps at two levels, our commands as actions of a phone, and what is no such data."""

from pathlib import Path
from typing import Any

import pytest

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.errors import ConfigError
from tests.benchmarks.official import CRASHED, write_folder
from tests.benchmarks.screen_replies import asked, figures, floor, measured, scored, screen, table

ANDROID = load_benchmark("android_control")


def node(box: Any = (10, 20, 30, 40), text: Any = "Clock app", **more: Any) -> dict[str, Any]:
    names = ("x_min", "y_min", "x_max", "y_max")
    return {"bbox_pixels": dict(zip(names, box, strict=True)), "text": text, "content_description": None, **more}


TREE = [node((0, 0, 100, 200), None), [node(), [node((60, 20, 80, 40), "Back")]], node((90, 90, 80, 95))]


def row(step: int = 0, kind: str = "click", **action: Any) -> dict[str, Any]:
    given = action or ({"x": 20, "y": 30} if kind in ("click", "long_press") else {})
    return {
        "episode_id": 7,
        "step": step,
        "goal": "Set an alarm",
        "step_instruction": "Open the clock",
        "previous_actions": ["Go home", "Swipe up"],
        "screenshot": "7/screenshot_0.png",
        "action": {"action_type": kind, **given},
        "accessibility_tree": TREE,
    }


def files(rows: Any = None, place: str = "images/") -> dict[str, bytes]:
    return {
        "500_steps.json": table([row()] if rows is None else rows),
        f"{place}7/screenshot_0.png": screen(100, 200),
    }


def read(folder: Path, *rows: dict[str, Any]) -> Any:
    return ANDROID.read(write_folder(folder, files(list(rows))))


def test_each_step_is_posed_at_two_levels(tmp_path: Path) -> None:
    found = read(tmp_path, row())
    assert [problem.problem_id for problem in found.problems] == ["7-0-high", "7-0-low"]
    assert [problem.groups for problem in found.problems] == [
        {"level": "high", "action": "click"},
        {"level": "low", "action": "click"},
    ]
    system, high = asked(ANDROID, found.problems[0])
    _, low = asked(ANDROID, found.problems[1])
    before = "\n\nPrevious actions:\nStep 1: Go home\nStep 2: Swipe up"
    assert high == f"Instruction: Set an alarm{before}"
    assert low == f"Instruction: Set an alarm\nThis step: Open the clock{before}"
    assert all(name in system for name in ("mobile.swipe", "mobile.open_app", '"type_text"', '"terminate"'))
    assert found.facts["steps"] == ("1 of the published 500, each at two levels; not comparable with published figures")
    assert found.facts["elements left out"] == "1, whose box ends before it begins: no point is in it"
    assert len(found.media) == 1


@pytest.mark.parametrize("place", ["", "screenshots/", "AndroidControl_images/"])
def test_screenshots_are_found_in_any_of_their_folders(tmp_path: Path, place: str) -> None:
    assert len(ANDROID.read(write_folder(tmp_path, files(place=place))).problems) == 2


CLOCK, BACK, NOWHERE = (f"pyautogui.click(x={x}, y={y})" for x, y in ((0.1, 0.2), (0.7, 0.15), (0.5, 0.9)))
UP = "mobile.swipe(from_coord=[0.5, 0.8], to_coord=[0.52, 0.2])"


@pytest.mark.parametrize(
    ("gold", "reply", "corrected", "official"),
    [
        (row(), CLOCK, 1, 1),
        (row(), NOWHERE, 0, 0),
        (row(), "pyautogui.rightClick(x=0.1, y=0.2)", 0, 0),
        (row(), "pyautogui.doubleClick(x=0.1, y=0.2)", 0, 0),
        (row(), "mobile.long_press(x=0.1, y=0.2)", 0, 0),
        (row(), "pyautogui.click()", 0, 0),
        (row(), "I tap the clock.", 0, 0),
        (row(kind="long_press"), "mobile.long_press(x=0.1, y=0.2)", 1, 1),
        (row(kind="open_app", app_name="Clock"), "mobile.open_app(app_name='Clock')", 1, 1),
        (row(kind="open_app", app_name="Clock"), "mobile.open_app(app_name='clock')", 1, 0),
        (row(kind="open_app", app_name="Clock"), CLOCK, 1, 1),  # the icon's label has the name
        (row(kind="open_app", app_name="lock"), CLOCK, 0, 1),  # "lock" is in "Clock"
        (row(kind="navigate_back"), "mobile.back()", 1, 1),
        (row(kind="navigate_back"), BACK, 1, 1),
        (row(kind="navigate_home"), "mobile.home()", 1, 1),
        (row(kind="navigate_home"), "mobile.back()", 0, 0),
        (row(kind="wait"), "mobile.wait(seconds=3)", 1, 1),
        (row(kind="scroll", direction="down"), "pyautogui.scroll(page=0.5)", 1, 1),
        (row(kind="scroll", direction="up"), "pyautogui.scroll(page=-0.5)", 1, 1),
        (row(kind="scroll", direction="right"), "pyautogui.hscroll(page=0.5)", 1, 1),
        (row(kind="scroll", direction="left"), "pyautogui.hscroll(page=-0.5)", 1, 1),
        (row(kind="scroll", direction="down"), UP, 1, 1),  # the view goes the other way than the finger
        (row(kind="scroll", direction="up"), UP, 0, 0),
        (row(kind="scroll", direction="left"), "mobile.swipe(from_coord=[0.1, 0.5], to_coord=[0.9, 0.5])", 1, 1),
        (row(kind="scroll", direction="right"), "pyautogui.dragTo(from_coord=[0.9, 0.5], to_coord=[0.1, 0.5])", 1, 1),
        (row(kind="scroll", direction="up"), "mobile.swipe(from_coord=[0.1, 0.5], to_coord=[0.1, 0.5])", 0, 0),
        (row(kind="input_text", text="Ann"), "pyautogui.write(message='Ann')", 1, 1),
        (row(kind="input_text", text="Ann"), "pyautogui.write(message=' ann')", 1, 0),
        (row(kind="input_text", text="Ann"), "type_text(x=0.1, y=0.2, text='Ann')", 1, 1),
        (row(kind="type_text", text="Ann", x=20, y=30), "type_text(x=0.1, y=0.2, text='Ann')", 1, 1),
        (row(kind="type", text="Ann", x=20, y=30), "type_text(x=0.1, y=0.2, text='Ann')", 1, 1),
        (row(kind="type_text", text="Ann", x=20, y=30), "type_text(x=0.7, y=0.2, text='Ann')", 0, 0),
        (row(kind="type_text", text="Ann", x=20, y=30), "pyautogui.write(message='Ann')", 0, 0),  # nowhere
        (row(kind="status", goal_status="successful"), "DONE", 1, 1),
        (row(kind="status", goal_status="infeasible"), "terminate(status='failure')", 1, 1),
        (row(kind="status", goal_status="infeasible"), "terminate(status='success')", 0, 0),
        (row(kind="wait"), "pyautogui.hotkey(keys=['ctrl', 'c'])", 0, 0),
    ],
)
def test_commands_are_actions_of_a_phone(
    tmp_path: Path, gold: dict[str, Any], reply: str, corrected: float, official: float
) -> None:
    found = measured(ANDROID, read(tmp_path, gold).problems[0], reply)
    assert (found["Step Acc high"], found["Step Acc high official"]) == (corrected, official)


def test_levels_are_counted_apart_and_together(tmp_path: Path) -> None:
    problems = read(tmp_path, row(), row(1, "wait"), row(2, "open_app", app_name="lock")).problems
    assert [problem.groups["level"] for problem in problems] == ["high", "low"] * 3
    measures = scored(ANDROID, problems, [CLOCK, NOWHERE, "no command", "WAIT", CLOCK, "mobile.home()"])
    names = ["Step Acc high", "Step Acc low", "Step Acc", "Step Acc high official", "Step Acc official", "Format"]
    assert figures(ANDROID, measures, *names) == [
        (pytest.approx(1 / 3), 3),
        (pytest.approx(1 / 3), 3),
        (pytest.approx(2 / 6), 6),
        (pytest.approx(2 / 3), 3),
        (pytest.approx(3 / 6), 6),
        (pytest.approx(5 / 6), 6),
    ]
    assert {measure.value for measure in ANDROID.score(problems[0], CRASHED, Scoring())} == {0.0}
    assert len(set(floor(ANDROID, "random_pixel", problems))) == 6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(kind="dance")], "500_steps.json row 0: action.action_type: input should be 'click', 'long_press'"),
        ([row(kind="click", x=1)], "episode 7 step 0: click without y"),
        ([row(kind="type_text", x=1, y=1)], "episode 7 step 0: type_text without text"),
        ([row(kind="scroll")], "scroll without direction"),
        ([row(kind="scroll", direction="north")], "row 0: action.direction: input should be 'up'"),
        ([row(kind="open_app")], "open_app without app_name"),
        ([row(kind="status")], "status without goal_status"),
        ([row(), row()], "episode 7 step 0: stands twice"),
        ([row(kind="click", x=500, y=30)], r"1 of AndroidControl's 1 places lie outside their screenshots \(episode 7"),
        ([{**row(), "step_instruction": ""}], "row 0: step_instruction"),
        ([{**row(), "screenshot": "8.png"}], r"do not open: 8.png; get them from github.com/OSU-NLP-Group/UGround"),
        ([{**row(), "accessibility_tree": [{"text": "a"}]}], r"row 0: accessibility_tree.0.bbox_pixels"),
        ([{**row(), "accessibility_tree": None}], r"row 0: accessibility_tree"),
        ([], "500_steps.json is no list of steps"),
    ],
)
def test_bad_data_are_named(tmp_path: Path, rows: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ANDROID.read(write_folder(tmp_path, files(rows)))
