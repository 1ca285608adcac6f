"""Every record survives the way to Parquet and back, and its schema is a golden file."""

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.errors import SchemaError
from journeyman.schema.api import Api, Placement
from journeyman.schema.arrow import arrow_schema, check_schema, records_to_table, table_to_records
from journeyman.schema.call import Call
from journeyman.schema.example import Example
from journeyman.schema.grade import Grade
from journeyman.schema.instruction import Instruction, InstructionDraft
from journeyman.schema.judgement import Judgement
from journeyman.schema.media import MediaFile
from journeyman.schema.model import Model
from journeyman.schema.picture_context import PictureContext
from journeyman.schema.problem import Problem
from journeyman.schema.query import Draft, Query
from journeyman.schema.record import Record
from journeyman.schema.score import Score
from journeyman.schema.screen import Episode, Grounding, Screen
from journeyman.schema.trajectory import Trajectory
from journeyman.schema.verdict import Verdict
from journeyman.storage.features import Feature
from journeyman.storage.outcomes import Outcome
from journeyman.storage.store import parquet_bytes
from tests.golden import agrees_with_golden
from tests.strategies import records

RECORDS = [
    Api,
    Call,
    Draft,
    Episode,
    Example,
    Feature,
    Grounding,
    Instruction,
    InstructionDraft,
    Grade,
    Judgement,
    MediaFile,
    Model,
    Outcome,
    Placement,
    PictureContext,
    Problem,
    Query,
    Score,
    Screen,
    Trajectory,
    Verdict,
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_record_comes_back_from_parquet_as_it_was(record: type[Record], data: st.DataObject) -> None:
    rows = data.draw(st.lists(records(record), max_size=4))
    table = pq.read_table(io.BytesIO(parquet_bytes(records_to_table(rows, record))))
    assert table_to_records(table, record) == rows


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.__name__)
def test_a_schema_changes_only_on_purpose(record: type[Record], request: pytest.FixtureRequest) -> None:
    text = f"{record.__name__} version {record.SCHEMA_VERSION}\n{arrow_schema(record).remove_metadata()}\n"
    agrees_with_golden(text, Path(f"schemas/{record.__name__}.txt"), request)


def test_a_field_no_column_can_hold_is_refused_by_name() -> None:
    class Loose(Record):
        anything: dict[str, int]

    with pytest.raises(SchemaError, match="anything"):
        arrow_schema(Loose)


def test_a_table_of_another_record_is_refused_with_the_first_difference() -> None:
    table = records_to_table([], Verdict)
    with pytest.raises(SchemaError, match=r"MediaFile\.sha256: expected string, found nothing"):
        check_schema(table.schema, MediaFile)


def test_a_table_of_another_version_is_refused() -> None:
    schema = arrow_schema(Verdict).with_metadata({"schema_version": "7"})
    with pytest.raises(SchemaError, match="schema version 7"):
        check_schema(schema.remove(0).with_metadata({"schema_version": "7"}), Verdict)
