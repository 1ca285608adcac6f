"""MM-Vet, LLaVA-Bench and VisIT-Bench: posed with their pictures under the ids that judges know, answers recorded."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from journeyman.benchmark import Benchmark, Scoring, load_benchmark
from journeyman.errors import ConfigError
from journeyman.evaluation.causes import cause_of
from journeyman.schema.score import Measure
from tests.benchmarks.official import CRASHED, jsonl, picture, run, write_folder, write_zip

NAMES = ("mm_vet", "llava_bench", "visit_bench")
JUDGES = {"mm_vet": "mm-vet", "llava_bench": "llava-bench", "visit_bench": "visit-bench"}


def table(rows: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


MM_VET = {
    "mm-vet.json": json.dumps(
        {
            "v1_0": {"imagename": "a.png", "question": "What is x?", "answer": "3", "capability": ["math", "ocr"]},
            "v1_1": {"imagename": "b.jpg", "question": "Which?", "answer": "cat", "capability": ["rec"]},
        }
    ).encode(),
    "images/a.png": picture(kind="PNG"),
    "images/b.jpg": picture("blue"),
}
WILD = {
    "questions.jsonl": jsonl(
        [
            {"question_id": 0, "image": "001.jpg", "category": "conv", "text": "Where?"},
            {"question_id": 1, "image": "001.jpg", "category": "detail", "text": "Describe."},
        ]
    ),
    "answers_gpt4.jsonl": jsonl([{"question_id": n, "text": f"reference {n}"} for n in range(2)]),
    "context.jsonl": jsonl([{"id": "001", "image": "001.jpg", "caption": "A crater."}]),
    "images/001.jpg": picture(),
}
COCO = {
    "qa90_questions.jsonl": WILD["questions.jsonl"].replace(b"001.jpg", b"0042.jpg"),
    "qa90_reference.jsonl": jsonl(
        {"question_id": n, "text": f"reference {n}", "category": name} for n, name in enumerate(("conv", "detail"))
    ),
    "coco_context_80.jsonl": jsonl([{"image": "0042.jpg", "captions": ["A crater."], "instances": []}]),
    "val2014/COCO_val2014_0042.jpg": picture(),
}
VISIT = {
    "test/metadata.csv": table(
        [
            {
                "file_name": f"{n}.jpg",
                "instruction_category": "Animals",
                "instruction": f"instruction {n}",
                "instruction_conditioned_caption": "sheep",
                "gpt4_prediction": f"reference {n}",
                "human_ratings_gpt4_correct": str(n == 0),
                "human_ratings_problem_in_caption": "False",
            }
            for n in range(2)
        ]
    ),
    "test/0.jpg": picture(),
    "test/1.jpg": picture("blue"),
}
DATA = {"mm_vet": MM_VET, "llava_bench": WILD, "visit_bench": VISIT}


@pytest.fixture(params=NAMES)
def benchmark_of(request: pytest.FixtureRequest) -> Benchmark:
    return load_benchmark(request.param)


def test_questions_are_posed_under_the_ids_that_judges_know(tmp_path: Path) -> None:
    found = load_benchmark("mm_vet").read(write_folder(tmp_path / "m", MM_VET))
    assert [(p.problem_id, p.query.text, p.groups) for p in found.problems] == [
        ("v1_0", "What is x?", {"capabilities": "ocr_math"}),
        ("v1_1", "Which?", {"capabilities": "rec"}),
    ]
    assert [p.query.files[0].name for p in found.problems] == ["file_1.png", "file_1.jpg"]
    assert found.facts == {"questions": "2 of the published 218", "pictures": "2 of the published 200"}
    found = load_benchmark("llava_bench").read(write_folder(tmp_path / "w", WILD))
    assert [(p.problem_id, p.query.text, p.groups) for p in found.problems] == [
        ("0", "Where?", {"category": "conv"}),
        ("1", "Describe.", {"category": "detail"}),
    ]
    assert len(found.media) == 1
    found = load_benchmark("visit_bench").read(write_folder(tmp_path / "v", VISIT))
    assert [(p.problem_id, p.query.text, p.groups) for p in found.problems] == [
        ("0", "instruction 0", {"family": "Animals"}),
        ("1", "instruction 1", {"family": "Animals"}),
    ]
    assert found.facts["verified references"].startswith("1; others are asked and not judged")


def test_coco_pictures_are_found_under_either_of_their_names(tmp_path: Path) -> None:
    read = load_benchmark("llava_bench").read
    whole = read(write_folder(tmp_path / "a", COCO))
    assert [p.query.files[0].origin for p in whole.problems] == ["0042.jpg", "0042.jpg"]
    plain = {k: v for k, v in COCO.items() if not k.startswith("val2014")} | {"images/0042.jpg": picture()}
    assert read(write_folder(tmp_path / "b", plain)) == whole


def test_what_is_right_is_kept_from_the_agent(benchmark_of: Benchmark, tmp_path: Path) -> None:
    found = benchmark_of.read(write_folder(tmp_path, DATA[benchmark_of.name]))
    for problem in found.problems:
        assert json.loads(problem.gold_json)
        asked = problem.query.model_dump_json()
        assert "reference" not in asked
        assert "crater" not in asked
        assert "sheep" not in asked


def test_a_zip_reads_as_the_folder_does(benchmark_of: Benchmark, tmp_path: Path) -> None:
    data = DATA[benchmark_of.name]
    packed = write_zip(tmp_path / "x.zip", {f"top/{name}": content for name, content in data.items()})
    assert benchmark_of.read(packed) == benchmark_of.read(write_folder(tmp_path / "x", data))


def test_a_missing_picture_is_named_and_its_question_stays(benchmark_of: Benchmark, tmp_path: Path) -> None:
    data = dict(DATA[benchmark_of.name])
    pictures = [name for name in data if name.endswith(("png", "jpg"))]
    if len(pictures) > 1:
        lost = data.pop(pictures.pop())
        assert lost
        found = benchmark_of.read(write_folder(tmp_path / "some", data))
        assert [bool(p.query.files) for p in found.problems] == [True, False]
        assert found.facts["missing pictures"].startswith("1, whose questions are asked by their words alone: ")
    none = {name: content for name, content in data.items() if name not in pictures}
    with pytest.raises(ConfigError, match=rf"none of {benchmark_of.name}'s \d pictures is there"):
        benchmark_of.read(write_folder(tmp_path / "none", none))


def test_only_whether_an_answer_was_given_is_measured_and_nothing_says_that_it_is_right(
    benchmark_of: Benchmark, tmp_path: Path
) -> None:
    (problem, _) = benchmark_of.read(write_folder(tmp_path, DATA[benchmark_of.name])).problems
    for trajectory, answered in (
        (run(answer="A cat."), 1),
        (run(answer=3), 1),
        (run(answer="  "), 0),
        (run(status="max_steps"), 0),
        (CRASHED, 0),
    ):
        measures = benchmark_of.score(problem, trajectory, Scoring())
        assert measures == (Measure(name="Answered", value=answered, weight=1),)
        assert benchmark_of.right not in {measure.name for measure in measures}
    assert cause_of(run(answer="A cat."), right=None, tools=(), crashed=False) == "not scored"


def test_the_figure_says_which_command_grades(benchmark_of: Benchmark) -> None:
    (only,) = benchmark_of.figures
    assert f"`journeyman judge {JUDGES[benchmark_of.name]}`" in only.note


def test_another_folder_is_refused(benchmark_of: Benchmark, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not hold"):
        benchmark_of.read(write_folder(tmp_path, {"dataset.json": b"{}"}))


def test_mm_vets_licence_keeps_its_data_on_this_machine() -> None:
    assert [name for name in NAMES if load_benchmark(name).gated] == ["mm_vet"]
