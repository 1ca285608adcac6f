import io

import pytest
from PIL import Image

from journeyman.errors import ConfigError
from journeyman.photographs import FACE_CROPS, find_photograph, package_file, photograph_bytes, photographs


@pytest.mark.parametrize("name", [p.name for p in photographs()])
def test_a_photograph_is_a_picture_with_a_licence(name):
    with Image.open(io.BytesIO(photograph_bytes(name))) as image:
        image.load()
        assert min(image.size) >= 170
    assert find_photograph(name).licence
    assert find_photograph(name).subject


def test_there_are_ten_photographs_of_different_names():
    names = [p.name for p in photographs()]
    assert len(set(names)) == len(names) >= 10


@pytest.mark.parametrize("crop", FACE_CROPS, ids=lambda c: c.photograph)
def test_a_face_crop_lies_inside_a_photograph_with_one_face(crop):
    left, top, right, bottom = crop.box
    with Image.open(io.BytesIO(photograph_bytes(crop.photograph))) as image:
        assert 0 <= left < right <= image.width
        assert 0 <= top < bottom <= image.height
    assert find_photograph(crop.photograph).faces == 1


@pytest.mark.parametrize("crop", FACE_CROPS, ids=lambda c: c.photograph)
def test_a_face_crop_of_minimal_width_shows_one_face_to_the_cascade(crop):
    data = pytest.importorskip("skimage.data")
    feature = pytest.importorskip("skimage.feature")
    np = pytest.importorskip("numpy")
    scene = Image.new("RGB", (224, 160), "white")
    left, top, right, bottom = crop.box
    size = (crop.minimal_width, round(crop.minimal_width * (bottom - top) / (right - left)))
    with Image.open(io.BytesIO(photograph_bytes(crop.photograph))) as image:
        scene.paste(image.convert("RGB").crop(crop.box).resize(size, Image.Resampling.LANCZOS), (90, 50))
    cascade = feature.Cascade(data.lbp_frontal_face_cascade_filename())
    found = cascade.detect_multi_scale(
        img=np.asarray(scene), scale_factor=1.1, step_ratio=1, min_size=(24, 24), max_size=(160, 160)
    )
    assert len(found) == 1


def test_a_misspelt_photograph_lists_all_names():
    with pytest.raises(ConfigError, match=r"no photograph 'cofee'; there is: .*coffee"):
        photograph_bytes("cofee")


def test_a_missing_package_says_what_to_install():
    with pytest.raises(ConfigError, match=r"package 'no_such_package' is not installed; install journeyman\[tools\]"):
        package_file("no_such_package", "x.png")
