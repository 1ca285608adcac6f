import os
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.training.feature_file import FeatureFile, FeatureWriter


def written(path, rows):
    with FeatureWriter(path) as writer:
        for sha256, data in rows.items():
            writer.add(sha256, data)
    return FeatureFile(path)


@given(rows=st.dictionaries(st.text("0123456789abcdef", min_size=1), st.binary(), max_size=600))
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read(tmp_path_factory, rows):
    assert dict(written(tmp_path_factory.mktemp("features") / "f.arrow", rows)) == rows


def test_what_is_not_there_is_a_key_error(tmp_path):
    with pytest.raises(KeyError):
        written(tmp_path / "f.arrow", {"a": b"x"})["b"]


def test_a_writer_that_fails_leaves_no_file(tmp_path):
    def fail():
        with FeatureWriter(tmp_path / "f.arrow") as writer:
            writer.add("a", b"x")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_holds_the_index_alone(tmp_path):
    count, size = 5_000, 4_224  # a vector of 1,024 numbers, as an .npy
    rows = {os.urandom(32).hex(): os.urandom(size) for _ in range(count)}
    with FeatureWriter(tmp_path / "f.arrow") as writer:
        for sha256, data in rows.items():
            writer.add(sha256, data)
    resident = _resident_bytes()
    tracemalloc.start()
    read = FeatureFile(tmp_path / "f.arrow")
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held / count < 400, "bytes a file"
    assert _resident_bytes() - resident < count * size / 2
    assert all(read[sha256] == data for sha256, data in rows.items())


def _resident_bytes():
    with open("/proc/self/statm") as file:  # noqa: PTH123 - no path of ours
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
