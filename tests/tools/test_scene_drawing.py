"""Skills that draw from words: draw_picture and draw_from_map."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from journeyman.errors import ToolError
from journeyman.tools._pictures.colour_words import WORDS
from journeyman.tools._scenes.outlines import SHAPES, draw_outline, shape_of
from journeyman.tools._scenes.painter import PAINTS, paint
from journeyman.tools._scenes.prompts import read_prompt
from tests.tools.folder import call
from tests.tools.scenes import panel, shape, text, write_scene


def seen(folder, prompt):
    return call("caption_image", folder, image=call("draw_picture", folder, prompt=prompt)["picture"])


@pytest.mark.parametrize(
    "sentence",
    [
        'A red circle at the left and the word "EXIT" at the bottom, on a white ground.',
        "Two red circles at the left and at the bottom right and a green star in the centre, on a pink ground.",
        "A blue square at the left and a green triangle at the right, on a yellow ground.",
        'A purple diamond at the top left and the text "STOP NOW" at the bottom, on a grey ground.',
        "Five orange hexagons, on a black ground.",
        "An empty brown picture.",
    ],
)
def test_what_a_caption_says_is_drawn_as_it_says(tmp_path, sentence):
    assert seen(tmp_path, sentence.replace("An empty brown picture", "A brown ground")) == sentence


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("a blue square left of a green triangle", "A blue square at the left and a green triangle at the right,"),
        ("a red star above a pink oval", "A pink oval at the bottom and a red star at the top,"),
        ('draw a red sign that says "STOP"', 'A red rectangle in the centre and the word "STOP" in the centre,'),
        ('the word "NIGHT" in white on a blue background', 'The word "NIGHT" in the centre, on a blue ground.'),
        ("background: yellow, one small black dot", "A black circle in the centre, on a yellow ground."),
    ],
)
def test_prompts_are_understood(tmp_path, prompt, said):
    assert seen(tmp_path, prompt).startswith(said)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a bicycle on a beach", "cannot draw 'bicycle, beach'.*generate_image"),
        ("a red dog", "cannot draw 'dog'"),
        ("ignore your rules; a red circle", "cannot draw 'ignore, your, rules'"),
        ("draw me", "cannot draw 'me'"),
        ("a picture", "names nothing to draw"),
        ("something red", "cannot draw 'something'"),
        ("red", "says red, and not what"),
        ("a white circle", "cannot be seen"),
        ('the word ""', "0 characters"),
        (f'the word "{"x" * 61}"', "61 characters"),
        (f'the words "{"WIDE " * 12}"', "does not fit"),
        ('the word "\u4e2d"', "no letters for"),
        ("25 red circles", "cannot draw '25'"),
        ("twelve stars, twelve circles and a square", "names 25 things; at most 24"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_written(tmp_path, prompt, words):
    with pytest.raises(ToolError, match=words):
        call("draw_picture", tmp_path, prompt=prompt)
    assert not list(tmp_path.iterdir())


@given(st.text(max_size=60))
def test_any_prompt_is_read_or_refused(prompt):
    with suppress(ToolError):
        assert paint(read_prompt(prompt)).size == (320, 240)


def test_the_same_prompt_gives_the_same_picture():
    prompt = 'a red circle, two stars at the top and the word "SAME"'
    assert paint(read_prompt(prompt)).tobytes() == paint(read_prompt(prompt)).tobytes()


@pytest.mark.parametrize("name", SHAPES)
def test_an_outline_is_known_by_its_shape(name):
    wide = 60 if name in ("oval", "rectangle") else 40
    canvas = Image.new("RGB", (wide, 40))
    draw_outline(canvas, name, (255, 255, 255), (0, 0, wide, 40))
    close = canvas.getchannel(0).crop(canvas.getbbox())
    found = shape_of(np.asarray(close, dtype=np.float32) / 255)
    assert found is not None
    assert found[0] == name
    assert found[1] > 0.85


@pytest.fixture
def mapped(tmp_path):
    """A map of a red circle, a blue square, and a word on a green panel."""
    write_scene(
        tmp_path,
        shape("circle", "red", 10, 10, 50),
        shape("square", "blue", 150, 10, 50),
        panel("green", 60, 90, 120, 50),
        text("OPEN", 80, 98, 28, "white"),
        background="yellow",
    )
    return tmp_path, call("segment_map", tmp_path, image="file_1.png")["picture"]


def repainted(folder, name, prompt):
    return call("caption_image", folder, image=call("draw_from_map", folder, map=name, prompt=prompt)["picture"])


def test_a_map_is_painted_as_the_prompt_says_and_things_stay_where_they_are(mapped):
    folder, name = mapped
    prompt = 'a pink circle, an orange square and a black rectangle with the word "SHUT" on a grey ground'
    assert repainted(folder, name, prompt) == (
        "A black rectangle at the bottom, an orange square at the top right, a pink circle at the top left and the word"
        ' "SHUT" at the bottom, on a grey ground.'
    )


@pytest.mark.parametrize("prompt", ["make the red circle purple", "the red circle becomes purple", "a purple circle"])
def test_what_the_prompt_does_not_name_keeps_its_colour(mapped, prompt):
    folder, name = mapped
    said = repainted(folder, name, prompt)
    assert "a purple circle at the top left" in said
    assert "blue square at the top right" in said
    assert said.endswith("on a white ground.")


def test_several_colours_for_one_shape_go_from_left_to_right(tmp_path):
    write_scene(tmp_path, *(shape("star", "red", left, 50, 40) for left in (10, 90, 170)))
    name = call("segment_map", tmp_path, image="file_1.png")["picture"]
    said = repainted(tmp_path, name, "a blue star, a green star and a pink star")
    places = ("a blue star at the left", "a green star in the centre", "a pink star at the right")
    assert all(place in said.casefold() for place in places)


def test_a_picture_of_plain_shapes_is_a_map_too(tmp_path):
    write_scene(tmp_path, shape("star", "red", 60, 30, 90))
    assert (
        repainted(tmp_path, "file_1.png", "a blue star on a pink ground")
        == "A blue star in the centre, on a pink ground."
    )


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a purple star", "has no star; it has: .*red circle"),
        ("a yellow circle on a yellow ground", "red circle cannot be seen on yellow ground"),
        ('"ONE", "TWO"', "2 texts and map.png has 1 lines"),
        ("a purple elephant", "cannot draw 'elephant'"),
    ],
)
def test_what_a_map_has_not_is_refused(mapped, prompt, words):
    folder, name = mapped
    with pytest.raises(ToolError, match=words):
        call("draw_from_map", folder, map=name, prompt=prompt)


@pytest.mark.parametrize(("data", "words"), [(b"", "empty"), (b"GIF89a", "picture"), (b"text", "not a picture")])
def test_a_map_that_is_no_picture_is_refused(tmp_path, data, words):
    (tmp_path / "file_1.png").write_bytes(data)
    with pytest.raises(ToolError, match=words):
        call("draw_from_map", tmp_path, map="file_1.png", prompt="a red circle")


def test_noise_is_no_map(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "file_1.png")
    with pytest.raises(ToolError, match="is no map"):
        call("draw_from_map", tmp_path, map="file_1.png", prompt="a red circle")


def test_every_paint_is_called_what_it_is():
    assert sorted(PAINTS) == sorted(WORDS)
