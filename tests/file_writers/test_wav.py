import io
import json
import shutil
import sys
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ConfigError, SchemaError
from journeyman.file_writer import write_file
from journeyman.file_writers import _speech
from journeyman.file_writers._sound import Damage, Sound, Voice
from journeyman.file_writers._speech import RATE, speak
from journeyman.file_writers._waveforms import render
from journeyman.schema.query import FileSpec

soundfile = pytest.importorskip("soundfile", reason="wav files are read back with soundfile, of journeyman[tools]")
NEEDS_ESPEAK = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="speech needs the program espeak-ng")

MELODY = {"kind": "melody", "notes": [69], "seconds_each": 1.0}
WORDS = {"kind": "speech", "text": "The train leaves at nine"}


def wav(*parts: dict, **fields: object) -> bytes:
    spec = json.dumps({"parts": parts, **fields})
    return write_file(FileSpec(name="file_1.wav", writer="wav", spec_json=spec))


def heard(*parts: dict, **fields: object) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(wav(*parts, **fields)), dtype="float32", always_2d=True)
    assert (rate, samples.shape[1]) == (RATE, 1)
    return samples[:, 0]


def power_between(samples: np.ndarray, low: float, high: float) -> float:
    """Share of all power."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(samples.size, 1 / RATE)
    return float(power[(hertz >= low) & (hertz < high)].sum() / power.sum())


def pitch(samples: np.ndarray) -> float:
    return float(np.fft.rfftfreq(samples.size, 1 / RATE)[np.abs(np.fft.rfft(samples)).argmax()])


@NEEDS_ESPEAK
@pytest.mark.parametrize("voice", get_args(Voice))
def test_every_voice_is_heard_and_none_like_another(voice):
    samples = heard({"kind": "speech", "text": "Hallo, 12 taxi", "voice": voice})
    assert 0.5 < samples.size / RATE < 4
    assert np.abs(samples).max() == pytest.approx(0.9, abs=0.001)
    assert samples.std() > 0.03
    others = [speak("Hallo, 12 taxi", v, 165) for v in get_args(Voice) if v != voice]
    own = speak("Hallo, 12 taxi", voice, 165)
    assert all(other.size != own.size or not np.allclose(other, own) for other in others)


@NEEDS_ESPEAK
def test_faster_speech_is_shorter():
    assert heard({**WORDS, "speed": 260}).size < 0.8 * heard(WORDS).size


@NEEDS_ESPEAK
def test_text_is_words_and_never_phonemes_or_markup():
    assert speak("say [[h@'loU]] now", "en-us", 165).size == speak("say [ [h@'loU]] now", "en-us", 165).size
    assert speak("one\x01two", "en-us", 165).size == speak("one two", "en-us", 165).size


@NEEDS_ESPEAK
def test_equal_speech_is_spoken_once(monkeypatch):
    speak.cache_clear()
    first = heard(WORDS, {"kind": "pause", "seconds": 0.5})
    monkeypatch.setattr(_speech, "_run", lambda *_: pytest.fail("it was spoken again"))
    second = heard(WORDS, damage="quiet")
    assert first.size == second.size + RATE // 2


@NEEDS_ESPEAK
def test_speech_beyond_a_minute_is_refused():
    with pytest.raises(SchemaError, match=r"takes more than 60 s to speak|the limit is 60"):
        wav(*({"kind": "speech", "text": "wonderful " * 20, "speed": 80} for _ in range(4)))


@NEEDS_ESPEAK
def test_a_script_that_a_voice_cannot_say_gives_a_named_refusal_or_sound():
    speak.cache_clear()
    samples = speak("привет", "en-us", 165)  # it spells the letters
    assert samples.any()


def test_speech_without_espeak_says_what_to_install(monkeypatch):
    monkeypatch.setattr(_speech.shutil, "which", lambda _: None)
    speak.cache_clear()
    with pytest.raises(ConfigError, match="apt-get install espeak-ng"):
        wav({"kind": "speech", "text": "never spoken before"})


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit(3)", "ended with status 3"),
        ("import sys; sys.stdout.buffer.write(bytes(50))", "has no sound for 'some words'"),
        ("import sys\nwhile True: sys.stdout.buffer.write(bytes(10**6))", "takes more than 60 s"),
        ("import time; time.sleep(60)", "ended with status -9"),
    ],
    ids=["fails", "silent", "endless", "hangs"],
)
def test_a_program_that_misbehaves_is_stopped(program, reason, monkeypatch, tmp_path):
    script = tmp_path / "espeak-ng"
    script.write_text(f"#!{sys.executable}\n{program}\n")
    script.chmod(0o755)
    monkeypatch.setattr(_speech.shutil, "which", lambda _: str(script))
    monkeypatch.setattr(_speech, "_TIMEOUT_SECONDS", 1.0)
    speak.cache_clear()
    with pytest.raises(SchemaError, match=reason):
        speak("some words", "en-us", 165)


@pytest.mark.parametrize("instrument", ["sine", "square", "pluck"])
@pytest.mark.parametrize(("note", "hertz"), [(45, 110.0), (69, 440.0), (81, 880.0)])
def test_a_note_has_its_pitch(instrument, note, hertz):
    samples = heard({**MELODY, "notes": [note], "instrument": instrument})
    assert samples.size == RATE
    fundamental = power_between(samples, hertz * 0.97, hertz * 1.03)
    overtones = power_between(samples, hertz * 1.5, 8000)
    assert fundamental > 0.2
    assert (overtones < 0.01) == (instrument == "sine")


def test_notes_follow_each_other():
    samples = heard({**MELODY, "notes": [60, 72], "seconds_each": 0.5})
    assert pitch(samples[: RATE // 2]) == pytest.approx(261.6, abs=3)
    assert pitch(samples[RATE // 2 :]) == pytest.approx(523.3, abs=3)


def test_the_colours_of_noise_fall_off_as_they_should():
    low = {c: power_between(heard({"kind": "noise", "colour": c, "seconds": 3}), 0, 500) for c in ("white", "pink")}
    brown = power_between(heard({"kind": "noise", "colour": "brown", "seconds": 3}), 0, 500)
    assert low["white"] == pytest.approx(500 / 8000, abs=0.02)
    assert low["white"] + 0.3 < low["pink"] < brown - 0.2


def test_a_beat_keeps_its_pace():
    samples = np.abs(heard({"kind": "beat", "per_minute": 120, "seconds": 4}))
    loud = samples.reshape(-1, 400).max(axis=1) > 0.3
    starts = np.flatnonzero(loud & ~np.roll(loud, 1)) * 400 / RATE
    assert starts == pytest.approx(np.arange(8) * 0.5, abs=0.05)


def test_a_pause_is_silent():
    samples = heard(MELODY, {"kind": "pause", "seconds": 0.5}, MELODY)
    assert samples.size == 2.5 * RATE
    assert not samples[RATE : RATE + RATE // 2].any()


@pytest.mark.parametrize("damage", get_args(Damage))
def test_a_damage_changes_the_sound_and_nothing_but_quiet_its_peak(damage):
    peak = np.abs(heard(MELODY, damage=damage)).max()
    assert peak == pytest.approx(0.01 if damage == "quiet" else 0.9, abs=0.001)
    if damage != "none":
        assert wav(MELODY, damage=damage) != wav(MELODY)


def test_a_telephone_passes_speech_frequencies_only():
    noise = {"kind": "noise", "colour": "white", "seconds": 2}
    through = heard(noise, damage="telephone")
    assert power_between(heard(noise), 3600, 8000) > 0.4
    assert power_between(through, 3600, 8000) < 0.01
    assert power_between(through, 0, 270) < 0.01


def test_clipped_sound_has_flat_peaks():
    def flat(damage: str) -> float:
        samples = np.abs(heard(MELODY, damage=damage))
        return float((samples > 0.999 * samples.max()).mean())

    assert flat("clipped") > 0.5 > 0.05 > flat("none")


def test_hum_hiss_and_echo_fill_a_pause():
    parts = (MELODY, {"kind": "pause", "seconds": 1.0})
    pause = {d: heard(*parts, damage=d)[RATE + 800 : 2 * RATE] for d in ("none", "hum", "hiss", "echo")}
    assert not pause["none"].any()
    assert pitch(pause["hum"]) == pytest.approx(50, abs=2)
    assert power_between(pause["hum"], 40, 160) > 0.95
    assert power_between(pause["hiss"], 4000, 8000) == pytest.approx(0.5, abs=0.1)
    assert pitch(pause["echo"]) == pytest.approx(440, abs=5)
    assert np.abs(pause["echo"][:2000]).max() > 1.5 * np.abs(pause["echo"][6500:9000]).max() > 0
    assert not pause["echo"][9600:].any()


def test_noise_follows_from_the_seed():
    noise = {"kind": "noise", "colour": "white", "seconds": 0.2}
    first = wav(noise, seed=1)
    render.cache_clear()
    assert wav(noise, seed=1) == first
    assert wav(noise, seed=2) != first


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "at least 1 item"),
        ([{"kind": "pause", "seconds": 1}], "pauses only is silent"),
        ([{"kind": "noise", "colour": "white", "seconds": 40}] * 2, r"parts take 80\.0 s, the limit is 60"),
        ([{"kind": "noise", "colour": "white", "seconds": 61}], "less than or equal to 60"),
        ([{"kind": "noise", "colour": "blue", "seconds": 1}], "colour"),
        ([{**MELODY, "notes": [20]}], "greater than or equal to 21"),
        ([{**MELODY, "notes": [60] * 200}], r"parts take 200\.0 s"),
        ([{"kind": "speech", "text": "..!"}], "no word to speak"),
        ([{"kind": "speech", "text": "a\x07b"}], "cannot be printed"),
        ([{"kind": "speech", "text": "a", "voice": "-w /tmp/x"}], "voice"),
        ([{"kind": "speech", "text": "a", "speed": 500}], "less than or equal to 400"),
        ([{"kind": "song"}], "song"),
    ],
)
def test_a_spec_that_cannot_be_heard_says_why(parts, reason):
    with pytest.raises(SchemaError, match=reason):
        wav(*parts)


PARTS = st.one_of(
    st.builds(
        lambda notes, each, instrument: {**MELODY, "notes": notes, "seconds_each": each, "instrument": instrument},
        st.lists(st.integers(21, 108), min_size=1, max_size=4),
        st.floats(0.05, 0.4),
        st.sampled_from(["sine", "square", "pluck"]),
    ),
    st.builds(
        lambda colour, seconds: {"kind": "noise", "colour": colour, "seconds": seconds},
        st.sampled_from(["white", "pink", "brown"]),
        st.floats(0.05, 1),
    ),
    st.builds(
        lambda pace, seconds: {"kind": "beat", "per_minute": pace, "seconds": seconds},
        st.integers(30, 300),
        st.floats(0.05, 1),
    ),
    st.builds(lambda seconds: {"kind": "pause", "seconds": seconds}, st.floats(0.05, 1)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=4), st.sampled_from(get_args(Damage)), st.integers(0, 2**63 - 1))
def test_any_valid_sound_is_finite_and_never_overflows(parts, damage, seed):
    if all(part["kind"] == "pause" for part in parts):
        parts = [*parts, MELODY]
    sound = Sound.model_validate({"parts": parts, "damage": damage, "seed": seed})
    samples = render(sound)
    assert np.isfinite(samples).all()
    assert 0 < np.abs(samples).max() <= (0.0101 if damage == "quiet" else 0.901)
    assert Sound.model_validate_json(sound.model_dump_json()) == sound
