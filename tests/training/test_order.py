from itertools import islice, pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.errors import ArtifactError, ConfigError, SchemaError
from journeyman.training.order import Mixture, Rows
from tests.training.examples import bare, examples, write_table, written


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    write_table(folder, bare(130), name="a.parquet")
    write_table(folder, bare(73, start=130), group_rows=7, name="b.parquet")
    return str(folder)


def ids(rows, drawn, count):
    return [ref.row_id for ref in islice(rows.shuffled(drawn), count)]


@given(buffer=st.integers(1, 300), seed=st.integers(0, 5), drawn=st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_the_order_is_that_of_the_seed_from_any_row_on_and_holds_each_row_once_an_epoch(many, buffer, seed, drawn):
    rows = Rows([many], split="train", seed=seed, buffer_rows=buffer)
    straight = ids(rows, 0, 2 * rows.rows + 20)
    assert rows.rows == 203
    for epoch in range(2):
        assert sorted(straight[epoch * 203 : (epoch + 1) * 203], key=int) == [str(i) for i in range(203)]
    again = Rows([many], split="train", seed=seed, buffer_rows=buffer)
    assert ids(again, drawn, 40) == (straight + ids(rows, 426, 200))[drawn : drawn + 40]
    rows.close()
    again.close()


def test_epochs_and_seeds_differ_and_neighbours_are_taken_apart(many):
    rows = Rows([many], split="train", buffer_rows=50)
    first, second = ids(rows, 0, 203), ids(rows, 203, 203)
    assert first != second
    assert first != ids(Rows([many], split="train", seed=1, buffer_rows=50), 0, 203)
    distances = [abs(int(a) - int(b)) for a, b in pairwise(first)]
    assert sum(d == 1 for d in distances) < 10


@pytest.mark.parametrize("buffer", [10, 40, 90])
def test_no_more_rows_are_held_than_two_buffers(many, buffer):
    rows = Rows([many], split="train", buffer_rows=buffer)
    most = 0
    for _ in islice(rows.shuffled(0), 500):
        most = max(most, sum(rows._groups[g].rows for g in rows._held))
    assert most <= 2 * buffer + 10


def test_a_dataset_that_fits_is_read_once(many, monkeypatch):
    rows = Rows([many], split="train", buffer_rows=500)
    read = []
    whole = rows._files.read
    monkeypatch.setattr(rows._files, "read", lambda group, columns: read.append(group) or whole(group, columns))
    ids(rows, 0, 1000)
    assert rows.fits
    assert len(read) == len(set(read)) == len(rows._groups)


def test_splits_families_and_shares_choose_rows(tmp_path):
    rows = examples(60) + examples(20, split="validation", start=60)
    mixed = [row for pair in zip(rows[:20], rows[60:], strict=True) for row in pair] + rows[20:60]
    path = written(tmp_path, mixed)
    train, held = Rows([path], split="train"), Rows([path], split="validation")
    assert [ref.row_id for ref in train.stored()] == [str(i) for i in range(60)]
    assert [ref.row_id for ref in held.stored()] == [str(i) for i in range(60, 80)]
    signs = Rows([path], split="train", families=("sign", "bars"))
    wanted = [row.example_id for row in mixed if row.split == "train" and row.family in ("sign", "bars")]
    assert [ref.row_id for ref in signs.stored()] == wanted
    half = [[ref.row_id for ref in Rows([path], split="train", share=0.5, seed=s).stored()] for s in (0, 0, 1)]
    assert half[0] == half[1] != half[2]
    assert 15 <= len(half[0]) <= 45
    assert len(list(train.texts())) == sum(len(row.messages_json.split('"role"')) - 1 for row in rows[:60])


def test_a_row_comes_back_as_it_was_stored(tmp_path):
    rows = examples(25)
    path = written(tmp_path, rows)
    for row, ref in zip(rows, Rows([path], split="train").stored(), strict=True):
        conversation = ref.conversation
        assert (conversation.row_id, conversation.messages_json) == (row.example_id, row.messages_json)
        assert conversation.media == {image.path.partition(".")[0]: image.bytes for image in row.images}


@given(weights=st.lists(st.floats(0.1, 9), min_size=2, max_size=3), drawn=st.integers(0, 300))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mixture_keeps_to_its_weights_at_any_length_and_goes_on_from_anywhere(tmp_path_factory, weights, drawn):
    folder = tmp_path_factory.mktemp("mixed")
    paths = [write_table(folder, bare(20 + 10 * i, start=1000 * i), name=f"{i}.parquet") for i in range(len(weights))]
    mixture = Mixture([Rows([path], split="train", buffer_rows=12) for path in paths], weights)
    straight = list(islice(mixture.rows_after(mixture.start), drawn + 30))
    for n, row in enumerate(straight, start=1):
        assert sum(row.after) == n
        for count, weight in zip(row.after, weights, strict=True):
            assert abs(count - n * weight / sum(weights)) < len(weights)
    at = straight[drawn - 1].after if drawn else mixture.start
    again = islice(mixture.rows_after(at), 30)
    assert [(r.dataset, r.ref.row_id, r.after) for r in again] == [
        (r.dataset, r.ref.row_id, r.after) for r in straight[drawn:]
    ]
    mixture.close()


def test_a_mixture_of_nothing_is_refused(tmp_path):
    empty = Rows([write_table(tmp_path, bare(5, split="validation"))], split="train")
    with pytest.raises(ConfigError, match="has no row to train on"):
        Mixture([empty], [1.0])


def test_a_damaged_row_group_is_named(tmp_path):
    path = Path(written(tmp_path, examples(40)))
    rows = Rows([str(path)], split="train")
    group = rows._groups[2]
    data = bytearray(path.read_bytes())
    footer = rows._files._files[0][2]
    start = footer.row_group(2).column(0).data_page_offset
    data[start : start + group.size_bytes // 2] = bytes(group.size_bytes // 2)
    path.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=r"row group 2 of 4 of .*part.parquet cannot be read"):
        list(rows.stored())
    path.write_bytes(bytes(data)[: start + 5])
    with pytest.raises(ArtifactError, match="row group 2 of 4"):
        list(rows.stored())


def test_what_holds_no_examples_is_refused(tmp_path):
    other = write_table(tmp_path, pa.table({"text": ["a"]}))
    with pytest.raises(SchemaError, match="column 'example_id' is missing"):
        Rows([other], split="train")
    table = bare(3)
    table = table.set_column(table.column_names.index("images"), "images", pa.array(["x"] * 3))
    with pytest.raises(SchemaError, match="column 'images' is string"):
        Rows([write_table(tmp_path, table)], split="train")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ArtifactError, match=r"broken.parquet is not a Parquet file"):
        Rows([str(tmp_path / "broken.parquet")], split="train")
    with pytest.raises(ArtifactError, match="there is no such object"):
        Rows([str(tmp_path / "nowhere")], split="train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="holds no Parquet file"):
        Rows([str(tmp_path / "empty")], split="train")


def test_the_published_copy_is_read_too(tmp_path):
    from journeyman.dataset.publish import published_files

    for name, data in published_files(examples(15) + examples(5, split="validation", start=15), "card"):
        (tmp_path / name).write_bytes(data)
    assert [ref.row_id for ref in Rows([str(tmp_path)], split="validation").stored()] == [str(i) for i in range(15, 20)]
    assert Rows([str(tmp_path)], split="train").rows == 15
