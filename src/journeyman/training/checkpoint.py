"""Checkpoints between the local folder of a run and the store: data first, manifest last."""

import shutil
from pathlib import Path

from pydantic import ValidationError

from journeyman.errors import ArtifactError
from journeyman.schema.record import Record, canonical_json, sha256_hex
from journeyman.storage import layout
from journeyman.storage.store import Store
from journeyman.training.rank_protocol import checkpoint_name

MANIFEST = "manifest.json"


class CheckpointManifest(Record):
    """Commit record of a checkpoint."""

    step: int
    files: tuple[tuple[str, ...], ...]
    """(name, sha256) of each file."""


def upload_checkpoint(store: Store, run: str, folder: Path, step: int) -> None:
    """Commit the local checkpoint of ``step``; without its manifest it does not exist."""
    source = folder / checkpoint_name(step)
    prefix = _prefix(run, step)
    files = []
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        data = path.read_bytes()
        name = path.relative_to(source).as_posix()
        store.put(prefix + name, data)
        files.append((name, sha256_hex(data)))
    store.put(prefix + MANIFEST, canonical_json(CheckpointManifest(step=step, files=tuple(files))).encode())


def newest_checkpoint(store: Store, run: str) -> int:
    """Step of the newest complete checkpoint; 0 when there is none."""
    steps = _steps(store, run)
    return steps[-1] if steps else 0


def download_checkpoint(store: Store, run: str, folder: Path, step: int) -> None:
    """Bring the checkpoint of ``step`` back to ``folder``.

    Raises:
        ArtifactError: A file is missing or not what the manifest says.
    """
    prefix = _prefix(run, step)
    try:
        manifest = CheckpointManifest.model_validate_json(store.get(prefix + MANIFEST))
    except ValidationError as exc:
        raise ArtifactError(f"{store.url_of(prefix + MANIFEST)} cannot be read: {exc}; delete that checkpoint") from exc
    target = folder / checkpoint_name(step)
    shutil.rmtree(target, ignore_errors=True)
    for name, digest in manifest.files:
        data = store.get(prefix + name)
        if sha256_hex(data) != digest:
            raise ArtifactError(
                f"{store.url_of(prefix + name)} was changed after it was committed; delete that checkpoint"
            )
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)


def prune_checkpoints(store: Store, run: str, folder: Path, keep: int) -> None:
    """Remove all but the newest ``keep`` checkpoints, in the store and locally; the manifest goes first."""
    for step in _steps(store, run)[: -keep or None]:
        store.delete(_prefix(run, step) + MANIFEST)
        store.delete(_prefix(run, step))
        shutil.rmtree(folder / checkpoint_name(step), ignore_errors=True)


def _steps(store: Store, run: str) -> list[int]:
    ends = [key.split("/")[-2] for key in store.keys(layout.checkpoint_prefix(run)) if key.endswith(f"/{MANIFEST}")]
    return sorted(int(name.removeprefix("step-")) for name in ends)


def _prefix(run: str, step: int) -> str:
    return f"{layout.checkpoint_prefix(run)}{checkpoint_name(step)}/"
