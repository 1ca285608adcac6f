"""One reply of a judge, read or not: what was shown in which order, who judged by which prompt, and what it said."""

from typing import Literal

from journeyman.schema.record import Record


class Judgement(Record):
    """A judge's reply about two answers in one order; every item has one row for each order."""

    item_id: str
    category: str
    """What figures are broken down by; empty when they are not."""
    kind: Literal["relative", "pairwise"]
    """``relative``: two scores, ``reference`` against a candidate. ``pairwise``: which of two systems is better."""
    shown_first: str
    """Whose answer stood first: a system's name, or ``reference``. The judge is not told."""
    shown_second: str
    judge_model: str
    """Name the endpoint knows the judge by; what serves that name may change under it."""
    prompt_version: int
    prompt_digest: str
    """sha256 over name, version and source of the prompt's template."""
    request_digest: str
    """The ledger's :class:`~journeyman.schema.call.Call`: the prompt as sent, the body that came back, the price."""
    status: Literal["read", "unread"]
    score_first: float | None
    """1 to 10, of the answer that stood first; empty when unread or pairwise."""
    score_second: float | None
    verdict: Literal["first", "second", "tie"] | None
    """Which place won; empty when unread or relative."""
    reply: str
    """The judge's raw text; empty when it declined or was cut off, which the ledger's row has in full."""
    problem: str
    """Why it is unread, in short; empty when read."""
