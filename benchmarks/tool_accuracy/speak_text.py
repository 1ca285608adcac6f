"""Whether ``speak_text`` says the words, as Whisper hears them, at the speed it is asked for."""

import io
import wave
from pathlib import Path

from journeyman.tool import ToolFiles
from journeyman.tools.transcribe_audio import TOOL as LISTENER
from tool_accuracy import Accuracy, Call
from tool_accuracy._speech import VOICES, sentences, word_errors, words

TEXTS = 10
SPEEDS = (120, 165, 220)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Word errors of the listener are counted too: it is no better than 0.1 on such voices."""
    heard_right = kept = total = 0
    for seed in range(TEXTS):
        text = " ".join(sentences(100 + seed, 2))
        speed = SPEEDS[seed % len(SPEEDS)]
        answer = call({}, text=text, voice=VOICES[seed % len(VOICES)], speed=speed)
        sound = answer.files[answer.value]
        heard_right += max(0, len(words(text)) - word_errors(text, _heard(sound)))
        total += len(words(text))
        with wave.open(io.BytesIO(sound)) as opened:
            minutes = opened.getnframes() / opened.getframerate() / 60
        kept += abs(len(words(text)) / minutes - speed) < 0.2 * speed
    return (
        Accuracy("words that Whisper tiny.en hears", heard_right / total, TEXTS, 0.85),
        Accuracy("texts within 20 % of the speed asked for", kept / TEXTS, TEXTS),
    )


def _heard(sound: bytes) -> str:
    files = ToolFiles(Path(), lambda _: sound, lambda name, _: name)
    return str(LISTENER.run(LISTENER.bind((), {"audio": "speech.wav"}), files).value)
