import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import TransientError
from journeyman.schema.record import sha256_hex
from journeyman.storage import features as module
from journeyman.storage import layout
from journeyman.storage.features import (
    Feature,
    FeatureCache,
    Refusal,
    compute_features,
    compute_missing,
    npy_bytes,
)
from journeyman.storage.store import Store
from tests.storage.toy_encoders import BAD, ToyEncoders


@pytest.fixture
def store(tmp_path):
    return Store(f"file://{tmp_path}/store")


def sounds(count, start=0):
    """Different files, by sha256."""
    datas = [f"sound {n}".encode() for n in range(start, start + count)]
    return {sha256_hex(data): ("audio", data) for data in datas}


def computed(store, files, encoders, **settings):
    """What a run gives, the last part written."""
    cache = FeatureCache(store, encoders.identity(None))
    found = compute_missing(cache, files, encoders, None, **settings)
    cache.flush()
    return found


def parts(store, identity="toy-1"):
    return store.keys(layout.feature_prefix(identity))


def test_a_file_is_computed_once_over_calls_and_runs(store):
    files, encoders = sounds(20), ToyEncoders()
    cache = FeatureCache(store, "toy-1")
    first = compute_missing(cache, files, encoders, None)
    again = compute_missing(cache, files, encoders, None)
    cache.flush()
    later = computed(store, files | sounds(3, start=20), encoders)
    assert [encoders.seen.count(data) for _, data in (files | sounds(3, start=20)).values()] == [1] * 23
    assert first.features == again.features == {k: v for k, v in later.features.items() if k in files}
    assert first.features.keys() == files.keys()
    (array,) = ToyEncoders().compute([("audio", b"sound 7")], None)
    assert (np.load(io.BytesIO(later.features[sha256_hex(b"sound 7")]), allow_pickle=False) == array).all()


def test_other_encoders_share_nothing(store):
    computed(store, sounds(3), ToyEncoders())
    other = ToyEncoders(name="toy-2")
    computed(store, sounds(3), other)
    assert len(other.seen) == 3
    assert len(parts(store)) == len(parts(store, "toy-2")) == 1


@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5), part=st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_whatever_was_asked_before_each_file_is_computed_once_and_found_again(tmp_path_factory, sizes, part):
    store, encoders = Store(f"file://{tmp_path_factory.mktemp('store')}"), ToyEncoders()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PART_FILES", part)
        for size in sizes:
            assert computed(store, sounds(size), encoders).features.keys() == sounds(size).keys()
        assert len(encoders.seen) == len(set(encoders.seen)) == max(sizes)
        assert FeatureCache(store, "toy-1").load(sounds(12)).keys() == sounds(max(sizes)).keys()


def test_a_run_that_is_killed_between_parts_computes_no_finished_part_again(tmp_path, store):
    program = (
        "import sys; from journeyman.storage import features; from journeyman.storage.store import Store\n"
        "from tests.storage.test_features import sounds; from tests.storage.toy_encoders import ToyEncoders\n"
        "features.PART_FILES, features.BATCH_FILES = 4, 2\n"
        "cache = features.FeatureCache(Store(sys.argv[1]), 'toy-1')\n"
        "features.compute_missing(cache, sounds(60), ToyEncoders(seconds=0.05), None)\n"
    )
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}:{root}"}
    running = subprocess.Popen([sys.executable, "-c", program, store.url], env=environment, cwd=root)
    try:
        deadline = time.monotonic() + 60
        while len(parts(store)) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGKILL)
    finally:
        running.kill()
        running.wait()
    kept = len(parts(store)) * 4
    assert 12 <= kept < 60
    encoders = ToyEncoders()
    assert computed(store, sounds(60), encoders).features.keys() == sounds(60).keys()
    assert len(encoders.seen) == 60 - kept


def test_parts_are_written_while_files_are_still_to_come(store, monkeypatch):
    monkeypatch.setattr(module, "PART_FILES", 8)
    taken = []

    def coming():
        for sha256, (kind, data) in sounds(100).items():
            taken.append(sha256)
            yield sha256, kind, data

    stream = compute_features(FeatureCache(store, "toy-1"), coming(), ToyEncoders(), None)
    for _ in range(33):
        next(stream)
    assert len(parts(store)) == 4
    assert len(taken) <= 33 + module.BATCH_FILES


def test_large_features_make_small_parts(store, monkeypatch):
    monkeypatch.setattr(module, "PART_BYTES", 3 * 320)
    computed(store, sounds(30), ToyEncoders())
    assert len(parts(store)) == 10


@pytest.mark.parametrize("harm", [lambda data: data[:-9], lambda data: b"", lambda data: data[:40] + b"?" + data[41:]])
def test_a_damaged_part_is_passed_over_with_a_warning_and_mended(store, harm, caplog):
    files = sounds(5)
    want = computed(store, files, ToyEncoders()).features
    (key,) = parts(store)
    whole = store.get(key)
    store.put(key, harm(whole))
    encoders = ToyEncoders()
    with caplog.at_level(logging.WARNING):
        assert computed(store, files, encoders).features == want
    assert "is passed over" in caplog.text
    assert len(encoders.seen) == 5
    assert store.get(key) == whole
    assert computed(store, files, encoders).features == want
    assert len(encoders.seen) == 5


def test_a_part_that_is_no_parquet_is_passed_over(store, caplog):
    want = computed(store, sounds(3), ToyEncoders()).features
    store.put(f"{layout.feature_prefix('toy-1')}{sha256_hex(b'PAR1 nothing else')}.parquet", b"PAR1 nothing else")
    assert FeatureCache(store, "toy-1").load(sounds(3)) == want
    assert "is passed over" in caplog.text


def test_a_part_that_lies_under_other_encoders_counts_as_none(store, caplog):
    computed(store, sounds(2), ToyEncoders(name="toy-2"))
    (key,) = parts(store, "toy-2")
    store.put(key.replace("toy-2", "toy-1"), store.get(key))
    assert FeatureCache(store, "toy-1").load(sounds(2)) == {}
    assert "features of other encoders" in caplog.text


def test_duplicates_are_harmless_and_equal_parts_are_one_object(store):
    rows = [Feature(sha256=f"{n:064d}", kind="audio", identity="toy-1", data=b"x") for n in range(6)]
    for order in (rows, rows[::-1], rows[:3]):
        cache = FeatureCache(store, "toy-1")
        cache.keep([*order, *order])
        cache.flush()
    assert len(parts(store)) == 2
    assert FeatureCache(store, "toy-1").load([row.sha256 for row in rows]) == {row.sha256: b"x" for row in rows}


def test_what_was_kept_and_not_yet_written_is_found(store):
    cache = FeatureCache(store, "toy-1")
    cache.keep([Feature(sha256="a", kind="image", identity="toy-1", data=b"x")])
    assert parts(store) == []
    assert cache.load(["a", "b"]) == {"a": b"x"}


def test_a_store_that_refuses_leaves_features_to_the_next_flush(store, monkeypatch):
    cache = FeatureCache(store, "toy-1")
    cache.keep([Feature(sha256="a", kind="image", identity="toy-1", data=b"x")])
    with monkeypatch.context() as patch:
        patch.setattr(store, "put", lambda *_: (_ for _ in ()).throw(ConnectionError()))
        with pytest.raises(ConnectionError):
            cache.flush()
    cache.flush()
    assert FeatureCache(store, "toy-1").load(["a"]) == {"a": b"x"}


def test_a_bad_file_is_named_with_its_reason_and_costs_the_others_nothing(store):
    files = sounds(10)
    bad = BAD + b" is empty"
    files |= {sha256_hex(bad): ("video", bad), "0" * 64: ("audio", b"sound 99")}
    found = computed(store, files, ToyEncoders())
    assert found.features.keys() == sounds(10).keys()
    assert found.refused == {
        sha256_hex(bad): "no video: is empty",
        "0" * 64: "its bytes are not those that its sha256 says",
    }


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_features_that_are_no_numbers_are_refused(store, number):
    class Broken(ToyEncoders):
        def compute(self, files, processor):
            return [np.full((2, 3), number, dtype=np.float32) for _ in files]

    found = computed(store, sounds(1), Broken())
    assert list(found.refused.values()) == ["the encoders give numbers that are not finite"]
    assert parts(store) == []


def test_encoders_that_give_another_shape_are_a_bug_and_named():
    with pytest.raises(ValueError, match=r"shape \(3,\); frozen encoders give \[N, width\]"):
        npy_bytes(np.zeros(3, dtype=np.float32))


def test_processes_give_what_this_one_gives(store, tmp_path):
    files = sounds(30) | {sha256_hex(BAD): ("image", BAD)}
    apart = computed(store, files, ToyEncoders(), processes=2)
    here = computed(Store(f"file://{tmp_path}/other"), files, ToyEncoders())
    assert apart == here
    assert computed(store, sounds(30), encoders := ToyEncoders()).features == here.features
    assert encoders.seen == []


class Dying(ToyEncoders):
    """Its process ends as if it had used up the memory."""

    def compute(self, files, processor):
        if any(data == b"sound 20" for _, data in files):
            os.kill(os.getpid(), signal.SIGKILL)
        return ToyEncoders.compute(self, files, processor)


def test_a_process_that_is_killed_can_be_tried_again(store, monkeypatch):
    monkeypatch.setattr(module, "PART_FILES", 4)
    with pytest.raises(TransientError, match="was killed"):
        computed(store, sounds(40), Dying(), processes=1)
    encoders = ToyEncoders()
    computed(store, sounds(40), encoders)
    assert 20 < len(encoders.seen) < 40


def test_a_scan_holds_a_few_parts_however_many_there_are(store, monkeypatch):
    monkeypatch.setattr(module, "_HELD_BYTES", 1 << 20)
    size, count = 1 << 18, 120
    cache = FeatureCache(store, "toy-1")
    for n in range(count):
        cache.keep([Feature(sha256=str(n), kind="image", identity="toy-1", data=os.urandom(size))])
        cache.flush()
    before, most, found = pa.total_allocated_bytes(), 0, 0
    for _ in FeatureCache(store, "toy-1").scan([str(n) for n in range(count)]):
        most, found = max(most, pa.total_allocated_bytes() - before), found + 1
    assert found == len(parts(store)) == count
    assert most < (module._HELD_BYTES + 2 * module._READERS * size) * 1.5 < count * size / 2, json.dumps(most)


def test_torch_is_kept_to_few_threads_while_files_are_computed_here(store, monkeypatch):
    torch = pytest.importorskip("torch")
    told = []

    class Told(ToyEncoders):
        def compute(self, files, processor):
            told.append(torch.get_num_threads())
            return ToyEncoders.compute(self, files, processor)

    before = torch.get_num_threads()
    try:
        for cores in (2, 12):
            monkeypatch.setattr(module.os, "cpu_count", lambda cores=cores: cores)
            torch.set_num_threads(2)
            computed(store, sounds(1, start=cores), Told())
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert told == [1, 2]


def test_refusals_are_told_apart_from_features(store):
    stream = compute_features(FeatureCache(store, "toy-1"), [("0" * 64, "audio", b"x")], ToyEncoders(), None)
    assert list(stream) == [Refusal("0" * 64, "its bytes are not those that its sha256 says")]
