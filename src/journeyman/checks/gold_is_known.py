"""A synthesised query has a gold answer, and its words do not give it away where it has more than words."""

import re

from journeyman.check import Finding, QueryCheck, QueryContext
from journeyman.schema.query import Gold, Query


async def _run(query: Query, _context: QueryContext) -> Finding | None:
    if not query.gold_json:
        return Finding("no gold answer", "") if query.origin == "synthesised" else None
    if not query.files and not query.tools:
        return None  # "the third word of this list" has to state its answer
    gold = Gold.model_validate_json(query.gold_json)
    # A digit or a letter stands in almost any sentence; only a longer answer can be given away.
    if len(gold.value) >= 3 and re.search(rf"(?<!\w){re.escape(gold.value)}(?!\w)", query.text, re.IGNORECASE):
        return Finding("the query states its answer", gold.value)
    return None


CHECK = QueryCheck(name="gold_is_known", version=2, run=_run)
