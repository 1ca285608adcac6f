"""ScreenSpot-Pro (arXiv:2504.07981): tiny targets on the large screens of professional software.

Official: ``eval_screenspot_pro.py`` of likaixin2000/ScreenSpot-Pro-GUI-Grounding, English instructions, targets that
are there. Its averages are micro averages, of all problems and of each group.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from journeyman.benchmark import Benchmark, ProblemSet
from journeyman.benchmarks._official_files import OfficialFiles, named, open_official, parse_json
from journeyman.benchmarks._screen_replies import (
    FourNumbers,
    Words,
    as_stated,
    boxes_in_fractions,
    centre,
    checked_rows,
    click_figures,
    refuse_faults,
    screen_problem,
    size_facts,
    size_of,
)
from journeyman.benchmarks._screenshots import Screenshot, Screenshots
from journeyman.benchmarks._screenspot import BoxGold, box_scorer, cell_of
from journeyman.benchmarks.grounding import attempt, random_pixel
from journeyman.errors import ConfigError
from journeyman.metrics.boxes import Box, box_from_corners
from journeyman.metrics.screenspot import PRO_SIZES
from journeyman.schema.problem import Problem

NAME = "screenspot_pro"
TITLE = "ScreenSpot-Pro"
LICENCE = "see likaixin/ScreenSpot-Pro"

_WHERE = "huggingface.co/datasets/likaixin/ScreenSpot-Pro"
_PICTURES = ("images/",)
_APPLICATIONS = (
    *("android_studio_macos", "autocad_windows", "blender_windows", "davinci_macos", "eviews_windows", "excel_macos"),
    *("fruitloops_windows", "illustrator_windows", "inventor_windows", "linux_common_linux", "macos_common_macos"),
    *("matlab_macos", "origin_windows", "photoshop_windows", "powerpoint_windows", "premiere_windows"),
    *("pycharm_macos", "quartus_windows", "solidworks_windows", "stata_windows", "unreal_engine_windows"),
    *("vivado_windows", "vmware_macos", "vscode_macos", "windows_common_windows", "word_macos"),
)
TABLES = tuple(f"annotations/{application}.json" for application in _APPLICATIONS)
"""Tables of the official data."""

_Pixels = Annotated[int, Field(ge=1)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Words
    img_filename: Words
    bbox: FourNumbers
    img_size: tuple[_Pixels, _Pixels]
    instruction: Words
    ui_type: Literal["text", "icon"]
    application: Words
    platform: Words
    group: Literal["Dev", "Creative", "CAD", "Scientific", "Office", "OS"]


def read(source: str) -> ProblemSet:
    """Problems of the tables that are there; a part of them is read too, and said to be one.

    Args:
        source: Folder with ``annotations/`` and ``images/``, or a zip of it.

    Raises:
        ConfigError: Not there, not ScreenSpot-Pro, a row that cannot be used, or a screenshot that is missing or is
            another than its row says.
    """
    files = open_official(source, benchmark=TITLE, wanted=TABLES)
    there = [table for table in TABLES if files.has(table)]
    rows = checked_rows(
        ((f"{table} row {number}", row) for table in there for number, row in enumerate(_table(files, table))),
        _Row,
        benchmark=TITLE,
        where=_WHERE,
    )
    shots = Screenshots(NAME, licence=LICENCE, where=_WHERE)
    shown = [shots.find(files, _PICTURES, row.img_filename) for row in rows]
    shots.require_all(_PICTURES)
    posed = [(row, shot) for row, shot in zip(rows, shown, strict=True) if shot is not None]
    problems = tuple(_problem(row, shot, box) for (row, shot), box in zip(posed, _boxes(posed), strict=True))
    lacking = [table for table in TABLES if table not in there]
    return ProblemSet(
        problems,
        shots.media,
        {
            **size_facts((cell_of(row.group, row.ui_type) for row in rows), _CELLS, whole=TITLE),
            **shots.facts(),
            "tables": f"{len(there)} of {len(TABLES)}" + (f", without {named(lacking)}" if lacking else ""),
        },
    )


def _table(files: OfficialFiles, table: str) -> list[Any]:
    raw = parse_json(files.read(table), table)
    if not isinstance(raw, list) or not raw:
        raise ConfigError(f"{table} is no list of problems; get it from {_WHERE}")
    return raw


def _boxes(posed: Sequence[tuple[_Row, Screenshot]]) -> list[Box]:
    boxes: list[tuple[str, Box, Screenshot]] = []
    faults: list[str] = []
    seen: set[str] = set()
    for row, shot in posed:
        if row.id in seen:
            faults.append(f"{row.id}: the id stands twice")
        seen.add(row.id)
        try:
            boxes.append((row.id, box_from_corners(row.bbox), as_stated(shot, row.img_size)))
        except ValueError as exc:
            faults.append(f"{row.id}: {exc}")
    refuse_faults(faults, benchmark=TITLE, where=_WHERE)
    return boxes_in_fractions(boxes, benchmark=TITLE, form="left, top, right, bottom", where=_WHERE)


def _problem(row: _Row, shot: Screenshot, box: Box) -> Problem:
    groups = {
        "group": row.group,
        "platform": row.platform,
        "kind": row.ui_type,
        "size": size_of(box.area),
        "application": row.application,
    }
    gold = BoxGold(left=box.x1, top=box.y1, right=box.x2, bottom=box.y2)
    return screen_problem(NAME, row.id, row.instruction, shot, gold, groups)


_CELLS = {cell_of(*group): size for group, size in PRO_SIZES.items()}

BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="ScreenSpot-Pro (arXiv:2504.07981): clicks on large screens of 23 professional programs and 3 systems",
    read=read,
    score=box_scorer(TITLE, lambda groups: cell_of(groups["group"], groups["kind"])),
    right=TITLE,
    figures=click_figures(
        TITLE, _CELLS, micro="as the leaderboard prints it", macro="nobody prints it; here as for ScreenSpot"
    ),
    headline=(TITLE, f"{TITLE} macro"),
    groupings=("group", "platform", "kind", "size", "application"),
    attempt=attempt,
    baselines={"random_pixel": random_pixel, "centre": centre},
)
