"""Speak a text aloud with espeak-ng, a formant synthesiser that knows many languages."""

import io
import wave
from functools import lru_cache
from typing import Literal

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult
from journeyman.tools._program import TooMuchOutputError, missing_programs, run_program

MAX_CHARACTERS = 2000
"""Two to four minutes of speech."""
MAX_SECONDS = 600
"""Symbols and emoji are spoken by their names: a thousand of them take longer than any text."""
RATE = 22_050
"""Samples a second of espeak-ng's voices; 16 bit, one channel."""
_WAV_HEAD_BYTES = 44

Voice = Literal["en-us", "en-gb", "es", "es-419", "fr-fr", "de", "it", "pt", "pt-br", "ca", "nl", "pl", "ru", "tr"]


class SpeakTextArguments(Arguments):
    """What to say, and how."""

    text: str = Field(description="words to speak", min_length=1, max_length=MAX_CHARACTERS)
    voice: Voice = Field(default="en-us", description="language of the text")
    speed: int = Field(default=165, ge=80, le=400, description="words a minute")


def run(arguments: SpeakTextArguments, files: ToolFiles) -> ToolResult:
    """Write the speech as a new wav file: 22,050 samples a second, 16 bit, mono."""
    words = _plain(arguments.text)
    if not any(character.isalnum() for character in words):
        raise ToolError(f"text {arguments.text[:40]!r} has no word to speak")
    vector = ["espeak-ng", "-v", arguments.voice, "-s", str(arguments.speed), "-b", "1", "--stdin", "--stdout"]
    try:
        made = run_program(vector, words.encode(), most_bytes=_WAV_HEAD_BYTES + 2 * RATE * MAX_SECONDS)
    except TooMuchOutputError as exc:
        raise ToolError(f"text takes more than {MAX_SECONDS // 60} minutes to speak; give less of it") from exc
    samples = made[_WAV_HEAD_BYTES:]
    if not samples:
        raise ToolError(f"voice {arguments.voice} has no sound for {arguments.text[:40]!r}")
    return ToolResult(value=files.write("speech.wav", _wav(samples)))


def _plain(text: str) -> str:
    """``text`` with nothing that espeak-ng takes for more than words: control characters, ``[[phonemes]]``."""
    visible = "".join(character if character.isprintable() else " " for character in text)
    while "[[" in visible:
        visible = visible.replace("[[", "[ [")
    return visible


def _wav(samples: bytes) -> bytes:
    """``samples`` under a head that gives their true length: the one espeak-ng streams says 2 GB."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _release() -> str:
    """``espeak-ng 1.51``, or nothing when it is not installed."""
    try:
        said = run_program(["espeak-ng", "--version"], seconds=10).decode(errors="replace")
    except ToolError:
        return ""
    return "espeak-ng " + said.partition(":")[2].split("Data")[0].strip()


TOOL = Tool(
    name="speak_text",
    version=1,
    summary="Speaks a text in one of fourteen languages or accents (espeak-ng); clear, and plainly a machine.",
    description="Speak a text into a sound file.",
    arguments=SpeakTextArguments,
    returns="name of the new sound",
    result=str,
    example={"text": "The delivery date is the fourth of May."},
    run=run,
    media_out=("audio/wav",),
    licence="GPL-3.0-or-later (the program; its output is not covered)",
    heavy=True,
    backing=_release,
    missing=missing_programs(**{"espeak-ng": "espeak-ng"}),
)
