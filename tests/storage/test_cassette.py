import pytest

from journeyman.errors import ArtifactError
from journeyman.schema.record import sha256_hex
from journeyman.storage import layout
from journeyman.storage.cassette import Cassette, RecordedFile, Recording
from journeyman.storage.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(f"file://{tmp_path}/store")


def recording(name, *, value="1"):
    return Recording(
        key=sha256_hex(name.encode()),
        tool="crop_image",
        version=1,
        arguments_json="{}",
        value_json=value,
        images=("crop.png",),
        files=(RecordedFile(name="crop.png", data=b"\x00\x01\xff"),),
        error="",
    )


def test_flushed_recordings_come_back_whole(store):
    cassette = Cassette(store, "shard-0")
    for name in "ab":
        cassette.put(recording(name))
    cassette.flush()
    later = Cassette(store, "shard-0")
    later.preload()
    assert len(later) == 2
    assert later.get(recording("a").key) == recording("a")


def test_a_scope_sees_others_only_when_they_are_laid_beside_it(store):
    first = Cassette(store, "shard-0")
    first.put(recording("a"))
    first.flush()
    second = Cassette(store, "shard-1")
    second.preload()
    assert second.get(recording("a").key) is None
    second.preload(["shard-0"])
    assert second.get(recording("a").key) == recording("a")
    second.flush()
    assert store.keys(layout.cassette_prefix("shard-1")) == []


def test_a_flush_writes_one_object_and_only_what_is_new(store):
    cassette = Cassette(store, "shard-0")
    cassette.flush()
    assert store.keys("cassettes/") == []
    for name in "abc":
        cassette.put(recording(name))
    cassette.flush()
    cassette.flush()
    assert len(store.keys(layout.cassette_prefix("shard-0"))) == 1


def test_equal_recordings_make_equal_objects_in_any_order(store):
    for names in ("abc", "cba"):
        cassette = Cassette(store, "shard-0")
        for name in names:
            cassette.put(recording(name))
        cassette.flush()
    assert len(store.keys(layout.cassette_prefix("shard-0"))) == 1


def test_the_first_recording_of_a_key_stays(store):
    cassette = Cassette(store, "shard-0")
    cassette.put(recording("a", value="1"))
    assert cassette.put(recording("a", value="2")).value_json == "1"
    assert cassette.get(recording("a").key).value_json == "1"


def test_a_store_that_refuses_leaves_recordings_to_the_next_flush(store, monkeypatch):
    cassette = Cassette(store, "shard-0")
    cassette.put(recording("a"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "put", lambda *_: (_ for _ in ()).throw(ConnectionError()))
        with pytest.raises(ConnectionError):
            cassette.flush()
    cassette.flush()
    assert len(store.keys(layout.cassette_prefix("shard-0"))) == 1


def test_a_changed_part_is_refused(store):
    cassette = Cassette(store, "shard-0")
    cassette.put(recording("a"))
    cassette.flush()
    (key,) = store.keys(layout.cassette_prefix("shard-0"))
    store.put(key, store.get(key)[:-1])
    with pytest.raises(ArtifactError, match="was changed"):
        Cassette(store, "shard-0").preload()
