"""The published copy of a dataset: Parquet files that ``datasets`` and the hub's viewer read, files and all."""

import json
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from journeyman.schema.arrow import records_to_table
from journeyman.schema.example import Example
from journeyman.storage.store import parquet_bytes

SPLITS = ("train", "validation")

# What `datasets.Features.to_dict()` and `.arrow_schema` give (5.x); written out since importing datasets
# takes seconds. It ignores the metadata of a column whose Arrow type differs from its own, nullability included.
_TEXT = {"dtype": "string", "_type": "Value"}
_TEXTS = {"feature": _TEXT, "_type": "List"}
_PICTURES = {"feature": {"_type": "Image"}, "_type": "List"}
# Sounds and videos come as their bytes: to decode them it needs torchcodec, and so would everybody who loads a row.
_SOUNDS = {"feature": {"decode": False, "_type": "Audio"}, "_type": "List"}
_VIDEOS = {"feature": {"decode": False, "_type": "Video"}, "_type": "List"}
_FILES = pa.list_(pa.struct({"bytes": pa.binary(), "path": pa.string()}))
_COLUMNS: dict[str, tuple[Mapping[str, object], pa.DataType]] = {
    "images": (_PICTURES, _FILES),
    "audios": (_SOUNDS, _FILES),
    "videos": (_VIDEOS, _FILES),
    "tools": (_TEXTS, pa.list_(pa.string())),
}


def published_files(examples: Sequence[Example], card: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file, the card last; an empty split other than ``train`` has no file.

    Args:
        examples: Rows of all splits.
        card: Text of README.md.
    """
    for split in SPLITS:
        rows = [example for example in examples if example.split == split]
        if rows or split == "train":
            yield f"{split}-00000.parquet", split_parquet(rows)
    yield "README.md", card.encode()


def split_parquet(rows: Sequence[Example]) -> bytes:
    """Rows as Parquet whose metadata tells ``datasets`` which columns are pictures, sounds and videos."""
    table = records_to_table(rows, Example)
    columns = {name: _COLUMNS.get(name, (_TEXT, pa.string())) for name in table.column_names}
    features = {name: feature for name, (feature, _) in columns.items()}
    schema = pa.schema(
        [pa.field(name, kind) for name, (_, kind) in columns.items()],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    return parquet_bytes(table.cast(schema))
