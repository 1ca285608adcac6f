"""OSWorld-G: boxes, polygons and refusals, capabilities that overlap, and what is no such data."""

from pathlib import Path
from typing import Any

import pytest

from journeyman.benchmark import load_benchmark
from journeyman.errors import ConfigError
from tests.benchmarks.official import write_folder
from tests.benchmarks.screen_replies import asked, figures, measured, scored, screen, table

OSWORLD = load_benchmark("osworld_g")
REFUSE = "terminate(status='failure')"


def click(x: float, y: float) -> str:
    return f"pyautogui.click(x={x}, y={y})"


def row(name: str, kind: str, numbers: Any, **more: Any) -> dict[str, Any]:
    given = {"id": name, "image_path": "a.png", "image_size": [100, 100], "instruction": f"find {name}"}
    return {**given, "box_type": kind, "box_coordinates": numbers, "GUI_types": ["Icon"], **more}


def rows() -> list[dict[str, Any]]:
    return [
        row("box", "bbox", [10, 20, 30.0, 40.0]),
        # An L: the upper left square of 50 and the lower half of the screen's left 80.
        row("corner", "polygon", [0, 0, 50, 0, 50, 50, 80, 50, 80, 100, 0, 100]),
        row("nothing", "refusal", [-1, -1, -1, -1]),
    ]


CLASSES = {
    "classified": {
        "text_matching": [{"id": "box"}],
        "element_recognition": [{"id": "box"}, {"id": "corner"}],
        "layout_understanding": [],
        "refusal": [{"id": "nothing", "instruction": "find nothing"}],
    }
}


def files(given: Any = None, classes: Any = CLASSES, name: str = "OSWorld-G.json") -> dict[str, bytes]:
    classified = {} if classes is None else {"benchmark/classification_result.json": table(classes)}
    return {
        f"benchmark/{name}": table(rows() if given is None else given),
        "benchmark/images/a.png": screen(100, 100),
        **classified,
    }


def test_problems_know_their_target_and_capabilities(tmp_path: Path) -> None:
    found = OSWORLD.read(write_folder(tmp_path, files()))
    assert [problem.groups for problem in found.problems] == [
        {"target": "bbox", "size": "large"},
        {"target": "polygon", "size": "large"},
        {"target": "refusal", "size": "none"},
    ]
    assert found.facts["problems"] == "3 of the published 564"
    assert found.facts["capabilities"] == "from classification_result.json"
    assert found.facts["instructions"] == "as they were written"
    system, question = asked(OSWORLD, found.problems[0])
    assert '{"name": "terminate"' in system
    assert question.startswith("Instruction: find box\n")


@pytest.mark.parametrize(
    ("problem", "reply", "hit"),
    [
        (0, click(0.1, 0.2), 1),
        (0, click(0.4, 0.6), 1),
        (0, click(0.41, 0.6), 0),
        (0, REFUSE, 0),
        (1, click(0.25, 0.25), 1),
        (1, click(0.65, 0.75), 1),
        (1, click(0.65, 0.25), 0),  # in the polygon's bounding box alone
        (2, REFUSE, 1),
        (2, "FAIL", 1),
        (2, "terminate(status='success')", 0),
        (2, click(0, 0), 0),
        (2, "There is nothing.", 0),
    ],
)
def test_targets_are_hit_or_refused(tmp_path: Path, problem: int, reply: str, hit: float) -> None:
    posed = OSWORLD.read(write_folder(tmp_path, files())).problems[problem]
    assert measured(OSWORLD, posed, reply)["OSWorld-G"] == hit


def test_a_problem_of_two_capabilities_counts_in_both_and_refusals_can_be_left_out(tmp_path: Path) -> None:
    problems = OSWORLD.read(write_folder(tmp_path, files())).problems
    measures = scored(OSWORLD, problems, [click(0.2, 0.3), click(0.65, 0.25), REFUSE])
    names = ["", " without refusals", " text_matching", " element_recognition", " refusal", " polygon", " macro"]
    assert figures(OSWORLD, measures, *(f"OSWorld-G{name}" for name in names)) == [
        (pytest.approx(2 / 3), 3),
        (0.5, 2),
        (1.0, 1),
        (0.5, 2),
        (1.0, 1),
        (0.0, 1),
        (pytest.approx((1 + 0.5 + 1) / 3), 1),  # no problem of the other two
    ]
    assert figures(OSWORLD, measures, "Format") == [(1.0, 3)]


def test_refined_instructions_are_read_where_they_are_alone(tmp_path: Path) -> None:
    found = OSWORLD.read(write_folder(tmp_path, files(classes=None, name="OSWorld-G_refined.json")))
    assert found.facts["instructions"] == "refined"
    assert found.facts["capabilities"] == "unknown: classification_result.json is not there"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([row("a", "polygon", [1, 2, 3, 4])], "a: a polygon is x and y of three vertices or more, not 4 numbers"),
        ([row("a", "polygon", [1, 2, 3, 4, 5, 6, 7])], "not 7 numbers"),
        ([row("a", "bbox", [1, 2, 3])], "a: a box is four finite numbers"),
        ([row("a", "bbox", [1, 2, -3, 4])], "a: no box from"),
        ([row("a", "circle", [1, 2, 3])], "OSWorld-G.json row 0: box_type: input should be 'bbox', 'polygon' or 'ref"),
        ([row("a", "bbox", [10, 10, 9, 9]), row("a", "bbox", [10, 10, 9, 9])], "a: the id stands twice"),
        ([row("a", "bbox", [10, 10, 9, 9], image_size=[50, 100])], "a: size is 50 x 100, a.png has 100 x 100"),
        ([row("a", "bbox", [60, 60, 90, 90])], "1 of OSWorld-G's 1 boxes end outside their screenshots"),
        ([row("a", "refusal", [], image_path="b.png")], "do not open: b.png; get them from github.com/xlang-ai"),
        ([], "OSWorld-G.json is no list of problems"),
    ],
)
def test_bad_data_are_named(tmp_path: Path, given: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        OSWORLD.read(write_folder(tmp_path, files(given)))


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({"classified": {"luck": []}}, "does not sort problems by text_matching, element_recognition"),
        ([], "does not sort problems"),
        ({"classified": {"refusal": ["nothing"]}}, "has a problem without an id in refusal"),
        ({"classified": {"refusal": None}}, "has a problem without an id in refusal"),
    ],
)
def test_a_classification_that_cannot_be_read_is_named(tmp_path: Path, classes: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        OSWORLD.read(write_folder(tmp_path, files(classes=classes)))
