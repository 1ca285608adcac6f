"""Who writes the agent's next action: a teacher, a tuned model, or a baseline."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from journeyman.schema.message import Message


class Controller(Protocol):
    """Anything that continues a conversation. Many conversations share one controller at once."""

    @property
    def name(self) -> str:
        """Who acts, as the trajectory records it."""
        ...

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        """The next assistant text.

        Args:
            messages: The conversation so far, ending in a user turn; or in an assistant turn whose text begins the
                reply (begun_turn.py), which is gone on from and returned whole, its beginning included.
            media: Bytes of every picture the messages name, by sha256.
        """
        ...
