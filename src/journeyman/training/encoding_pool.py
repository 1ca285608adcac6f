"""Where conversations are measured and encoded: a thread of the rank, or processes that end with it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.connection import wait
from typing import ParamSpec, TypeVar

from journeyman.training.conversations import Encoder

P = ParamSpec("P")
R = TypeVar("R")

_encoder: Encoder | None = None
"""Of this process, where it is one of a pool."""


class EncodingPool:
    """Runs methods of one encoder elsewhere, in the order they are asked for."""

    def __init__(self, encoder: Encoder, processes: int) -> None:
        """Start the pool.

        Args:
            encoder: Is sent to every process.
            processes: 0 takes one thread of this process.
        """
        self._encoder = encoder
        self._in_thread = processes == 0
        self._pool: Executor
        if self._in_thread:
            # One, since a tokenizer does not bear two.
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="encode")
        else:
            # Spawned: a forked copy of a process that runs threads and a GPU may hang.
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(processes, mp_context=spawn, initializer=_enter, initargs=(encoder,))

    def submit(self, task: Callable[..., R], *arguments: object) -> "Future[R]":
        """Have ``task(encoder, *arguments)`` run, a function of a module."""
        if self._in_thread:
            return self._pool.submit(task, self._encoder, *arguments)
        return self._pool.submit(_run, task, *arguments)

    def close(self) -> None:
        """Drop what is not begun; a thread ends what it is at, processes are not waited for."""
        self._pool.shutdown(wait=self._in_thread, cancel_futures=True)


def _enter(encoder: Encoder) -> None:
    global _encoder  # noqa: PLW0603 - the one state of a process of the pool
    _encoder = encoder
    # Signals are the rank's to answer: it may still want a checkpoint. Its end, even by SIGKILL, is this one's.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(70)

    threading.Thread(target=watch, daemon=True, name="rank-watch").start()


def _run(task: Callable[..., R], *arguments: object) -> R:
    assert _encoder is not None
    return task(_encoder, *arguments)
