"""A model behind an OpenAI-compatible endpoint as the agent's controller: a teacher, or a model that is served."""

from collections.abc import Mapping, Sequence

from journeyman.agent.begun_turn import beginning_of, whole_reply
from journeyman.schema.message import Message
from journeyman.teacher.client import Teacher

MAX_TOKENS = 1024
"""Longest action of a teacher."""


class EndpointController:
    """The model at the other end as the agent's mind; each of its answers is in the call ledger before it is used."""

    def __init__(
        self, endpoint: Teacher, *, name: str = "", role: str = "controller", max_tokens: int = MAX_TOKENS
    ) -> None:
        """Act through ``endpoint``.

        Args:
            endpoint: Asked for every action.
            name: Who acts, as trajectories record it; empty takes the model's name.
            role: What it is asked as; see :class:`~journeyman.schema.call.Call`.
            max_tokens: Longest action.
        """
        self._endpoint = endpoint
        self._name = name or endpoint.model
        self._role = role
        self._max_tokens = max_tokens

    @property
    def name(self) -> str:
        """Who acts."""
        return self._name

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        """The model's next thought and code; a begun reply is whole, whether the server goes on or answers anew.

        Raises:
            TeacherError: It refused, or gave nothing.
            TransientError: It does not answer.
        """
        reply = await self._endpoint.text(self._role, messages, media, max_tokens=self._max_tokens)
        beginning = beginning_of(messages)
        return whole_reply(beginning, reply) if beginning else reply
