"""A folder of files such as a user has: real photographs, and documents and tables made by our writers."""

import csv
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from journeyman.file_writer import write_file
from journeyman.photographs import find_photograph, package_file, photograph_bytes
from journeyman.schema.query import FileSpec
from journeyman.schema.record import canonical_json

logger = logging.getLogger(__name__)

PHOTOGRAPHS = (
    "astronaut",
    "camera",
    "chelsea",
    "china",
    "coffee",
    "coins",
    "flower",
    "grace_hopper",
    "motorcycle_left",
    "rocket",
)

_IRIS_COLUMNS = ("sepal length cm", "sepal width cm", "petal length cm", "petal width cm", "species")
_INVOICE = {
    "title": "Invoice 2041",
    "paragraphs": [
        "Harbour Office Supplies, 14 Quay Street, Bristol",
        "Bill to: Larkfield Primary School",
        "Invoice date: 3 March 2025. Payment is due within 30 days.",
        "Total due: 379.50 GBP",
    ],
    "table": {
        "columns": ["Item", "Quantity", "Unit price", "Amount"],
        "rows": [
            ["Desk lamp", 6, 24.5, 147],
            ["Whiteboard", 2, 68.25, 136.5],
            ["Marker set", 12, 4.75, 57],
            ["Delivery", 1, 39, 39],
        ],
    },
}
_REPORT = {
    "title": "Annual report of the Marlow Valley Library",
    "paragraphs": [
        "The library lent 48,210 books in the year, 6 percent more than the year before.",
        "Opening hours rose from 38 to 44 a week after two volunteers joined in April.",
        "The roof of the reading room was repaired in September for 12,400 euros, paid from the building fund.",
        "Next year the committee plans a mobile library for the three villages without a bus.",
    ],
    "table": {
        "columns": ["Section", "Books lent", "New titles"],
        "rows": [["Fiction", 21480, 310], ["Children", 15930, 275], ["Science", 6200, 94], ["History", 4600, 71]],
    },
}
_SALES = {
    "sheets": [
        {
            "name": "Sales",
            "columns": ["Month", "Region", "Units", "Revenue"],
            "rows": [
                ["January", "North", 120, 2388],
                ["January", "South", 95, 1890.5],
                ["February", "North", 134, 2666.6],
                ["February", "South", 88, 1751.2],
                ["March", "North", 151, 3004.9],
                ["March", "South", 107, 2129.3],
            ],
        },
        {
            "name": "Targets",
            "columns": ["Region", "Revenue target"],
            "rows": [["North", 7500], ["South", 6000]],
        },
    ]
}
_TALK = {
    "slides": [
        {"title": "Spring bus timetable", "bullets": ["Line 7 runs every 12 minutes", "Line 9 ends at the harbour"]},
        {
            "title": "First and last departures",
            "bullets": ["Times are for weekdays"],
            "table": {
                "columns": ["Line", "First", "Last"],
                "rows": [["7", "05:40", "23:55"], ["9", "06:10", "22:30"], ["12", "06:25", "21:15"]],
            },
        },
    ]
}


def sample_files(folder: Path) -> tuple[Path, ...]:
    """Write ten real photographs and five documents into ``folder``, which is made when it is missing.

    Files of the same names are replaced, others are left alone.

    Returns:
        The files written, by name.

    Raises:
        ConfigError: A package of ``journeyman[tools]`` is missing.
    """
    contents = {find_photograph(name).file_name: photograph_bytes(name) for name in PHOTOGRAPHS}
    contents["invoice.pdf"] = _written("pdf", _INVOICE)
    contents["report.docx"] = _written("docx", _REPORT)
    contents["sales.xlsx"] = _written("xlsx", _SALES)
    contents["timetable.pptx"] = _written("pptx", _TALK)
    contents["iris.csv"] = _written("csv", {"columns": _IRIS_COLUMNS, "rows": _iris_rows()})
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    logger.info("wrote %d sample files to %s", len(contents), folder)
    return tuple(folder / name for name in sorted(contents))


def _written(writer: str, spec: dict[str, Any]) -> bytes:
    return write_file(FileSpec(name=f"file_1.{writer}", writer=writer, spec_json=canonical_json(spec)))


def _iris_rows() -> list[Sequence[float | str]]:
    """Fisher's 150 flowers from scikit-learn's wheel, whose first line holds counts and species."""
    with package_file("sklearn", "datasets/data/iris.csv").open(newline="") as file:
        (_, _, *species), *rows = csv.reader(file)
    return [[*map(float, row[:4]), species[int(row[4])]] for row in rows]
