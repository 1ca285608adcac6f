"""Recordings for the sound wishes: the number draws what is said or played, the content by whom or how badly."""

import random
from functools import cache
from importlib import resources
from typing import Any

from journeyman.teacher.scripted.choices.draws import draws, pick

Spec = dict[str, Any]

SENTENCES_SHOWN = 12
"""Sentences that training files say; those behind them are kept back."""
_VOICES = {
    "en": ("en-us", "en-gb"),
    "fr": ("fr-fr",),
    "es": ("es", "es-419"),
    "pt": ("pt", "pt-br"),
}
"""Language -> espeak-ng voices; one named like the language where it is not here."""
_SPOKEN = ("en", "fr", "de", "es", "it", "pl")
_SCALES = ((0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 4, 7, 9, 12, 14, 16))
_SCALES_KEPT_BACK = ((0, 2, 3, 5, 7, 8, 10, 12), (0, 3, 5, 6, 7, 10, 12))
_INSTRUMENTS = ("sine", "square", "pluck")


def make_sound(wish: str, content: str, number: int) -> Spec:
    """Spec for the wav writer; equal numbers of one wish give like recordings, whatever the content."""
    rng = draws("sound", wish, number)
    match wish:
        case "spoken":
            return _recording(rng, _speech(rng, number, content), number)
        case "timeline":
            makers = {"speech": _some_speech, "melody": _melody, "beat": _beat}
            return _recording(rng, makers[content](rng, number), number)
        case _:
            return _recording(rng, make_part(rng, number), number) | {"damage": content}


def make_part(rng: random.Random, number: int) -> Spec:
    """Something said, mostly, or played."""
    return rng.choices((_some_speech, _melody, _beat), (6, 2, 1))[0](rng, number)


@cache
def sentences() -> tuple[dict[str, str], ...]:
    """Language -> sentence, of equal meaning within each."""
    text = (resources.files("journeyman.teacher.scripted.choices") / "sentences.txt").read_text(encoding="utf-8")
    blocks = (block.splitlines() for block in text.strip().split("\n\n"))
    return tuple(dict(line.split("\t", 1) for line in block) for block in blocks)  # type: ignore[misc]  # two fields


def _recording(rng: random.Random, part: Spec, number: int) -> Spec:
    """The part between two silences, which make equal parts of two numbers different files."""
    before, after = (round(rng.uniform(0.06, 0.4), 3) for _ in range(2))
    silence = {"kind": "pause"}
    parts = [silence | {"seconds": before}, part, silence | {"seconds": after}]
    return {"parts": parts, "damage": "none", "seed": number}


def _speech(rng: random.Random, number: int, language: str) -> Spec:
    bank = sentences()
    said = pick(rng, number, bank[:SENTENCES_SHOWN], bank[SENTENCES_SHOWN:])
    speed, voice = rng.randint(160, 210), rng.random()
    voices = _VOICES.get(language, (language,))
    return {"kind": "speech", "text": said[language], "voice": voices[int(voice * len(voices))], "speed": speed}


def _some_speech(rng: random.Random, number: int) -> Spec:
    return _speech(rng, number, rng.choice(_SPOKEN))


def _melody(rng: random.Random, number: int) -> Spec:
    scale, start = pick(rng, number, _SCALES, _SCALES_KEPT_BACK), rng.randint(52, 67)
    each = round(rng.uniform(0.2, 0.42), 2)
    notes = [start + rng.choice(scale) for _ in range(round(rng.uniform(2.0, 3.2) / each))]
    return {"kind": "melody", "notes": notes, "seconds_each": each, "instrument": rng.choice(_INSTRUMENTS)}


def _beat(rng: random.Random, number: int) -> Spec:
    pace = pick(rng, number, range(70, 181, 2), range(71, 180, 2))
    return {"kind": "beat", "per_minute": pace, "seconds": round(rng.uniform(2.0, 3.4), 2)}
