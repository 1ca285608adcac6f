"""One reply of a judge about one answer beside what is right: how right it is, who judged by which prompt."""

from typing import Literal

from journeyman.schema.record import Record


class Grade(Record):
    """A judge's reply about one answer; every item has one row for each time it was asked."""

    item_id: str
    capabilities: tuple[str, ...]
    """What the question tests, which figures are broken down by."""
    system: str
    """Whose answer it is. The judge is not told."""
    run: int
    """Which time the judge was asked, from 0."""
    judge_model: str
    """Name the endpoint knows the judge by; what serves that name may change under it."""
    prompt: str
    """Name of the prompt's template."""
    prompt_version: int
    prompt_digest: str
    """sha256 over name, version and source of the prompt's template."""
    request_digest: str
    """The ledger's :class:`~journeyman.schema.call.Call`: the prompt as sent, the body that came back, the price."""
    status: Literal["read", "unread"]
    grade: float | None
    """0 (wrong) to 1 (right); empty when unread."""
    reply: str
    """The judge's raw text; empty when it declined or was cut off, which the ledger's row has in full."""
    problem: str
    """Why it is unread, in short; empty when read."""
