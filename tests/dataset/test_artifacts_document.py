import re
from pathlib import Path

import pytest

from journeyman.schema import (
    api,
    artifact,
    call,
    example,
    grade,
    instruction,
    judgement,
    media,
    model,
    picture_context,
    problem,
    query,
    score,
    screen,
    trajectory,
    verdict,
)
from journeyman.schema.record import Record
from journeyman.storage import cassette, features, layout, manifest, outcomes

DOCUMENT = (Path(__file__).parents[2] / "docs" / "artifacts.md").read_text()
MODULES = (
    api,
    artifact,
    call,
    cassette,
    example,
    features,
    grade,
    instruction,
    judgement,
    manifest,
    media,
    model,
    outcomes,
    picture_context,
    problem,
    query,
    score,
    screen,
    trajectory,
    verdict,
)
RECORDS = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Record) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_the_document_names_every_column_of_a_record(record: type[Record]) -> None:
    (section,) = re.findall(rf"^### {record.__name__}\n(.*?)(?=^### |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(record.model_fields)


def test_the_document_names_every_place() -> None:
    templates = [value for name, value in vars(layout).items() if name.endswith(("_key", "_prefix"))]
    places = [template(*["x"] * template.__code__.co_argcount) for template in templates]
    assert [place for place in places if place.split("/")[0] + "/" not in DOCUMENT] == []
