"""The spec of a sound: what is heard in order, and what is wrong with the recording."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from journeyman.file_writers._tables import Spec, Title

MAX_SECONDS = 60.0

Seconds = Annotated[float, Field(ge=0.05, le=MAX_SECONDS, allow_inf_nan=False)]
Note = Annotated[int, Field(ge=21, le=108)]
Voice = Literal[
    "en-us", "en-gb", "es", "es-419", "fr-fr", "de", "it", "pt", "pt-br", "ca", "nl", "pl", "ru", "tr",
    "sv", "da", "fi", "el", "hu", "cs", "ro", "id",
]  # fmt: skip
"""Voices of espeak-ng, named for the language they speak."""
Instrument = Literal["sine", "square", "pluck"]
Damage = Literal["none", "hiss", "hum", "telephone", "clipped", "echo", "quiet"]


class Speech(Spec):
    """A text spoken by a synthetic voice."""

    kind: Literal["speech"] = "speech"
    text: Title
    """In the voice's language."""
    voice: Voice = "en-us"
    speed: Annotated[int, Field(ge=80, le=400)] = 165
    """Words a minute."""

    @model_validator(mode="after")
    def _has_a_word(self) -> "Speech":
        if not any(character.isalnum() for character in self.text):
            raise ValueError(f"text {self.text[:40]!r} has no word to speak; give letters or digits")
        return self


class Melody(Spec):
    """Notes of equal length, one after the other."""

    kind: Literal["melody"] = "melody"
    notes: tuple[Note, ...] = Field(min_length=1, max_length=200)
    """MIDI numbers; 69 is 440 Hz."""
    seconds_each: Annotated[float, Field(ge=0.05, le=5.0, allow_inf_nan=False)]
    instrument: Instrument = "sine"


class Noise(Spec):
    """Steady noise."""

    kind: Literal["noise"] = "noise"
    colour: Literal["white", "pink", "brown"]
    """How fast the high pitches fall off: not, 3 dB an octave, 6 dB an octave."""
    seconds: Seconds


class Beat(Spec):
    """Drum strokes at an even pace."""

    kind: Literal["beat"] = "beat"
    per_minute: Annotated[int, Field(ge=30, le=300)]
    seconds: Seconds


class Pause(Spec):
    """Silence."""

    kind: Literal["pause"] = "pause"
    seconds: Seconds


Part = Annotated[Speech | Melody | Noise | Beat | Pause, Field(discriminator="kind")]


class Sound(Spec):
    """A recording: parts in the order in which they are heard."""

    parts: tuple[Part, ...] = Field(min_length=1, max_length=40)
    damage: Damage = "none"
    """Done to the whole; ``telephone`` leaves 300 to 3,400 Hz, ``quiet`` peaks at -40 dB."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Of all noise in it."""

    @model_validator(mode="after")
    def _is_heard_and_short(self) -> "Sound":
        if all(part.kind == "pause" for part in self.parts):
            raise ValueError("a sound of pauses only is silent; add speech, a melody, noise or a beat")
        seconds = sum(planned_seconds(part) for part in self.parts)
        if seconds > MAX_SECONDS + 1e-6:
            raise ValueError(f"parts take {seconds:.1f} s, the limit is {MAX_SECONDS:.0f}; shorten them")
        return self


def planned_seconds(part: Part) -> float:
    """How long a part is by its spec; 0 for speech, whose length is known when it was spoken."""
    match part:
        case Speech():
            return 0.0
        case Melody():
            return len(part.notes) * part.seconds_each
        case Noise() | Beat() | Pause():
            return part.seconds
