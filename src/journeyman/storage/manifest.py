"""What an artifact is made of. Written last: an artifact without a manifest does not exist."""

from journeyman.schema.record import Record


class DataObject(Record):
    """One Parquet object."""

    key: str
    sha256: str
    size_bytes: int
    rows: int


class Manifest(Record):
    """The commit record of an artifact. No timestamps or run ids: equal content gives equal bytes."""

    kind: str
    record: str
    schema_version: int
    objects: tuple[DataObject, ...]
    parents: tuple[str, ...]
    """Digests of the artifacts this one was made from."""
