import io
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ToolError
from journeyman.tool import ToolFiles
from journeyman.tools import _audio, transcribe_audio
from journeyman.tools._audio import MAX_SECONDS, RATE, read_audio
from tests.tools.folder import call, open_folder

SENTENCE = "Please send the signed contract to the office before Friday."


def tone(seconds, rate=RATE, hertz=440.0, channels=1):
    times = np.arange(int(seconds * rate)) / rate
    return np.repeat(0.4 * np.sin(2 * np.pi * hertz * times)[:, None], channels, axis=1).astype(np.float32)


def stored(path, samples, rate=RATE, **how):
    buffer = io.BytesIO()
    channels = samples.shape[1] if samples.ndim == 2 else 1
    with soundfile.SoundFile(buffer, "w", rate, channels, **({"format": "WAV"} | how)) as out:
        for start in range(0, len(samples), 65_536):  # libsndfile's Vorbis encoder overflows the stack on a long array
            out.write(samples[start : start + 65_536])
    path.write_bytes(buffer.getvalue())


def hertz_of(samples, rate):
    spectrum = np.abs(np.fft.rfft(samples))
    return np.fft.rfftfreq(len(samples), 1 / rate)[spectrum.argmax()]


def spoken(root, text=SENTENCE, **how):
    """Samples at 16 kHz of ``text`` as espeak-ng says it."""
    name = call("speak_text", root, text=text, **how)
    return read_audio(open_folder(root), name)[0]


FORMATS = {
    "wav": {"format": "WAV", "subtype": "PCM_16"},
    "wav24": {"format": "WAV", "subtype": "PCM_24"},
    "flac": {"format": "FLAC"},
    "ogg": {"format": "OGG"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3"},
}


@pytest.mark.parametrize("how", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("rate", [8000, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_is_the_same_tone_from_every_format_rate_and_channel_count(tmp_path, how, rate, channels):
    stored(tmp_path / "file_1.wav", tone(1.0, rate, channels=channels), rate, **how)
    samples, read_rate = read_audio(open_folder(tmp_path), "file_1.wav")
    assert read_rate == RATE
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) == pytest.approx(RATE, abs=RATE // 10)  # lossy codecs pad
    assert hertz_of(samples, RATE) == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(samples[RATE // 4 : RATE // 2] ** 2)) == pytest.approx(0.4 / np.sqrt(2), abs=0.02)


def test_channels_are_averaged(tmp_path):
    both = np.stack([np.full(RATE, 0.5), np.full(RATE, -0.25)], axis=1).astype(np.float32)
    stored(tmp_path / "file_1.wav", both, subtype="FLOAT")
    assert read_audio(open_folder(tmp_path), "file_1.wav")[0] == pytest.approx(0.125)


def test_numbers_that_are_none_become_silence_and_loud_ones_are_clipped(tmp_path):
    wild = np.array([np.nan, np.inf, -np.inf, 7.0, 0.25] * 100, dtype=np.float32)
    stored(tmp_path / "file_1.wav", wild, subtype="FLOAT")
    assert list(read_audio(open_folder(tmp_path), "file_1.wav")[0][:5]) == [0.0, 1.0, -1.0, 1.0, 0.25]


@pytest.mark.parametrize(
    ("kind", "minutes", "words"),
    [("flac", 125, "2:05:00 hours"), ("ogg", 11, "11:00 minutes"), ("mp3", 11, "11:00 minutes")],
)
def test_a_sound_over_the_limit_is_refused_by_its_header_alone(tmp_path, monkeypatch, kind, minutes, words):
    monkeypatch.setattr(_audio, "_decoded", lambda *_: pytest.fail("it was decoded"))
    stored(tmp_path / "file_1.wav", np.zeros(minutes * 60 * 8000, dtype=np.float32), 8000, **FORMATS[kind])
    with pytest.raises(ToolError, match=f"file_1.wav is {words} long; the limit is 10 minutes"):
        read_audio(open_folder(tmp_path), "file_1.wav")


def test_a_sound_longer_than_its_header_says_is_stopped_while_it_is_decoded(monkeypatch):
    class Endless:
        channels, samplerate, frames = 1, RATE, 10

        def read(self, count, **_):
            return np.zeros((count, 1), dtype=np.float32)

    with pytest.raises(ToolError, match="longer than its header says"):
        _audio._decoded(Endless(), "file_1.mp3")


def test_a_header_that_promises_more_than_there_is_costs_nothing(tmp_path):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"\0\0" * RATE)
    lying = bytearray(buffer.getvalue())
    lying[40:44] = (2**31).to_bytes(4, "little")
    (tmp_path / "file_1.wav").write_bytes(lying)
    assert len(read_audio(open_folder(tmp_path), "file_1.wav")[0]) == RATE


def test_exactly_the_limit_is_read(tmp_path):
    stored(tmp_path / "file_1.wav", np.zeros(MAX_SECONDS * 4000, dtype=np.float32), 4000)
    assert len(read_audio(open_folder(tmp_path), "file_1.wav")[0]) == MAX_SECONDS * RATE


BAD = {
    b"": "is empty",
    b"hello": r"is not a sound file \(wav, flac, ogg or mp3\)",
    b"RIFF\x00\x00\x00\x00WEBPVP8 ": "is not a sound file",
    b"RIFF\x24\x00\x00\x00WAVE": "is a damaged sound file",
    b"fLaC" + b"\x00" * 60: "is a damaged sound file",
    b"OggS" + b"\xff" * 200: "is a damaged sound file",
    b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"junk" * 50: "is a damaged sound file",
    b"\x89PNG\r\n\x1a\n": "is not a sound file",
}


@pytest.mark.parametrize("tool", ["transcribe_audio", "detect_speech"])
@pytest.mark.parametrize(("data", "words"), BAD.items(), ids=[str(n) for n in range(len(BAD))])
def test_what_is_no_sound_is_refused_in_words(tmp_path, tool, data, words):
    (tmp_path / "file_1.wav").write_bytes(data)
    with pytest.raises(ToolError, match=f"file_1.wav {words}"):
        call(tool, tmp_path, audio="file_1.wav")


@pytest.mark.parametrize("kind", ["flac", "ogg", "mp3", "wav"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.95])
def test_a_cut_off_file_is_read_as_far_as_it_goes_or_refused(tmp_path, kind, kept):
    stored(tmp_path / "whole.wav", tone(2.0), **FORMATS[kind])
    data = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "file_1.wav").write_bytes(data[: int(len(data) * kept)])
    try:
        samples, _ = read_audio(open_folder(tmp_path), "file_1.wav")
    except ToolError:
        assert kept < 0.5 or kind in ("ogg", "flac")  # their decoders need the last page and frame whole
    else:
        assert 0 < len(samples) <= 2.2 * RATE
        assert np.isfinite(samples).all()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["wav", "flac"]), st.dictionaries(st.integers(0, 200), st.integers(0, 255), max_size=8))
def test_bytes_changed_anywhere_near_the_head_give_a_sound_or_a_refusal(kind, changes):
    data = bytearray(encoded(kind))
    for place, value in changes.items():
        data[place] = value
    try:
        samples, _ = read_audio(ToolFiles(Path(), lambda _: bytes(data), lambda name, _: name), "file_1.wav")
    except ToolError:
        return
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.5  # the low-pass filter overshoots a clipped edge


@lru_cache
def encoded(kind):
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(0.2), RATE, **FORMATS[kind])
    return buffer.getvalue()


def test_rates_and_channels_beyond_the_limits_are_refused(tmp_path):
    stored(tmp_path / "fast.wav", np.zeros(1000, dtype=np.float32), 192_000)
    stored(tmp_path / "wide.wav", np.zeros((1000, 9), dtype=np.float32))
    stored(tmp_path / "none.wav", np.zeros(0, dtype=np.float32))
    files: ToolFiles = open_folder(tmp_path)
    for name, words in {"fast.wav": "192000 samples a second", "wide.wav": "9 channels", "none.wav": "no"}.items():
        with pytest.raises(ToolError, match=words):
            read_audio(files, name)


def test_whisper_writes_down_what_was_spoken(tmp_path):
    call("speak_text", tmp_path, text=SENTENCE)
    assert call("transcribe_audio", tmp_path, audio="speech.wav") == SENTENCE


def test_times_tell_when_each_sentence_was_spoken(tmp_path):
    first = spoken(tmp_path)
    (tmp_path / "speech.wav").unlink()
    second = spoken(tmp_path, "The engineers visited the factory.")
    stored(tmp_path / "file_1.wav", np.concatenate([first, np.zeros(4 * RATE, dtype=np.float32), second]))
    pieces = call("transcribe_audio", tmp_path, audio="file_1.wav", times=True)
    assert [piece["text"] for piece in pieces] == [SENTENCE, "The engineers visited the factory."]
    assert pieces[0]["start"] == pytest.approx(0.0, abs=0.5)
    assert pieces[1]["start"] == pytest.approx(len(first) / RATE + 4, abs=0.6)
    assert all(piece["start"] < piece["end"] for piece in pieces)


def test_many_short_stretches_are_joined_so_that_they_cost_no_more_than_long_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(transcribe_audio, "MOST_STRETCHES", 2)
    pause = np.zeros(3 * RATE, dtype=np.float32)
    stored(tmp_path / "file_1.wav", np.concatenate([spoken(tmp_path), pause] * 5))
    whole, parts = [], transcribe_audio._pieces
    monkeypatch.setattr(
        transcribe_audio, "_pieces", lambda samples, edges: whole.append(edges) or parts(samples, edges)
    )
    assert call("transcribe_audio", tmp_path, audio="file_1.wav").count("before Friday.") == 5
    assert len(whole[0]) == 4  # start and end of two windows, for five stretches of 6 s


def test_joined_stretches_cover_what_they_were_made_of_and_are_no_longer_than_allowed():
    spans = [(n * 100, n * 100 + 30) for n in range(50)]
    joined = transcribe_audio._joined(spans, 400)
    assert joined[:2] == [(0, 330), (400, 730)]
    assert all(end - start <= 400 for start, end in joined)
    assert all(any(a <= start and end <= b for a, b in joined) for start, end in spans)
    assert transcribe_audio._joined([(0, 1000)], 400) == [(0, 1000)]


def noise(seconds, loudness):
    return np.random.default_rng(7).normal(0, loudness, int(seconds * RATE)).astype(np.float32)


SPEECHLESS = {
    "silence": np.zeros(6 * RATE, dtype=np.float32),
    "tone": tone(6.0)[:, 0],
    "faint noise": noise(6.0, 0.002),
    "loud noise": noise(6.0, 0.2),
    "clicks": (np.arange(6 * RATE) % 8000 == 0).astype(np.float32),
    "one sample": np.zeros(1, dtype=np.float32),
}


@pytest.mark.parametrize("samples", SPEECHLESS.values(), ids=SPEECHLESS)
def test_where_nobody_speaks_there_are_no_words_and_no_spans(tmp_path, samples):
    stored(tmp_path / "file_1.wav", samples)
    assert call("transcribe_audio", tmp_path, audio="file_1.wav") == ""
    assert call("transcribe_audio", tmp_path, audio="file_1.wav", times=True) == []
    assert call("detect_speech", tmp_path, audio="file_1.wav") == []


def test_the_same_sound_gives_the_same_words_twice(tmp_path):
    speech = spoken(tmp_path)
    stored(tmp_path / "file_1.wav", speech + noise(60, 0.03)[: len(speech)])
    answers = {str(call("transcribe_audio", tmp_path, audio="file_1.wav", times=True)) for _ in range(2)}
    assert len(answers) == 1


def test_speech_between_silences_is_found_at_its_seconds(tmp_path):
    speech = spoken(tmp_path)
    pause = np.zeros(2 * RATE, dtype=np.float32)
    stored(tmp_path / "file_1.wav", np.concatenate([pause, speech, pause, tone(2.0)[:, 0], speech, pause]))
    seconds = len(speech) / RATE
    spans = call("detect_speech", tmp_path, audio="file_1.wav")
    assert len(spans) == 2
    for (start, end), true_start in zip(spans, (2.0, 6.0 + seconds), strict=True):
        assert start == pytest.approx(true_start, abs=0.25)
        assert end == pytest.approx(true_start + seconds, abs=0.5)


def test_a_spoken_text_is_a_wav_with_a_true_head(tmp_path):
    name = call("speak_text", tmp_path, text=SENTENCE)
    with wave.open(str(tmp_path / name)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (22_050, 1, 2)
        assert sound.getnframes() * 2 + 44 == (tmp_path / name).stat().st_size
        assert 2 < sound.getnframes() / sound.getframerate() < 8


@pytest.mark.parametrize("voice", ["en-us", "en-gb", "es", "es-419", "fr-fr", "de", "it", "pt", "pt-br", "ca", "ru"])
def test_every_voice_speaks_and_no_two_alike(tmp_path, voice):
    call("speak_text", tmp_path, text="Radio taxi hotel 42", voice=voice)
    other = tmp_path / "other"
    other.mkdir()
    call("speak_text", other, text="Radio taxi hotel 42", voice="nl")
    assert (tmp_path / "speech.wav").read_bytes() != (other / "speech.wav").read_bytes()


def test_speed_makes_speech_shorter(tmp_path):
    slow = len(spoken(tmp_path, speed=100))
    (tmp_path / "speech.wav").unlink()
    assert len(spoken(tmp_path, speed=300)) < 0.6 * slow


def test_the_same_text_gives_the_same_bytes(tmp_path):
    call("speak_text", tmp_path, text=SENTENCE)
    data = (tmp_path / "speech.wav").read_bytes()
    (tmp_path / "speech.wav").unlink()
    call("speak_text", tmp_path, text=SENTENCE)
    assert (tmp_path / "speech.wav").read_bytes() == data


@pytest.mark.parametrize(
    "text", ["-w /tmp/x --help", "--version", "$(reboot)", "a\x00b", "[[h@]] word", "<mark>3</mark>"]
)
def test_text_is_never_an_option_or_markup(tmp_path, text):
    name = call("speak_text", tmp_path, text=text)
    with wave.open(str(tmp_path / name)) as sound:
        assert sound.getnframes() > 4000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": ""}, "text: .*at least 1"),
        ({"text": " \n\t "}, "has no word"),
        ({"text": "?!... --"}, "has no word"),
        ({"text": "a" * 2001}, "text: .*at most 2000"),
        ({"text": "a", "voice": "en-us -w x"}, "voice: .*'en-us'.*'tr'"),
        ({"text": "a", "speed": 5}, "speed: .*80"),
        ({"text": 5}, "text: .*string"),
        ({"text": "\N{N-ARY SUMMATION} x " * 500, "speed": 80}, "more than 10 minutes"),
    ],
)
def test_what_cannot_be_spoken_is_refused_in_words(tmp_path, given, words):
    with pytest.raises(ToolError, match=words):
        call("speak_text", tmp_path, **given)
