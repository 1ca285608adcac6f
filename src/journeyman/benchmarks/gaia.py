"""GAIA: questions with one short answer, many with an attached file of any type; the official scorer, to the letter.

The data are gated and may not be published again: problems, transcripts and recordings stay on this machine.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from journeyman.answer import ANSWER_CHARS
from journeyman.benchmark import Benchmark, Figure, ProblemSet, Scoring
from journeyman.benchmarks._official_files import (
    OfficialFiles,
    extension,
    first_problem,
    is_inside,
    media_file,
    named,
    open_official,
    parse_json,
)
from journeyman.errors import ConfigError
from journeyman.metrics.gaia import LEVEL_SIZES, question_scorer
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory

NAME = "gaia"
LICENCE = "gated: no resharing outside a gated or private repository (gaia-benchmark/GAIA)"

_WHERE = "huggingface.co/datasets/gaia-benchmark/GAIA, after accepting its terms"
_TABLES = ("metadata.jsonl", "metadata.parquet", *(f"metadata.level{level}.parquet" for level in LEVEL_SIZES))
_SPLIT = "2023/validation/"
_TEST_SPLIT = "2023/test/"
_HIDDEN = "?"
"""What the test split holds in place of an answer."""


def _as_level(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.strip().isdigit() else value


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    task_id: Annotated[str, StringConstraints(min_length=1)]
    question: Annotated[str, StringConstraints(min_length=1), Field(alias="Question")]
    level: Annotated[int, BeforeValidator(_as_level), Field(alias="Level", ge=1, le=3)]
    answer: Annotated[str, BeforeValidator(_or_empty), Field(alias="Final answer")] = ""
    file_name: Annotated[str, BeforeValidator(_or_empty)] = ""
    file_path: Annotated[str, BeforeValidator(_or_empty)] = ""


def read(source: str) -> ProblemSet:
    """The questions of one split with all attachments.

    Args:
        source: The repository's folder or the zip of it (its validation split is read), ``2023/``, or the
            folder of one split, e.g. ``2023/test``.

    Raises:
        ConfigError: Not there, not GAIA, a row that cannot be used, or attachments are missing.
    """
    wanted = [split + table for split in (_SPLIT, "validation/", "", "test/", _TEST_SPLIT) for table in _TABLES]
    files = open_official(source, benchmark="GAIA", wanted=wanted)
    folder = next(path for path in wanted if files.has(path)).rpartition("/")[0]
    folder = f"{folder}/" if folder else ""
    rows = _rows(files, folder)
    media: dict[str, MediaFile] = {}
    attached, missing = _attached(files, folder, rows, media)
    if missing:
        raise ConfigError(f"{len(missing)} of GAIA's attachments are missing: {named(missing)}; get them from {_WHERE}")
    problems = tuple(_problem(row, attached.get(row.task_id)) for row in rows)
    return ProblemSet(problems, tuple(media.values()), _facts(rows, attached))


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """One measure overall and one of the level; none for a problem whose answer is hidden.

    There is no second chance: a run that did not answer, and an answer that cannot be read, is wrong.
    """
    gold = json.loads(problem.gold_json)
    if gold is None:
        return ()
    right = float(_is_right(trajectory, gold))
    level = problem.groups["level"]
    return (
        Measure(name="GAIA", value=right, weight=1),
        Measure(name=f"GAIA L{level}", value=right, weight=1),
    )


def _is_right(trajectory: Trajectory, gold: str) -> bool:
    if trajectory.status != "answered" or len(trajectory.answer_json) > ANSWER_CHARS:
        return False
    try:
        answer = json.loads(trajectory.answer_json)
    except (ValueError, RecursionError):
        return False
    return question_scorer(answer, gold)


def _rows(files: OfficialFiles, folder: str) -> list[_Row]:
    """Rows of the split; of several forms of the table that stand side by side the first is read."""
    whole = next((folder + name for name in _TABLES[:2] if files.has(folder + name)), "")
    tables = [whole] if whole else [folder + name for name in _TABLES[2:] if files.has(folder + name)]
    rows: list[_Row] = []
    faults: list[str] = []
    for place, raw in (pair for table in tables for pair in _raw_rows(files.read(table), table)):
        try:
            row = _Row.model_validate(raw)
            canonical_json([row.question, row.answer]).encode()
        except ValidationError as exc:
            name = raw.get("task_id") if isinstance(raw, dict) else None
            faults.append(f"{place} (task_id {name!r}): {first_problem(exc)}")
        except ValueError as exc:
            faults.append(f"{place}: {exc}")
        else:
            rows.append(row)
            leads_out = [path for path in (row.file_name, row.file_path) if path and not is_inside(path)]
            faults += [f"{place} (task_id {row.task_id!r}): file_name: {path!r} leads out" for path in leads_out]
    if faults:
        raise ConfigError(f"{len(faults)} rows of GAIA cannot be used: {'; '.join(faults[:5])}; get it from {_WHERE}")
    twice = [name for name, count in Counter(row.task_id for row in rows).items() if count > 1]
    if twice:
        raise ConfigError(f"GAIA has {len(twice)} task_ids twice ({named(twice)}); get it from {_WHERE}")
    if not rows:
        raise ConfigError(f"GAIA's {' and '.join(tables)} hold no question; get them from {_WHERE}")
    return rows


def _raw_rows(data: bytes, table: str) -> Iterator[tuple[str, Any]]:
    """Where a row stands, and the row."""
    if table.endswith(".jsonl"):
        for number, line in enumerate(data.split(b"\n"), start=1):
            if line.strip():
                yield f"{table} line {number}", parse_json(line, f"GAIA's {table} line {number}")
        return
    try:
        rows = pq.read_table(io.BytesIO(data)).to_pylist()
    except (pa.ArrowException, OSError, ValueError) as exc:
        raise ConfigError(f"GAIA's {table} cannot be read: {exc}; get it from {_WHERE}") from exc
    yield from ((f"{table} row {number}", row) for number, row in enumerate(rows, start=1))


def _attached(
    files: OfficialFiles, folder: str, rows: list[_Row], media: dict[str, MediaFile]
) -> tuple[dict[str, FileRef], list[str]]:
    """task_id -> its file, and the paths of those that are missing; ``media`` gets every file once."""
    found: dict[str, FileRef] = {}
    missing: list[str] = []
    for row in rows:
        if not row.file_name and not row.file_path:
            continue
        name = row.file_name or row.file_path.rpartition("/")[2]
        path = next((path for path in (folder + name, row.file_path) if path and files.has(path)), "")
        if not path:
            missing.append(folder + name)
            continue
        file = media_file(files.read(path), name, source=f"gaia:{name}", licence=LICENCE)
        media.setdefault(file.sha256, file)
        found[row.task_id] = FileRef(
            name=f"file_1.{extension(name)}", sha256=file.sha256, media_type=file.media_type, origin=name
        )
    return found, missing


def _problem(row: _Row, attached: FileRef | None) -> Problem:
    query = Query(
        query_id=f"{NAME}-{row.task_id}",
        split="held_out",
        family=f"gaia/level {row.level}",
        text=row.question,
        tools=(),
        needs_picture=attached is not None and attached.media_type.startswith("image/"),
        seed=0,
        files=(attached,) if attached is not None else (),
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    kind = extension(attached.origin, "other") if attached is not None else "none"
    return Problem(
        problem_id=row.task_id,
        benchmark=NAME,
        query=query,
        gold_json=canonical_json(row.answer if _is_known(row) else None),
        groups_json=groups_json({"level": str(row.level), "file": kind}),
        tools=AS_IN_THE_RECIPE,
    )


def _is_known(row: _Row) -> bool:
    return row.answer.strip() not in ("", _HIDDEN)


def _facts(rows: list[_Row], attached: Mapping[str, FileRef]) -> dict[str, str]:
    known = Counter(row.level for row in rows if _is_known(row))
    facts = {f"level {level}": f"{known[level]} of the published {size}" for level, size in LEVEL_SIZES.items()}
    total, published = sum(known.values()), sum(LEVEL_SIZES.values())
    facts["questions"] = f"{total} of the published {published}"
    facts["attachments"] = str(len(attached))
    hidden = len(rows) - total
    if hidden:
        facts["unscored"] = (
            f"{hidden} questions of {len(rows)} have no public answer (the test split); they are not scored"
        )
    facts["version"] = (
        "the counts are those of the validation split"
        if known == Counter(LEVEL_SIZES) and not hidden
        else "another split, version or part of the data; not comparable with published figures"
    )
    return facts


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="GAIA (arXiv:2311.12983), validation split: short answers, three levels; gated data of gaia-benchmark/GAIA",
    read=read,
    score=score,
    right="GAIA",
    figures=(
        Figure(
            "GAIA",
            published_denominator=sum(LEVEL_SIZES.values()),
            note="official scorer, no second chance: T3-Agent lets GPT-4o rewrite wrong answers and drops failed runs",
        ),
        *(Figure(f"GAIA L{level}", published_denominator=size) for level, size in LEVEL_SIZES.items()),
    ),
    headline=("GAIA",),
    groupings=("level", "file"),
    tools=("inspect_file", "visualize", "transcribe_audio", "web_search", "visit_page", "python"),
    gated=True,
)
