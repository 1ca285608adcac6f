"""Short names for masks: what the agent is shown in place of run lengths, and may give to the next skill.

A mask is a hundred characters and more that an agent can only copy. LLaVA-Plus' server keeps them to itself and
shows boxes; here each gets a name, so that it can be chained, and recorded calls hold the mask itself.
"""

import re
from collections.abc import Mapping
from typing import Any

from journeyman.errors import ToolError

MASK_NAME = re.compile(r"mask_\d+")
_KEYS = {"size", "counts"}


class MaskNames:
    """The masks of one question, named in the order in which they were first shown.

    Each question begins anew, so that a question of a talk reads as it does alone, and no name is a stale mask's.
    """

    def __init__(self) -> None:
        """Know none."""
        self._masks: dict[str, Mapping[str, Any]] = {}
        self._names: dict[tuple[Any, ...], str] = {}

    def shown(self, value: Any) -> Any:
        """``value``, JSON, with each of COCO's run lengths in it replaced by its name; an equal mask keeps its own."""
        if isinstance(value, list | tuple):
            return [self.shown(part) for part in value]
        if not isinstance(value, Mapping):
            return value
        if value.keys() == _KEYS and isinstance(value["counts"], str):
            return self._name(value)
        return {key: self.shown(part) for key, part in value.items()}

    def meant(self, value: Any) -> Any:
        """``value``, JSON, with each text that is a mask's name replaced by that mask.

        Raises:
            ToolError: It names a mask that there is not.
        """
        if isinstance(value, list):
            return [self.meant(part) for part in value]
        if isinstance(value, Mapping):
            return {key: self.meant(part) for key, part in value.items()}
        if not isinstance(value, str) or not MASK_NAME.fullmatch(value):
            return value
        if value not in self._masks:
            raise ToolError(f"there is no {value}; {', '.join(self._masks) or 'no skill gave a mask'}")
        return self._masks[value]

    def _name(self, mask: Mapping[str, Any]) -> str:
        name = self._names.setdefault((*mask["size"], mask["counts"]), f"mask_{len(self._names) + 1}")
        self._masks[name] = mask
        return name
