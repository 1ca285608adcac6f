"""A catalogue of tools that a model chooses from, and where each has its place in a taxonomy of tasks."""

from typing import Literal

from journeyman.schema.record import Record

Modality = Literal["text", "image", "audio", "video"]
Ambiguity = Literal["", "domain", "labels", "quality", "condition", "language"]
"""By what tools of one task differ, so that an instruction alone does not tell which one is meant: the domain of the
data, the label set or its granularity, the quality of the input, the condition it must meet (a sketch, an edge map),
the language of the audio (MLLM-Tool, arXiv:2401.10727). Empty where nothing of the kind tells them apart."""

UNKNOWN = "unknown"
"""The answer where no tool of the catalogue fits; no API may bear the name."""


class Api(Record):
    """One tool or API of a catalogue, as its source describes it. Nothing here is ever called."""

    name: str
    """Unique in its catalogue, e.g. ``owner/model``."""
    domain: str
    """Task domain as the source gives it, e.g. ``automatic-speech-recognition``; may be empty."""
    call: str
    """How it is called; may be empty."""
    arguments_json: str
    """Canonical JSON object: argument -> what it is."""
    example: str
    """Example code or request; may be empty."""
    description: str
    """What it does and for which inputs; never empty."""
    licence: str
    media_in: tuple[Modality, ...]
    """What it takes."""
    media_out: tuple[Modality, ...]
    """What it gives."""
    source: str
    """Where it was read: a file's name, ``shelf``, or the name of a server."""


class Placement(Record):
    """Where the taxonomy puts an API."""

    name: str
    """The API's."""
    path: tuple[str, ...]
    """Nodes of the task taxonomy from the root to the leaf, e.g. ``("image", "restoration")``; at least one."""
    function_class: str
    """APIs of one class do the same: whatever one of them is right for, all are."""
    boundary: str
    """The inputs it is for, in few words, e.g. ``hazy pictures``; tells it from its siblings in the leaf."""
    differs_by: Ambiguity
    """By what it differs from the other classes of its leaf."""
