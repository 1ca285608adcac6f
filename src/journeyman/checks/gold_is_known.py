"""A synthesised query has a gold answer, and its words do not give it away where it has more than words."""

import re

from journeyman.check import Finding, QueryCheck, QueryContext
from journeyman.schema.query import Gold, Query


async def _run(query: Query, _context: QueryContext) -> Finding | None:
    if not query.gold_json:
        return Finding("no gold answer", "") if query.origin == "synthesised" else None
    if not query.tools:
        return None  # "the third word of this list" has to state its answer
    gold = Gold.model_validate_json(query.gold_json)
    # A digit or a letter stands in almost any sentence; only a longer answer can be given away.
    if len(gold.value) >= 3 and _states(query.text, gold.value) and not _offers(query.text, gold.value):
        return Finding("the query states its answer", gold.value)
    return None


def _states(text: str, answer: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) is not None


def _offers(text: str, answer: str) -> bool:
    """Whether it is one of those that are offered: "the red circle or the blue square", "left, middle or right"."""
    article = r"(?:(?:the|a|an)\s+)?"
    own = rf"{article}{re.escape(answer)}(?!\w)"
    return re.search(rf"(?<!\w)(?:{own}(?:,\s+\w+)*,?\s+or\s+\w|or\s+{own})", text, re.IGNORECASE) is not None


CHECK = QueryCheck(name="gold_is_known", version=4, run=_run)
