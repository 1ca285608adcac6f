"""The rows of a dataset, one group at a time, whatever it is named by: digest, path or URL."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from journeyman.errors import ConfigError
from journeyman.schema.example import Example
from journeyman.schema.screen import GROUNDING
from journeyman.settings import Settings
from journeyman.storage import layout
from journeyman.storage.row_groups import RowGroups
from journeyman.storage.store import Store
from journeyman.training.conversations import COLUMNS
from journeyman.training.order import refuse_other_schema
from journeyman.training.views import USER_TURN, RowView

_DIGEST = re.compile(r"[0-9a-f]{6,64}")


def open_dataset(name: str, settings: Settings) -> RowGroups:
    """The files of a dataset.

    Args:
        name: Digest of a published dataset in the store, or its first characters; else a path or URL of a Parquet file
            or of a folder of such files.
        settings: Where the store is, and how it is reached.

    Raises:
        ConfigError: No dataset, or several, have a digest that begins like that.
        ArtifactError: No such file.
        SchemaError: It does not hold examples.
    """
    if _DIGEST.fullmatch(name):
        store = Store(settings.require_store(), settings.storage_options())
        files = RowGroups([store.url_of(_published(store, name))], settings.storage_options())
    else:
        files = RowGroups([name], settings.storage_options() if name.startswith("s3://") else None)
    refuse_other_schema(files.schema, name)
    return files


def stored_rows(files: RowGroups) -> Iterator[Example]:
    """Every row, as stored; one row group is held at a time."""
    for group in files.groups:
        yield from _examples(files.read(group, _columns(files)))


def texts(files: RowGroups) -> Iterator[str]:
    """Conversations of the training split, as canonical JSON; pictures are not read."""
    for group in files.groups:
        table = files.read(group, ("split", "messages_json"))
        for split, text in zip(table["split"].to_pylist(), table["messages_json"].to_pylist(), strict=True):
            if split == "train":
                yield text


def find_row(files: RowGroups, row: str) -> Example:
    """The row whose ``example_id`` is ``row``, or which is the ``row``-th as stored, from 0.

    Raises:
        ConfigError: There is none.
    """
    number = int(row) if row.isdecimal() else -1
    start = 0
    found = None
    for group in files.groups:
        ids = files.read(group, ("example_id",))["example_id"].to_pylist()
        if row in ids:
            found = (group, ids.index(row))
            break
        if start <= number < start + group.rows:
            found = (group, number - start)
        start += group.rows
    if found is None:
        raise ConfigError(f"there is no row {row!r}; give an example_id, or a number from 0 to {files.rows - 1}")
    group, index = found
    return next(_examples(files.read(group, _columns(files)).slice(index, 1)))


def samples_of(row: Example, view: RowView | None) -> list[Example]:
    """What training makes of a row in its first epoch: itself, or as many samples as a page's pairs are dealt into.

    Raises:
        SchemaError: A row of screens that cannot be looked at so.
    """
    if view is None:
        return [row]
    pairs = np.array([row.messages_json.count(USER_TURN)], dtype=np.int32)
    number = int(view.num_samples(pairs)[0]) if row.family == GROUNDING else 1
    stored = row.model_dump(include={"example_id", "family", "messages_json"})
    texts = [view.messages_json(stored, epoch=0, part=part) for part in range(number)]
    ids = [row.example_id if number == 1 else f"{row.example_id}/{part}" for part in range(number)]
    return [
        row.model_copy(update={"example_id": name, "messages_json": text})
        for name, text in zip(ids, texts, strict=True)
    ]


def _columns(files: RowGroups) -> tuple[str, ...]:
    # A dataset that was written before there were sounds and videos has no columns for them.
    return tuple(name for name in Example.model_fields if name in files.schema.names)


def _examples(table: pa.Table) -> Iterator[Example]:
    for row in table.to_pylist():
        # A row that lost the bytes of a file is to be shown, not refused.
        held = {name: [_whole(file) for file in row[name] or ()] for name in COLUMNS.values() if name in row}
        yield Example.model_validate({**row, **held})


def _whole(file: dict[str, Any]) -> dict[str, Any]:
    return {"bytes": file["bytes"] or b"", "path": file["path"] or ""}


def _published(store: Store, digest: str) -> str:
    """Folder of the published dataset whose digest begins with ``digest``."""
    folder = layout.dataset_prefix(digest).split("/")[0]
    found = sorted({key.split("/")[1] for key in store.keys(folder)})
    matches = [known for known in found if known.startswith(digest)]
    if len(matches) != 1:
        known = ", ".join(f[:12] for f in found) or "none"
        raise ConfigError(
            f"{len(matches)} datasets in {store.url} have a digest that begins {digest!r}; there is: {known}"
        )
    return layout.dataset_prefix(matches[0]).rstrip("/")
