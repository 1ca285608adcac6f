"""Pictures, sounds and videos nobody has vouched for, decoded for models that see and hear.

A file is known by its content, never by its name. The formats are a closed list: the libraries underneath read
many more, most of them without a reader anyone has tried to break. The length of a sound is refused from its
header and counted again while it is decoded, since a header may promise anything.
"""

import io
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from math import gcd
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from journeyman.errors import ConfigError, MediaError

RATE = 16_000
"""Samples a second of every sound that is read."""
MAX_PIXELS = 40_000_000
"""Of a picture or a frame."""
MAX_VIDEO_SECONDS = 600.0
MAX_FRAMES = 150_000
"""Of a video; ten minutes at 240 a second are fewer."""
MAX_CHANNELS = 8
MIN_FILE_RATE, MAX_FILE_RATE = 4_000, 192_000
SILENCE = 1e-4
"""A sound that peaks lower is silent."""

Kind = Literal["image", "audio", "video"]
Samples = npt.NDArray[np.float32]

_PICTURES = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_PICTURE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
_SOUND_STARTS = (b"RF64", b"fLaC", b"OggS", b"ID3")
_NOT_VIDEO_BRANDS = (b"M4A ", b"M4B ", b"heic", b"heix", b"mif1", b"avif")
_CODECS = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "libaom-av1", "libvpx", "libvpx-vp9", "mpeg4", "mjpeg"}
)
_BLOCK_VALUES = 2**20
_FIX: dict[Kind, str] = {
    "image": "save it as png or jpg",
    "audio": "save it as wav, flac, ogg or mp3",
    "video": "save it as mp4 with H.264",
}
_WORDS: dict[Kind, str] = {"image": "picture", "audio": "sound", "video": "video"}


def kind_of(data: bytes, name: str) -> Kind:
    """What the file is by its first bytes; ``name`` stands in error messages only.

    Raises:
        MediaError: Empty, or no picture, sound or video of a type that is read here.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise MediaError(f"{name} is empty; give a picture, a sound or a video")
    form = data[8:12]
    is_bitmap = data.startswith(b"BM") and data[6:10] == b"\0\0\0\0"  # a text may begin with BM, without the zeros
    if is_bitmap or data.startswith(_PICTURE_STARTS) or (data.startswith(b"RIFF") and form == b"WEBP"):
        return "image"
    if _video_format(data):
        return "video"
    # an mp3 without tags begins with a frame: eleven ones, then, past two bits of version, layer III
    is_mp3_frame = data[0] == 0xFF and len(data) > 1 and data[1] & 0xE6 == 0xE2
    if data.startswith(_SOUND_STARTS) or is_mp3_frame or (data.startswith(b"RIFF") and form == b"WAVE"):
        return "audio"
    raise MediaError(
        f"{name} is no picture, sound or video of a known type; give png, jpg, webp, wav, flac, ogg, mp3, mp4 or webm"
    )


def read_picture(data: bytes, name: str) -> Image.Image:
    """The picture in RGB, upright; what is transparent is white, and of an animation the first frame counts.

    Raises:
        MediaError: Empty, no picture, damaged, or more than 40 megapixels.
    """
    with _opened_picture(data, name) as picture:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I;16"):  # Pillow would clip 16 bits to 8, which makes nearly all of it white
            return Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8)).convert("RGB")
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        seen = upright.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(paper, seen).convert("RGB")


def read_sound(data: bytes, name: str, *, max_seconds: float = 600.0) -> Samples:
    """The sound as mono samples at ``RATE``, -1 to 1, shape (samples,); channels are averaged.

    Raises:
        MediaError: Empty, no sound, damaged, silent, longer than ``max_seconds``, or of a sample rate or
            channel count outside the limits.
    """
    with _opened_sound(data, name) as sound:
        if sound.frames > max_seconds * sound.samplerate:
            raise _too_long(name, sound.frames / sound.samplerate, max_seconds)
        mono = _decoded(sound, name, max_seconds)
        rate = int(sound.samplerate)
    if not mono.size:
        raise MediaError(f"{name} is a sound without samples; record it anew")
    # a float file may hold NaN or any number at all; both would spread over the whole resampled sound
    mono = np.clip(np.nan_to_num(mono, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    peak = float(np.abs(mono).max())
    if peak < SILENCE:
        raise MediaError(f"{name} is silent: it peaks at {peak:.0e} of full scale; record it anew")
    return np.clip(_resampled(mono, rate), -1.0, 1.0)


def read_frames(data: bytes, name: str, count: int) -> tuple[Image.Image, ...]:
    """``count`` frames in RGB, upright, in order, from the middles of ``count`` equal stretches of the video.

    A video with fewer frames gives all it has, and the last one again until there are ``count``.

    Raises:
        MediaError: Empty, no video, damaged, without a frame, longer than ten minutes, or of a frame
            size or codec outside the limits.
    """
    times, _ = _frame_times(data, name)
    wanted = _evenly_spaced(times, count)
    frames: list[Image.Image] = []
    with _opened_video(data, name) as (container, stream):
        for number, frame in enumerate(container.decode(stream)):
            if number in wanted:
                frames.append(_upright(frame))
            if number >= wanted[-1]:
                break
    if not frames:
        raise MediaError(f"{name} is a video without a frame; {_FIX['video']}")
    return (*frames, *(frames[-1] for _ in range(count - len(frames))))


def frame_size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height in pixels of a picture or of a video's frames, upright.

    A picture's is read from its header; a video's first frame is decoded, since only it tells the rotation.

    Raises:
        MediaError: Empty, damaged, neither of the two, or too large.
    """
    if kind_of(data, name) == "image":
        with _opened_picture(data, name) as picture:
            turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            return (picture.height, picture.width) if turned else (picture.width, picture.height)
    with _opened_video(data, name) as (container, stream):
        for frame in container.decode(stream):
            turned = round(frame.rotation / 90) % 2 == 1
            return (frame.height, frame.width) if turned else (frame.width, frame.height)
    raise MediaError(f"{name} is a video without a frame; {_FIX['video']}")


def seconds_of(data: bytes, name: str) -> float:
    """How long a sound or a video is, without decoding it.

    Raises:
        MediaError: Empty, damaged, neither of the two, or a video longer than ten minutes.
    """
    if kind_of(data, name) == "video":
        return _frame_times(data, name)[1]
    with _opened_sound(data, name) as sound:
        return float(sound.frames / sound.samplerate)


def _refuse_other(data: bytes, name: str, wanted: Kind) -> None:
    kind = kind_of(data, name)
    if kind != wanted:
        raise MediaError(f"{name} is a {_WORDS[kind]}, and a {_WORDS[wanted]} is needed; {_FIX[wanted]}")


@contextmanager
def _opened_picture(data: bytes, name: str) -> Iterator[Image.Image]:
    _refuse_other(data, name, "image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            picture = Image.open(io.BytesIO(data), formats=_PICTURES)
        with picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise MediaError(
                    f"{name} has {picture.width}x{picture.height} pixels, "
                    f"the limit is {MAX_PIXELS:,} in all; scale it down"
                )
            yield picture
    except Image.DecompressionBombError as exc:
        raise MediaError(f"{name} unpacks to too many pixels, the limit is {MAX_PIXELS:,}; scale it down") from exc
    except (OSError, SyntaxError, ValueError, EOFError) as exc:  # Pillow's decoders raise all four
        raise MediaError(f"{name} is a damaged picture: {exc}; save it anew as png or jpg") from exc


@contextmanager
def _opened_sound(data: bytes, name: str) -> Iterator[Any]:
    """The libsndfile handle, its rate and channels within the limits."""
    _refuse_other(data, name, "audio")
    try:
        import soundfile
    except (ImportError, OSError) as exc:  # the wheel carries libsndfile; a build without it raises OSError
        raise ConfigError("package 'soundfile' is not installed, which sounds need; pip install soundfile") from exc
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            if not MIN_FILE_RATE <= sound.samplerate <= MAX_FILE_RATE:
                raise MediaError(
                    f"{name} has {sound.samplerate} samples a second, readable are {MIN_FILE_RATE:,} to "
                    f"{MAX_FILE_RATE:,}; resample it"
                )
            if sound.channels > MAX_CHANNELS:
                raise MediaError(f"{name} has {sound.channels} channels, the limit is {MAX_CHANNELS}; mix it down")
            yield sound
    except soundfile.LibsndfileError as exc:
        raise MediaError(f"{name} is a damaged sound: {exc.error_string}; {_FIX['audio']}") from exc


def _decoded(sound: Any, name: str, max_seconds: float) -> Samples:
    """All samples, channels averaged; in blocks, so that a false header costs no memory."""
    blocks: list[Samples] = []
    count = 0
    while True:
        block = sound.read(_BLOCK_VALUES // sound.channels, dtype="float32", always_2d=True)
        if not len(block):
            return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
        count += len(block)
        if count > max_seconds * sound.samplerate:
            raise _too_long(name, count / sound.samplerate, max_seconds)
        blocks.append(block.mean(axis=1, dtype=np.float32))


def _too_long(name: str, seconds: float, most: float) -> MediaError:
    return MediaError(f"{name} takes {seconds:,.0f} s, the limit is {most:g} s; cut it")


def _resampled(mono: Samples, rate: int) -> Samples:
    if rate == RATE:
        return mono
    from scipy.signal import resample_poly

    shared = gcd(rate, RATE)
    return np.asarray(resample_poly(mono, RATE // shared, rate // shared), np.float32)


def _video_format(data: bytes) -> str:
    """The one demuxer that may open it, or nothing; left to guess, libav would also take playlists of paths."""
    if data[4:8] == b"ftyp" and data[8:12] not in _NOT_VIDEO_BRANDS:
        return "mov"
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    return "avi" if data.startswith(b"RIFF") and data[8:12] == b"AVI " else ""


@contextmanager
def _opened_video(data: bytes, name: str) -> Iterator[tuple[Any, Any]]:
    """Container and its first video stream, codec and size within the limits."""
    _refuse_other(data, name, "video")
    try:
        import av
    except ImportError as exc:
        raise ConfigError("package 'av' is not installed, which videos need; pip install av") from exc
    options = {"codec_whitelist": ",".join(sorted(_CODECS))}
    try:
        with av.open(io.BytesIO(data), format=_video_format(data), options=options) as container:
            if not container.streams.video:
                raise MediaError(f"{name} has no pictures in it, only sound or data; give a video")
            stream = container.streams.video[0]
            _check_video(stream, name)
            stream.codec_context.thread_count = 1  # callers decode many files side by side
            yield container, stream
    except (av.FFmpegError, ValueError) as exc:
        raise MediaError(f"{name} is a damaged video: {exc}; {_FIX['video']}") from exc


def _check_video(stream: Any, name: str) -> None:
    if stream.codec_context is None or stream.codec_context.name not in _CODECS:
        codec = stream.codec_context.name if stream.codec_context else "unknown"
        raise MediaError(f"{name} is coded as {codec}, which is not read here; {_FIX['video']}")
    if not 0 < stream.width * stream.height <= MAX_PIXELS:
        raise MediaError(
            f"{name} has frames of {stream.width}x{stream.height} pixels, the limit is {MAX_PIXELS:,}; scale it down"
        )
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}


def _frame_times(data: bytes, name: str) -> tuple[list[float], float]:
    """When each frame is shown, in order and from 0, and when the last one ends; told by the packets, undecoded."""
    times: list[float] = []
    last_seconds = 0.0
    with _opened_video(data, name) as (container, stream):
        for packet in container.demux(stream):
            if packet.pts is not None:
                times.append(float(packet.pts * packet.time_base))
                last_seconds = float((packet.duration or 0) * packet.time_base)
            elif packet.size:  # avi may keep no times; its frames come in order, at one rate
                times.append(len(times) / float(stream.average_rate or 25))
            if len(times) > MAX_FRAMES:
                raise MediaError(f"{name} has more than {MAX_FRAMES:,} frames; cut it")
        rate = float(stream.average_rate or 0)
    if not times:
        raise MediaError(f"{name} is a video without a frame; {_FIX['video']}")
    times.sort()
    seconds = times[-1] - times[0] + (last_seconds or (1 / rate if rate else 0.0))
    if seconds <= 0:
        raise MediaError(f"{name} is a video of no length; {_FIX['video']}")
    if seconds > MAX_VIDEO_SECONDS:
        raise _too_long(name, seconds, MAX_VIDEO_SECONDS)
    return [time - times[0] for time in times], seconds


def _evenly_spaced(times: list[float], count: int) -> list[int]:
    """Numbers of at most ``count`` frames, rising: those seen in the middles of ``count`` equal stretches."""
    if len(times) <= count:
        return list(range(len(times)))
    step = times[-1] / (len(times) - 1)
    whole = times[-1] + step
    seen = [bisect_right(times, (number + 0.5) / count * whole + step * 1e-6) - 1 for number in range(count)]
    # where the frames come unevenly, two middles may fall upon one frame; it is then shown once
    return sorted(set(seen))


def _upright(frame: Any) -> Image.Image:
    picture: Image.Image = frame.to_image()
    turns = round(frame.rotation / 90) % 4
    return picture.rotate(90 * turns, expand=True) if turns else picture
