"""Checkpoints in the store: data first, manifest last, read back only whole and unchanged."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import ValidationError

from journeyman.errors import ArtifactError
from journeyman.schema.record import Record, canonical_json, sha256_hex
from journeyman.storage import layout
from journeyman.storage.store import Store
from journeyman.training.rank_protocol import checkpoint_name

MANIFEST = "manifest.json"
PART_BYTES = 64 << 20
"""Files go up and down in objects of this size: the launcher never holds a whole shard of an optimizer."""
_AT_ONCE = 4


class CheckpointFile(Record):
    """One file of a checkpoint, cut into parts."""

    name: str
    """Path below the checkpoint's folder."""
    parts: tuple[str, ...]
    """sha256 of each part, in order; the parts are the objects ``NAME.00000``, ``NAME.00001`` and so on."""


class CheckpointManifest(Record):
    """Commit record of a checkpoint."""

    step: int
    world_size: int
    """Ranks that wrote it; another number of them resumes from its universal form (universal.py)."""
    validation_loss: float | None
    """Nats a token at this step; None where it was not computed."""
    files: tuple[CheckpointFile, ...]


def upload_checkpoint(
    store: Store, run: str, folder: Path, step: int, *, world_size: int, validation_loss: float | None = None
) -> None:
    """Commit the local checkpoint of ``step``; without its manifest it does not exist.

    Args:
        store: Holds the run's checkpoints.
        run: Fingerprint of the run.
        folder: Local folder of checkpoints.
        step: Names the one to upload.
        world_size: Ranks that wrote it.
        validation_loss: Nats a token at this step, where known.
    """
    source = folder / checkpoint_name(step)
    prefix = _prefix(run, step)
    paths = sorted(p for p in source.rglob("*") if p.is_file())
    names = [path.relative_to(source).as_posix() for path in paths]

    def put(name: str, path: Path, number: int) -> str:
        with path.open("rb") as file:
            file.seek(number * PART_BYTES)
            data = file.read(PART_BYTES)
        store.put(_part(prefix, name, number), data)
        return sha256_hex(data)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="checkpoint") as pool:
        running = [
            [pool.submit(put, name, path, number) for number in range(max(1, -(-path.stat().st_size // PART_BYTES)))]
            for name, path in zip(names, paths, strict=True)
        ]
        digests = [tuple(part.result() for part in parts) for parts in running]
    manifest = CheckpointManifest(
        step=step,
        world_size=world_size,
        validation_loss=validation_loss,
        files=tuple(CheckpointFile(name=n, parts=d) for n, d in zip(names, digests, strict=True)),
    )
    store.put(prefix + MANIFEST, canonical_json(manifest).encode())


def committed_steps(store: Store, run: str) -> list[int]:
    """Steps of the complete checkpoints, in order."""
    return sorted(_step(key) for key in store.keys(layout.checkpoint_prefix(run)) if key.endswith(f"/{MANIFEST}"))


def newest_checkpoint(store: Store, run: str) -> int:
    """Step of the newest complete checkpoint; 0 when there is none."""
    return max(committed_steps(store, run), default=0)


def best_checkpoint(store: Store, run: str) -> int:
    """Step of the complete checkpoint with the lowest validation loss; 0 when none has one."""
    losses = {step: read_manifest(store, run, step).validation_loss for step in committed_steps(store, run)}
    known = {step: loss for step, loss in losses.items() if loss is not None}
    return min(known, key=lambda step: (known[step], step), default=0)


def read_manifest(store: Store, run: str, step: int) -> CheckpointManifest:
    """Commit record of ``step``.

    Raises:
        ArtifactError: There is none, or it is not one.
    """
    key = _prefix(run, step) + MANIFEST
    try:
        return CheckpointManifest.model_validate_json(store.get(key))
    except ValidationError as exc:
        raise ArtifactError(f"{store.url_of(key)} cannot be read: {exc}; delete that checkpoint") from exc


def download_checkpoint(store: Store, run: str, folder: Path, step: int) -> CheckpointManifest:
    """Bring the checkpoint of ``step`` back to ``folder``; returns its manifest.

    Raises:
        ArtifactError: A file is missing or not what the manifest says.
    """
    manifest = read_manifest(store, run, step)
    prefix = _prefix(run, step)
    target = folder / checkpoint_name(step)
    shutil.rmtree(target, ignore_errors=True)
    for file in manifest.files:
        path = target / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for number, digest in enumerate(file.parts):
                key = _part(prefix, file.name, number)
                data = store.get(key)
                if sha256_hex(data) != digest:
                    raise ArtifactError(
                        f"{store.url_of(key)} was changed after it was committed; delete that checkpoint"
                    )
                out.write(data)
    return manifest


def prune_checkpoints(store: Store, run: str, keep: int) -> None:
    """Remove all but the newest ``keep`` checkpoints and the best, and what uploads that were cut off left behind.

    The manifest goes first: a checkpoint that is being removed is already none.

    Args:
        store: Holds the run's checkpoints.
        run: Fingerprint of the run, of which no upload is under way.
        keep: 0 keeps all.
    """
    steps = committed_steps(store, run)
    kept = {*steps[-keep or None :], best_checkpoint(store, run)} if keep else set(steps)
    for step in {_step(key) for key in store.keys(layout.checkpoint_prefix(run)) if "/step-" in key} - kept:
        if step in steps:
            store.delete(_prefix(run, step) + MANIFEST)
        store.delete(_prefix(run, step))


def _step(key: str) -> int:
    """Step of an object below the checkpoints of a run: ``checkpoints/RUN/step-0000100/...``."""
    return int(key.split("/")[2].removeprefix("step-"))


def _part(prefix: str, name: str, number: int) -> str:
    return f"{prefix}{name}.{number:05d}"


def _prefix(run: str, step: int) -> str:
    return f"{layout.checkpoint_prefix(run)}{checkpoint_name(step)}/"
