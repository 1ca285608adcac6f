"""The store commits whole artifacts, names what was changed, and never takes an error for absence."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ArtifactError, ConfigError, StorageError
from journeyman.schema.media import MediaFile
from journeyman.schema.record import fingerprint
from journeyman.schema.verdict import Verdict
from journeyman.storage.media import load_media
from journeyman.storage.store import Store


def _verdict(number: int) -> Verdict:
    return Verdict(record_id=str(number), check="c", decision="keep", reason="", evidence="", record_json="")


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}" if request.param == "file" else f"memory://{tmp_path.name}-{request.node.name}")


def test_rows_come_back_in_the_order_they_were_written(store: Store) -> None:
    rows = [_verdict(n) for n in (3, 1, 2)]
    assert store.records(store.write("verdicts", rows, Verdict), Verdict) == rows


def test_equal_rows_give_an_equal_reference_and_one_data_object(store: Store) -> None:
    first = store.write("verdicts", [_verdict(1)], Verdict)
    assert store.write("verdicts", [_verdict(1)], Verdict) == first
    assert len(store.keys("data/")) == 1


def test_other_parents_make_another_artifact(store: Store) -> None:
    parent = store.write("verdicts", [_verdict(1)], Verdict)
    alone = store.write("verdicts", [_verdict(2)], Verdict)
    assert store.write("verdicts", [_verdict(2)], Verdict, parents=(parent,)).digest != alone.digest


def test_data_without_a_manifest_is_no_artifact(store: Store) -> None:
    ref = store.write("verdicts", [_verdict(1)], Verdict)
    store.delete("artifacts/")
    with pytest.raises(ArtifactError, match="no such object"):
        store.records(ref, Verdict)


def test_changed_data_is_refused(store: Store) -> None:
    ref = store.write("verdicts", [_verdict(1)], Verdict)
    store.put(store.manifest(ref).objects[0].key, b"something else")
    with pytest.raises(ArtifactError, match="was changed after it was committed"):
        store.records(ref, Verdict)


def test_a_changed_manifest_is_refused(store: Store) -> None:
    ref = store.write("verdicts", [_verdict(1)], Verdict)
    store.put(ref.key, store.get(ref.key).replace(b"Verdict", b"Verdikt"))
    with pytest.raises(ArtifactError, match="manifest"):
        store.records(ref, Verdict)


@pytest.mark.parametrize("url", ["", "s3://", "https://host/x", "/just/a/path"])
def test_a_url_that_is_no_store_is_refused_with_the_forms_that_are(url: str) -> None:
    with pytest.raises(ConfigError, match="s3://bucket/prefix"):
        Store(url)


def test_a_store_that_cannot_be_written_is_named_before_anything_is_paid_for(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be used"):
        Store(f"file://{tmp_path}/taken").check()


@given(
    objects=st.dictionaries(
        st.from_regex(r"[a-z]{1,4}(/[a-z0-9._+ -]{1,8}[a-z])?", fullmatch=True), st.binary(max_size=50)
    )
)
@settings(max_examples=30, deadline=None)
def test_objects_are_listed_and_come_back_as_they_were_put(objects: dict[str, bytes]) -> None:
    # A key cannot be both an object and a folder in a file system; S3 allows it, we never write it.
    folders = {key.rpartition("/")[0] for key in objects}
    objects = {key: data for key, data in objects.items() if key not in folders}
    store = Store(f"memory://{fingerprint(sorted(objects))}")
    for key, data in objects.items():
        store.put(f"below/{key}", data)
    assert store.keys("below/") == sorted(f"below/{key}" for key in objects)
    assert {key: store.get(f"below/{key}") for key in objects} == objects


def test_files_are_written_and_read_in_bounded_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman.storage.store.OBJECT_BYTES", 100)
    store = Store("memory://bounded")
    rows = [
        MediaFile(sha256=f"{n:064d}", media_type="image/png", size_bytes=60, source="s", licence="l", data=bytes(60))
        for n in range(5)
    ]
    ref = store.write("media", rows, MediaFile)
    assert [item.rows for item in store.manifest(ref).objects] == [1] * 5
    assert (ref.rows, store.records(ref, MediaFile)) == (5, rows)
    assert [table.num_rows for table in store.tables(ref, MediaFile)] == [1] * 5
    wanted = {rows[1].sha256, rows[4].sha256}
    assert set(load_media(store, [ref], wanted)) == wanted
