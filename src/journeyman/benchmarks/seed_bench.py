"""SEED-Bench, picture dimensions: four choices about a picture, of which one letter is right.

The agent is asked for the letter. SEED-Bench's own script ranks the choices by likelihood instead, which an agent that
calls tools has none of; LLaVA-Plus and lmms-eval ask for the letter as well. Figures named *official* read the first
character of the answer, as lmms-eval does.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from journeyman.benchmark import Benchmark, Figure, FloatArray, ProblemSet, Scoring
from journeyman.benchmarks._official_files import OfficialFiles, first_problem, named, open_official, parse_json
from journeyman.benchmarks._pictures import Pictures
from journeyman.errors import ConfigError
from journeyman.judging.answers import answer_words
from journeyman.metrics.seed_bench import CHOICES, DIMENSION_SIZES, read_choice, read_choice_first_character
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory

NAME = "seed_bench"
LICENCE = "Apache-2.0; pictures: Conceptual Captions' own terms (AILab-CVC/SEED-Bench)"
TABLE = "SEED-Bench.json"
PICTURES = "SEED-Bench-image"

DIMENSIONS = tuple(DIMENSION_SIZES)
"""Of the question types 1 to 9, in that order."""
_OFFICIAL = " official"
_ALL = "SEED of all"
_RULES = (("", read_choice), (_OFFICIAL, read_choice_first_character))
_ALIASES = {"instances counting": "Instance Counting", "text understanding": "Text Recognition"}
"""What the data's own table calls a dimension, where papers print another name."""
_PROBED = 20
"""Pictures by whose names the zip of them is known."""


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_letter(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


_Text = Annotated[str, BeforeValidator(_as_text)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    question_id: Annotated[str, BeforeValidator(_as_text), StringConstraints(min_length=1)]
    question: Annotated[str, StringConstraints(min_length=1)]
    choice_a: _Text
    choice_b: _Text
    choice_c: _Text
    choice_d: _Text
    answer: Annotated[str, BeforeValidator(_as_letter), StringConstraints(pattern=f"^[{CHOICES}]$")]
    question_type_id: int
    data_id: Annotated[str, StringConstraints(min_length=1)]

    @property
    def dimension(self) -> str:
        return DIMENSIONS[self.question_type_id - 1]


def read(source: str) -> ProblemSet:
    """The questions about one picture, dimensions 1 to 9; those about videos are counted and left out.

    Args:
        source: The folder with ``SEED-Bench.json`` and, beside it, the pictures as ``SEED-Bench-image/`` or
            ``SEED-Bench-image.zip``; or a zip of such a folder.

    Raises:
        ConfigError: Not there, not SEED-Bench, a question that cannot be used, or no picture at all.
    """
    files = open_official(source, benchmark="SEED-Bench", wanted=[TABLE])
    table = parse_json(files.read(TABLE), TABLE)
    _check_table(table)
    posed, left_out = _rows(table["questions"])
    shelf = _picture_files(source, files, posed)
    pictures = Pictures(NAME, licence=LICENCE)
    problems = tuple(_problem(row, pictures.refs(*_place(shelf, row.data_id), row.data_id)) for row in posed)
    pictures.require_some([f"{PICTURES}/", f"{PICTURES}.zip"])
    return ProblemSet(problems, pictures.media, {**_facts(posed, left_out), **pictures.facts()})


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """Right or wrong by both rules, in the question's dimension and overall; a run without an answer is wrong."""
    said = answer_words(trajectory.status, trajectory.answer_json)
    right, dimension = json.loads(problem.gold_json), problem.groups["dimension"]
    measures = []
    for suffix, read_letter in _RULES:
        hit = float(read_letter(said) == right)
        measures.append(Measure(name=dimension + suffix, value=hit, weight=1))
        measures.append(Measure(name=_ALL + suffix, value=hit, weight=1))
    return tuple(measures)


def mean_of_dimensions(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Plain mean of the dimensions' accuracies [R], over those that have a question; NaN where none has.

    Args:
        values: Sums [R, D + 1], the last column being that of all questions, which only the denominator is read from.
        weights: Their weights, likewise.
    """
    of_dimension = weights[:, :-1]
    shares = np.divide(values[:, :-1], of_dimension, out=np.zeros_like(of_dimension), where=of_dimension > 0)
    with np.errstate(invalid="ignore"):
        return np.asarray(shares.sum(axis=1) / (of_dimension > 0).sum(axis=1))


def _check_table(table: Any) -> None:
    """Refuse another benchmark's table, such as SEED-Bench-2's, whose types 10 and on are others."""
    if not isinstance(table, dict) or not isinstance(table.get("questions"), list):
        raise ConfigError(f"{TABLE} has no list of questions; get it from AILab-CVC/SEED-Bench")
    types = table.get("question_type")
    if not isinstance(types, dict):
        raise ConfigError(f"{TABLE} has no table question_type; get it from AILab-CVC/SEED-Bench")
    known = {str(number): name for name, number in types.items()}
    for number, dimension in enumerate(DIMENSIONS, start=1):
        name = known.get(str(number), "")
        if _ALIASES.get(name.lower(), name).lower() != dimension.lower():
            raise ConfigError(
                f"{TABLE} calls question type {number} {name!r}, SEED-Bench calls it {dimension!r}; is it another "
                "version? This reads the first"
            )


def _rows(raw_rows: Sequence[Any]) -> tuple[list[_Row], Counter[str]]:
    """The questions about one picture, and how many others there are by what they are about."""
    posed: list[_Row] = []
    left_out: Counter[str] = Counter()
    faults: list[str] = []
    for number, raw in enumerate(raw_rows):
        kind = raw.get("data_type") if isinstance(raw, dict) else None
        if isinstance(raw, dict) and (kind != "image" or raw.get("question_type_id") not in range(1, 10)):
            left_out[str(kind) if kind != "image" else "image of another type"] += 1
            continue
        try:
            row = _Row.model_validate(raw)
            canonical_json([row.question, row.data_id]).encode()
        except ValidationError as exc:
            faults.append(f"question {number}: {first_problem(exc)}")
        except ValueError as exc:  # half a surrogate pair
            faults.append(f"question {number}: {exc}")
        else:
            posed.append(row)
    if faults:
        raise ConfigError(f"{len(faults)} questions of {TABLE} cannot be used: {'; '.join(faults[:5])}")
    twice = [key for key, count in Counter(row.question_id for row in posed).items() if count > 1]
    if twice:
        raise ConfigError(f"{TABLE} has {len(twice)} question_ids twice ({named(twice)}); download it again")
    if not posed:
        raise ConfigError(f"{TABLE} holds no question about a picture ({dict(left_out)} others); download it again")
    return posed, left_out


def _picture_files(source: str, files: OfficialFiles, rows: Sequence[_Row]) -> Sequence[tuple[OfficialFiles, str]]:
    """Where pictures may lie: files, and the folder in them."""
    beside = [(files, f"{PICTURES}/")]
    root = Path(source).expanduser()
    levels = ("", "*/", "*/*/") if root.is_dir() else ()  # as far as the table is looked for
    archives = [path for level in levels for path in sorted(root.glob(f"{level}{PICTURES}.zip"))]
    if not archives:
        return beside
    probed = [row.data_id for row in rows[:_PROBED]]
    return [*beside, (open_official(str(archives[0]), benchmark="SEED-Bench's pictures", wanted=probed), "")]


def _place(shelf: Sequence[tuple[OfficialFiles, str]], data_id: str) -> tuple[OfficialFiles, str]:
    """The files that hold a picture and its path there; an empty path where none does."""
    found = ((files, folder + data_id) for files, folder in shelf if files.has(folder + data_id))
    return next(found, (shelf[0][0], ""))


def _problem(row: _Row, files: tuple[FileRef, ...]) -> Problem:
    choices = (row.choice_a, row.choice_b, row.choice_c, row.choice_d)
    offered = "\n".join(f"{letter}. {text}" for letter, text in zip(CHOICES, choices, strict=True))
    query = Query(
        query_id=f"{NAME}-{row.question_id}",
        split="held_out",
        family=f"{NAME}/{row.dimension}",
        text=f"{row.question}\n{offered}\nGive the letter of the right choice as your answer, and nothing else.",
        tools=(),
        needs_picture=bool(files),
        seed=0,
        files=files,
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    return Problem(
        problem_id=row.question_id,
        benchmark=NAME,
        query=query,
        gold_json=canonical_json(row.answer),
        groups_json=groups_json({"dimension": row.dimension}),
        tools=AS_IN_THE_RECIPE,
    )


def _facts(rows: Sequence[_Row], left_out: Counter[str]) -> dict[str, str]:
    sizes = Counter(row.dimension for row in rows)
    published = sum(DIMENSION_SIZES.values())
    others = ", ".join(f"{count} about {kind}" for kind, count in sorted(left_out.items())) or "none"
    facts = {"questions": f"{len(rows)} of the published {published}", "left out": others}
    other = [f"{name} {sizes[name]} for {size}" for name, size in DIMENSION_SIZES.items() if sizes[name] != size]
    facts["version"] = (
        f"not comparable with published figures, sizes differ: {named(other)}" if other else "the published sizes"
    )
    return facts


def _figures() -> Iterator[Figure]:
    for suffix, rule in (
        ("", "the letter that the answer chose, however it is worded"),
        (_OFFICIAL, "the first character of the answer: 'Answer: B' reads as A"),
    ):
        parts = tuple(name + suffix for name in (*DIMENSIONS, _ALL))
        total = sum(DIMENSION_SIZES.values())
        yield Figure(
            f"SEED{suffix}",
            parts,
            mean_of_dimensions,
            published_denominator=total,
            note=f"{rule}; plain mean of the nine dimensions, as LLaVA-Plus prints it",
        )
        yield Figure(_ALL + suffix, published_denominator=total, note=f"{rule}; over all questions, as LLaVA's script")
        for name, size in DIMENSION_SIZES.items():
            yield Figure(name + suffix, published_denominator=size, note=rule)


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="SEED-Bench (arXiv:2307.16125), nine picture dimensions: multiple choice; data of AILab-CVC/SEED-Bench",
    read=read,
    score=score,
    right=_ALL,
    figures=tuple(_figures()),
    headline=("SEED", _ALL),
)
