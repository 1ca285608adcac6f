"""How much of the time ``detect_speech`` is right about whether somebody speaks."""

import numpy as np

from tool_accuracy import Accuracy, Call
from tool_accuracy._speech import RATE, VOICES, Samples, noise, sentences, spoken, trimmed, wav

CLIPS = 12
STEP = 0.01
"""Seconds of one decision."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """F1 over steps of 10 ms of clips with three sentences between pauses of 0.8 to 3 s."""
    return (
        Accuracy("F1 of speech time, clean", _f1(call, 0.0), CLIPS, 0.9),
        Accuracy("F1 of speech time, white noise at 14 dB", _f1(call, 0.02), CLIPS),
    )


def _f1(call: Call, loudness: float) -> float:
    both = said = found = 0
    for clip in range(CLIPS):
        sound, truth = _clip(clip)
        answer = call({"file_1.wav": wav(sound + noise(len(sound), loudness, clip))}, audio="file_1.wav").value
        true, got = (_steps(spans, len(sound) / RATE) for spans in (truth, answer))
        both += int((true & got).sum())
        said += int(true.sum())
        found += int(got.sum())
    return 2 * both / (said + found) if said + found else 0.0


def _clip(seed: int) -> tuple[Samples, list[tuple[float, float]]]:
    """A sound and the seconds in which its sentences stand."""
    draw = np.random.default_rng(seed)
    parts: list[Samples] = []
    truth, at = [], 0
    for sentence in sentences(seed, 3):
        pause = np.zeros(int(draw.uniform(0.8, 3.0) * RATE), dtype=np.float32)
        speech = trimmed(spoken(sentence, VOICES[seed % len(VOICES)]))
        start = at + len(pause)
        at = start + len(speech)
        truth.append((start / RATE, at / RATE))
        parts += [pause, speech]
    return np.concatenate([*parts, np.zeros(RATE, dtype=np.float32)]), truth


def _steps(spans: list[tuple[float, float]], seconds: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    steps = np.zeros(int(seconds / STEP), dtype=bool)
    for start, end in spans:
        steps[round(start / STEP) : round(end / STEP)] = True
    return steps
