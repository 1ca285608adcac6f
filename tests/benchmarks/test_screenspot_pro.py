"""ScreenSpot-Pro: tables of applications, boxes by corners, a part of the data, and sizes that rows state."""

from pathlib import Path
from typing import Any

import pytest

from journeyman.benchmark import load_benchmark
from journeyman.errors import ConfigError
from tests.benchmarks.official import write_folder
from tests.benchmarks.screen_replies import figures, scored, screen, table

PRO = load_benchmark("screenspot_pro")


def row(number: int = 0, **more: Any) -> dict[str, Any]:
    """An element from (0.5, 0.5) to (0.51, 0.52) of a screen of 400 x 200."""
    return {
        "id": f"word_macos_{number}",
        "img_filename": "word_macos/a.png",
        "bbox": [200, 100, 204, 104],
        "img_size": [400, 200],
        "instruction": "paste",
        "instruction_cn": "粘贴",
        "ui_type": "icon",
        "application": "word",
        "platform": "macos",
        "group": "Office",
        **more,
    }


def files(rows: Any = None, **pictures: bytes) -> dict[str, bytes]:
    other = row(id="vscode_macos_0", ui_type="text", application="vscode", group="Dev")
    return {
        "annotations/word_macos.json": table([row(0), row(1)] if rows is None else rows),
        "annotations/vscode_macos.json": table([other]),
        "images/word_macos/a.png": screen(400, 200),
        **pictures,
    }


def test_a_part_of_the_tables_is_read_and_said_to_be_one(tmp_path: Path) -> None:
    found = PRO.read(write_folder(tmp_path, files()))
    # In the order of the official list of tables: vscode before word.
    assert [problem.problem_id for problem in found.problems] == ["vscode_macos_0", "word_macos_0", "word_macos_1"]
    assert found.problems[1].groups == {
        "group": "Office",
        "platform": "macos",
        "kind": "icon",
        "size": "tiny",
        "application": "word",
    }
    assert found.problems[1].gold_json == '{"bottom":0.52,"left":0.5,"right":0.51,"top":0.5}'
    assert found.facts["tables"].startswith("2 of 26, without annotations/android_studio_macos.json, ")
    assert found.facts["problems"] == "3 of the published 1581"
    assert len(found.media) == 1


def test_boxes_are_corners_and_both_averages_are_given(tmp_path: Path) -> None:
    problems = PRO.read(write_folder(tmp_path, files())).problems
    hit, miss = "pyautogui.click(x=0.505, y=0.51)", "pyautogui.click(x=0.505, y=0.53)"
    measures = scored(PRO, problems, [miss, hit, miss])
    assert figures(PRO, measures, "ScreenSpot-Pro", "ScreenSpot-Pro macro", "Office icon", "Dev text") == [
        (pytest.approx(1 / 3), 3),
        (pytest.approx(0.25), 1),  # the mean of 1/2 and 0: other cells have no problem
        (0.5, 2),
        (0.0, 1),
    ]


def test_a_scaled_screenshot_is_as_good(tmp_path: Path) -> None:
    whole = PRO.read(write_folder(tmp_path / "whole", files()))
    half = PRO.read(write_folder(tmp_path / "half", {**files(), "images/word_macos/a.png": screen(200, 100)}))
    assert [p.gold_json for p in half.problems] == [p.gold_json for p in whole.problems]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(), row()], "word_macos_0: the id stands twice"),
        ([row(img_size=[200, 200])], "word_macos_0: size is 200 x 200, word_macos/a.png has 400 x 200"),
        ([row(bbox=[200, 100, 4, 4])], "word_macos_0: no box from .*right lower corner"),
        ([row(bbox=[0.5, 0.5, 0.51, 0.52])], "1 boxes of ScreenSpot-Pro lie within one pixel"),
        ([row(group="Games")], "word_macos.json row 0: group: input should be 'Dev', 'Creative'"),
        ([{**row(), "group": None}], "row 0: group"),
        (
            [row(img_filename="word_macos/b.png")],
            "do not open: word_macos/b.png; get them from huggingface.co/datasets",
        ),
        ({}, "annotations/word_macos.json is no list of problems"),
    ],
)
def test_bad_data_are_named(tmp_path: Path, rows: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PRO.read(write_folder(tmp_path, files(rows)))


def test_published_cells_add_up() -> None:
    sizes = {figure.name: figure.published_denominator for figure in PRO.figures}
    cells = {name: size for name, size in sizes.items() if name.endswith((" text", " icon"))}
    assert len(cells) == 12
    assert sum(size or 0 for size in cells.values()) == sizes["ScreenSpot-Pro"] == 1581
