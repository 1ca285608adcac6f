"""SEED-Bench: picture questions alone, both readings of a letter, both averages, and what stays in the denominator."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.benchmarks.seed_bench import DIMENSIONS, mean_of_dimensions
from journeyman.errors import ConfigError
from journeyman.metrics.seed_bench import DIMENSION_SIZES
from journeyman.schema.problem import Problem
from journeyman.schema.trajectory import Trajectory
from tests.benchmarks.official import CRASHED, figure, picture, run, write_folder, write_zip

SEED = load_benchmark("seed_bench")
TYPES = {
    "Scene Understanding": 1,
    "Instance Identity": 2,
    "Instance Attributes": 3,
    "Instance Location": 4,
    "Instances Counting": 5,
    "Spatial Relation": 6,
    "Instance Interaction": 7,
    "Visual Reasoning": 8,
    "Text Understanding": 9,
    "Action Recognition": 10,
}


def question(question_id: str, kind: int, answer: str, data_id: str = "1_1", **more: Any) -> dict[str, Any]:
    choices = {f"choice_{letter}": f"{letter} of {question_id}" for letter in "abcd"}
    row = {"question_id": question_id, "question": f"question {question_id}?", "answer": answer, "data_type": "image"}
    return {**row, **choices, "question_type_id": kind, "data_id": data_id, **more}


def questions() -> list[dict[str, Any]]:
    return [
        question("101", 1, "A"),
        question("102", 1, "B"),
        question("103", 5, "C", "2_2"),
        question("v1", 10, "A", "94328.webm", data_type="video"),
        question("v2", 10, "A", "94329.webm", data_type="video"),
    ]


def table(rows: Any, **more: Any) -> bytes:
    return json.dumps({"questions": rows, "question_type": TYPES, **more}).encode()


def files(rows: Any = None, **more: Any) -> dict[str, bytes]:
    shown = {f"SEED-Bench-image/{name}": picture(colour) for name, colour in (("1_1", "red"), ("2_2", "blue"))}
    return {"SEED-Bench.json": table(questions() if rows is None else rows, **more), **shown}


def named(problems: Any, trajectories: list[Trajectory], name: str) -> tuple[float, float]:
    scored = [SEED.score(p, t, Scoring()) for p, t in zip(problems, trajectories, strict=True)]
    return figure(SEED, name, scored)


def test_picture_questions_are_posed_with_their_choices_and_videos_are_counted(tmp_path: Path) -> None:
    found = SEED.read(write_folder(tmp_path / "seed", files()))
    assert [problem.problem_id for problem in found.problems] == ["101", "102", "103"]
    first, _, third = found.problems
    assert first.query.text.splitlines() == [
        "question 101?",
        "A. a of 101",
        "B. b of 101",
        "C. c of 101",
        "D. d of 101",
        "Give the letter of the right choice as your answer, and nothing else.",
    ]
    (ref,) = first.query.files
    # The official name has no extension; the content says what it is.
    assert (ref.name, ref.media_type, ref.origin) == ("file_1.jpg", "image/jpeg", "1_1")
    assert third.groups == {"dimension": "Instance Counting"}
    assert len(found.media) == 2
    assert found.facts["left out"] == "2 about video"
    assert found.facts["questions"] == "3 of the published 14233"
    assert found.facts["version"].startswith("not comparable with published figures, sizes differ: Scene Underst")


def test_the_zip_of_the_pictures_beside_the_table_reads_as_the_folder_does(tmp_path: Path) -> None:
    whole = SEED.read(write_folder(tmp_path / "seed", files()))
    shown = {name: data for name, data in files().items() if name != "SEED-Bench.json"}
    for number, prefix in enumerate(("SEED-Bench-image/", "")):
        root = tmp_path / str(number)
        write_folder(root, {"SEED-Bench.json": table(questions())})
        inside = {prefix + name.rpartition("/")[2]: data for name, data in shown.items()}
        write_zip(root / "SEED-Bench-image.zip", inside)
        assert SEED.read(str(root)) == whole
    assert SEED.read(write_zip(tmp_path / "all.zip", {f"seed/{k}": v for k, v in files().items()})) == whole


def test_a_missing_picture_is_named_and_its_question_stays(tmp_path: Path) -> None:
    rows = [*questions(), question("104", 9, "D", "lost"), question("105", 9, "D", "broken")]
    found = SEED.read(write_folder(tmp_path, {**files(rows), "SEED-Bench-image/broken": b"no picture"}))
    assert [(p.problem_id, p.query.files) for p in found.problems[3:]] == [("104", ()), ("105", ())]
    assert found.facts["missing pictures"] == "2, whose questions are asked by their words alone: lost, broken"
    assert found.facts["pictures"] == "2"
    with pytest.raises(
        ConfigError, match=r"none of seed_bench's 2 pictures is there, the first is 1_1; put them into S"
    ):
        SEED.read(write_folder(tmp_path / "none", {"SEED-Bench.json": table(questions())}))


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> tuple[Problem, ...]:
    found: tuple[Problem, ...] = SEED.read(write_folder(tmp_path_factory.mktemp("seed"), files())).problems
    return found


def test_the_paper_averages_dimensions_and_the_script_averages_questions(problems: tuple[Problem, ...]) -> None:
    runs = [run(answer="A"), run(answer="C"), run(answer="(C)")]
    assert named(problems, runs, "Scene Understanding") == (0.5, 2)
    assert named(problems, runs, "Instance Counting") == (1.0, 1)
    assert named(problems, runs, "SEED")[0] == pytest.approx(0.75)
    assert named(problems, runs, "SEED of all") == (pytest.approx(2 / 3), 3)
    # The first character of "(C)" is none.
    assert named(problems, runs, "SEED official")[0] == pytest.approx(0.25)
    assert named(problems, runs, "SEED of all official")[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("answer", "corrected", "official"),
    [("A", 1, 1), ("a.", 1, 1), ("The answer is A.", 1, 0), ("Answer: B", 0, 1), ("A dog, so B", 0, 1), (["A"], 1, 0)],
)
def test_the_rules_read_the_same_words_differently(
    problems: tuple[Problem, ...], answer: Any, corrected: float, official: float
) -> None:
    measures = {m.name: m.value for m in SEED.score(problems[0], run(answer=answer), Scoring())}
    assert measures == {
        "Scene Understanding": corrected,
        "SEED of all": corrected,
        "Scene Understanding official": official,
        "SEED of all official": official,
    }


def test_a_run_that_failed_is_wrong_and_counts(problems: tuple[Problem, ...]) -> None:
    runs = [CRASHED, run(status="max_steps"), run(answer="C")]
    assert named(problems, runs, "SEED of all") == (pytest.approx(1 / 3), 3)
    assert named(problems, runs, "SEED")[0] == pytest.approx(0.5)


def test_every_figure_knows_its_published_denominator() -> None:
    total = sum(DIMENSION_SIZES.values())
    expected = {name + end: size for end in ("", " official") for name, size in DIMENSION_SIZES.items()}
    expected |= {name + end: total for end in ("", " official") for name in ("SEED", "SEED of all")}
    assert {f.name: f.published_denominator for f in SEED.figures} == expected
    # What a report compares with it is the weight of a figure's last measure.
    (paper,) = [f for f in SEED.figures if f.name == "SEED"]
    assert paper.parts == (*DIMENSIONS, "SEED of all")


def test_the_mean_is_over_dimensions_that_have_a_question() -> None:
    values, weights = np.array([[1.0, 3.0, 0.0, 4.0]]), np.array([[1.0, 4.0, 0.0, 5.0]])
    assert mean_of_dimensions(values, weights) == pytest.approx([(1 + 0.75) / 2])
    assert np.isnan(mean_of_dimensions(np.zeros((1, 4)), np.zeros((1, 4)))).all()


@given(
    answer=st.text(max_size=8).map(json.dumps) | st.sampled_from(["", "{", "NaN", '"\\ud800"', "[" * 5000]),
    place=st.integers(0, 2),
)
def test_no_answer_makes_scoring_raise(problems: tuple[Problem, ...], answer: str, place: int) -> None:
    measures = SEED.score(problems[place], run(answer="").model_copy(update={"answer_json": answer}), Scoring())
    assert [m.weight for m in measures] == [1] * 4
    assert all(m.value in (0.0, 1.0) for m in measures)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([question("1", 1, "E")], r"1 questions of SEED-Bench\.json cannot be used: question 0: answer"),
        ([question("1", 1, "A", question="")], "question 0: question"),
        ([{"data_type": "image", "question_type_id": 1}], "question 0: question_id: field required"),
        (["text"], "question 0: item: input should be an object"),
        ([question("1", 1, "A"), question("1", 1, "A")], r"has 1 question_ids twice \(1\)"),
        ([question("v", 10, "A", data_type="video")], "no question about a picture"),
        ("text", "has no list of questions"),
    ],
)
def test_a_question_that_cannot_be_used_is_named(tmp_path: Path, rows: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        SEED.read(write_folder(tmp_path, files(rows)))


def test_another_version_of_the_benchmark_is_refused(tmp_path: Path) -> None:
    other = {**TYPES, "Chart Understanding": 9}
    del other["Text Understanding"]
    with pytest.raises(ConfigError, match="calls question type 9 'Chart Understanding', SEED-Bench calls it 'Text Rec"):
        SEED.read(write_folder(tmp_path, files(question_type=other)))
    with pytest.raises(ConfigError, match="has no table question_type"):
        SEED.read(write_folder(tmp_path / "n", files(question_type=None)))


def test_a_picture_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(picture())
    rows = [*questions(), question("104", 9, "D", "../../secret")]
    found = SEED.read(write_folder(tmp_path / "seed", files(rows)))
    assert found.problems[3].query.files == ()
