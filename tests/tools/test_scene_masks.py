"""Skills that give masks or take them: segment_objects, segment_at, segment_map and inpaint."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from journeyman.errors import ToolError
from journeyman.tools._pictures.rle import decode_mask, encode_mask
from tests.tools.folder import call
from tests.tools.scenes import panel, photograph, shape, text, write_scene


@pytest.fixture
def sign(tmp_path):
    """A red circle, and a blue panel with a word on it."""
    write_scene(
        tmp_path, shape("circle", "red", 10, 10, 50), panel("blue", 90, 60, 110, 60), text("OPEN", 110, 72, 28, "white")
    )
    return tmp_path


def disc():
    oval = Image.new("1", (224, 160))
    ImageDraw.Draw(oval).ellipse((10, 10, 59, 59), fill=1)
    return np.asarray(oval, dtype=bool)


def block(left, top, right, bottom):
    mask = np.zeros((160, 224), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def same(one, two):
    return (one & two).sum() / (one | two).sum()


def pixels(folder, name):
    return np.asarray(Image.open(folder / name).convert("RGB"), dtype=int)


def test_named_things_are_cut_out_and_shown(sign):
    circle, board = call("segment_objects", sign, image="file_1.png", phrases="red circle . blue rectangle")
    if circle["phrase"] != "red circle":
        circle, board = board, circle
    assert same(decode_mask(circle["mask"]), disc()) > 0.97
    assert same(decode_mask(board["mask"]), block(90, 60, 200, 120)) == 1.0
    changed = np.abs(pixels(sign, "segments.png") - pixels(sign, "file_1.png")).sum(axis=2) > 0
    assert same(changed, disc() | block(90, 60, 200, 120)) > 0.97


def test_a_words_mask_is_its_strokes(sign):
    (word,) = call("segment_objects", sign, image="file_1.png", phrases="text")
    white = (pixels(sign, "file_1.png").min(axis=2) > 160) & block(90, 60, 200, 120)
    assert same(decode_mask(word["mask"]), white) > 0.8


def test_nothing_found_is_an_empty_list_and_no_picture(sign):
    assert call("segment_objects", sign, image="file_1.png", phrases="green star . unicorn") == []
    assert not (sign / "segments.png").exists()


def test_masks_are_as_large_as_the_picture(sign):
    Image.open(sign / "file_1.png").resize((1120, 800), Image.Resampling.NEAREST).save(sign / "file_1.png")
    (circle,) = call("segment_objects", sign, image="file_1.png", phrases="red circle")
    assert circle["mask"]["size"] == [800, 1120]
    assert same(decode_mask(circle["mask"])[2::5, 2::5], disc()) > 0.95


def test_a_point_gives_the_part_and_then_the_whole(sign):
    part, whole = call("segment_at", sign, image="file_1.png", points=[[95 / 224, 65 / 160]])
    assert part["area"] < whole["area"]
    assert same(decode_mask(whole["mask"]), block(90, 60, 200, 120)) == 1.0
    assert not decode_mask(part["mask"])[80:110, 112:190].all()  # the letters are not of the board's colour


def test_a_point_on_a_letter_gives_the_letter_then_the_word_then_the_board(sign):
    white = pixels(sign, "file_1.png").min(axis=2) == 255
    white[:60] = white[120:] = False
    down, across = (int(axis[0]) for axis in np.nonzero(white[:, 111:135]))
    cuts = call("segment_at", sign, image="file_1.png", points=[[(across + 111.5) / 224, (down + 0.5) / 160]])
    boxes = [cut["box"] for cut in cuts]
    assert len(cuts) == 3
    assert boxes[0][2] - boxes[0][0] < 0.5 * (boxes[1][2] - boxes[1][0])
    assert same(decode_mask(cuts[2]["mask"]), block(90, 60, 200, 120)) == 1.0


def test_points_on_two_things_have_only_what_holds_both(sign):
    assert call("segment_at", sign, image="file_1.png", points=[[0.15, 0.2], [0.42, 0.41]]) == []
    (ground,) = call("segment_at", sign, image="file_1.png", points=[[0.01, 0.01], [0.99, 0.99]])
    assert ground["area"] == pytest.approx(1 - (disc().sum() + 110 * 60) / (224 * 160), abs=0.01)


def test_a_box_gives_the_thing_in_it(sign):
    (cut,) = call("segment_at", sign, image="file_1.png", box=[0.02, 0.02, 0.3, 0.42])
    assert same(decode_mask(cut["mask"]), disc()) > 0.97


def test_a_box_of_no_known_thing_is_cut_out_by_colour(tmp_path):
    picture = Image.new("RGB", (224, 160), "white")
    ImageDraw.Draw(picture).polygon([(60, 40), (120, 60), (110, 110), (90, 80), (70, 120)], fill="purple")
    picture.save(tmp_path / "file_1.png")
    (cut,) = call("segment_at", tmp_path, image="file_1.png", box=[0.2, 0.2, 0.6, 0.8])
    assert same(decode_mask(cut["mask"]), np.asarray(picture)[:, :, 1] < 128) > 0.9


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({}, "either points or a box"),
        ({"points": [[0.1, 0.1]], "box": [0.1, 0.1, 0.5, 0.5]}, "either points or a box"),
        ({"points": []}, "points is empty"),
        ({"points": [[1.5, 0.1]]}, "points"),
        ({"points": [[float("nan"), 0.1]]}, "points"),
        ({"box": [1.1, 0.1, 1.5, 0.5]}, "outside the picture"),
        ({"box": [0.5, 0.5, 0.5, 0.6]}, "empty or outside"),
        ({"box": [float("nan"), 0.1, 0.5, 0.6]}, "empty or outside"),
        ({"box": [0, 0, 100, 100]}, "in pixels"),
        ({"box": [0, 0, 1, 1]}, "whole picture"),
    ],
)
def test_places_that_are_none_are_refused_in_words(tmp_path, where, words):
    write_scene(tmp_path)
    with pytest.raises(ToolError, match=words):
        call("segment_at", tmp_path, image="file_1.png", **where)


def test_a_map_has_a_colour_for_every_class_and_its_share(sign):
    answer = call("segment_map", sign, image="file_1.png")
    shares = {one["name"]: one["share"] for one in answer["classes"]}
    assert next(iter(shares)) == "ground"
    assert shares["red circle"] == pytest.approx(disc().mean(), abs=0.001)
    assert sum(shares.values()) == pytest.approx(1, abs=0.001)
    painted = pixels(sign, answer["picture"])
    assert len(np.unique(painted.reshape(-1, 3), axis=0)) == len(shares) == 4
    assert (painted[0, 0] == 0).all()
    assert same((painted == painted[35, 35]).all(axis=2), disc()) > 0.97


def test_a_map_of_nothing_is_all_ground(tmp_path):
    write_scene(tmp_path)
    assert call("segment_map", tmp_path, image="file_1.png")["classes"] == [{"name": "ground", "share": 1.0}]


@pytest.mark.parametrize("noise", [0.0, 0.15, 0.3])
def test_what_is_taken_out_leaves_ground_as_it_was(tmp_path, noise):
    write_scene(tmp_path, shape("star", "red", 70, 40, 70), background="green", noise=noise)
    (star,) = call("segment_objects", tmp_path, image="file_1.png", phrases="star")
    filled = call("inpaint", tmp_path, image="file_1.png", mask=star["mask"])["picture"]
    assert call("caption_image", tmp_path, image=filled) == "An empty green picture."
    after, before = pixels(tmp_path, filled), pixels(tmp_path, "file_1.png")
    assert (after[:30] == before[:30]).all()
    spot, ground = after[60:90, 90:120], before[:30]
    assert np.abs(spot.mean(axis=(0, 1)) - ground.mean(axis=(0, 1))).max() < 2
    assert np.abs(spot.std(axis=(0, 1)) - ground.std(axis=(0, 1))).max() < 2


def test_a_place_on_a_photograph_is_filled_from_around(tmp_path):
    write_scene(tmp_path, photograph("coffee", 0, 0, 224), panel("green", 100, 60, 20, 20))
    filled = call("inpaint", tmp_path, image="file_1.png", mask=[0.43, 0.35, 0.55, 0.53])["picture"]
    spot = pixels(tmp_path, filled)[60:80, 100:120]
    assert not ((spot[:, :, 1] > 120) & (spot[:, :, 0] < 80)).any()


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (encode_mask(np.zeros((160, 224), dtype=bool)), "mask is empty"),
        (encode_mask(np.ones((160, 224), dtype=bool)), "nearly all"),
        (encode_mask(np.ones((160, 223), dtype=bool)), "223 x 160 pixels; file_1.png is 224 x 160"),
        ({"size": [160, 224], "counts": "0"}, "do not fill"),
        ({"size": [160, 224], "counts": "<script>"}, "do not fill|out of place|middle of a number"),
        ({"size": [160, 224]}, "mask"),
        ("red circle", "mask"),
        ([0, 0, 1, 1], "nearly all"),
        ([1.2, 0.2, 1.4, 0.4], "outside the picture"),
        ([10, 10, 50, 50], "in pixels|outside"),
    ],
)
def test_a_mask_that_is_none_is_refused_in_words(sign, mask, words):
    with pytest.raises(ToolError, match=words):
        call("inpaint", sign, image="file_1.png", mask=mask)
    assert not (sign / "filled.png").exists()
