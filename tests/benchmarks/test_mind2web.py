"""Multimodal-Mind2Web: the published Parquet, both rules, both averages, and what is left out."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.mind2web import (
    GoldAction,
    PredictedAction,
    macro_averages,
    micro_averages,
    step_scores,
)
from tests.benchmarks.official import CRASHED
from tests.benchmarks.screen_replies import asked, figures, floor, measured, scored, screen

MIND2WEB = load_benchmark("mind2web")
HIT, MISS = "pyautogui.click(x=0.2, y=0.2)", "pyautogui.click(x=0.9, y=0.9)"


def candidate(rect: str = "20,10,40,20") -> str:
    """An element from (0.1, 0.1) to (0.3, 0.3) of a screen of 200 x 100."""
    return json.dumps({"tag": "a", "attributes": json.dumps({"bounding_box_rect": rect, "class": "x"})})


def row(uid: str, episode: str = "e1", op: str = "CLICK", value: str = "", **more: Any) -> dict[str, Any]:
    return {
        "action_uid": uid,
        "raw_html": "<html>",
        "cleaned_html": "<html>",
        "operation": json.dumps({"original_op": op, "value": value, "op": "CLICK" if op == "HOVER" else op}),
        "pos_candidates": [candidate()],
        "neg_candidates": ["{}"],
        "website": "shop",
        "domain": "Shopping",
        "subdomain": "General",
        "annotation_id": episode,
        "confirmed_task": "Buy a cup",
        "screenshot": {"bytes": screen(200, 100, kind="JPEG"), "path": None},
        "action_reprs": ["[tab]  Cups -> CLICK", "[textbox]  Name -> TYPE: Ann", "[button]  Buy -> CLICK"],
        "target_action_index": "0",
        "target_action_reprs": "[tab]  Cups -> CLICK",
        **more,
    }


def rows() -> list[dict[str, Any]]:
    return [
        row("a1"),
        row("a2", op="TYPE", value="New York", target_action_index="1"),
        row("a3", op="SELECT", value="Rating", target_action_index="2"),
        row("b1", "e2", op="HOVER"),
    ]


def write(folder: Path, given: Any = None, name: str = "data/test_task-00000-of-00001-ab12.parquet") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows() if given is None else given), path)
    return str(folder)


def test_steps_are_posed_with_all_that_was_done_before(tmp_path: Path) -> None:
    found = MIND2WEB.read(write(tmp_path))
    assert [problem.problem_id for problem in found.problems] == ["e1_a1", "e1_a2", "e1_a3", "e2_b1"]
    assert found.problems[3].groups == {
        "split": "cross-task",
        "operation": "HOVER",
        "domain": "Shopping",
        "website": "shop",
    }
    system, question = asked(MIND2WEB, found.problems[2])
    assert '"name": "browser.select_option"' in system
    assert '"name": "type_text"' in system
    assert question == (
        "Instruction: Buy a cup\n\nPrevious actions:\nStep 1: [tab] Cups -> CLICK\nStep 2: [textbox] Name -> TYPE: Ann"
    )
    assert found.facts["cross-task"] == "4 of the published 1339 actions, 2 of 177 episodes; 4 can be posed"
    assert found.facts["left out"] == "none"
    assert len(found.media) == 1


def test_files_are_found_in_folders_and_alone_and_splits_are_told_apart(tmp_path: Path) -> None:
    whole = MIND2WEB.read(write(tmp_path / "one"))
    assert MIND2WEB.read(str(tmp_path / "one" / "data")) == whole
    assert MIND2WEB.read(str(tmp_path / "one/data/test_task-00000-of-00001-ab12.parquet")) == whole
    write(tmp_path / "two", rows()[:1], "test_website-00000-of-00001.parquet")
    found = MIND2WEB.read(write(tmp_path / "two", [row("z", "e9")], "test_domain-00000-of-00001.parquet"))
    assert [problem.groups["split"] for problem in found.problems] == ["cross-website", "cross-domain"]


REPLIES = ["pyautogui.click(x=0.2, y=0.2)", "type_text(x=0.2, y=0.2, text='new york city')", MISS, HIT]


def test_figures_are_those_of_the_metrics(tmp_path: Path) -> None:
    problems = MIND2WEB.read(write(tmp_path)).problems
    measures = scored(MIND2WEB, problems, REPLIES)
    # F1 of {class, new, york} and {class, new, york, city}: 2 * 3 / 7; of a click for a choice: 0 words of 1 and 2.
    typed = 6 / 7
    names = ["Ele.Acc", "Step SR", "Op.F1", "Op.F1 of classes", "Ele.Acc macro", "Step SR macro", "Op.F1 macro"]
    assert figures(MIND2WEB, measures, *names) == [
        (pytest.approx(3 / 4), 4),
        (pytest.approx(2 / 4), 4),
        (pytest.approx((1 + typed + 0 + 1) / 4), 4),
        (pytest.approx((1 + 0 + typed) / 3), 2),
        (pytest.approx((2 / 3 + 1) / 2), pytest.approx(2)),
        (pytest.approx((1 / 3 + 1) / 2), pytest.approx(2)),
        (pytest.approx(((1 + typed + 0) / 3 + 1) / 2), pytest.approx(2)),
    ]


def test_averages_agree_with_the_metrics_module(tmp_path: Path) -> None:
    problems = MIND2WEB.read(write(tmp_path)).problems
    measures = scored(MIND2WEB, problems, REPLIES)
    place, box = Point(0.2, 0.2), Box(0.1, 0.1, 0.3, 0.3)
    steps = [
        step_scores(PredictedAction("CLICK", place), GoldAction("CLICK", box)),
        step_scores(PredictedAction("TYPE", place, "new york city"), GoldAction("TYPE", box, "New York")),
        step_scores(PredictedAction("CLICK", Point(0.9, 0.9)), GoldAction("SELECT", box, "Rating")),
        step_scores(PredictedAction("CLICK", place), GoldAction("HOVER", box)),
    ]
    for suffix, official in (("", False), (" official", True)):
        micro, macro = (
            micro_averages(steps, official=official),
            macro_averages([steps[:3], steps[3:]], official=official),
        )
        names = [f"{name}{suffix}" for name in ("Ele.Acc", "Op.F1 of classes", "Step SR")]
        assert [value for value, _ in figures(MIND2WEB, measures, *names)] == pytest.approx(list(micro))
        names = [f"{name} macro{suffix}" for name in ("Ele.Acc", "Op.F1", "Step SR")]
        assert [value for value, _ in figures(MIND2WEB, measures, *names)] == pytest.approx(list(macro))


@pytest.mark.parametrize(
    ("step", "reply", "element", "corrected", "official"),
    [
        (0, "pyautogui.moveTo(x=0.2, y=0.2)", 1, 1, 1),
        (0, "pyautogui.rightClick(x=0.2, y=0.2)", 0, 0, 0),
        (0, "browser.select_option(x=0.2, y=0.2, value='a')", 1, 0, 0),
        (1, "type_text(x=0.2, y=0.2, text='NEW  york')", 1, 1, 1),
        (1, "type_text(x=0.2, y=0.2, text='york new')", 1, 0, 1),
        (1, "pyautogui.write(message='New York')", 0, 0, 0),  # nowhere
        (2, "browser.select_option(x=0.2, y=0.2, value='rating')", 1, 1, 1),
        (2, "browser.select_option(x=0.2, y=0.2)", 0, 0, 0),  # unreadable
        (2, "pyautogui.scroll(page=0.5)", 0, 0, 0),
        (2, "I choose Rating.", 0, 0, 0),
    ],
)
def test_commands_are_the_benchmarks_actions(
    tmp_path: Path, step: int, reply: str, element: float, corrected: float, official: float
) -> None:
    found = measured(MIND2WEB, MIND2WEB.read(write(tmp_path)).problems[step], reply)
    assert (found["Ele.Acc"], found["Step SR"], found["Step SR official"]) == (element, corrected, official)


def test_any_right_element_may_be_hit_and_one_without_a_box_is_none(tmp_path: Path) -> None:
    both = [candidate("-1,-1,-1,-1"), candidate(), candidate("160,80,20.0,10.0")]
    problem = MIND2WEB.read(write(tmp_path, [row("a", pos_candidates=both)])).problems[0]
    assert [
        measured(MIND2WEB, problem, reply)["Step SR"] for reply in (HIT, MISS, "pyautogui.click(x=0.5, y=0.5)")
    ] == [
        1,
        1,
        0,
    ]


def test_steps_that_cannot_be_posed_are_counted(tmp_path: Path) -> None:
    given = [
        row("a"),
        row("b", pos_candidates=[]),
        row("c", pos_candidates=[candidate("-1,-1,-1,-1")]),
        row("d", screenshot=None),
        row("e", screenshot={"bytes": screen(200, 100)[:30], "path": None}),
    ]
    found = MIND2WEB.read(write(tmp_path, given))
    assert [problem.problem_id for problem in found.problems] == ["e1_a"]
    assert found.facts["left out"] == "1 with a screenshot that does not open, 2 without a box, 1 without a screenshot"
    assert found.facts["cross-task"] == "5 of the published 1339 actions, 1 of 177 episodes; 1 can be posed"
    # Its episode's mean is over what is posed.
    assert {m.name: m.weight for m in MIND2WEB.score(found.problems[0], CRASHED, Scoring())}["Step SR macro"] == 1


def test_a_run_that_crashed_is_wrong_throughout(tmp_path: Path) -> None:
    problem = MIND2WEB.read(write(tmp_path)).problems[0]
    found = MIND2WEB.score(problem, CRASHED, Scoring())
    assert {measure.value for measure in found} == {0.0}
    assert {measure.weight for measure in found} == {1.0, 1 / 3}
    assert len(floor(MIND2WEB, "random_pixel", [problem])) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([row("a", op="DRAG")], r"1 rows of Multimodal-Mind2Web cannot be used: test_task.* row 0: op: input"),
        ([row("a", target_action_index="3")], r"row 0: target_action_index is 3 of 3 actions; get them from hugg"),
        ([row("a", target_action_index="-1")], r"row 0: target_action_index: input should be greater than"),
        ([row("a", pos_candidates=["no json"])], r"row 0: item: invalid JSON"),
        ([row("a", pos_candidates=[candidate("1,2,3")])], r"row 0: numbers"),
        ([row("a", pos_candidates=[candidate("1,2,nan,4")])], r"row 0: numbers.2: input should be a finite number"),
        ([row("a", confirmed_task="")], r"row 0: confirmed_task"),
        ([row("a"), row("a")], r"e1_a: stands twice"),
        ([{"action_uid": "a"}], r"has no column annotation_id, website, domain, confirmed_task, operation and 4 more"),
        ([row("a", pos_candidates=[])], r"holds no action of Multimodal-Mind2Web that can be posed"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, given: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        MIND2WEB.read(write(tmp_path, given))


def test_bad_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="are not there; name the folder with its test_"):
        MIND2WEB.read(str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="are not there"):
        MIND2WEB.read(" ")
    write(tmp_path / "train", name="train-00000.parquet")
    with pytest.raises(ConfigError, match=r"does not hold Multimodal-Mind2Web: looked for test_task\*.parquet"):
        MIND2WEB.read(str(tmp_path / "train"))
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(ConfigError, match=r"a.zip is no Parquet file; unpack it"):
        MIND2WEB.read(str(tmp_path / "a.zip"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/test_task-0.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ConfigError, match=r"test_task-0.parquet cannot be read"):
        MIND2WEB.read(str(tmp_path / "bad"))
    write(tmp_path / "twice/one")
    write(tmp_path / "twice/two", name="test_task-0.parquet")
    with pytest.raises(ConfigError, match="holds the split test_task 2 times"):
        MIND2WEB.read(str(tmp_path / "twice"))
