"""A taxonomy of the tasks that a catalogue's APIs do: induced by the teacher, then edited by people as a file.

MLLM-Tool's authors found the hub's own task categories too coarse and filed its models anew, by hand; here
the teacher proposes (``induce_taxonomy``) and people correct (``write_taxonomy``, ``read_taxonomy``).
"""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from journeyman.catalogue.config import CatalogueConfig
from journeyman.catalogue.placements import Leaf, classes, fault_of, leaves, tidy_path, tidy_word
from journeyman.catalogue.taxonomy_file import find_faults, read_taxonomy, write_taxonomy
from journeyman.errors import TeacherError
from journeyman.prompts import render_prompt
from journeyman.schema.api import Ambiguity, Api, Placement
from journeyman.schema.message import Message, TextPart
from journeyman.teacher.client import Teacher

__all__ = [
    "Leaf",
    "Placed",
    "PlacementBatch",
    "classes",
    "find_faults",
    "induce_taxonomy",
    "leaves",
    "read_taxonomy",
    "write_taxonomy",
]

logger = logging.getLogger(__name__)

VERSION = 1
"""Raise when the prompt or a rule here changes: a taxonomy depends on it."""
ROLE = "taxonomist"
TRIES = 2
"""Requests for an API at most; one that has no usable place then stays without."""
SHOWN_CHARS = 600
"""Of a description, in the prompt."""
SHOWN_CLASSES = 400
"""Classes so far in the prompt, those with the most APIs."""
_TOKENS_PER_API = 200
_TOKENS_BESIDES = 400


class Placed(BaseModel):
    """Where the teacher puts one API."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: str
    """The API's, as it was given."""
    path: list[str] = Field(min_length=1)
    """Nodes from the root to the leaf."""
    function_class: str
    boundary: str
    differs_by: Ambiguity


class PlacementBatch(BaseModel):
    """The places of one request's APIs."""

    model_config = ConfigDict(extra="forbid")

    placements: list[Placed]


async def induce_taxonomy(
    apis: Sequence[Api], config: CatalogueConfig, *, teacher: Teacher
) -> tuple[tuple[Placement, ...], dict[str, str]]:
    """Have the teacher place every API, one batch after the other, since each sees the paths so far.

    Returns:
        Placements, sorted by name; and of the APIs that have none, name -> why.

    Raises:
        TransientError: The teacher does not answer.
        BudgetExceededError: The budget is spent.
    """
    growing = _Growing()
    # Neighbours in one request: what differs by little is told apart best when it is seen together.
    ordered = sorted(apis, key=lambda api: (api.domain, api.media_in, api.name))
    for start in range(0, len(ordered), config.placed_per_call):
        left = ordered[start : start + config.placed_per_call]
        for attempt in range(TRIES):
            why = await _place(left, growing, teacher, attempt)
            left = [api for api in left if api.name not in growing.placements]
            if not left:
                break
        growing.unplaced |= {api.name: why.get(api.name, "the teacher gave it no place") for api in left}
    if growing.ignored:
        logger.warning("the taxonomist placed %d APIs twice or unasked; those were ignored", growing.ignored)
    if growing.unplaced:
        logger.warning("%d of %d APIs have no place in the taxonomy", len(growing.unplaced), len(apis))
    return tuple(growing.placements[name] for name in sorted(growing.placements)), dict(
        sorted(growing.unplaced.items())
    )


@dataclass(slots=True)
class _Growing:
    """A taxonomy while it is induced."""

    placements: dict[str, Placement] = field(default_factory=dict)
    leaf_of: dict[str, Leaf] = field(default_factory=dict)
    """Class -> the one leaf that it stands in."""
    unplaced: dict[str, str] = field(default_factory=dict)
    ignored: int = 0

    def add(self, name: str, placed: Placed) -> str:
        """Take a place; returns why it cannot be taken, or nothing."""
        path = tidy_path(placed.path)
        placement = Placement(
            name=name,
            path=path,
            function_class=self._class(tidy_word(placed.function_class), path),
            boundary=" ".join(placed.boundary.split()),
            differs_by=placed.differs_by,
        )
        fault = fault_of(placement)
        if not fault:
            self.placements[name] = placement
            self.leaf_of[placement.function_class] = path
        return fault

    def _class(self, name: str, path: Leaf) -> str:
        """``name``; where it is another leaf's class already, with the leaf, since a class is known by its name."""
        if not name or self.leaf_of.get(name, path) == path:
            return name
        return f"{name} ({'/'.join(path)})"


async def _place(apis: Sequence[Api], growing: _Growing, teacher: Teacher, attempt: int) -> dict[str, str]:
    """Ask once for the places of ``apis``; returns of those that got none, where it is known, why."""
    prompt = render_prompt(
        "journeyman.catalogue", "taxonomist", asked=_asked(apis, growing), classes=_class_lines(growing.placements)
    )
    try:
        batch = await teacher.structured(
            ROLE,
            [Message(role="user", content=(TextPart(text=prompt),))],
            {},
            PlacementBatch,
            max_tokens=_TOKENS_BESIDES + _TOKENS_PER_API * len(apis),
            # Equal requests have one answer: asked again for the same APIs, the teacher must be able to say another.
            seed=attempt or None,
            trace=f"{len(apis)} APIs from {apis[0].name}",
        )
    except TeacherError as exc:
        return dict.fromkeys((api.name for api in apis), str(exc))
    names = _Names([api.name for api in apis])
    why: dict[str, str] = {}
    for placed in batch.placements:
        name = names.find(placed.name)
        if name is None or name in growing.placements:
            growing.ignored += 1
        elif fault := growing.add(name, placed):
            why[name] = fault
    return why


class _Names:
    """Finds an asked name also where the teacher changed its case or put blanks around it."""

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = set(names)
        folded: dict[str, list[str]] = defaultdict(list)
        for name in names:
            folded[tidy_word(name)].append(name)
        self._folded = {word: found[0] for word, found in folded.items() if len(found) == 1}

    def find(self, name: str) -> str | None:
        return name if name in self._exact else self._folded.get(tidy_word(name))


def _asked(apis: Sequence[Api], growing: _Growing) -> str:
    asked = {
        "taxonomy": sorted({one.path for one in growing.placements.values()}),
        "apis": [
            {
                "name": api.name,
                "domain": api.domain,
                "description": api.description[:SHOWN_CHARS],
                "media_in": api.media_in,
                "media_out": api.media_out,
            }
            for api in apis
        ],
    }
    return json.dumps(asked, indent=1, ensure_ascii=False)


def _class_lines(placements: Mapping[str, Placement]) -> list[str]:
    """``path: class``, of the classes with the most APIs."""
    count: dict[tuple[str, str], int] = defaultdict(int)
    for one in placements.values():
        count["/".join(one.path), one.function_class] += 1
    most = sorted(count, key=lambda key: (-count[key], key))[:SHOWN_CLASSES]
    return [f"{path}: {name}" for path, name in sorted(most)]
