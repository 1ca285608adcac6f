"""A controller that writes a recorded trajectory's actions again, for replay."""

from collections.abc import Mapping, Sequence

from journeyman.schema.message import Message
from journeyman.schema.trajectory import Trajectory


class RecordedController:
    """Acts as the recorded trajectory did, turn by turn, whatever it is shown."""

    def __init__(self, trajectory: Trajectory) -> None:
        self._trajectory = trajectory

    @property
    def name(self) -> str:
        """Who acted in the recording."""
        return self._trajectory.controller

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - Controller
        """The recorded action of this turn."""
        turn = sum(message.role == "assistant" for message in messages)
        return self._trajectory.steps[turn].action
