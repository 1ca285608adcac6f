"""Checkpoints on their way to the store while training goes on."""

import logging
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from journeyman.errors import TransientError
from journeyman.storage.store import Store
from journeyman.training.checkpoint import prune_checkpoints, upload_checkpoint
from journeyman.training.rank_protocol import checkpoint_name

logger = logging.getLogger(__name__)

_TRIES = 3
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    step: int
    validation_loss: float | None


class CheckpointUploads:
    """One thread that uploads what ranks wrote to the run's folder, removes it there, and prunes the store.

    At most one checkpoint is under way and one waits: where the store is slower than the ranks, one that
    waits gives way to a newer one, so that the folder does not fill. A failed upload never ends the run, which
    may be past it by days: it is logged, and the next checkpoint is tried. Use it as a context: leaving waits
    for the last one.
    """

    def __init__(self, store: Store, run: str, folder: Path, *, keep: int, world_size: int) -> None:
        self._store = store
        self._run = run
        self._folder = folder
        self._keep = keep
        self._world_size = world_size
        self._changed = threading.Condition()
        self._waiting: _Waiting | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="checkpoint-uploads")

    def add(self, step: int, validation_loss: float | None = None) -> None:
        """Upload the checkpoint of ``step`` as soon as the one under way is done; returns at once."""
        with self._changed:
            superseded, self._waiting = self._waiting, _Waiting(step, validation_loss)
            self._changed.notify()
        if superseded is not None:
            logger.warning("checkpoint of step %d is not uploaded: step %d came first", superseded.step, step)
            self._remove(superseded.step)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _exc: BaseException | None, _: TracebackType | None) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._waiting is not None)
                item, self._waiting = self._waiting, None
            if item is None:
                return
            try:
                self._upload(item)
            except Exception:
                logger.exception("checkpoint of step %d is not in the store; training goes on", item.step)
            self._remove(item.step)

    def _upload(self, item: _Waiting) -> None:
        for left in reversed(range(_TRIES)):
            try:
                upload_checkpoint(
                    self._store,
                    self._run,
                    self._folder,
                    item.step,
                    world_size=self._world_size,
                    validation_loss=item.validation_loss,
                )
                break
            except TransientError:
                if not left:
                    raise
                time.sleep(_PAUSE_SECONDS)
        prune_checkpoints(self._store, self._run, self._keep)

    def _remove(self, step: int) -> None:
        shutil.rmtree(self._folder / checkpoint_name(step), ignore_errors=True)
