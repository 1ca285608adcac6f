"""What the teacher answers in generation: models that become the request's JSON schema."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenQuery(_Answer):
    """One query for one brief."""

    number: int
    text: str


class QueryBatch(_Answer):
    """Queries for all briefs of a request."""

    queries: list[WrittenQuery]


class FilePlan(_Answer):
    """What a query's files contain, if it has any, and what the gold rule is applied to."""

    contents: list[str]
    """JSON text of each file's content, in order."""
    comment: str
    """Short text for the files' metadata; may be empty."""
    column: str
    label: str
    half: Literal["", "upper", "lower"]
    count: int


NOTHING_PLANNED = FilePlan(contents=[], comment="", column="", label="", half="", count=0)
"""Of a query whose words say all."""


class FollowUp(_Answer):
    """A further query about files that are there, and what the gold rule is applied to."""

    text: str
    column: str
    label: str
    half: Literal["", "upper", "lower"]
    count: int


class UserQuery(_Answer):
    """One query about a user's file."""

    text: str
    tools: list[str]
    rule: Literal["", "column_sum", "row_with_highest"]
    column: str
    label: str


class UserQueries(_Answer):
    """Queries about one of the user's files."""

    queries: list[UserQuery]
