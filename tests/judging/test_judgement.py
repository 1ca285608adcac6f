import io

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.judging.undecided import split_undecided
from journeyman.schema.arrow import records_to_table, table_to_records
from journeyman.schema.grade import Grade
from journeyman.schema.judgement import Judgement
from journeyman.schema.query import Query
from journeyman.schema.record import Record
from journeyman.storage.store import parquet_bytes
from tests.strategies import records


@pytest.mark.parametrize("kind", [Judgement, Grade])
@given(data=st.data())
def test_what_a_judge_said_comes_back_from_parquet_as_it_was(kind: type[Record], data: st.DataObject) -> None:
    rows = data.draw(st.lists(records(kind), max_size=4))
    table = pq.read_table(io.BytesIO(parquet_bytes(records_to_table(rows, kind))))
    assert table_to_records(table, kind) == rows


@given(st.lists(records(Query), max_size=6))
def test_a_query_with_a_gold_answer_is_never_put_to_a_judge(queries: list[Query]) -> None:
    split = split_undecided(queries)
    assert all(query.gold_json for query in split.for_program)
    assert not any(query.gold_json for query in split.for_judge)
    assert len(split.for_judge) + len(split.for_program) == len(queries)
