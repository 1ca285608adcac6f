"""Where Prefect keeps task results: in the artifacts' own bucket, as plain JSON and nothing else.

Prefect takes the serializer from the stored record, not from the task, so whoever can write to the
bucket could plant a pickle that a JSON task would load. :class:`ArtifactBucket` refuses every
record that is not plain JSON, and every stage result that points to artifacts that are not there;
Prefect takes both as a miss, runs the stage again and overwrites the record.

The block holds no address and no secret: both come from the environment of whoever reads it.
"""

import json
from typing import Any

from prefect.filesystems import WritableFileSystem
from pydantic import PrivateAttr

from journeyman.errors import ArtifactError, SchemaError
from journeyman.schema.artifact import ArtifactRef
from journeyman.settings import load_settings
from journeyman.storage import layout
from journeyman.storage.store import Store

ERROR_ENCODER = "tasks.result_storage.error_as_json"
PLAIN_JSON_FIELDS: dict[str, Any] = {
    "type": "json",
    "jsonlib": "json",
    "object_encoder": ERROR_ENCODER,  # used for writing only
    "object_decoder": None,
    "dumps_kwargs": {},
    "loads_kwargs": {},
}


class ArtifactBucket(WritableFileSystem):
    """Result records in the artifacts' store, which is the one this process's settings name."""

    _block_type_name = "Artifact Bucket"
    _block_type_slug = "artifact-bucket"
    _store: Store | None = PrivateAttr(default=None)

    def read_path(self, path: str, _sync: bool = True) -> bytes:  # type: ignore[override]
        """The record at ``path``.

        Raises:
            SchemaError: The record is not plain JSON, or not a record at all.
            ArtifactError: There is no record, or an artifact that it points to is gone.
            StorageError: The store refused.
        """
        content = self._opened().get(layout.RESULTS_PREFIX + path)
        for ref in artifacts_in(content):
            self._require(ref)
        return content

    def write_path(self, path: str, content: bytes, _sync: bool = True) -> None:  # type: ignore[override]
        """Write a record; what cannot be read back is not written.

        Raises:
            SchemaError: The record is not plain JSON.
        """
        artifacts_in(content)
        self._opened().put(layout.RESULTS_PREFIX + path, content)

    def _opened(self) -> Store:
        if self._store is None:
            settings = load_settings()
            self._store = Store(settings.require_store(), settings.storage_options())
        return self._store

    def _require(self, ref: ArtifactRef) -> None:
        store = self._opened()
        for item in store.manifest(ref).objects:
            if not store.exists(item.key):
                raise ArtifactError(f"{store.url_of(item.key)} of artifact {ref.digest} is gone; the stage runs again")


def error_as_json(value: object) -> dict[str, str]:
    """What is kept of the error that ended a run: its kind and its words.

    Raises:
        TypeError: ``value`` is no error; a stage's result must be plain JSON by itself.
    """
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    raise TypeError(f"a {type(value).__name__} is not plain JSON; return model_dump(mode='json')")


def artifacts_in(content: bytes) -> tuple[ArtifactRef, ...]:
    """The artifacts that a record's result points to; empty for a result of another kind.

    Raises:
        SchemaError: The record names a serializer other than plain JSON, or cannot be read.
    """
    try:
        record = json.loads(content)
        serializer = record["metadata"]["serializer"]
        refused = {k: v for k, v in serializer.items() if PLAIN_JSON_FIELDS.get(k, v is None) != v}
        if serializer.get("type") != "json" or "object_decoder" not in serializer or refused:
            raise SchemaError(f"result record refused: its serializer is {serializer!r}, and only plain JSON is read")
        result = json.loads(record["result"])
        found = result.get("artifacts", {}) if isinstance(result, dict) else {}
        return tuple(ArtifactRef.model_validate(ref) for ref in _mapping(found).values())
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise SchemaError(f"result record cannot be read: {exc}") from exc


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
