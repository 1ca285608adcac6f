"""ScreenSpot's two versions: three JSON tables of one form, and a folder of screenshots."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from journeyman.benchmark import Benchmark, ProblemSet, Scoring
from journeyman.benchmarks._official_files import OfficialFiles, open_official, parse_json
from journeyman.benchmarks._screen_replies import (
    FourNumbers,
    Words,
    boxes_in_fractions,
    centre,
    checked_rows,
    click_figures,
    click_measures,
    refuse_faults,
    screen_problem,
    size_facts,
    size_of,
)
from journeyman.benchmarks._screenshots import Screenshot, Screenshots
from journeyman.benchmarks.grounding import attempt, clicked, random_pixel
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, box_from_xywh
from journeyman.metrics.screenspot import Group, is_grounded
from journeyman.schema.problem import Problem
from journeyman.schema.record import Record
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory

PLATFORMS: tuple[Literal["mobile", "desktop", "web"], ...] = ("mobile", "desktop", "web")


class Edition(NamedTuple):
    """One version of the data."""

    name: str
    """Of the plugin."""
    title: str
    """Of its figures and in messages."""
    table: str
    """Name of a platform's table, ``{}`` in place of the platform."""
    pictures: tuple[str, ...]
    """Folders beside the tables in which screenshots may lie."""
    sizes: Mapping[Group, int]
    """Published numbers."""
    licence: str
    where: str
    """Where the data can be had."""


class BoxGold(Record):
    """What a click is scored against: a box in fractions of the screenshot."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def box(self) -> Box:
        """As the metrics take it."""
        return Box(self.left, self.top, self.right, self.bottom)


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    img_filename: Words
    bbox: FourNumbers
    instruction: Words
    data_type: Literal["text", "icon"]
    data_source: Words = "unknown"


def benchmark_of(edition: Edition, *, version: int, summary: str) -> Benchmark:
    """The plugin of one version of the data."""
    cells = {cell_of(*group): size for group, size in edition.sizes.items()}
    return Benchmark(
        name=edition.name,
        version=version,
        summary=summary,
        read=lambda source: read_edition(source, edition),
        score=box_scorer(edition.title, lambda groups: cell_of(groups["platform"], groups["kind"])),
        right=edition.title,
        figures=click_figures(
            edition.title,
            cells,
            micro="as Aguvis and OS-Atlas print it",
            macro="as SeeClick, CogAgent, UGround and OmniParser print it",
        ),
        headline=(edition.title, f"{edition.title} macro"),
        groupings=("platform", "kind", "size", "source"),
        attempt=attempt,
        baselines={"random_pixel": random_pixel, "centre": centre},
    )


def read_edition(source: str, edition: Edition) -> ProblemSet:
    """Problems of the tables that are there, platform by platform, in their own order.

    Args:
        source: Folder with the tables and a folder of screenshots, or a zip of it.
        edition: Which version.

    Raises:
        ConfigError: Not there, not this version, a row that cannot be used, or a screenshot that is missing.
    """
    tables = {platform: edition.table.format(platform) for platform in PLATFORMS}
    files = open_official(source, benchmark=edition.title, wanted=list(tables.values()))
    shots = Screenshots(edition.name, licence=edition.licence, where=edition.where)
    posed = []
    for platform, table in tables.items():
        if files.has(table):
            posed += _rows(files, table, platform, edition, shots)
    shots.require_all(edition.pictures)
    boxes = _boxes(posed, edition)
    problems = tuple(
        _problem(edition.name, number, platform, row, shot, box)
        for (number, platform, row, shot), box in zip(posed, boxes, strict=True)
        if shot is not None
    )
    found = (cell_of(problem.groups["platform"], problem.groups["kind"]) for problem in problems)
    published = {cell_of(*group): size for group, size in edition.sizes.items()}
    return ProblemSet(problems, shots.media, {**size_facts(found, published, whole=edition.title), **shots.facts()})


def box_scorer(
    name: str, cell: Callable[[Mapping[str, str]], str]
) -> Callable[[Problem, Trajectory, Scoring], tuple[Measure, ...]]:
    """Scoring of one click against one box, edges included.

    Args:
        name: Measure over all problems.
        cell: Groups of a problem -> measure of its cell.
    """

    def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
        point = clicked(trajectory.steps[-1].action) if trajectory.steps else None
        hit = is_grounded(point, BoxGold.model_validate_json(problem.gold_json).box)
        return click_measures(name, cell(problem.groups), hit=hit, readable=point is not None)

    return score


def cell_of(platform: str, kind: str) -> str:
    """Name of a cell of the table."""
    return f"{platform} {kind}"


_Posed = tuple[int, str, _Row, Screenshot | None]


def _rows(files: OfficialFiles, table: str, platform: str, edition: Edition, shots: Screenshots) -> list[_Posed]:
    raw: Any = parse_json(files.read(table), table)
    if not isinstance(raw, list) or not raw:
        raise ConfigError(f"{table} is no list of problems; get it from {edition.where}")
    places = ((f"{table} row {number}", row) for number, row in enumerate(raw))
    rows = checked_rows(places, _Row, benchmark=edition.title, where=edition.where)
    return [
        (number, platform, row, shots.find(files, edition.pictures, row.img_filename))
        for number, row in enumerate(rows)
    ]


def _boxes(posed: list[_Posed], edition: Edition) -> list[Box]:
    boxes: list[tuple[str, Box, Screenshot]] = []
    faults: list[str] = []
    for number, platform, row, shot in posed:
        place = f"{edition.table.format(platform)} row {number}"
        try:
            box = box_from_xywh(row.bbox)
        except ValueError as exc:
            faults.append(f"{place}: bbox: {exc}")
        else:
            boxes += [(place, box, shot)] if shot is not None else []
    refuse_faults(faults, benchmark=edition.title, where=edition.where)
    return boxes_in_fractions(boxes, benchmark=edition.title, form="left, top, width, height", where=edition.where)


def _problem(benchmark: str, number: int, platform: str, row: _Row, shot: Screenshot, box: Box) -> Problem:
    groups = {"platform": platform, "kind": row.data_type, "size": size_of(box.area), "source": row.data_source}
    gold = BoxGold(left=box.x1, top=box.y1, right=box.x2, bottom=box.y2)
    return screen_problem(benchmark, f"{platform}-{number}", row.instruction, shot, gold, groups)
