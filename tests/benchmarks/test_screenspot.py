"""ScreenSpot and ScreenSpot-v2: official tables, both averages, and the ways in which boxes go wrong without a word."""

from pathlib import Path
from typing import Any

import pytest

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.benchmarks.screenspot import EDITION
from journeyman.errors import ConfigError
from tests.benchmarks.official import CRASHED, write_folder, write_zip
from tests.benchmarks.screen_replies import asked, attempted, figures, floor, measured, scored, screen, table

ONE, TWO = load_benchmark("screenspot"), load_benchmark("screenspot_v2")
CLICK = "pyautogui.click(x={}, y={})"


def row(kind: str = "text", bbox: Any = (20, 10, 40, 20), **more: Any) -> dict[str, Any]:
    """An element from (0.1, 0.1) to (0.3, 0.3) of a screen of 200 x 100."""
    given = {"img_filename": "a.png", "bbox": list(bbox), "instruction": "open it", "data_type": kind}
    return {**given, "data_source": "ios", **more}


def files(suffix: str = "", pictures: str = "screenspot_imgs/", **tables: Any) -> dict[str, bytes]:
    rows = {
        "mobile": [row(), row("icon"), row("icon")],
        "web": [row("text", img_filename="b.png", data_source="shop")],
        **tables,
    }
    shown = {f"{pictures}a.png": screen(200, 100), f"{pictures}b.png": screen(400, 50, "red")}
    return {**{f"screenspot_{name}{suffix}.json": table(value) for name, value in rows.items()}, **shown}


def test_problems_come_platform_by_platform_with_boxes_in_fractions(tmp_path: Path) -> None:
    found = ONE.read(write_folder(tmp_path, files()))
    assert [problem.problem_id for problem in found.problems] == ["mobile-0", "mobile-1", "mobile-2", "web-0"]
    assert found.problems[0].groups == {"platform": "mobile", "kind": "text", "size": "large", "source": "ios"}
    assert found.problems[0].gold_json == '{"bottom":0.3,"left":0.1,"right":0.3,"top":0.1}'
    assert found.problems[3].gold_json == '{"bottom":0.6,"left":0.05,"right":0.15,"top":0.2}'
    assert [file.media_type for file in found.media] == ["image/png", "image/png"]
    assert found.problems[0].query.files[0].sha256 == found.media[0].sha256
    assert found.facts["problems"] == "4 of the published 1272"
    assert found.facts["version"].startswith("not comparable with published figures, sizes differ: mobile text 1 for 2")
    assert found.facts["screenshots"] == "2 of 0.0 MB in all"


def test_folder_zip_and_the_second_version_read_alike(tmp_path: Path) -> None:
    whole = ONE.read(write_folder(tmp_path / "one", files()))
    assert ONE.read(write_zip(tmp_path / "one.zip", {f"data/{k}": v for k, v in files().items()})) == whole
    second = TWO.read(write_folder(tmp_path / "two", files("_v2", "screenspotv2_image/")))
    assert [p.gold_json for p in second.problems] == [p.gold_json for p in whole.problems]
    assert second.problems[0].benchmark == "screenspot_v2"
    with pytest.raises(ConfigError, match=r"does not hold ScreenSpot-v2: looked for screenspot_mobile_v2.json or"):
        TWO.read(str(tmp_path / "one"))


def test_micro_weighs_problems_and_macro_cells(tmp_path: Path) -> None:
    problems = ONE.read(write_folder(tmp_path, files())).problems
    inside, outside = CLICK.format(0.2, 0.2), CLICK.format(0.9, 0.9)
    # text of mobile 1/1, icons of mobile 1/2, text of web 0/1: 2 of 4, and the mean of 1, 1/2 and 0.
    measures = scored(ONE, problems, [inside, inside, outside, outside])
    assert figures(ONE, measures, "ScreenSpot", "ScreenSpot macro", "mobile icon", "web text") == [
        (0.5, 4),
        (pytest.approx(0.5), 1),
        (0.5, 2),
        (0.0, 1),
    ]
    measures = scored(ONE, problems, [inside, outside, outside, outside])
    assert figures(ONE, measures, "ScreenSpot", "ScreenSpot macro") == [(0.25, 4), (pytest.approx(1 / 3), 1)]


@pytest.mark.parametrize(
    ("reply", "hit", "readable"),
    [
        (CLICK.format(0.1, 0.1), 1, 1),  # edges are inside
        (CLICK.format(0.3, 0.3), 1, 1),
        (CLICK.format(0.3001, 0.3), 0, 1),
        ("Action: Open it.\npyautogui.moveTo(x=0.2, y=0.2)", 1, 1),
        ("pyautogui.click()", 0, 0),  # where the pointer is: nowhere
        ("pyautogui.click(x=40, y=20)", 0, 0),  # pixels
        ("pyautogui.write(message='a')", 0, 0),
        ("(0.2, 0.2)", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_reply_that_cannot_be_read_is_wrong(tmp_path: Path, reply: str, hit: float, readable: float) -> None:
    problem = ONE.read(write_folder(tmp_path, files())).problems[0]
    assert measured(ONE, problem, reply) == {"ScreenSpot": hit, "mobile text": hit, "Format": readable}
    assert attempted(ONE, problem, reply).status == ("answered" if readable else "failed")


def test_a_run_that_crashed_counts(tmp_path: Path) -> None:
    problem = ONE.read(write_folder(tmp_path, files())).problems[0]
    assert [(m.value, m.weight) for m in ONE.score(problem, CRASHED, Scoring())] == [(0, 1)] * 3


def test_the_agent_is_asked_as_in_training(tmp_path: Path) -> None:
    system, question = asked(ONE, ONE.read(write_folder(tmp_path, files())).problems[0])
    assert "pyautogui.click(x=0.5, y=0.5)" in system
    assert question == "Instruction: open it\n\nPrevious actions:\nNone"


def test_floors_are_equal_for_equal_seeds(tmp_path: Path) -> None:
    problems = ONE.read(write_folder(tmp_path, files())).problems
    assert floor(ONE, "centre", problems) == ["pyautogui.click(x=0.5000, y=0.5000)"] * 4
    drawn = floor(ONE, "random_pixel", problems)
    assert len(set(drawn)) == 4
    assert drawn == floor(ONE, "random_pixel", problems) != floor(ONE, "random_pixel", problems, seed=8)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"web": [row(bbox=(1, 2, 3))]}, r"1 rows of ScreenSpot cannot be used: screenspot_web.json row 0: bbox"),
        ({"web": [row(), row(bbox=(1, 2, -3, 4))]}, r"screenspot_web.json row 1: bbox: no box from .*github.com/njucc"),
        ({"web": [row(data_type="image")]}, r"row 0: data_type: input should be 'text' or 'icon', got 'image'"),
        ({"web": [row(instruction=" ")]}, r"row 0: instruction: "),
        ({"web": [7]}, r"row 0: "),
        ({"web": []}, r"screenspot_web.json is no list of problems"),
        ({"web": {"a": 1}}, r"screenspot_web.json is no list of problems"),
        ({"web": [row(img_filename="c.png")]}, r"1 of screenspot's 2 screenshots are missing or do not open: c.png;"),
        ({"web": [row(img_filename="../a.png")]}, r"screenshots are missing or do not open: \.\./a.png"),
        ({"web": [row(bbox=(0.1, 0.1, 0.2, 0.2))]}, r"1 boxes of ScreenSpot lie within one pixel .*are in fractions"),
        # Corners for width and height.
        ({"web": [row(bbox=(150, 60, 190, 90))]}, r"1 of ScreenSpot's 4 boxes end outside their screenshots \(screens"),
    ],
)
def test_bad_data_are_named(tmp_path: Path, tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ONE.read(write_folder(tmp_path, files(**tables)))


def test_a_broken_screenshot_and_a_wrong_folder_are_named(tmp_path: Path) -> None:
    broken = {**files(), "screenspot_imgs/b.png": screen(400, 50)[:40]}
    with pytest.raises(ConfigError, match=r"do not open: b.png; get them from github.com/njucckevin/SeeClick and put"):
        ONE.read(write_folder(tmp_path / "broken", broken))
    with pytest.raises(ConfigError, match=r"does not hold ScreenSpot: looked for screenspot_mobile.json"):
        ONE.read(write_folder(tmp_path / "other", {"gta.json": b"[]"}))


def test_published_denominators_are_those_of_the_cells() -> None:
    for benchmark, mobile_text in ((ONE, 273), (TWO, 290)):
        sizes = {figure.name: figure.published_denominator for figure in benchmark.figures}
        assert sizes[benchmark.right] == sizes[f"{benchmark.right} macro"] == 1272
        assert sizes["mobile text"] == mobile_text
    assert sum(EDITION.sizes.values()) == 1272
