"""Turn a sound's spec into samples: synthesise its parts, join them, damage the whole."""

import math
from functools import lru_cache
from itertools import groupby
from typing import assert_never

import numpy as np
import numpy.typing as npt

from journeyman.errors import SchemaError
from journeyman.file_writers._sound import (
    MAX_SECONDS,
    Beat,
    Damage,
    Instrument,
    Melody,
    Noise,
    Part,
    Pause,
    Sound,
    Speech,
)
from journeyman.file_writers._speech import RATE, speak

Samples = npt.NDArray[np.float32]
"""Mono at ``RATE``, shape (samples,)."""

PEAK = 0.9
QUIET_PEAK = 0.01
_FADE_SECONDS = 0.008
"""At both ends of a note or a stretch of noise, which would click without."""
_HIGHEST_OVERTONE = 7_000.0
"""Hertz; higher ones would fold back into the audible."""
_GAP_SECONDS = 0.05
"""Between two spoken parts, whose own silence is cut short by the voice."""


@lru_cache(maxsize=4)
def render(sound: Sound) -> Samples:
    """The whole recording, peak at 0.9, or at 0.01 where it is ``quiet``; not to be written to.

    Raises:
        SchemaError: Longer than a minute once its texts are spoken, or a text has no sound.
        ConfigError: There is speech, and espeak-ng is not installed.
    """
    random = np.random.default_rng(sound.seed)
    pieces: list[Samples] = []
    for is_speech, parts in groupby(sound.parts, lambda part: isinstance(part, Speech)):
        for number, part in enumerate(parts):
            if is_speech and number:
                pieces.append(np.zeros(round(_GAP_SECONDS * RATE), np.float32))
            pieces.append(_level(_part(part, random)))
    whole = np.concatenate(pieces)
    if whole.size > MAX_SECONDS * RATE:
        raise SchemaError(f"sound takes {whole.size / RATE:.1f} s, the limit is {MAX_SECONDS:.0f}; shorten its texts")
    damaged = _level(_damaged(whole, sound.damage, random))
    damaged *= np.float32(QUIET_PEAK if sound.damage == "quiet" else PEAK)
    damaged.setflags(write=False)
    return damaged


def _part(part: Part, random: np.random.Generator) -> Samples:
    match part:
        case Speech():
            return speak(part.text, part.voice, part.speed)
        case Melody():
            return np.concatenate([_note(note, part) for note in part.notes])
        case Noise():
            return _faded(_noise(part.colour, round(part.seconds * RATE), random))
        case Beat():
            return _beat(part, random)
        case Pause():
            return np.zeros(round(part.seconds * RATE), np.float32)
    assert_never(part)


def _note(note: int, melody: Melody) -> Samples:
    hertz, count = 440.0 * 2.0 ** ((note - 69) / 12), round(melody.seconds_each * RATE)
    seconds = np.arange(count) / RATE
    made = np.zeros(count)
    for number, strength, fading in _overtones(melody.instrument):
        if number == 1 or number * hertz < _HIGHEST_OVERTONE:
            made += strength * np.sin(2 * np.pi * number * hertz * seconds) * np.exp(-fading * seconds)
    return _faded(made)


def _overtones(instrument: Instrument) -> list[tuple[int, float, float]]:
    """(multiple of the note's frequency, strength, fading a second) of each, the note itself first."""
    match instrument:
        case "sine":
            return [(1, 1.0, 1.5)]
        case "square":
            return [(k, 1 / k, 1.5) for k in range(1, 20, 2)]
        case "pluck":  # a string pulled aside at a fifth of its length; its high overtones die first
            return [(k, math.sin(math.pi * k / 5) / k**1.5, 2.0 + 1.5 * k) for k in range(1, 20) if k % 5]


def _noise(colour: str, count: int, random: np.random.Generator) -> Samples:
    white = random.standard_normal(count)
    if colour == "white":
        return white.astype(np.float32)
    spectrum = np.fft.rfft(white)
    # flat below 20 Hz, where all power would go otherwise, unheard
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    return np.fft.irfft(spectrum / hertz ** (0.5 if colour == "pink" else 1.0), count).astype(np.float32)


def _beat(beat: Beat, random: np.random.Generator) -> Samples:
    """A low stroke on each first and third, a bright one on each second and fourth."""
    count = round(beat.seconds * RATE)
    length = min(count, round(0.18 * RATE))
    seconds = np.arange(length) / RATE
    low = np.sin(2 * np.pi * (55 * seconds + 3.5 * (1 - np.exp(-30 * seconds)))) * np.exp(-22 * seconds)
    bright = 0.6 * random.standard_normal(length) * np.exp(-40 * seconds)
    made = np.zeros(count + length)
    for number, start in enumerate(np.arange(0, count, 60 * RATE / beat.per_minute)):
        made[round(start) : round(start) + length] += bright if number % 2 else low
    return made[:count].astype(np.float32)


def _damaged(whole: Samples, damage: Damage, random: np.random.Generator) -> Samples:
    match damage:
        case "none" | "quiet":
            return whole
        case "hiss":
            return whole + np.float32(0.06) * random.standard_normal(whole.size, np.float32)
        case "hum":
            turns = 2 * np.pi * 50 * np.arange(whole.size) / RATE
            return (whole + 0.22 * np.sin(turns) + 0.14 * np.sin(2 * turns) + 0.1 * np.sin(3 * turns)).astype(
                np.float32
            )
        case "telephone":
            return _telephone(whole)
        case "clipped":
            return np.clip(whole * 8, -1, 1)
        case "echo":
            return _with_echo(whole)
    assert_never(damage)


def _telephone(whole: Samples) -> Samples:
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(8, (300, 3400), "bandpass", fs=RATE, output="sos"), whole), np.float32)


def _with_echo(whole: Samples) -> Samples:
    """Three repeats, each weaker; the sound lasts until the last has died away."""
    delay = round(0.21 * RATE)
    made = np.zeros(min(whole.size + 3 * delay, round(MAX_SECONDS * RATE)), np.float32)
    for number, strength in enumerate((1.0, 0.55, 0.3, 0.16)):
        part = whole[: made.size - number * delay]
        made[number * delay : number * delay + part.size] += np.float32(strength) * part
    return made


def _faded(samples: npt.NDArray[np.floating]) -> Samples:
    count = min(round(_FADE_SECONDS * RATE), samples.size // 2)
    ramp = np.linspace(0, 1, count, endpoint=False)
    faded = samples.astype(np.float32)
    faded[:count] *= ramp
    faded[faded.size - count :] *= ramp[::-1]
    return faded


def _level(samples: Samples) -> Samples:
    """A copy that peaks at 1, so that no part drowns another; silence stays silent."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples / np.float32(peak) if peak > 0 else samples.copy()
