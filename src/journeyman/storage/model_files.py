"""Finished models in the store: files under the model's own digest, fetched and checked file by file."""

import json
from pathlib import Path

from journeyman.errors import ArtifactError
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.model import Model
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.storage import layout
from journeyman.storage.store import Store

_MANIFEST = "manifest.json"


def upload_model(store: Store, folder: Path) -> str:
    """Put all files of ``folder`` into the store; returns the model's digest, a function of their names and bytes."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    digests = {name: sha256_hex(path.read_bytes()) for name, path in files.items()}
    digest = fingerprint(digests)
    prefix = layout.model_prefix(digest)
    if store.exists(prefix + _MANIFEST):
        return digest
    for name, path in files.items():
        store.put(prefix + name, path.read_bytes())
    store.put(prefix + _MANIFEST, canonical_json(digests).encode())
    return digest


def download_model(store: Store, ref: ArtifactRef, home: Path) -> tuple[Model, Path]:
    """The model's row, and a local folder with its files, each checked against its sha256.

    Raises:
        ArtifactError: A file is missing or was changed, or the artifact holds no model.
    """
    rows = store.records(ref, Model)
    if not rows:
        raise ArtifactError(f"artifact {ref.digest[:12]} holds no model")
    model = rows[0]
    folder = home / "models" / model.model_digest
    done = folder / _MANIFEST
    if not done.exists():
        _fetch(store, model, folder)
    return model, folder


def _fetch(store: Store, model: Model, folder: Path) -> None:
    manifest = store.get(model.prefix + _MANIFEST)
    digests: dict[str, str] = json.loads(manifest)
    for name, digest in digests.items():
        data = store.get(model.prefix + name)
        if sha256_hex(data) != digest:
            raise ArtifactError(f"{store.url_of(model.prefix + name)} was changed after it was committed")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / _MANIFEST).write_bytes(manifest)
