import io
import json
from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from journeyman.errors import SchemaError
from journeyman.file_writer import load_file_writer, write_file
from journeyman.file_writers._scene import Scene, draw_scene
from journeyman.file_writers._treatments import Treatment, treat
from journeyman.schema.query import FileSpec
from journeyman.schema.record import canonical_json, sha256_hex

TREATMENTS = get_args(Treatment)
PHOTOGRAPHS = ("coffee", "astronaut", "motorcycle_left")


def scene(name: str = "coffee", **fields: object) -> Scene:
    photograph = {"kind": "photograph", "name": name, "left": 0, "top": 0, "width": 224, "height": 160}
    return Scene.model_validate({"width": 224, "height": 160, "items": [photograph], **fields})


def treated(treatment: str, name: str = "coffee") -> np.ndarray:
    return np.asarray(draw_scene(scene(name, treatment=treatment)), float)


def saturation(pixels: np.ndarray) -> float:
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean())


def sharpness(pixels: np.ndarray) -> float:
    return float(np.abs(np.diff(pixels.mean(axis=2), axis=1)).mean())


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_treatment_differs_from_every_other(name):
    made = {treatment: treated(treatment, name) for treatment in TREATMENTS}
    for one, other in combinations(TREATMENTS, 2):
        assert np.abs(made[one] - made[other]).mean() > 4, (one, other)


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_treatment_follows_from_picture_and_seed_and_keeps_the_size(treatment):
    picture = draw_scene(scene()).crop((0, 0, 113, 81))
    first, second = treat(picture, treatment, 7), treat(picture.copy(), treatment, 7)
    assert (first.mode, first.size) == ("RGB", (113, 81))
    assert first.tobytes() == second.tobytes()
    changes = treat(picture, treatment, 8).tobytes() != first.tobytes()
    assert changes == (treatment in {"scribble", "rain", "grain", "dark"})


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("size", [(16, 16), (16, 400), (640, 480)])
def test_a_plain_picture_of_any_size_can_be_treated(treatment, size):
    assert treat(Image.new("RGB", size, (40, 90, 160)), treatment, 1).size == size


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_maps_look_like_what_they_are_named_for(name):
    edges, lines, scribble = (treated(t, name) for t in ("edges", "line_drawing", "scribble"))
    assert set(np.unique(edges)) == {0, 255}
    assert 0.02 < (edges == 255).mean() < 0.25
    for drawing in (lines, scribble):
        assert (drawing > 200).mean() > 0.6
        assert (drawing < 100).mean() > 0.02
    depth, normals, segments = (treated(t, name) for t in ("depth", "normals", "segments"))
    assert saturation(depth) == 0
    assert depth[-20:].mean() > depth[:20].mean() + 30  # what is low is near
    assert sharpness(depth) < sharpness(treated("none", name)) / 3
    assert normals[..., 2].mean() > 190 > normals[..., :2].mean()
    assert 3 <= len(np.unique(segments.reshape(-1, 3), axis=0)) <= 7


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_bad_pictures_are_bad_in_the_way_they_are_named_for(name):
    plain = treated("none", name)
    assert treated("dark", name).mean() < 0.25 * plain.mean()
    assert treated("haze", name).std() < 0.6 * plain.std()
    assert sharpness(treated("blur", name)) < 0.5 * sharpness(plain)
    assert sharpness(treated("grain", name)) > 1.8 * sharpness(plain)
    blocks = treated("pixelated", name)
    assert len(np.unique(blocks.reshape(-1, 3), axis=0)) < 750
    rain = treated("rain", name)
    streaks = (rain - 0.8 * plain > 60).mean()
    assert 0.02 < streaks < 0.4


def test_a_scene_without_treatment_keeps_the_text_and_the_bytes_it_had_before_there_were_any():
    plain = scene(noise=0.2, background="#cfe8ff")
    assert "treatment" not in canonical_json(plain)
    assert Scene.model_validate_json(plain.model_dump_json()) == plain
    text = '{"width":48,"height":32,"background":"gray","noise":0.5,"items":[]}'
    old = Scene.model_validate_json(text)
    assert old.model_dump_json() == text
    grain = np.random.default_rng(int(sha256_hex(text.encode())[:16], 16)).uniform(-32, 32, (32, 48))
    assert (np.asarray(draw_scene(old))[..., 0] == (128 + grain).astype(int)).all()


def test_a_treatment_is_kept_in_the_text_of_its_scene():
    rainy = scene(treatment="rain")
    assert json.loads(rainy.model_dump_json())["treatment"] == "rain"
    assert Scene.model_validate_json(rainy.model_dump_json()) == rainy


def test_a_treated_scene_promises_its_size_and_no_barcode():
    code = {"kind": "barcode", "symbology": "qr", "payload": "AB-1", "left": 0, "top": 0, "width": 60}
    content = {"width": 80, "height": 64, "items": [code], "treatment": "blur"}
    data = write_file(FileSpec(name="file_1.jpg", writer="jpg", spec_json=json.dumps(content)))
    assert Image.open(io.BytesIO(data)).size == (80, 64)
    writer = load_file_writer("jpg")
    assert writer.facts(Scene.model_validate(content)) == ("80x64",)
    assert writer.facts(Scene.model_validate({**content, "treatment": "none"})) == ("80x64", "barcode AB-1")


def test_an_unknown_treatment_is_refused():
    spec = json.dumps({"width": 80, "height": 64, "treatment": "sepia"})
    with pytest.raises(SchemaError, match="treatment: Input should be 'none'"):
        write_file(FileSpec(name="file_1.png", writer="png", spec_json=spec))
