"""A file of any kind, keyed by its content. Pictures, documents and tables are all media rows."""

from journeyman.schema.record import Record


class MediaFile(Record):
    """One file: stored once, referred to by sha256 from everywhere else."""

    sha256: str
    media_type: str
    """IANA media type, e.g. ``image/png``."""
    size_bytes: int
    source: str
    """Where it came from: ``written:png``, ``user:china.jpg``, ``tool:crop_image``."""
    licence: str
    """SPDX expression or a short text; ``unknown`` for a user's file."""
    data: bytes
