import asyncio
import json
from pathlib import Path

import pytest

from journeyman.benchmark import Background, ProblemSet, load_benchmark
from journeyman.benchmarks._toolmm_training import read_training
from journeyman.errors import ConfigError
from journeyman.schema.problem import Problem
from tests.benchmarks.official import write_folder, write_zip
from tests.benchmarks.toolmm_rows import (
    FOLDER,
    TEST_ROWS,
    Replying,
    as_json,
    attempted,
    official_files,
    row,
    scoring,
    values,
)

BENCHMARK = load_benchmark("toolmmbench")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "toolmmbench"
real_rows = pytest.mark.skipif(not SHARED.is_dir(), reason="the published training rows are not on this machine")


def only_test_rows(*rows: dict) -> dict[str, bytes]:
    return {"combined_data.json": as_json(rows)}


def by_id(problems: tuple[Problem, ...]) -> dict[str, Problem]:
    return {problem.problem_id: problem for problem in problems}


def test_every_row_is_a_problem_with_an_id_of_its_own(tmp_path) -> None:
    found = BENCHMARK.read(write_folder(tmp_path, official_files()))
    ids = [problem.problem_id for problem in found.problems]
    assert ids == [
        "image-0001",
        "image-0002",
        "image-0003",
        "image-0004",
        "audio-0005",
        "audio-0006",
        "video-0007",
        "text-0008",
        "text-0009",
    ]
    assert len({problem.query.query_id for problem in found.problems}) == len(TEST_ROWS)


@pytest.mark.parametrize("start", ["", "data", "data/IT_data_ins", "data/IT_data_ins/T+X-T_data"])
def test_the_repository_or_a_folder_in_it_may_be_named(tmp_path, start: str) -> None:
    write_folder(tmp_path, official_files())
    found = BENCHMARK.read(str(tmp_path / start))
    assert {problem.groups["media"] for problem in found.problems} == {"found", "none"}
    assert "audio_tx2t.json (3 pairs)" in found.facts["training files"]


def test_a_zip_is_read_as_its_folder(tmp_path) -> None:
    folder = BENCHMARK.read(write_folder(tmp_path / "folder", official_files()))
    zipped = BENCHMARK.read(write_zip(tmp_path / "data.zip", official_files()))
    assert zipped.problems == folder.problems
    assert zipped.media == folder.media


def test_labels_are_stripped_and_named_once(tmp_path) -> None:
    problems = by_id(BENCHMARK.read(write_folder(tmp_path, official_files())).problems)
    assert json.loads(problems["image-0002"].gold_json)["accepted"] == ["a/pose", "a/scribble"]


def test_nothing_of_a_path_reaches_a_problem_or_a_model(tmp_path) -> None:
    found = BENCHMARK.read(write_folder(tmp_path, official_files()))
    kept = "".join(problem.model_dump_json() for problem in found.problems)
    model = Replying("{}")
    for problem in found.problems:
        asyncio.run(BENCHMARK.attempt(problem, model, (), {}))
    told = "".join(message.model_dump_json() for messages, _ in model.seen for message in messages)
    for path in ("111", "112", "113", "audio/1", "video/1", "mm_dataset", "1.jpg", ".wav\\"):
        assert path not in told
    for path in ("111/", "112/", "113/", "audio/1", "video/1", "mm_dataset", "3.jpg"):
        assert path not in kept
    assert {ref.name for p in found.problems for ref in p.query.files} == {"file_1.jpg", "file_1.wav", "file_1.mp4"}


def test_a_missing_file_is_no_excuse(tmp_path) -> None:
    files = official_files(without=("113/3.jpg", "video/1.mp4"))
    files[f"{FOLDER}mm_dataset/113/4.jpg"] = b"no picture"
    found = BENCHMARK.read(write_folder(tmp_path, files))
    problems = by_id(found.problems)
    assert len(problems) == len(TEST_ROWS)
    for lost in ("image-0003", "image-0004", "video-0007"):
        assert problems[lost].groups["media"] == "missing"
        assert problems[lost].query.files == ()
        wrong = BENCHMARK.score(
            problems[lost], attempted(problems[lost], "x/y"), scoring(*background_of(found).catalogue)
        )
        assert values(wrong)["Acc"] == (0, 1)
    assert found.facts["media"] == (
        "3 of 7 rows are asked by their words alone: 2 files missing, 1 unreadable (113/3.jpg, 113/4.jpg, video/1.mp4)"
    )


def background_of(found: ProblemSet) -> Background:
    (digest,) = {BENCHMARK.background(problem) for problem in found.problems}
    return Background.model_validate_json(next(file.data for file in found.media if file.sha256 == digest))


def test_the_catalogue_is_of_test_and_training_labels_and_stored_once(tmp_path) -> None:
    found = BENCHMARK.read(write_folder(tmp_path, official_files()))
    background = background_of(found)
    assert background.catalogue == (
        "a/canny",
        "a/other",
        "a/pose",
        "a/scribble",
        "a/songs",
        "a/sport",
        "a/vit",
        "a/whisper",
        "a/words",
        "b/vit",
    )
    assert [(t.text, t.reply) for t in background.taught] == [
        ("Write down what is said.", '{"apis": ["a/other", "a/whisper"]}'),
        ("Which song is this?", '{"apis": ["a/songs"]}'),
        ("Can you do it?", '{"apis": "unknown"}'),
    ]


def test_facts_count_what_the_data_are(tmp_path) -> None:
    facts = BENCHMARK.read(write_folder(tmp_path, official_files())).facts
    assert facts["rows"] == "9 of the published 2,397"
    assert facts["image rows"] == "4 of the published 760"
    assert facts["labels"] == "9 tools and unknown, of the published 931"
    # a/pose and a/scribble are right for the same rows; so is nothing else.
    assert facts["classes"] == "9 that the rows can tell apart, of 10 labels"
    assert facts["duplicates"].startswith("1 pairs of instruction and file stand more than once, 1 with other labels")
    assert facts["named in the instruction"] == "an accepted tool in 1 of 9"
    assert facts["seen in training"] == "pair 2, of 2 problems that could be looked up"
    assert "not there, so that overlap cannot be told: text_t2t.json" in facts["training files"]
    assert facts["version"].startswith("another version or part")


def test_groups_say_kind_ambiguity_options_and_what_words_alone_tell(tmp_path) -> None:
    problems = by_id(BENCHMARK.read(write_folder(tmp_path, official_files())).problems)
    groups = {name: problem.groups for name, problem in problems.items()}
    assert groups["image-0001"]["ambiguity"] == "condition"
    assert groups["image-0004"]["ambiguity"] == "labels"
    assert groups["audio-0005"]["ambiguity"] == "language"
    assert groups["text-0008"]["ambiguity"] == "none"
    assert [groups[name]["options"] for name in ("image-0001", "image-0002", "text-0008", "text-0009")] == [
        "one",
        "many",
        "many",
        "unknown",
    ]
    assert groups["audio-0006"]["overlap"] == "pair"
    assert "overlap" not in groups["image-0001"]  # its training file is not there
    # One reply is right for both files of the third instruction, for none of the first.
    assert groups["image-0001"]["pair"] == groups["image-0002"]["pair"]
    assert groups["image-0001"]["words alone"] == "not enough"
    assert all("pair" not in groups[name] for name in ("image-0003", "image-0004", "audio-0005", "audio-0006"))


def test_another_file_and_other_words_of_a_training_row_are_told_apart(tmp_path) -> None:
    files = {
        "combined_data.json": as_json(
            [
                row("Same words.", ["a"], "1.wav", "audio"),
                row("Other words.", ["a"], "1.wav", "audio"),
                row("Same words.", ["a"], "2.wav", "audio"),
                row("New words.", ["a"], "3.wav", "audio"),
            ]
        ),
        "audio_tx2t.json": as_json([row("Same words. ", "a", "1.wav", "audio")]),
    }
    found = BENCHMARK.read(write_folder(tmp_path, files))
    assert [problem.groups["overlap"] for problem in found.problems] == ["pair", "file", "text", "none"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row("x", ["a"], "../../secret.jpg", "image"), r"row 2: path '../../secret.jpg' leads out"),
        (row("x", ["a"], "/etc/passwd", "image"), r"row 2: path '/etc/passwd' leads out"),
        (row("x", [" "]), r"row 2: it has no name that is right"),
        (row("x", []), r"row 2: conversations.1.value: .*at least 1"),
        (row("", ["a"]), r"row 2: conversations.0.value"),
        (row("x", ["a"], code=9), r"row 2: conversations.1.ambiguity"),
        ({"id": 3}, r"row 2: input_modality"),
    ],
    ids=["up", "absolute", "blank", "no-names", "no-words", "code", "no-row"],
)
def test_a_row_that_cannot_be_used_is_named_and_nothing_is_dropped(tmp_path, bad, message) -> None:
    with pytest.raises(ConfigError, match=message):
        BENCHMARK.read(write_folder(tmp_path, only_test_rows(row("fine", ["a"]), bad)))


def test_a_link_out_of_the_folder_is_a_missing_file(tmp_path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(official_files()[f"{FOLDER}mm_dataset/111/1.jpg"])
    write_folder(tmp_path / "data", only_test_rows(row("x", ["a"], "1.jpg", "image")))
    (tmp_path / "data" / "1.jpg").symlink_to(secret)
    assert BENCHMARK.read(str(tmp_path / "data")).problems[0].groups["media"] == "missing"


def test_a_folder_of_something_else_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"looked for combined_data\.json"):
        BENCHMARK.read(str(tmp_path))
    with pytest.raises(ConfigError, match="is no list of rows"):
        BENCHMARK.read(write_folder(tmp_path, {"combined_data.json": b"{}"}))


@real_rows
@pytest.mark.parametrize(
    ("name", "rows", "pairs", "single", "files", "labels"),
    [("audio_train.json", 2944, 562, 98, 435, 80), ("video_train.json", 224, 82, 36, 53, 10)],
)
def test_published_training_rows_are_so_many_pairs(name, rows, pairs, single, files, labels) -> None:
    found = read_training(SHARED / name)
    assert len(json.loads((SHARED / name).read_bytes())) == rows
    assert sum(len(pair.names) for pair in found) <= rows
    assert (len(found), sum(len(pair.names) == 1 for pair in found)) == (pairs, single)
    assert len({pair.path for pair in found}) == files
    assert len({name for pair in found for name in pair.names}) == labels  # unknown is one of them


def test_a_training_file_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.json cannot be read: No such file"):
        read_training(tmp_path / "nowhere.json")
