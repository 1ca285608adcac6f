"""Word error rate of ``transcribe_audio`` on synthetic speech, clean and noisy, and what it hears in silence."""

import numpy as np

from tool_accuracy import Accuracy, Call
from tool_accuracy._speech import RATE, VOICES, Samples, noise, sentences, spoken, wav, word_errors, words

CLEAN_CLIPS = 20
NOISY_CLIPS = 8
SPEEDS = (130, 160, 190)
NOISE = 0.02
"""RMS; the voices' own is about 0.1, so that speech stands 14 dB above it."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Each clip is two sentences with a pause between them."""
    return (
        _error_rate(call, "word error rate, clean", CLEAN_CLIPS, 0.0, 0.15),
        _error_rate(call, "word error rate, white noise at 14 dB", NOISY_CLIPS, NOISE, None),
        _silence(call),
    )


def _error_rate(call: Call, name: str, clips: int, loudness: float, reach: float | None) -> Accuracy:
    errors = total = 0
    for clip in range(clips):
        text = sentences(clip, 2)
        pause = np.zeros(RATE // 2, dtype=np.float32)
        voice, speed = VOICES[clip % len(VOICES)], SPEEDS[clip % len(SPEEDS)]
        sound: Samples = np.concatenate([spoken(text[0], voice, speed), pause, spoken(text[1], voice, speed)])
        heard = call({"file_1.wav": wav(sound + noise(len(sound), loudness, clip))}, audio="file_1.wav").value
        errors += word_errors(" ".join(text), heard)
        total += len(words(" ".join(text)))
    return Accuracy(name, min(1.0, errors / total), clips, reach, lower_is_better=True)


def _silence(call: Call) -> Accuracy:
    levels = (0.0, 0.001, 0.01, 0.1)
    invented = sum(
        bool(call({"file_1.wav": wav(noise(8 * RATE, level, seed))}, audio="file_1.wav").value)
        for seed, level in enumerate(levels)
    )
    name = "clips without speech in which it hears words"
    return Accuracy(name, invented / len(levels), len(levels), 0.0, lower_is_better=True)
