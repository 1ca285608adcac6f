"""What the agent is asked: first a draft with file specs, then a query with real files."""

from collections.abc import Collection, Sequence
from typing import ClassVar, Literal

from journeyman.schema.record import Record

Split = Literal["train", "held_out", "development"]
"""``development`` problems are posed like held-out ones, and tell what the next round of synthesis asks for."""
Condition = Literal["seen tools", "unseen tools", "no tool", "long chain"]
"""What of a problem training never saw, besides its words and files."""
CHAIN_CALLS = 3
"""Calls of a right solution from which on it is a long chain."""


def condition_of(tools: Sequence[str], held_out_tools: Collection[str]) -> Condition:
    """What a problem tests whose right solution calls ``tools``, one name a call."""
    if any(name in held_out_tools for name in tools):
        return "unseen tools"
    if not tools:
        return "no tool"
    return "long chain" if len(tools) >= CHAIN_CALLS else "seen tools"


class FileSpec(Record):
    """What a file must contain, before it is written."""

    name: str
    """Name the agent sees, e.g. ``file_1.png``: always ``file_<n>.<extension>``."""
    writer: str
    """Plugin on the ``file_writers`` shelf, e.g. ``xlsx``."""
    spec_json: str
    """Canonical JSON for that writer's spec model."""
    comment: str = ""
    """Short text kept in the file's metadata, never in its content."""


class Draft(Record):
    """A proposed query whose files do not exist yet."""

    SCHEMA_VERSION: ClassVar[int] = 2

    draft_id: str
    split: Split
    family: str
    """Task family: wording and kind of problem. Splits never cut a family in two."""
    text: str
    tools: tuple[str, ...]
    """Tools a right solution calls, one name a call, in order."""
    needs_picture: bool
    """True when the words alone do not tell which tool to use."""
    seed: int
    files: tuple[FileSpec, ...]
    gold_rule_json: str
    """How the gold answer follows from the specs (generation/gold.py); empty when it cannot be computed."""
    follows: str = ""
    """Id of the draft that begins its talk, whose files it asks about again; empty where it begins one."""


class FileRef(Record):
    """A file of a query."""

    name: str
    sha256: str
    media_type: str
    origin: str
    """The user's own file name, or ``written``."""


class Query(Record):
    """A query with real files and, where it can be computed, its gold answer."""

    SCHEMA_VERSION: ClassVar[int] = 2

    query_id: str
    split: Split
    family: str
    text: str
    tools: tuple[str, ...]
    needs_picture: bool
    seed: int
    files: tuple[FileRef, ...]
    gold_json: str
    """Canonical JSON of :class:`Gold`; empty when no program can tell the answer."""
    origin: Literal["synthesised", "user", "benchmark"]
    teacher: str
    """Model name the teacher's endpoint reports, e.g. ``scripted``; empty for a benchmark's own."""
    follows: str = ""
    """Id of the first query of its talk, whose files this one asks about again; empty where it begins one."""
    picture_context: str = ""
    """What is known of its pictures (captions, boxes): for those who write and judge, never shown to the agent."""


class Gold(Record):
    """The right answer and how an answer is compared with it."""

    kind: Literal["text", "number", "boxes", "set"]
    value: str
    """Of ``boxes`` a JSON list of [left, top, right, bottom] in shares; of a ``set`` names with commas between."""
    aliases: tuple[str, ...] = ()
    """Other texts that are as right as ``value``."""
    tolerance: float = 0.0
    """Largest absolute difference for numbers; least intersection over union for boxes."""
