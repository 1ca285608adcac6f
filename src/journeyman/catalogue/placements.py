"""What a place in the taxonomy may say, and what follows from many: leaves and classes."""

from collections import defaultdict
from collections.abc import Sequence

from journeyman.schema.api import Placement

MOST_NODES = 8
WORD_CHARS = 100
"""Of a node or a class."""
BOUNDARY_CHARS = 300

Leaf = tuple[str, ...]


def leaves(placements: Sequence[Placement]) -> dict[Leaf, tuple[Placement, ...]]:
    """Each leaf's placements, both sorted."""
    found: dict[Leaf, list[Placement]] = defaultdict(list)
    for placement in sorted(placements, key=lambda one: (one.path, one.function_class, one.name)):
        found[placement.path].append(placement)
    return {path: tuple(members) for path, members in found.items()}


def classes(placements: Sequence[Placement]) -> dict[str, tuple[str, ...]]:
    """Names of each function class, both sorted."""
    found: dict[str, list[str]] = defaultdict(list)
    for placement in sorted(placements, key=lambda one: (one.function_class, one.name)):
        found[placement.function_class].append(placement.name)
    return {name: tuple(members) for name, members in found.items()}


def tidy_word(text: str) -> str:
    """A node or a class as the taxonomy writes it: lower case, single blanks, none at the ends."""
    return " ".join(text.split()).lower()


def tidy_path(nodes: Sequence[str]) -> Leaf:
    """Nodes as the taxonomy writes them; one with slashes in it is several."""
    return tuple(tidy_word(part) for node in nodes for part in node.split("/") if part.strip())


def fault_of(placement: Placement) -> str:
    """What is wrong with a placement by itself, and the fix; empty where nothing is."""
    if not placement.path:
        return 'the path is empty; write nodes like "image/restoration"'
    if len(placement.path) > MOST_NODES:
        return f"the path has {len(placement.path)} nodes; {MOST_NODES} is the limit"
    if not placement.function_class:
        return "the function class is empty; name what it does"
    long = [word for word in (*placement.path, placement.function_class) if len(word) > WORD_CHARS]
    if long:
        return f"{long[0][:40]!r}... is longer than {WORD_CHARS} characters; shorten it"
    if not placement.boundary:
        return "the boundary is empty; say for which inputs it is"
    if len(placement.boundary) > BOUNDARY_CHARS:
        return f"the boundary is longer than {BOUNDARY_CHARS} characters; shorten it"
    if not all(text.isprintable() for text in (*placement.path, placement.function_class, placement.boundary)):
        return "there are control characters in it; remove them"
    return ""
