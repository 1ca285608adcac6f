"""English sentences of known words, spoken by espeak-ng, for the tools that listen."""

import io
import random
import subprocess
import wave
from typing import Any

import numpy as np

RATE = 22_050
"""Samples a second of espeak-ng's voices."""
VOICES = ("en-us", "en-gb")

_WHO = (
    "The manager",
    "Our supplier",
    "A visitor",
    "The committee",
    "My sister",
    "The northern office",
    "Every driver",
)
_DID = ("sent", "signed", "forgot", "found", "ordered", "returned", "described", "opened")
_WHAT = (
    "the contract",
    "a large package",
    "the yearly report",
    "the wooden chairs",
    "the train tickets",
    "a new printer",
)
_WHERE = (
    "in the warehouse",
    "at the station",
    "near the river",
    "in the kitchen",
    "at the airport",
    "on the second floor",
)
_WHEN = ("on Monday", "before lunch", "last winter", "after the meeting", "early this morning", "in September")

Samples = np.ndarray[Any, np.dtype[np.float32]]


def sentences(seed: int, count: int) -> list[str]:
    """Sentences without numbers, and without words that have two spellings: Whisper may write either."""
    draw = random.Random(seed)
    return [" ".join(draw.choice(part) for part in (_WHO, _DID, _WHAT, _WHERE, _WHEN)) + "." for _ in range(count)]


def spoken(text: str, voice: str, speed: int = 160) -> Samples:
    """``text`` as mono samples at ``RATE``, -1 to 1, with the short silence that espeak-ng puts around it."""
    made = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(speed), "-b", "1", "--stdin", "--stdout"],
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout
    return np.frombuffer(made[44:], dtype="<i2").astype(np.float32) / 32_768


def trimmed(samples: Samples) -> Samples:
    """``samples`` without the silence around them."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]


def noise(count: int, loudness: float, seed: int) -> Samples:
    """White noise of ``loudness`` RMS."""
    return np.random.default_rng(seed).normal(0, loudness, count).astype(np.float32)


def wav(samples: Samples) -> bytes:
    """16 bit mono wav at ``RATE``."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return buffer.getvalue()


def words(text: str) -> list[str]:
    """Words in lower case, without punctuation."""
    return "".join(c if c.isalnum() else " " for c in text.lower()).split()


def word_errors(said: str, heard: str) -> int:
    """Words put in, left out or changed (Levenshtein distance over words)."""
    true, got = words(said), words(heard)
    row = list(range(len(got) + 1))
    for above, word in enumerate(true, 1):
        previous, row[0] = row[0], above
        for place, other in enumerate(got, 1):
            previous, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, previous + (word != other))
    return row[-1]
