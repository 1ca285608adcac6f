"""zoom_image, add_text, edit_image: pictures in, pictures out."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from journeyman.errors import ToolError
from tests.tools.folder import call


@pytest.fixture
def scene(tmp_path):
    """Four coloured quarters of 60 x 40 pixels each."""
    picture = Image.new("RGB", (120, 80), "red")
    picture.paste("lime", (60, 0, 120, 40))
    picture.paste("blue", (0, 40, 60, 80))
    picture.paste("white", (60, 40, 120, 80))
    picture.save(tmp_path / "file_1.png")
    return tmp_path


def edited(folder, action, **arguments):
    return Image.open(folder / call("edit_image", folder, image="file_1.png", action=action, **arguments))


def test_a_zoom_shows_the_box_larger(scene):
    name = call("zoom_image", scene, image="file_1.png", left=60, top=0, right=120, bottom=40, factor=3)
    picture = Image.open(scene / name)
    assert picture.size == (180, 120)
    assert picture.getcolors() == [(180 * 120, (0, 255, 0))]


def test_a_zoom_is_cut_at_the_border(scene):
    name = call("zoom_image", scene, image="file_1.png", left=100, top=70, right=999, bottom=999)
    assert Image.open(scene / name).size == (40, 20)


@pytest.mark.parametrize(
    ("box", "factor", "words"),
    [
        ((0, 0, 0, 40), 2, "120 x 80 pixels"),
        ((200, 0, 300, 40), 2, "120 x 80 pixels"),
        ((0, 0, 9, 9), 0.5, "factor"),
        ((0, 0, 9, 9), 17, "factor"),
        ((0, 0, 9, 9), float("nan"), "factor"),
    ],
)
def test_a_zoom_that_cannot_be_is_refused(scene, box, factor, words):
    edges = dict(zip(("left", "top", "right", "bottom"), box, strict=True))
    with pytest.raises(ToolError, match=words):
        call("zoom_image", scene, image="file_1.png", factor=factor, **edges)


def test_a_zoom_over_the_limit_says_which_factor_would_do(tmp_path):
    Image.new("RGB", (2000, 10)).save(tmp_path / "file_1.png")
    with pytest.raises(ToolError, match=r"8000 x 40 pixels, over 4096; take a factor up to 2\.0"):
        call("zoom_image", tmp_path, image="file_1.png", left=0, top=0, right=2000, bottom=10, factor=4)


def test_text_is_written_where_it_is_asked_for_and_can_be_read(tmp_path):
    Image.new("RGB", (320, 200), "white").save(tmp_path / "file_1.png")
    name = call("add_text", tmp_path, image="file_1.png", text="Paid in full", x=40, y=120, size=30, colour="#aa0000")
    ((text, box),) = [(p["text"], p["box"]) for p in call("ocr", tmp_path, image=name, boxes=True)]
    assert text == "Paid in full"
    assert abs(box[0] - 40) < 15
    assert abs(box[1] - 120) < 15
    assert (0xAA, 0, 0) in [colour for _, colour in Image.open(tmp_path / name).getcolors(99999)]


def test_other_scripts_are_written_and_lines_are_broken(tmp_path):
    Image.new("RGB", (320, 200), "white").save(tmp_path / "file_1.png")
    name = call(
        "add_text",
        tmp_path,
        image="file_1.png",
        text="Ωμέγα\n\N{CYRILLIC CAPITAL LETTER ZHE}\N{CYRILLIC SMALL LETTER YU} é €",
        x=5,
        y=5,
    )
    ink = np.asarray(Image.open(tmp_path / name).convert("L")) < 128
    assert ink[5:35].any()
    assert ink[35:70].any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"text": ""}, "empty"),
        ({"text": " \n"}, "empty"),
        ({"text": "x" * 1001}, "1,001 characters; the limit is 1,000"),
        ({"text": "x" * 1_000_000}, "the limit is 1,000"),
        ({"text": "a\x00b"}, r"no letters for '\\x00'"),
        ({"text": "価格 12"}, "no letters for '価格'"),
        ({"text": "a", "x": 119}, "does not fit"),
        ({"text": "a", "y": -50}, "does not fit"),
        ({"text": "a", "x": 10**9}, "does not fit"),
        ({"text": "a", "colour": "reddish"}, "'reddish' is no colour"),
        ({"text": "a", "colour": "x" * 10_000}, "is no colour"),
        ({"text": "a", "size": 5}, "size"),
        ({"text": "a", "size": 4000}, "size"),
    ],
)
def test_text_that_cannot_be_written_is_refused(scene, arguments, words):
    with pytest.raises(ToolError, match=words):
        call("add_text", scene, image="file_1.png", **({"x": 5, "y": 5} | arguments))


def test_a_turn_is_clockwise(scene):
    turned = edited(scene, "rotate", amount=90)
    assert turned.size == (80, 120)
    assert turned.getpixel((10, 10)) == (0, 0, 255)
    assert turned.getpixel((70, 10)) == (255, 0, 0)


def test_a_slanted_turn_keeps_the_whole_picture_on_white(scene):
    turned = edited(scene, "rotate", amount=45)
    assert turned.size == (142, 142)
    assert turned.getpixel((0, 0)) == (255, 255, 255)


def test_mirror_flip_grey_and_invert(scene):
    assert edited(scene, "mirror").getpixel((10, 10)) == (0, 255, 0)
    assert edited(scene, "flip").getpixel((10, 10)) == (0, 0, 255)
    assert edited(scene, "grey").getpixel((10, 10)) == 76
    assert edited(scene, "invert").getpixel((10, 10)) == (0, 255, 255)


def test_a_size_can_be_given_in_pixels_or_as_a_factor(scene):
    assert edited(scene, "resize", size=[30, 50]).size == (30, 50)
    assert edited(scene, "resize", amount=0.5).size == (60, 40)
    assert edited(scene, "resize", amount=0.01).size == (1, 1)


def test_light_contrast_colour_and_blur(scene):
    assert edited(scene, "brightness", amount=0.6).getpixel((100, 70)) == (153, 153, 153)
    assert len(edited(scene, "contrast", amount=0).getcolors()) == 1
    assert edited(scene, "saturation", amount=0).getpixel((10, 10)) == (76, 76, 76)
    assert edited(scene, "sharpen", amount=1).tobytes() == Image.open(scene / "file_1.png").tobytes()
    assert len(edited(scene, "blur", amount=3).getcolors(99999)) > 4


def test_a_picture_is_laid_on_another_and_may_hang_over(scene):
    Image.new("RGB", (30, 30), "black").save(scene / "file_2.png")
    pasted = edited(scene, "paste", other="file_2.png", at=[-10, 60])
    assert pasted.size == (120, 80)
    assert pasted.getpixel((19, 79)) == (0, 0, 0)
    assert pasted.getpixel((20, 79)) == (0, 0, 255)
    small = edited(scene, "paste", other="file_2.png", size=[2, 2])
    assert (np.asarray(small).sum(axis=2) == 0).sum() == 4


@pytest.mark.parametrize(
    ("action", "arguments", "words"),
    [
        ("melt", {}, "action"),
        ("rotate", {}, "rotate needs an amount from -360 to 360, got none"),
        ("rotate", {"amount": 361}, "from -360 to 360, got 361"),
        ("blur", {"amount": float("nan")}, "got nan"),
        ("blur", {"amount": 1e300}, "got 1e"),
        ("brightness", {"amount": -1}, "from 0 to 10, got -1"),
        ("resize", {}, "either an amount"),
        ("resize", {"amount": 2, "size": [5, 5]}, "either an amount"),
        ("resize", {"size": [0, 5]}, "0 x 5 pixels"),
        ("resize", {"size": [10**9, 10**9]}, "limit is 40,000,000"),
        ("mirror", {"amount": 2}, "mirror takes nothing more, and no amount"),
        ("blur", {"amount": 2, "at": [1, 1]}, "blur takes amount, and no at"),
        ("paste", {}, "needs other"),
        ("paste", {"other": "file_9.png"}, "file_9"),
        ("paste", {"other": "file_1.png", "at": [120, 0]}, "lies outside"),
        ("paste", {"other": "file_1.png", "size": [-1, 4]}, "-1 x 4"),
    ],
)
def test_edits_that_cannot_be_are_refused(scene, action, arguments, words):
    with pytest.raises(ToolError, match=words):
        edited(scene, action, **arguments)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.integers(-4, 4), left=st.integers(0, 100), top=st.integers(0, 60))
def test_cutting_and_turning_back_gives_the_same_pixels(tmp_path, turns, left, top):
    for old in tmp_path.iterdir():
        old.unlink()
    noise = np.random.default_rng(left * 100 + top).integers(0, 256, (80, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "file_1.png")
    edges = {"left": left, "top": top, "right": left + 20, "bottom": top + 20}
    cut = call("crop_image", tmp_path, image="file_1.png", **edges)
    turned = call("edit_image", tmp_path, image=cut, action="rotate", amount=90 * turns)
    back = np.rot90(np.asarray(Image.open(tmp_path / turned)), turns)
    assert np.array_equal(back, noise[top : top + 20, left : left + 20])
