import io
import json
import struct
import wave

import numpy as np
import pytest
from PIL import Image

from journeyman.errors import ConfigError, MediaError
from journeyman.file_writer import write_file
from journeyman.media_reader import RATE, frame_size, kind_of, read_frames, read_picture, read_sound, seconds_of
from journeyman.schema.query import FileSpec

soundfile = pytest.importorskip("soundfile", reason="sounds need soundfile, of journeyman[tools]")
av = pytest.importorskip("av", reason="videos need av, of journeyman[tools]")

TKHD_MATRIX = 40
"""Bytes from the word tkhd to the display matrix."""


def picture(picture_format: str = "PNG", size: tuple[int, int] = (30, 20), **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, picture_format, **save)
    return out.getvalue()


def sound(samples: np.ndarray, rate: int = RATE, sound_format: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=sound_format, subtype=subtype)
    return out.getvalue()


def tone(seconds: float = 1.0, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def video(colours: list[str], rate: int = 8, container_format: str = "mp4", codec: str = "mpeg4") -> bytes:
    """One plain frame of 64x48 a colour."""
    out = io.BytesIO()
    with av.open(out, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()  # a video of no frame has a header too
        for number, colour in enumerate(colours):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), colour))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def sound_in_mp4() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone().astype(np.float32)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def long_wav(seconds: int) -> bytes:
    """A header that promises ``seconds``, and silence that keeps the promise, at little cost."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(4000)
        file.writeframes(bytes(4000 * seconds))
    return out.getvalue()


GREYS = [f"#{v:02x}{v:02x}{v:02x}" for v in range(0, 250, 12)]
KINDS = {
    "png": (picture(), "image"),
    "jpg": (picture("JPEG"), "image"),
    "webp": (picture("WEBP"), "image"),
    "gif": (picture("GIF"), "image"),
    "bmp": (picture("BMP"), "image"),
    "tiff": (picture("TIFF"), "image"),
    "wav": (sound(tone()), "audio"),
    "flac": (sound(tone(), sound_format="FLAC"), "audio"),
    "ogg": (sound(tone(), sound_format="OGG"), "audio"),
    "mp3": (sound(tone(), sound_format="MP3"), "audio"),
    "mp4": (video(GREYS), "video"),
    "webm": (video(GREYS, container_format="webm", codec="libvpx"), "video"),
    "avi": (video(GREYS, container_format="avi"), "video"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_known_by_its_content_and_not_by_its_name(name):
    data, kind = KINDS[name]
    assert kind_of(data, "misleading.txt") == kind


@pytest.mark.parametrize("name", [n for n, (_, kind) in KINDS.items() if kind == "image"])
def test_a_picture_is_read_in_rgb_and_its_size_comes_from_the_header(name):
    data = KINDS[name][0]
    read = read_picture(data, name)
    assert (read.mode, read.size) == ("RGB", (30, 20))
    assert np.abs(np.asarray(read, int) - (255, 0, 0)).max() < 8
    assert frame_size(data, name) == (30, 20)


def test_a_photograph_that_was_taken_upright_is_turned_and_its_size_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = picture("JPEG", exif=exif)
    assert read_picture(data, "p.jpg").size == frame_size(data, "p.jpg") == (20, 30)


def test_what_is_transparent_is_white():
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    assert read_picture(out.getvalue(), "p.png").getpixel((1, 1)) == (255, 255, 255)


def test_a_picture_of_sixteen_bits_keeps_its_greys():
    out = io.BytesIO()
    Image.fromarray(np.array([[0, 0x4000, 0xFFFF]], np.uint16)).save(out, "PNG")
    assert [p[0] for p in np.asarray(read_picture(out.getvalue(), "p.png"))[0]] == [0, 0x40, 0xFF]


@pytest.mark.parametrize("name", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_sound_is_read_at_one_rate_with_its_tone(name, rate):
    data = sound(tone(rate=rate), rate, name.upper())
    samples = read_sound(data, name)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert samples.size == pytest.approx(RATE, rel=0.15)  # mp3 pads
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.fft.rfftfreq(samples.size, 1 / RATE)[spectrum.argmax()] == pytest.approx(440, abs=3)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.1)
    assert seconds_of(data, name) == pytest.approx(1.0, rel=0.15)


def test_channels_are_averaged():
    both = np.stack([tone(), np.zeros(RATE)], axis=1)
    assert np.abs(read_sound(sound(both, subtype="FLOAT"), "s.wav")).max() == pytest.approx(0.25, abs=0.01)


def test_samples_that_are_no_numbers_are_cleaned():
    samples = tone()
    samples[[10, 20, 30, 40]] = np.nan, np.inf, -np.inf, 1e30
    read = read_sound(sound(samples, subtype="FLOAT"), "s.wav")
    assert read[[10, 20, 30, 40]].tolist() == [0.0, 1.0, -1.0, 1.0]
    assert np.isfinite(read).all()


@pytest.mark.parametrize("name", ["mp4", "webm", "avi"])
@pytest.mark.parametrize("count", [1, 4, 7, 21])
def test_frames_are_evenly_spaced_over_the_video(name, count):
    data = KINDS[name][0]
    frames = read_frames(data, name, count)
    assert [f.size for f in frames] == [(64, 48)] * count
    assert {f.mode for f in frames} == {"RGB"}
    greys = [np.asarray(f).mean() for f in frames]
    expected = [12 * int((k + 0.5) / count * 21) for k in range(count)]
    assert greys == pytest.approx(expected, abs=8)
    assert seconds_of(data, name) == pytest.approx(21 / 8, abs=0.13)
    assert frame_size(data, name) == (64, 48)


def test_a_short_video_repeats_its_last_frame():
    frames = read_frames(video(["black", "white"]), "v.mp4", 5)
    assert [round(np.asarray(f).mean() / 255) for f in frames] == [0, 1, 1, 1, 1]


def test_a_video_of_a_turned_phone_is_upright():
    data = video(["black", "white"])
    at = data.index(b"tkhd") + TKHD_MATRIX + 4
    quarter = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    turned = data[:at] + quarter + data[at + 36 :]
    assert frame_size(turned, "v.mp4") == read_frames(turned, "v.mp4", 1)[0].size == (48, 64)


def test_a_written_clip_reads_back_frame_by_frame():
    scene = {"width": 64, "height": 48, "background": "blue"}
    mover = {"shape": "square", "colour": "yellow", "size": 16, "direction": "right"}
    spec = json.dumps({"scene": scene, "frames": 8, "mover": mover})
    data = write_file(FileSpec(name="file_1.mp4", writer="mp4", spec_json=spec))
    columns = [float((np.asarray(f)[..., 0] > 128).any(axis=0).nonzero()[0].mean()) for f in read_frames(data, "v", 8)]
    assert columns == pytest.approx([7.5 + 48 * k / 7 for k in range(8)], abs=1.5)


READERS = {
    "picture": lambda data: read_picture(data, "holiday.dat"),
    "sound": lambda data: read_sound(data, "holiday.dat"),
    "frames": lambda data: read_frames(data, "holiday.dat", 4),
    "size": lambda data: frame_size(data, "holiday.dat"),
    "seconds": lambda data: seconds_of(data, "holiday.dat"),
}
H264_LIKE = KINDS["mp4"][0]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\0" * 5000, "is empty"),
        (b"BM is how this text begins, and PNG is its name", "no picture, sound or video of a known type"),
        (b"#EXTM3U\nfile:///etc/passwd", "no picture, sound or video of a known type"),
        (b"\0\0\0\x1cftypheic" + b"x" * 90, "no picture, sound or video of a known type"),
    ],
    ids=["empty", "zeros", "text", "playlist", "heic"],
)
def test_what_is_no_media_is_refused_by_every_reader(reader, data, reason):
    with pytest.raises(MediaError, match=reason) as refusal:
        READERS[reader](data)
    assert "holiday.dat" in str(refusal.value)


def png_header(width: int, height: int) -> bytes:
    return picture()[:16] + struct.pack(">II", width, height) + picture()[24:]


@pytest.mark.parametrize(
    ("reader", "data", "reason"),
    [
        ("picture", KINDS["wav"][0], "is a sound, and a picture is needed; save it as png"),
        ("sound", KINDS["mp4"][0], "is a video, and a sound is needed; save it as wav"),
        ("frames", KINDS["png"][0], "is a picture, and a video is needed; save it as mp4"),
        ("size", KINDS["wav"][0], "is a sound, and a video is needed"),
        ("seconds", KINDS["png"][0], "is a picture, and a sound is needed"),
        ("picture", picture(size=(300, 300))[:-200], "damaged picture"),
        ("picture", picture("JPEG", (300, 300))[:400], "damaged picture"),
        ("sound", KINDS["wav"][0][:20], "damaged sound"),
        ("sound", b"OggS" + KINDS["wav"][0], "damaged sound"),
        ("sound", sound(np.zeros(0)), "without samples"),
        ("sound", sound(np.zeros(RATE)), "is silent: it peaks at 0e"),
        ("sound", sound(np.stack([tone(), -tone()], axis=1)), "is silent"),
        ("sound", sound(tone() * 1e-4, subtype="FLOAT"), "is silent: it peaks at 5e-05"),
        ("sound", sound(tone(rate=1000), 1000), "1000 samples a second"),
        ("sound", sound(np.zeros((100, 9))), "9 channels"),
        ("sound", long_wav(3600), "takes 3,600 s, the limit is 600 s"),
        ("frames", KINDS["mp4"][0][:-300], "damaged video"),
        ("frames", KINDS["mp4"][0][:200], "damaged video"),
        ("frames", sound_in_mp4(), "has no pictures in it"),
        ("frames", video([]), "damaged video|no pictures in it|without a frame"),
        ("seconds", video([]), "damaged video|no pictures in it|without a frame"),
        ("frames", video(["red"] * 2, codec="msmpeg4v2", container_format="avi"), "is coded as msmpeg4v2"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_what_would_help(reader, data, reason):
    with pytest.raises(MediaError, match=reason) as refusal:
        READERS[reader](data)
    assert str(refusal.value).startswith("holiday.dat ")
    assert isinstance(refusal.value, ConfigError)


@pytest.mark.parametrize("size", [(8000, 8000), (60000, 60000)], ids=["64 megapixels", "3.6 gigapixels"])
@pytest.mark.parametrize("reader", ["picture", "size"])
def test_an_absurd_picture_is_refused_from_its_header(reader, size):
    with pytest.raises(MediaError, match="pixels"):
        READERS[reader](png_checked(*size))


def png_checked(width: int, height: int) -> bytes:
    import zlib

    data = bytearray(png_header(width, height))
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def test_a_long_sound_is_refused_before_it_is_decoded(monkeypatch):
    data = long_wav(3600)
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("it was decoded"))
    with pytest.raises(MediaError, match="takes 3,600 s"):
        read_sound(data, "s.wav")


def test_the_longest_sound_can_be_set():
    data = sound(tone(3.0))
    assert read_sound(data, "s.wav", max_seconds=3.0).size == 3 * RATE
    with pytest.raises(MediaError, match=r"takes 3 s, the limit is 2\.5 s"):
        read_sound(data, "s.wav", max_seconds=2.5)


def test_a_long_video_is_refused():
    with pytest.raises(MediaError, match="takes 700 s, the limit is 600 s"):
        read_frames(video(["red"] * 700, rate=1), "v.mp4", 4)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("name", ["png", "jpg", "wav", "mp3", "mp4", "webm"])
def test_flipped_bytes_end_in_media_or_in_a_media_error(name, seed):
    data, kind = KINDS[name]
    random = np.random.default_rng(seed)
    broken = np.frombuffer(data, np.uint8).copy()
    places = random.integers(12, broken.size, 20)
    broken[places] = random.integers(0, 256, 20)
    reader = {"image": "picture", "audio": "sound", "video": "frames"}[kind]
    refused = ""
    try:
        READERS[reader](broken.tobytes())
    except MediaError as refusal:
        refused = str(refusal)
    assert not refused or refused.startswith("holiday.dat ")
