"""A decision about one record: which check, keep or drop, why, on what evidence."""

from typing import Literal

from journeyman.schema.record import Record


class Verdict(Record):
    """One check's decision. A record is kept when every check keeps it."""

    record_id: str
    check: str
    decision: Literal["keep", "drop", "failed"]
    """``failed``: no decision could be reached; counted apart, never kept."""
    reason: str
    """Short and countable, e.g. ``answer is not the gold answer``; empty for keep."""
    evidence: str
    """The values looked at, in short."""
    record_json: str
    """The whole record when it is dropped, so that nothing is lost; empty for keep."""
