"""Synthesised sound as 16 kHz mono PCM of 16 bit; its rate and length are read back with libsndfile."""

import io
import struct
import wave

import numpy as np

from journeyman.file_reader import UserFileError
from journeyman.file_writer import FileWriter
from journeyman.file_writers._sound import Sound
from journeyman.file_writers._speech import RATE
from journeyman.file_writers._waveforms import render


def _write(sound: Sound, mark: str) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(render(sound) * 32_767).astype("<i2").tobytes())
    return _with_comment(out.getvalue(), mark) if mark else out.getvalue()


def _with_comment(data: bytes, mark: str) -> bytes:
    """A LIST chunk after the samples; every chunk is padded to an even length that its size does not count."""
    text = mark.encode() + b"\0"
    content = b"INFO" + b"ICMT" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    longer = data + b"LIST" + struct.pack("<I", len(content)) + content
    return longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:]


def _reopen(data: bytes) -> str:
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    except soundfile.LibsndfileError as exc:
        raise UserFileError(f"written wav file does not open: {exc.error_string}; report it") from exc
    return f"wav {rate} Hz {len(samples) / rate:.2f} s"


def _facts(sound: Sound) -> tuple[str, ...]:
    return (f"wav {RATE} Hz {render(sound).size / RATE:.2f} s",)


WRITER = FileWriter("wav", "audio/wav", "wav", Sound, _write, _reopen, _facts)
