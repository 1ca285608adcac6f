"""What somebody has noted of a picture, in words."""

from journeyman.schema.record import Record


class PictureContext(Record):
    """Captions and boxes of one picture, for those who write and judge."""

    sha256: str
    """Of the picture's bytes."""
    text: str
    """Captions, a line each, then things with their boxes in shares of width and height, a line each."""
