"""What of a toolbox one run is offered, and under which names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeyman.errors import ToolError
from journeyman.schema.problem import AS_IN_THE_RECIPE, ToolChange
from journeyman.tool import ToolCard, ToolResult
from journeyman.toolbox import ToolSession


@dataclass(slots=True)
class Offer:
    """The tools of one run, by the names that its agent is told."""

    cards: tuple[ToolCard, ...]
    _own_names: Mapping[str, str]
    """Offered name -> the tool's own."""
    _broken: set[str] = field(default_factory=set)
    """Own names of tools whose next call fails."""

    @classmethod
    def of(cls, cards: Sequence[ToolCard], change: ToolChange = AS_IN_THE_RECIPE) -> "Offer":
        """What is left of ``cards`` after ``change``; a tool of the change that is not among them is passed over."""
        names = {renamed.tool: renamed.name for renamed in change.renamed}
        offered = [card for card in cards if card.name not in change.withheld]
        return cls(
            cards=tuple(_renamed(card, names.get(card.name, card.name)) for card in offered),
            _own_names={names.get(card.name, card.name): card.name for card in offered},
            _broken={card.name for card in offered if card.name in change.broken},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Functions that the agent's code can call."""
        return tuple(self._own_names)

    def name_of(self, tool: str) -> str:
        """Name by which the agent is told of ``tool``; empty where it is not offered."""
        return next((name for name, own in self._own_names.items() if own == tool), "")

    async def call(self, session: ToolSession, name: str, args: list[Any], kwargs: dict[str, Any]) -> ToolResult:
        """Call the tool that goes by ``name``.

        Raises:
            ToolError: For the agent; a tool that is broken fails here for the first time.
        """
        own = self._own_names.get(name)
        if own is None:
            raise ToolError(f"there is no tool {name!r}; there is: {', '.join(self.names)}")
        if own in self._broken:
            self._broken.discard(own)
            session.refuse(own, args, kwargs, fault="timeout", name=name)
        return await session.call(own, args, kwargs)


def _renamed(card: ToolCard, name: str) -> ToolCard:
    return card.model_copy(update={"name": name, "signature": name + card.signature.removeprefix(card.name)})
