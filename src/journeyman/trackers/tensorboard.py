"""TensorBoard: event files in the local folder; ``tensorboard --logdir FOLDER`` shows them."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.tracker import Tracker


class _Run:
    def __init__(self, folder: Path) -> None:
        # The writer of TensorBoard itself: torch's own would load torch into the launcher.
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(str(folder))

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Append one event of all ``metrics``."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=value) for name, value in metrics.items()]
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()


def start(name: str, folder: Path, settings: Mapping[str, Any]) -> _Run:  # noqa: ARG001 - event files hold scalars
    """Event files below ``folder/name``; a resumed run adds one."""
    return _Run(folder / name)


TRACKER = Tracker(module="tensorboard", package="tensorboard", start=start)
