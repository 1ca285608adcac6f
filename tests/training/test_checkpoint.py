"""Checkpoints in a store, without ranks: committed whole or not at all, kept or removed by the rule."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.errors import ArtifactError, StorageError, TransientError
from journeyman.storage.store import Store
from journeyman.training import checkpoint, uploads
from journeyman.training.checkpoint import (
    best_checkpoint,
    committed_steps,
    download_checkpoint,
    newest_checkpoint,
    prune_checkpoints,
    upload_checkpoint,
)
from journeyman.training.rank_protocol import checkpoint_name
from journeyman.training.uploads import CheckpointUploads

RUN = "a" * 64


@pytest.fixture
def store(tmp_path):
    return Store(f"file://{tmp_path}/store")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checkpoints"


def write(folder, step, files=None):
    for name, data in (files or {"weights.pt": b"w%d" % step, "deep/optimizer.pt": b"o" * step}).items():
        path = folder / checkpoint_name(step) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def files_of(folder, step):
    root = folder / checkpoint_name(step)
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def commit(store, folder, step, loss=None):
    write(folder, step)
    upload_checkpoint(store, RUN, folder, step, world_size=2, validation_loss=loss)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.pt", fullmatch=True), st.binary(max_size=40)),
    part_bytes=st.integers(1, 16),
)
def test_what_comes_down_is_what_went_up_however_it_is_cut(files, part_bytes, tmp_path_factory):
    root = tmp_path_factory.mktemp("parts")
    store, folder = Store(f"file://{root}/store"), root / "checkpoints"
    write(folder, 1, {"always.pt": b"", **files})
    before = files_of(folder, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "PART_BYTES", part_bytes)
        upload_checkpoint(store, RUN, folder, 1, world_size=2)
        sizes = [len(store.get(key)) for key in store.keys("checkpoints/") if not key.endswith("manifest.json")]
        manifest = download_checkpoint(store, RUN, root / "back", 1)
    assert files_of(root / "back", 1) == before
    assert max(sizes) <= part_bytes
    assert (manifest.step, manifest.world_size, manifest.validation_loss) == (1, 2, None)


class Cut(Exception):  # noqa: N818 - stands for SIGKILL
    """The launcher is gone."""


@pytest.mark.parametrize("written", range(4))
def test_an_upload_that_is_cut_off_anywhere_never_happened(store, folder, monkeypatch, written):
    commit(store, folder, 1)
    write(folder, 2, {f"{i}.pt": b"x" for i in range(3)})
    room = threading.Semaphore(written)
    put = Store.put

    def put_until_killed(self, key, data):
        if not room.acquire(blocking=False):
            raise Cut
        put(self, key, data)

    monkeypatch.setattr(Store, "put", put_until_killed)
    with pytest.raises(Cut):
        upload_checkpoint(store, RUN, folder, 2, world_size=2)
    monkeypatch.undo()
    assert newest_checkpoint(store, RUN) == 1
    with pytest.raises(ArtifactError, match="there is no such object"):
        download_checkpoint(store, RUN, folder, 2)
    assert len([key for key in store.keys("checkpoints/") if "step-0000002" in key]) == written
    prune_checkpoints(store, RUN, keep=2)
    assert not [key for key in store.keys("checkpoints/") if "step-0000002" in key]
    assert committed_steps(store, RUN) == [1]


def test_a_changed_part_and_a_manifest_that_is_none_are_refused_by_name(store, folder):
    commit(store, folder, 1)
    key = next(key for key in store.keys("checkpoints/") if "weights" in key)
    store.put(key, b"other")
    with pytest.raises(ArtifactError, match=r"weights.pt.00000 was changed .*delete that checkpoint"):
        download_checkpoint(store, RUN, folder, 1)
    store.put(key.replace("weights.pt.00000", "manifest.json"), b"{}")
    with pytest.raises(ArtifactError, match=r"(?s)manifest.json cannot be read.*delete that checkpoint"):
        download_checkpoint(store, RUN, folder, 1)


@pytest.mark.parametrize(
    ("losses", "keep", "left", "best"),
    [
        ([None] * 5, 2, [4, 5], 0),
        ([3.0, 1.0, 2.0, 2.0, 2.0], 2, [2, 4, 5], 2),
        ([3.0, 1.0, 1.0, 2.0, 2.0], 1, [2, 5], 2),
        ([None, 5.0, None, None, 4.0], 2, [4, 5], 5),
        ([1.0] * 5, 0, [1, 2, 3, 4, 5], 1),
    ],
)
def test_the_newest_and_the_best_are_kept(store, folder, losses, keep, left, best):
    for step, loss in enumerate(losses, start=1):
        commit(store, folder, step, loss)
    assert best_checkpoint(store, RUN) == best
    prune_checkpoints(store, RUN, keep)
    assert committed_steps(store, RUN) == left
    assert newest_checkpoint(store, RUN) == 5


def test_uploads_go_on_behind_the_callers_back_and_the_folder_is_emptied(store, folder, monkeypatch):
    gate = threading.Event()
    put = Store.put
    monkeypatch.setattr(Store, "put", lambda self, key, data: (gate.wait(30), put(self, key, data))[1])
    with CheckpointUploads(store, RUN, folder, keep=5, world_size=2) as running:
        for step in (1, 2, 3):
            write(folder, step)
            running.add(step, validation_loss=float(step))
            if step == 1:
                while running._waiting is not None:
                    threading.Event().wait(0.01)
        assert not (folder / checkpoint_name(2)).exists(), "what waits gives way to what is newer"
        gate.set()
    assert committed_steps(store, RUN) == [1, 3]
    assert best_checkpoint(store, RUN) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("error", "tries"), [(TransientError, 3), (StorageError, 1)])
def test_a_failed_upload_is_logged_and_the_next_one_is_tried(store, folder, monkeypatch, caplog, error, tries):
    asked = []
    real = uploads.upload_checkpoint

    def upload(store, run, folder, step, **others):
        asked.append(step)
        if step == 1:
            raise error("the store says no")
        real(store, run, folder, step, **others)

    monkeypatch.setattr(uploads, "upload_checkpoint", upload)
    monkeypatch.setattr(uploads, "_PAUSE_SECONDS", 0.0)
    for step in (1, 2):
        write(folder, step)
        with CheckpointUploads(store, RUN, folder, keep=5, world_size=2) as running:
            running.add(step)
    assert asked == [1] * tries + [2]
    assert "checkpoint of step 1 is not in the store; training goes on" in caplog.text
    assert committed_steps(store, RUN) == [2]


def test_a_store_that_comes_back_gets_the_checkpoint(store, folder, monkeypatch):
    real = uploads.upload_checkpoint
    failures = iter([TransientError("busy"), None])

    def upload(*args, **others):
        if (error := next(failures)) is not None:
            raise error
        real(*args, **others)

    monkeypatch.setattr(uploads, "upload_checkpoint", upload)
    monkeypatch.setattr(uploads, "_PAUSE_SECONDS", 0.0)
    write(folder, 1)
    with CheckpointUploads(store, RUN, folder, keep=5, world_size=2) as running:
        running.add(1)
    assert committed_steps(store, RUN) == [1]
