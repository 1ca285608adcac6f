"""A judge is for what no program can decide: a query with a computed gold answer is never put to one."""

from collections.abc import Sequence
from typing import NamedTuple

from journeyman.schema.query import Query


class Undecided(NamedTuple):
    """Queries by who decides; together they are all."""

    for_judge: tuple[Query, ...]
    for_program: tuple[Query, ...]


def split_undecided(queries: Sequence[Query]) -> Undecided:
    """Queries without a gold answer, and those that a program decides, each in order."""
    return Undecided(
        tuple(query for query in queries if not query.gold_json),
        tuple(query for query in queries if query.gold_json),
    )
