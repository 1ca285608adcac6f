import json

import numpy as np
import pytest

from journeyman.errors import SchemaError
from journeyman.file_writer import write_file
from journeyman.file_writers._barcodes import ean13_check_digit, read_barcodes
from journeyman.file_writers._colours import COLOURS
from journeyman.file_writers._scene import Scene, draw_scene
from journeyman.schema.query import FileSpec


def drawn(*items: dict, width: int = 224, height: int = 160, **scene: object) -> np.ndarray:
    return np.asarray(draw_scene(Scene.model_validate({"width": width, "height": height, "items": items, **scene})))


def png(*items: dict) -> bytes:
    scene = {"width": 224, "height": 160, "items": items}
    return write_file(FileSpec(name="file_1.png", writer="png", spec_json=json.dumps(scene)))


@pytest.mark.parametrize(
    ("symbology", "payload"),
    [
        ("qr", "TICKET-88121"),
        ("qr", "https://example.org/a?b=ü"),
        ("code128", "Lot 55/a~"),
        ("code128", "20391245"),
        *(("ean13", f"{d}40063813339{ean13_check_digit(f'{d}40063813339')}") for d in range(10)),
    ],
)
def test_a_barcode_reads_back(symbology, payload):
    width = 150 if symbology == "qr" else 220
    data = png({"kind": "barcode", "symbology": symbology, "payload": payload, "left": 0, "top": 0, "width": width})
    assert read_barcodes(data) == (payload,)


def test_a_covered_barcode_is_refused():
    code = {"kind": "barcode", "symbology": "qr", "payload": "AB-1", "left": 0, "top": 0, "width": 100}
    panel = {"kind": "panel", "left": 0, "top": 0, "width": 60, "height": 60, "colour": "red"}
    with pytest.raises(SchemaError, match="does not contain the planted 'barcode AB-1'"):
        png(code, panel)


def test_a_wrong_check_digit_is_named():
    with pytest.raises(SchemaError, match="must end in 1"):
        png({"kind": "barcode", "symbology": "ean13", "payload": "4006381333932", "left": 0, "top": 0, "width": 150})


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "text", "text": "a long text that leaves the picture", "left": 100, "top": 10, "size": 20},
        {"kind": "shape", "shape": "circle", "colour": "red", "left": 200, "top": 10, "size": 40},
        {"kind": "photograph", "name": "coffee", "left": 0, "top": 100, "width": 200},
        {"kind": "panel", "left": 0, "top": 0, "width": 225, "height": 10, "colour": "red"},
        {"kind": "barcode", "symbology": "code128", "payload": "12345678", "left": 200, "top": 0, "width": 180},
        {"kind": "bars", "values": [1], "labels": ["a"], "left": 0, "top": 120, "width": 100, "height": 60},
        {"kind": "figure", "pose": "waving", "left": 200, "top": 0, "height": 50},
    ],
    ids=lambda item: item["kind"],
)
def test_an_item_that_leaves_the_picture_is_refused(item):
    with pytest.raises(SchemaError, match="leaves the picture of 224x160 pixels"):
        png(item)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"kind": "photograph", "name": "cofee", "left": 0, "top": 0, "width": 9}, "no photograph 'cofee'"),
        ({"kind": "photograph", "name": "coffee", "crop": [0, 0, 601, 9], "left": 0, "top": 0, "width": 9}, "600x400"),
        ({"kind": "text", "text": "日本", "left": 0, "top": 0, "size": 20}, "font has no letter"),
        ({"kind": "barcode", "symbology": "qr", "payload": "A", "left": 0, "top": 0, "width": 20}, "needs 29 pixels"),
        (
            {"kind": "shape", "shape": "circle", "colour": "reddish", "left": 0, "top": 0, "size": 9},
            "'reddish' is unknown",
        ),
        (
            {"kind": "bars", "values": [1, 2], "labels": ["a"], "left": 0, "top": 0, "width": 99, "height": 60},
            "1 labels",
        ),
        (
            {"kind": "bars", "values": [1], "labels": ["a" * 21], "left": 0, "top": 0, "width": 99, "height": 60},
            "at most 20",
        ),
        ({"kind": "sticker", "left": 0, "top": 0}, "sticker"),
    ],
)
def test_an_item_that_cannot_be_drawn_says_why(item, reason):
    with pytest.raises(SchemaError, match=reason):
        png(item)


@pytest.mark.parametrize("shape", ["circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star"])
def test_a_shape_has_its_colour_in_the_middle_and_stays_in_its_square(shape):
    pixels = drawn({"kind": "shape", "shape": shape, "colour": "purple", "left": 50, "top": 40, "size": 60})
    assert tuple(pixels[72, 80]) == COLOURS["purple"]
    outside = pixels.copy()
    outside[40:100, 50:110] = 255
    assert (outside == 255).all()


def test_bar_heights_are_in_proportion():
    bars = {"kind": "bars", "values": [2, 4], "labels": ["a", "b"], "left": 0, "top": 0, "width": 200, "height": 150}
    blue = (drawn({**bars, "show_values": False}) == COLOURS["blue"]).all(axis=2)
    left, right = blue[:, 50].sum(), blue[:, 150].sum()
    assert right / left == pytest.approx(2, abs=0.1)


def test_a_mirrored_photograph_is_the_mirror_image():
    item = {"kind": "photograph", "name": "coffee", "left": 0, "top": 0, "width": 150}
    assert (drawn(item)[:100, :150] == drawn({**item, "mirror": True})[:100, :150][:, ::-1]).all()


def test_noise_follows_from_the_spec_and_stays_in_its_range():
    pixels = drawn(background="gray", noise=0.5)
    assert (pixels == drawn(background="gray", noise=0.5)).all()
    assert (pixels != drawn(background="gray", noise=0.5, width=225)[:, :224]).any()
    assert 95 <= pixels.min() < pixels.max() <= 160
    assert pixels.std() > 10


@pytest.mark.parametrize("pose", ["standing", "running", "waving", "sitting"])
def test_a_figure_fills_its_box_in_its_own_pose(pose):
    figure = {"kind": "figure", "left": 50, "top": 30, "height": 100, "colour": "purple"}
    pixels = drawn({**figure, "pose": pose})
    rows, columns = (pixels != 255).any(axis=2).nonzero()
    assert 30 <= rows.min() < 36
    assert 120 < rows.max() < 130 or pose == "running"
    assert columns.min() >= 50
    assert columns.max() < 120
    assert tuple(pixels[rows, columns].min(axis=0)) == COLOURS["purple"]
    others = [p for p in ("standing", "running", "waving", "sitting") if p != pose]
    assert all((drawn({**figure, "pose": other}) != pixels).any(axis=2).sum() > 400 for other in others)


def test_a_photograph_is_decoded_once_and_its_copy_is_never_drawn_upon():
    item = {"kind": "photograph", "name": "coffee", "left": 0, "top": 0, "width": 150}
    first = drawn(item)
    drawn(
        {**item, "mirror": True, "brightness": 0.5},
        {"kind": "panel", "left": 0, "top": 0, "width": 99, "height": 99, "colour": "red"},
    )
    assert (drawn(item) == first).all()
