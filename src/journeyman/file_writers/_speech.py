"""Speech by espeak-ng: a fixed argument vector, the text on its standard input, bounded in time and output."""

import shutil
import subprocess
from functools import lru_cache
from threading import Timer
from typing import TYPE_CHECKING

import numpy as np

from journeyman.errors import ConfigError, SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000
"""Samples a second of what comes back."""
MAX_SECONDS = 60
_PROGRAM = "espeak-ng"
_PROGRAM_RATE = 22_050
_HEAD_BYTES = 44
_TIMEOUT_SECONDS = 30.0


@lru_cache(maxsize=256)  # instructions share texts; a minute is 4 MB, a sentence 0.2 MB
def speak(text: str, voice: str, speed: int) -> "NDArray[np.float32]":
    """The text spoken: mono at ``RATE``, -1 to 1, shape (samples,), not to be written to.

    Raises:
        ConfigError: espeak-ng is not installed.
        SchemaError: The voice has no sound for the text, needs more than ``MAX_SECONDS``, or fails.
    """
    from scipy.signal import resample_poly

    program = shutil.which(_PROGRAM)
    if program is None:
        raise ConfigError(f"{_PROGRAM} is not installed, which speech in wav files needs; apt-get install {_PROGRAM}")
    most = _HEAD_BYTES + 2 * _PROGRAM_RATE * MAX_SECONDS
    vector = [program, "-v", voice, "-s", str(speed), "-b", "1", "--stdin", "--stdout"]
    made, status = _run(vector, _plain(text).encode(), most)
    if len(made) > most:
        raise SchemaError(f"text {text[:40]!r}... takes more than {MAX_SECONDS} s to speak; give less of it")
    if status:
        raise SchemaError(f"{_PROGRAM} ended with status {status} for voice {voice!r}; is the voice installed")
    samples = np.frombuffer(made[_HEAD_BYTES : len(made) // 2 * 2], "<i2")
    if not samples.any():
        raise SchemaError(f"voice {voice!r} has no sound for {text[:40]!r}; write it in the voice's language")
    spoken = resample_poly(samples.astype(np.float32) / 32_768, 320, 441).astype(np.float32)
    spoken.setflags(write=False)
    return np.asarray(spoken)


def _plain(text: str) -> str:
    """``text`` with nothing that espeak-ng takes for more than words: control characters, ``[[phonemes]]``."""
    visible = "".join(character if character.isprintable() else " " for character in text)
    while "[[" in visible:
        visible = visible.replace("[[", "[ [")
    return visible


def _run(vector: list[str], given: bytes, most: int) -> tuple[bytes, int]:
    """Standard output, at most one byte more than ``most``, and the exit status; 0 where it was stopped there."""
    with subprocess.Popen(
        vector, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        clock = Timer(_TIMEOUT_SECONDS, process.kill)
        clock.start()
        try:
            process.stdin.write(given)  # shorter than a pipe holds, so it cannot block
            process.stdin.close()
            made = process.stdout.read(most + 1)
            if len(made) > most:
                process.kill()
                return made, 0
            return made, process.wait()
        finally:
            clock.cancel()
