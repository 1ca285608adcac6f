"""segment_image without a model: regions of one colour, and what a box holds."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from journeyman.errors import ToolError
from tests.tools.folder import call


@pytest.fixture
def scene(tmp_path):
    """A red square (a quarter of the picture) and a blue disc on white."""
    picture = Image.new("RGB", (200, 160), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((10, 20, 109, 99), fill="red")
    pen.ellipse((130, 90, 180, 140), fill="blue")
    picture.save(tmp_path / "file_1.png")
    return tmp_path


def mask(folder, region):
    return np.asarray(Image.open(folder / region["mask"]).convert("L"))


def test_regions_are_the_shapes_largest_first(scene):
    ground, square, disc = call("segment_image", scene, image="file_1.png")
    assert [r["colour"] for r in (ground, square, disc)] == ["white", "red", "blue"]
    assert square["box"] == [10, 20, 110, 100]
    assert square["area"] == 0.25
    assert ground["area"] > 0.6
    assert disc["area"] == pytest.approx(np.pi * 25.5**2 / 32000, abs=0.01)


def test_masks_are_black_and_white_pictures_of_the_pictures_size(scene):
    regions = call("segment_image", scene, image="file_1.png")
    red = mask(scene, regions[1])
    assert red.shape == (160, 200)
    assert set(np.unique(red)) == {0, 255}
    # Corners are rounded by a pixel: a median keeps grain from becoming regions.
    assert (red[20:100, 10:110] == 255).sum() >= 7990
    assert (red == 255).sum() <= 8000
    assert sum((mask(scene, region) == 255).astype(int) for region in regions).max() == 1


def test_the_agent_is_shown_the_regions(scene):
    call("segment_image", scene, image="file_1.png")
    shown = np.asarray(Image.open(scene / "regions.png"), dtype=int)
    given = np.asarray(Image.open(scene / "file_1.png"), dtype=int)
    assert shown.shape == given.shape
    assert (np.abs(shown - given).sum(axis=2) > 0).mean() > 0.9


def test_masks_of_a_large_picture_are_as_large(tmp_path):
    picture = Image.new("RGB", (1600, 1000), "white")
    picture.paste("green", (400, 200, 1200, 700))
    picture.save(tmp_path / "file_1.png")
    regions = call("segment_image", tmp_path, image="file_1.png")
    green = next(region for region in regions if region["colour"] == "green")
    assert mask(tmp_path, green).shape == (1000, 1600)
    for edge, wanted in zip(green["box"], (400, 200, 1200, 700), strict=True):
        assert abs(edge - wanted) <= 10


def test_a_picture_of_one_colour_is_one_region(tmp_path):
    Image.new("RGB", (50, 40), "orange").save(tmp_path / "file_1.png")
    (region,) = call("segment_image", tmp_path, image="file_1.png")
    assert (region["area"], region["box"], region["colour"]) == (1.0, [0, 0, 50, 40], "orange")


def test_no_more_than_twelve_regions_are_given(tmp_path):
    noise = np.random.default_rng(3).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((240, 240), Image.Resampling.NEAREST).save(tmp_path / "file_1.png")
    regions = call("segment_image", tmp_path, image="file_1.png")
    assert len(regions) == 12
    assert [r["area"] for r in regions] == sorted((r["area"] for r in regions), reverse=True)


def test_a_box_cuts_out_what_it_holds(scene):
    (region,) = call("segment_image", scene, image="file_1.png", box=[120, 80, 195, 150])
    assert region["colour"] == "blue"
    disc = Image.new("L", (200, 160))
    ImageDraw.Draw(disc).ellipse((130, 90, 180, 140), fill=255)
    found, wanted = mask(scene, region) > 0, np.asarray(disc) > 0
    assert (found & wanted).sum() / (found | wanted).sum() > 0.95


def test_the_same_call_gives_the_same_masks(tmp_path):
    data = pytest.importorskip("skimage.data")
    Image.fromarray(data.astronaut()).save(tmp_path / "file_1.png")
    first = call("segment_image", tmp_path, image="file_1.png", box=[150, 20, 330, 300])
    bytes_first = (tmp_path / first[0]["mask"]).read_bytes()
    again = call("segment_image", tmp_path, image="file_1.png", box=[150, 20, 330, 300])
    assert again == first
    assert (tmp_path / again[0]["mask"]).read_bytes() == bytes_first


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ([0, 0, 200, 160], "whole picture"),
        ([-50, -50, 999, 999], "whole picture"),
        ([300, 0, 400, 50], "200 x 160 pixels"),
        ([50, 50, 50, 60], "is empty"),
        ([1, 2, 3], "box"),
        ([1, 2, 3, "x"], "box"),
    ],
)
def test_a_box_that_holds_nothing_or_all_is_refused(scene, box, words):
    with pytest.raises(ToolError, match=words):
        call("segment_image", scene, image="file_1.png", box=box)


def test_a_box_of_one_pixel_is_answered(scene):
    assert call("segment_image", scene, image="file_1.png", box=[50, 50, 51, 51]) == []
