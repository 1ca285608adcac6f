import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ArtifactError, ConfigError, StorageError, TransientError
from journeyman.storage.row_groups import RowGroups
from journeyman.storage.store import Store
from tests.training.examples import bare

COLUMNS = ("number", "text", "nested")
# Said, not guessed from the rows: an empty table has the same types.
SCHEMA = pa.schema(
    {
        "number": pa.int64(),
        "text": pa.string(),
        "nested": pa.list_(pa.struct({"bytes": pa.binary(), "path": pa.string()})),
        "same": pa.string(),
        "often": pa.string(),
    }
)


def table(rows):
    return pa.table(
        {
            "number": pa.array(range(rows), pa.int64()),
            "text": [f"row {i}" * (i % 5) for i in range(rows)],
            "nested": [[{"bytes": bytes([i % 256]) * (i % 40), "path": str(i)}] * (i % 3) for i in range(rows)],
            "same": ["train"] * rows,
            "often": ["a" if i % 7 else None for i in range(rows)],
        },
        schema=SCHEMA,
    )


@given(
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=3),
    group=st.integers(1, 30),
    columns=st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True),
    compression=st.sampled_from(("none", "zstd", "snappy")),
)
@settings(max_examples=40, deadline=None)
def test_groups_read_one_by_one_are_the_whole_files(tmp_path_factory, sizes, group, columns, compression):
    folder = tmp_path_factory.mktemp("groups")
    for number, size in enumerate(sizes):
        pq.write_table(table(size), folder / f"{number}.parquet", row_group_size=group, compression=compression)
    groups = RowGroups([str(folder)])
    assert groups.rows == sum(sizes)
    assert all(0 < g.rows <= group for g in groups.groups)
    read = [groups.read(g, columns) for g in groups.groups]
    want = pa.concat_tables([table(size).select(columns) for size in sizes])
    assert (pa.concat_tables(read) if read else want.slice(0, 0)).to_pylist() == want.to_pylist()


def test_the_footer_tells_what_is_the_same_in_all_rows(tmp_path):
    pq.write_table(table(20), tmp_path / "a.parquet", row_group_size=7)
    groups = RowGroups([str(tmp_path / "a.parquet")])
    assert [groups.constant(g, "same") for g in groups.groups] == ["train"] * 3
    assert {groups.constant(g, name) for g in groups.groups for name in ("number", "often", "nothing")} == {None}


def test_a_group_is_one_request_and_only_its_columns_are_fetched(tmp_path, monkeypatch):
    big = table(40).append_column("big", pa.array([bytes(20_000)] * 40))
    pq.write_table(big, tmp_path / "a.parquet", row_group_size=10, compression="none")
    groups = RowGroups([str(tmp_path / "a.parquet")])
    fs = groups._files[0][0]
    asked = []
    whole = fs.cat_file
    monkeypatch.setattr(fs, "cat_file", lambda path, start, end: asked.append(end - start) or whole(path, start, end))
    assert groups.read(groups.groups[2], ("number", "text")).num_rows == 10
    assert len(asked) == 1
    assert asked[0] < 20_000


def test_what_cannot_be_read_is_named(tmp_path):
    pq.write_table(table(20), tmp_path / "a.parquet", row_group_size=7)
    groups = RowGroups([str(tmp_path / "a.parquet")])
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"row group 1 of 3 of .*a.parquet"):
        groups.read(groups.groups[1], ("number",))
    with pytest.raises(ConfigError, match="dataset 'nothing://x' cannot be opened"):
        RowGroups(["nothing://x"])
    once = {"total_max_attempts": 1}
    options = {"endpoint_url": "http://127.0.0.1:9", "key": "k", "secret": "s", "config_kwargs": {"retries": once}}
    with pytest.raises(TransientError):
        RowGroups(["s3://bucket/data"], options)


def test_files_of_a_memory_store_are_read(tmp_path):
    fs = fsspec.filesystem("memory")
    with fs.open("memory://groups/a.parquet", "wb") as out:
        pq.write_table(table(20), out, row_group_size=7)
    assert RowGroups(["memory://groups/a.parquet"]).rows == 20


@pytest.mark.flow
def test_rows_stream_from_a_bucket_in_the_order_they_have_on_disk(s3, tmp_path, monkeypatch):
    from itertools import islice

    from journeyman.training.order import Rows

    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    url = s3["JOURNEYMAN_STORE"]
    pq.write_table(bare(90), tmp_path / "part.parquet", row_group_size=10)
    data = (tmp_path / "part.parquet").read_bytes()
    Store(url, {"endpoint_url": s3["AWS_ENDPOINT_URL"]}).put("row-groups/part.parquet", data)
    there = Rows([f"{url}/row-groups"], split="train", buffer_rows=30)
    here = Rows([str(tmp_path / "part.parquet")], split="train", buffer_rows=30)
    orders = [[ref.row_id for ref in islice(rows.shuffled(17), 200)] for rows in (there, here)]
    assert orders[0] == orders[1]
    bucket = url.removeprefix("s3://").partition("/")[0]
    with pytest.raises(StorageError, match="bucket does not exist"):
        RowGroups([f"s3://{bucket}-that-is-not-there/data.parquet"])
