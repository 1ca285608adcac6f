"""Finished models in the store: files under the model's own digest, and the row that finds them."""

from pathlib import Path

from journeyman.errors import ArtifactError
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.model import Model
from journeyman.schema.record import canonical_json, fingerprint, sha256_hex
from journeyman.storage import layout
from journeyman.storage.store import Store
from journeyman.training.config import TrainingConfig

KIND = "models"
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


def write_row(
    store: Store,
    digest: str,
    config: TrainingConfig,
    *,
    dataset: ArtifactRef | None,
    parent: ArtifactRef,
    steps: int = 0,
    final_loss: float = 0.0,
    trained_tokens: int = 0,
    parameters: int,
    trained_parameters: int = 0,
) -> ArtifactRef:
    """Commit the row that finds a model.

    Args:
        store: Where it is.
        digest: Of its files.
        config: It was trained with.
        dataset: It was trained on; None for an untuned model.
        parent: Artifact it was made from, training or not.
        steps: Optimizer steps.
        final_loss: Mean over the trained tokens of the last step, in nats.
        trained_tokens: Tokens that entered the loss.
        parameters: Of the whole model.
        trained_parameters: Not frozen, adapters included.
    """
    row = Model(
        model_digest=digest,
        prefix=layout.model_prefix(digest),
        family=config.model_family,
        base_model=config.base_model,
        dataset_digest=dataset.digest if dataset is not None else "",
        config_json=canonical_json(config),
        steps=steps,
        final_loss=final_loss,
        trained_tokens=trained_tokens,
        parameters=parameters,
        trained_parameters=trained_parameters,
    )
    return store.write(KIND, [row], Model, parents=[parent])


def _fetch(store: Store, model: Model, folder: Path) -> None:
    import json

    manifest = store.get(model.prefix + _MANIFEST)
    digests: dict[str, str] = json.loads(manifest)
    for name, digest in digests.items():
        data = store.get(model.prefix + name)
        if sha256_hex(data) != digest:
            raise ArtifactError(f"{store.url_of(model.prefix + name)} was changed after it was committed")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / _MANIFEST).write_bytes(manifest)
