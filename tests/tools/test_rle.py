"""Masks as COCO's run-length text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from journeyman.errors import ToolError
from journeyman.tools._pictures.rle import decode_mask, encode_mask


def box():
    mask = np.zeros((4, 5), dtype=bool)
    mask[1:3, 1:4] = True
    return mask


def disc():
    down, across = np.mgrid[:160, :224]
    return (down - 80) ** 2 + (across - 100) ** 2 <= 400


# The texts are what pycocotools 2.0.11 gives for these masks.
KNOWN = {
    "box": (box(), "5220003"),
    "empty": (np.zeros((3, 7), dtype=bool), "e0"),
    "full": (np.ones((3, 7), dtype=bool), "0e0"),
    "checks": (np.indices((3, 4)).sum(axis=0) % 2 == 1, "111000000000"),
    "disc": (
        disc(),
        "`b<1i4<H4L4L4M2N2N2N2O0O2O0O2O0O2O000000000O20N10000000001N101N101N101N2N2N2N3L4L4L8DfP`0",
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_masks_are_written_and_read_as_pycocotools_does(name):
    mask, counts = KNOWN[name]
    assert encode_mask(mask) == {"size": mask.shape, "counts": counts}
    assert (decode_mask({"size": mask.shape, "counts": counts}) == mask).all()


@given(arrays.arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_what_is_written_is_read_back(mask):
    assert (decode_mask(encode_mask(mask)) == mask).all()


@given(st.text(max_size=40), st.integers(1, 50), st.integers(1, 50))
def test_any_text_is_a_mask_of_its_size_or_refused(counts, height, width):
    try:
        mask = decode_mask({"size": (height, width), "counts": counts})
    except ToolError:
        return
    assert mask.shape == (height, width)
    assert mask.dtype == bool


@pytest.mark.parametrize(
    ("size", "counts", "words"),
    [
        ((3, 7), "5", "do not fill"),
        ((3, 7), "", "do not fill"),
        ((4, 5), "522000", "do not fill"),
        ((4, 5), "522000o", "middle of a number"),
        ((4, 5), "52 20003", "out of place"),
        ((4, 5), "5\u00e920003", "out of place"),
        ((4, 5), "oooooooooooo1", "out of place"),
        ((0, 5), "0", "not \\[height, width\\]"),
        ((-4, -5), "5220003", "not \\[height, width\\]"),
        ((10**9, 10**9), "0", "not \\[height, width\\]"),
    ],
)
def test_a_broken_mask_is_refused_in_words(size, counts, words):
    with pytest.raises(ToolError, match=words):
        decode_mask({"size": size, "counts": counts})
