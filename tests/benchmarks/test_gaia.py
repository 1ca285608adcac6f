"""GAIA: every form of the gated repository, attachments of every type, the official scorer and no second chance."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.errors import ConfigError
from journeyman.plugins import plugin_names
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.trajectory import Trajectory
from tests.benchmarks.official import (
    CRASHED,
    figure,
    gaia_row,
    jsonl,
    picture,
    run,
    write_folder,
    write_zip,
)

GAIA = load_benchmark("gaia")
SPLIT = "2023/validation/"
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "zip": "application/zip",
    "py": "text/x-python",
    "csv": "text/csv",
    "jsonld": "application/ld+json",
    "pdb": "chemical/x-pdb",
    "txt": "text/plain",
    "xml": "application/xml",
    "mov": "video/quicktime",
    "unheard": "application/octet-stream",
}


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), stream)
    return stream.getvalue()


def _rows() -> list[dict[str, Any]]:
    return [
        gaia_row("a", 1, "17", "a.png"),
        gaia_row("b", 2, "Rome, Oslo", "b.xlsx"),
        gaia_row("c", 3, "Right"),
        gaia_row("d", 1, "3.5"),
    ]


def _files(rows: Any = None) -> dict[str, bytes]:
    return {
        SPLIT + "metadata.jsonl": jsonl(_rows() if rows is None else rows),
        SPLIT + "a.png": picture(kind="PNG"),
        SPLIT + "b.xlsx": b"PK table",
    }


def _read(tmp_path: Path, rows: Any = None, **files: bytes) -> Any:
    return GAIA.read(write_folder(tmp_path / "GAIA", {**_files(rows), **files}))


def _named(trajectories: list[Trajectory], problems: Any, name: str) -> tuple[float, float]:
    scored = [GAIA.score(p, t, Scoring()) for p, t in zip(problems, trajectories, strict=True)]
    return figure(GAIA, name, scored)


def test_questions_come_with_levels_and_attachments(tmp_path: Path) -> None:
    found = _read(tmp_path)
    assert [problem.problem_id for problem in found.problems] == ["a", "b", "c", "d"]
    assert [problem.groups for problem in found.problems] == [
        {"level": "1", "file": "png"},
        {"level": "2", "file": "xlsx"},
        {"level": "3", "file": "none"},
        {"level": "1", "file": "none"},
    ]
    first, second, third, _ = (problem.query for problem in found.problems)
    assert [(ref.name, ref.media_type, ref.origin) for ref in first.files] == [("file_1.png", "image/png", "a.png")]
    assert [ref.name for ref in second.files] == ["file_1.xlsx"]
    assert (first.needs_picture, second.needs_picture, third.files) == (True, False, ())
    assert first.text == "What is a?"
    assert "17" not in first.model_dump_json()


def test_gated_data_say_so_on_every_file(tmp_path: Path) -> None:
    assert GAIA.gated
    assert all("gated" in row.licence and row.source.startswith("gaia:") for row in _read(tmp_path).media)


def test_attachments_of_every_type_reach_the_agent(tmp_path: Path) -> None:
    rows = [gaia_row(kind, file_name=f"{kind}.{kind}") for kind in TYPES]
    found = _read(tmp_path, rows, **{f"{SPLIT}{kind}.{kind}": kind.encode() for kind in TYPES})
    media: dict[str, MediaFile] = {row.sha256: row for row in found.media}
    for problem, (kind, media_type) in zip(found.problems, TYPES.items(), strict=True):
        (ref,) = problem.query.files
        assert (ref.name, ref.media_type) == (f"file_1.{kind}", media_type)
        assert media[ref.sha256].data == kind.encode()


def test_a_picture_that_does_not_open_is_a_plain_file(tmp_path: Path) -> None:
    found = _read(tmp_path, **{SPLIT + "a.png": b"no picture"})
    assert found.problems[0].query.files[0].media_type == "application/octet-stream"
    assert not found.problems[0].query.needs_picture


def test_every_form_of_the_repository_reads_alike(tmp_path: Path) -> None:
    whole = _read(tmp_path)
    attachments = {name: data for name, data in _files().items() if not name.endswith("jsonl")}
    with_paths = [{**row, "file_path": SPLIT + row["file_name"] if row["file_name"] else None} for row in _rows()]
    forms: list[dict[str, bytes]] = [
        {SPLIT + "metadata.parquet": _parquet(with_paths)},
        {f"{SPLIT}metadata.level{n}.parquet": _parquet([r for r in _rows() if r["Level"] == n]) for n in (1, 2, 3)},
        {SPLIT + "metadata.jsonl": jsonl({**row, "Level": str(row["Level"])} for row in with_paths)},
    ]
    for i, form in enumerate(forms):
        files = {**attachments, **form, "2023/test/metadata.jsonl": jsonl([gaia_row("t", answer="?")])}
        for source in (
            write_folder(tmp_path / f"form{i}", files),
            write_zip(tmp_path / f"{i}.zip", {f"GAIA/{name}": data for name, data in files.items()}),
        ):
            found = GAIA.read(source)
            assert sorted(found.problems, key=lambda problem: problem.problem_id) == list(whole.problems), i
            assert found.facts == whole.facts
    for inside in ("2023", "2023/validation"):
        assert GAIA.read(str(tmp_path / "GAIA" / inside)) == whole


def test_the_split_without_answers_is_unscored_and_says_so(tmp_path: Path) -> None:
    rows = [gaia_row("t", answer="?"), gaia_row("u", answer=None), gaia_row("v", answer="7")]
    found = GAIA.read(write_folder(tmp_path / "test", {"2023/test/metadata.jsonl": jsonl(rows)}))
    assert found.facts["unscored"].startswith("2 questions of 3 have no public answer")
    assert found.facts["version"].startswith("another split")
    scored = [GAIA.score(problem, run(answer="?"), Scoring()) for problem in found.problems]
    assert scored[:2] == [(), ()]
    assert {m.name: (m.value, m.weight) for m in scored[2]} == {"GAIA": (0, 1), "GAIA L1": (0, 1)}


def test_facts_know_the_published_sizes(tmp_path: Path) -> None:
    assert _read(tmp_path).facts["level 1"] == "2 of the published 53"
    assert _read(tmp_path).facts["version"].startswith("another split, version")
    rows = [gaia_row(f"{level}-{i}", level) for level, size in ((1, 53), (2, 86), (3, 26)) for i in range(size)]
    found = _read(tmp_path / "full", rows)
    assert found.facts["questions"] == "165 of the published 165"
    assert found.facts["version"] == "the counts are those of the validation split"
    assert "unscored" not in found.facts
    assert {f.name: f.published_denominator for f in GAIA.figures} == {
        "GAIA": 165,
        "GAIA L1": 53,
        "GAIA L2": 86,
        "GAIA L3": 26,
    }
    scored = [GAIA.score(problem, CRASHED, Scoring()) for problem in found.problems]
    assert [figure(GAIA, f.name, scored)[1] for f in GAIA.figures] == [165, 53, 86, 26]


def test_right_wrong_and_failed_runs_are_over_all_questions(tmp_path: Path) -> None:
    problems = _read(tmp_path).problems
    runs = [run(answer=17), run(answer="rome,OSLO"), run(status="max_steps"), CRASHED]
    assert _named(runs, problems, "GAIA") == (0.5, 4)
    assert _named(runs, problems, "GAIA L1") == (0.5, 2)
    assert _named(runs, problems, "GAIA L2") == (1.0, 1)
    assert _named(runs, problems, "GAIA L3") == (0.0, 1)


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("17", "$17", True),
        ("17", 17.0, True),
        ("17", "seventeen", False),
        ("17", "The answer is 17", False),
        ("Rome, Oslo", "Oslo, Rome", False),
        ("Rome, Oslo", ["Rome", "Oslo"], False),
        ("Right", " right. ", True),
        ("Right", "It is right", False),
        ("Right", {"answer": "Right"}, False),
        ("None", "None", True),
    ],
)
def test_the_official_scorer_decides_and_nothing_repairs_an_answer(
    tmp_path: Path, gold: str, answer: Any, right: bool
) -> None:
    problems = _read(tmp_path, [gaia_row("x", 1, gold)]).problems
    assert _named([run(answer=answer)], problems, "GAIA") == (float(right), 1)


def test_a_run_that_did_not_answer_is_wrong_even_where_the_gold_answer_is_none(tmp_path: Path) -> None:
    problems = _read(tmp_path, [gaia_row("x", 1, "None")]).problems
    for bad in (CRASHED, run(status="failed"), run(answer="None").model_copy(update={"status": "max_steps"})):
        assert _named([bad], problems, "GAIA") == (0.0, 1)


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> tuple[Problem, ...]:
    found: tuple[Problem, ...] = _read(tmp_path_factory.mktemp("gaia")).problems
    return found


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_HOSTILE = ["", "{", "NaN", "Infinity", '"\\ud800"', "1" * 5000, "[" * 5000, json.dumps("7," * 50_000)]


@given(answer=_JSON.map(json.dumps) | st.sampled_from(_HOSTILE) | st.text(max_size=5), place=st.integers(0, 3))
def test_no_answer_makes_scoring_raise(problems: tuple[Problem, ...], answer: str, place: int) -> None:
    trajectory = run(answer="").model_copy(update={"answer_json": answer})
    measures = GAIA.score(problems[place], trajectory, Scoring())
    assert [m.weight for m in measures] == [1, 1]
    assert all(m.value in (0.0, 1.0) for m in measures)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (gaia_row("x", 4), r"metadata\.jsonl line 2 \(task_id 'x'\): Level: .*got 4"),
        (gaia_row("x", "one"), "Level: .*got 'one'"),
        (gaia_row(""), "task_id: "),
        ({**gaia_row("x"), "Question": ""}, "Question: "),
        ({"task_id": "x"}, "Question: field required"),
        (gaia_row("x", answer=17), "Final answer: .*got 17"),
        (gaia_row("x", file_name="../../secret.txt"), r"file_name: '\.\./\.\./secret\.txt' leads out"),
        (gaia_row("x", file_path="/etc/passwd"), "file_name: '/etc/passwd' leads out"),
        (gaia_row("x", answer="\ud800"), "line 2: .*surrogates"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, row: Any, what: str) -> None:
    with pytest.raises(ConfigError, match=f"1 rows of GAIA cannot be used: .*{what}") as refused:
        _read(tmp_path, [gaia_row("fine"), row])
    assert "huggingface.co/datasets/gaia-benchmark/GAIA" in str(refused.value)


def test_task_ids_that_stand_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"1 task_ids twice \(x\)"):
        _read(tmp_path, [gaia_row("x"), gaia_row("x")])


def test_missing_attachments_are_named(tmp_path: Path) -> None:
    rows = [gaia_row(str(i), file_name=f"lost{i}.pdf") for i in range(7)]
    with pytest.raises(
        ConfigError, match=r"7 of GAIA's attachments are missing: 2023/validation/lost0\.pdf, .* 2 more"
    ):
        _read(tmp_path, rows)


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"dataset.json": b"{}"}, r"does not hold GAIA: looked for 2023/validation/metadata\.jsonl"),
        ({SPLIT + "metadata.jsonl": b"{"}, r"metadata\.jsonl line 1 is not JSON"),
        ({SPLIT + "metadata.jsonl": b"\n\n"}, "hold no question"),
        ({SPLIT + "metadata.jsonl": b"[1]\n"}, "item: input should be an object"),
        ({SPLIT + "metadata.parquet": b"PAR1 no"}, r"metadata\.parquet cannot be read"),
        ({SPLIT + "metadata.jsonl": b"version https://git-lfs.github.com/spec/v1\n"}, "git lfs pull"),
    ],
)
def test_another_or_a_broken_folder_is_refused(tmp_path: Path, files: dict[str, bytes], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        GAIA.read(write_folder(tmp_path / "f", files))


def test_the_tools_that_it_asks_for_are_on_the_shelf() -> None:
    assert set(GAIA.tools) <= set(plugin_names("journeyman.tools"))
