import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from journeyman.errors import ConfigError
from journeyman.judging.folder import Folder
from journeyman.judging.visit_bench_files import picture_path, read_visit_bench

HUB: list[dict[str, Any]] = [
    {
        "file_name": "1_sheep.png",
        "instruction_category": "Animals",
        "instruction": "What do\nthey do?",
        "instruction_conditioned_caption": "A dog, sheep.",
        "gpt4_prediction": "It herds, calmly.",
        "human_ratings_gpt4_correct": "True",
        "human_ratings_problem_in_caption": "False",
    },
    {
        "file_name": "2_sofa.jpg",
        "instruction_category": "Catchy Titles",
        "instruction": "A slogan?",
        "instruction_conditioned_caption": "A red sofa.",
        "gpt4_prediction": "Red!",
        "human_ratings_gpt4_correct": "True",
        "human_ratings_problem_in_caption": "True",
    },
]
OLDER: list[dict[str, Any]] = [
    {
        "image": "https://example.org/data/Climate%20and/9 b.jpg",
        "instruction_category": "Weather",
        "instruction": "Weather?",
        "image_dense_captions": "Snow.",
        "gpt4_prediction": "Cold.",
        "human_ratings_gpt4_correct": "1",
        "human_ratings_problem_in_caption": "0.0",
    },
    {
        "image": "https://example.org/a.jpg",
        "instruction_category": "Color",
        "instruction": "Colours?",
        "image_dense_captions": "",
        "gpt4_prediction": "Red.",
        "human_ratings_gpt4_correct": "0",
        "human_ratings_problem_in_caption": "0",
    },
]


def table(path: Path, rows: list[dict[str, Any]], name: str = "metadata.csv") -> Path:
    target = path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".jsonl"):
        target.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        target.write_text(stream.getvalue(), newline="")
    return path


def test_rows_are_numbered_and_only_verified_references_are_said_to_be(tmp_path: Path) -> None:
    first, second = read_visit_bench(table(tmp_path, HUB))
    assert (first.question_id, second.question_id) == ("0", "1")
    assert (first.text, first.caption, first.reference) == ("What do\nthey do?", "A dog, sheep.", "It herds, calmly.")
    assert (first.category, first.image) == ("Animals", "1_sheep.png")
    assert (first.is_verified, second.is_verified) == (True, False)


@pytest.mark.parametrize("name", ["single_image_full_dataset.csv", "test/metadata.csv", "metadata.jsonl"])
def test_the_older_columns_are_read_under_every_name_of_the_table(tmp_path: Path, name: str) -> None:
    first, second = read_visit_bench(table(tmp_path, OLDER, name))
    assert (first.caption, first.is_verified) == ("Snow.", True)
    assert (second.caption, second.is_verified) == ("", False)


def test_a_reference_that_is_empty_is_not_verified_and_one_without_ratings_is(tmp_path: Path) -> None:
    bare = {key: value for key, value in HUB[0].items() if not key.startswith("human")}
    first, second = read_visit_bench(table(tmp_path, [bare, bare | {"gpt4_prediction": " "}]))
    assert (first.is_verified, second.is_verified) == (True, False)


def test_a_picture_is_found_beside_the_table_or_by_the_last_part_of_its_address(tmp_path: Path) -> None:
    files = Folder(tmp_path, benchmark="b", holds="t")
    hub, older = read_visit_bench(table(tmp_path, HUB))[0], read_visit_bench(table(tmp_path / "o", OLDER))[0]
    assert picture_path(files, hub) == ""
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "1_sheep.png").write_bytes(b"x")
    assert picture_path(files, hub) == "test/1_sheep.png"
    (tmp_path / "visit_bench_images").mkdir()
    (tmp_path / "visit_bench_images" / "9 b.jpg").write_bytes(b"x")
    assert picture_path(files, older) == "visit_bench_images/9 b.jpg"


@pytest.mark.parametrize(
    ("rows", "name", "words"),
    [
        (
            [{"instruction": "a"}],
            "metadata.csv",
            "line 2: no column gpt4_prediction or output_human_annotated; it has: i",
        ),
        ([HUB[0] | {"instruction": " "}], "metadata.csv", "the instruction is empty"),
        ([HUB[0] | {"human_ratings_gpt4_correct": "maybe"}], "metadata.csv", "should be true or false, got 'maybe'"),
        ([HUB[0] | {"instruction": 3}], "metadata.jsonl", "line 1: instruction: should be a text, got '3'"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, rows: list[dict[str, Any]], name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_visit_bench(table(tmp_path, rows, name))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("instruction\n", "holds no row"),
        ("instruction,x\na,b,c\n", "line 2: more cells than the head has"),
        ('instruction\n"a"b\n', "after line 1: no CSV"),
    ],
)
def test_a_table_that_is_broken_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "metadata.csv").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_visit_bench(tmp_path)


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds none of metadata\.csv, test/metadata\.csv"):
        read_visit_bench(tmp_path)
