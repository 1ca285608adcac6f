"""A finished model handed out: found in the store, given its card, pushed to a bucket or, when asked, to the hub."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.errors import ArtifactError, ConfigError
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.example import Example
from journeyman.schema.model import Model
from journeyman.storage import layout
from journeyman.storage.model_files import download_model
from journeyman.storage.store import Store
from journeyman.training.card import ModelFacts, model_card
from journeyman.training.launch import KIND

CARD = "README.md"
HUB = "hf://"
_LAST = ("config.json", CARD)
"""Written last, in this order: a push that broke off cannot be loaded."""
_OURS = "manifest.json"
"""The store's list of files, of no use to others."""
_DATASETS = "examples"


def find_model(store: Store, digest: str) -> tuple[ArtifactRef, Model]:
    """The model whose digest begins with ``digest``, and its artifact.

    Raises:
        ArtifactError: There is none, or there are several.
    """
    found: dict[str, tuple[ArtifactRef, Model]] = {}
    for key in store.keys(layout.manifest_key(KIND, "").rpartition("/")[0]):
        ref = ArtifactRef(kind=KIND, key=key, digest=Path(key).stem, rows=1)
        for model in store.records(ref, Model):
            if model.model_digest.startswith(digest):
                found[model.model_digest] = (ref, model)
    if len(found) != 1:
        there = ", ".join(sorted(d[:12] for d in found)) or "none"
        raise ArtifactError(f"model {digest!r} is not one model of {store.url}: {there} match")
    return next(iter(found.values()))


def write_card(store: Store, ref: ArtifactRef, home: Path, facts: ModelFacts) -> Path:
    """Fetch the model of ``ref`` and write its card; returns the local folder.

    Raises:
        ArtifactError: A file of the model, or its dataset, is missing or was changed.
    """
    model, folder = download_model(store, ref, home)
    examples: list[Example] = []
    if model.dataset_digest:
        key = layout.manifest_key(_DATASETS, model.dataset_digest)
        examples = store.records(ArtifactRef(kind=_DATASETS, key=key, digest=model.dataset_digest, rows=0), Example)
    (folder / CARD).write_text(model_card(model, examples, facts))
    return folder


def push_folder(
    folder: Path,
    target: str,
    *,
    storage_options: Mapping[str, Any] | None = None,
    to_hub: bool = False,
    public: bool = False,
) -> list[str]:
    """Copy a finished model's folder to ``target``; returns the names of its files.

    Args:
        folder: With safetensors, configuration and card.
        target: ``s3://bucket/prefix``, ``file:///path``, ``memory://name``, or ``hf://owner/name``.
        storage_options: Of a bucket, as fsspec takes them.
        to_hub: Needed for ``hf://``: the model leaves what you own.
        public: Make a new repository of the hub public; one that exists stays as it is.

    Raises:
        ConfigError: Not a model's folder, a target of another form, or the hub without ``to_hub``.
        StorageError: The bucket refuses.
    """
    if not (folder / "config.json").is_file():
        raise ConfigError(f"{folder} holds no config.json; push a folder that training exported")
    names = sorted(
        (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != _OURS),
        key=lambda name: (_LAST.index(name) + 1 if name in _LAST else 0, name),
    )
    if target.startswith(HUB):
        _push_to_hub(folder, target.removeprefix(HUB), to_hub=to_hub, public=public)
        return names
    if to_hub:
        raise ConfigError(f"target {target!r} is no place on the hub; give hf://owner/name, or leave --to-hub out")
    bucket = Store(target, dict(storage_options or {}))
    for name in names:
        bucket.put(name, (folder / name).read_bytes())
    return names


def _push_to_hub(folder: Path, repository: str, *, to_hub: bool, public: bool) -> None:
    if not to_hub:
        raise ConfigError(f"{HUB}{repository} hands the model to the hub; say so with --to-hub")
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise ConfigError(f"{HUB}{repository} is no repository; give hf://owner/name")
    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(repository, repo_type="model", private=not public, exist_ok=True)
    # One commit: the hub shows all of it or nothing.
    api.upload_folder(
        repo_id=repository,
        repo_type="model",
        folder_path=folder,
        ignore_patterns=[_OURS],
        commit_message="Upload model",
    )
