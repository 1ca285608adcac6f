"""Open the agent's sound files: the one place where audio tools meet libsndfile."""

import io
from typing import TYPE_CHECKING, Any

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[Any, np.dtype[np.float32]]

RATE = 16_000
"""Samples a second that the speech models were trained on."""
MAX_SECONDS = 600
"""Ten minutes take 38 MB at ``RATE``."""
MIN_FILE_RATE = 4_000
MAX_FILE_RATE = 96_000
"""Samples a second of a file; at the limit ten minutes take 230 MB before they are resampled."""
MAX_CHANNELS = 8
MIN_SPEECH_MILLISECONDS = 250
"""Shorter sounds are clicks and coughs."""
_BLOCK_VALUES = 2**20

# A closed list: libsndfile reads thirty formats, most of them without a reader anyone has tried to break.
_STARTS = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"ID3")
_KINDS = "wav, flac, ogg or mp3"


def read_audio(files: ToolFiles, name: str) -> tuple["Samples", int]:
    """The sound ``name`` as mono float32 samples, -1 to 1, shape (samples,), and their rate, ``RATE``.

    Channels are averaged. The length is told from the header where it is true, and counted while decoding where not.

    Raises:
        ToolError: Missing, empty, no sound of a known kind, damaged, longer than ``MAX_SECONDS``,
            or of a sample rate or channel count outside the limits.
    """
    import numpy as np
    import soundfile

    data = files.read(name)
    if not data:
        raise ToolError(f"{name} is empty")
    if not _is_sound(data):
        raise ToolError(f"{name} is not a sound file ({_KINDS})")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            _check(sound.frames, sound.samplerate, sound.channels, name)
            mono = _decoded(sound, name)
            rate = int(sound.samplerate)
    except soundfile.LibsndfileError as exc:
        raise ToolError(f"{name} is a damaged sound file: {exc.error_string}") from exc
    if not mono.size:
        raise ToolError(f"{name} is a sound file without samples")
    # A float file may hold NaN or any number at all; both would spread over the whole resampled sound.
    mono = np.clip(np.nan_to_num(mono, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    return _resampled(mono, rate), RATE


def speech_spans(samples: "Samples", *, pause: float, pad: float) -> list[tuple[int, int]]:
    """First sample and end of every stretch of speech at ``RATE``, by silero's voice activity model.

    Args:
        samples: Mono, at ``RATE``.
        pause: Seconds of silence that part two stretches.
        pad: Seconds by which each stretch is widened; the model answers two of its 32 ms windows late.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_speech_duration_ms=MIN_SPEECH_MILLISECONDS,
        min_silence_duration_ms=round(1000 * pause),
        speech_pad_ms=round(1000 * pad),
    )
    found = get_speech_timestamps(samples, options, sampling_rate=RATE)
    return [(int(span["start"]), int(span["end"])) for span in found]


def _is_sound(data: bytes) -> bool:
    if data.startswith(b"RIFF"):
        return data[8:12] == b"WAVE"
    # An mp3 without tags begins with a frame: eleven ones, then, past two bits of version, layer III.
    return data.startswith(_STARTS) or (data[0] == 0xFF and len(data) > 1 and data[1] & 0xE6 == 0xE2)


def _check(frames: int, rate: int, channels: int, name: str) -> None:
    if not MIN_FILE_RATE <= rate <= MAX_FILE_RATE:
        raise ToolError(f"{name} has {rate} samples a second; readable are {MIN_FILE_RATE} to {MAX_FILE_RATE}")
    if channels > MAX_CHANNELS:
        raise ToolError(f"{name} has {channels} channels; the limit is {MAX_CHANNELS}")
    if frames > MAX_SECONDS * rate:
        raise _too_long(f"{name} is {_length(frames / rate)} long")


def _too_long(what: str) -> ToolError:
    return ToolError(f"{what}; the limit is {MAX_SECONDS // 60} minutes")


def _length(seconds: float) -> str:
    """``2:05:09`` or ``12:30``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} hours" if hours else f"{minutes}:{rest:02} minutes"


def _decoded(sound: Any, name: str) -> "Samples":
    """All samples, channels averaged; read in blocks, since the header may promise any length."""
    import numpy as np

    blocks: list[Samples] = []
    count = 0
    while True:
        block = sound.read(_BLOCK_VALUES // sound.channels, dtype="float32", always_2d=True)
        if not len(block):
            return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
        count += len(block)
        if count > MAX_SECONDS * sound.samplerate:
            raise _too_long(f"{name} is longer than its header says")
        blocks.append(block.mean(axis=1, dtype=np.float32))


def _resampled(mono: "Samples", rate: int) -> "Samples":
    """``mono`` at ``RATE``, by a polyphase low-pass filter."""
    import numpy as np

    if rate == RATE:
        return mono
    from math import gcd

    from scipy.signal import resample_poly

    shared = gcd(rate, RATE)
    out: Samples = resample_poly(mono, RATE // shared, rate // shared).astype(np.float32)
    return out
