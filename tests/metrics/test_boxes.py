import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.boxes import (
    Box,
    Point,
    box_from_corners,
    box_from_xywh,
    box_to_fractions,
    point_to_fractions,
    polygon_holds,
)


def test_the_two_conventions_read_the_same_numbers_differently() -> None:
    assert box_from_xywh((10, 20, 30, 40)) == Box(10, 20, 40, 60)
    assert box_from_corners((10, 20, 30, 40)) == Box(10, 20, 30, 40)


def test_width_and_height_taken_for_a_corner_are_refused_where_they_show() -> None:
    with pytest.raises(ValueError, match="corner"):
        box_from_corners((400, 300, 50, 20))
    with pytest.raises(ValueError, match="corner"):
        box_from_xywh((400, 300, -50, 20))


@pytest.mark.parametrize("values", [(1, 2, 3), (1, 2, 3, math.nan), (1, 2, math.inf, 4), ()])
def test_a_box_is_four_finite_numbers(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="four finite numbers"):
        box_from_corners(values)


def test_edges_are_inside_and_nan_is_nowhere() -> None:
    box = Box(0, 0, 2, 1)
    assert all(box.contains(Point(x, y)) for x in (0, 2) for y in (0, 1))
    assert not box.contains(Point(2.001, 1))
    assert not box.contains(Point(math.nan, 0.5))


@given(st.floats(0.3, 0.7), st.floats(0.8, 1), st.integers(1, 4000), st.integers(1, 4000))
def test_pixels_and_fractions_agree_on_what_is_inside(near: float, far: float, width: int, height: int) -> None:
    pixels = box_from_xywh((width / 4, height / 4, width / 2, height / 2))
    fractions = box_to_fractions(pixels, width_pixels=width, height_pixels=height)
    assert fractions == pytest.approx((0.25, 0.25, 0.75, 0.75))
    for x, y, inside in ((near, near, True), (near, far, False), (far, near, False)):
        point = Point(x * width, y * height)
        assert pixels.contains(point) is inside
        assert fractions.contains(point_to_fractions(point, width_pixels=width, height_pixels=height)) is inside


def test_a_screenshot_has_a_size() -> None:
    with pytest.raises(ValueError, match="0 x 5 pixels"):
        point_to_fractions(Point(1, 1), width_pixels=0, height_pixels=5)


def test_a_polygon_holds_what_its_edges_enclose() -> None:
    corner = [Point(*xy) for xy in ((0, 0), (5, 0), (5, 5), (8, 5), (8, 10), (0, 10))]
    assert all(polygon_holds(corner, Point(*xy)) for xy in ((2, 2), (2, 8), (7, 7)))
    assert not any(polygon_holds(corner, Point(*xy)) for xy in ((7, 2), (9, 7), (-1, 2), (2, 11)))
    assert polygon_holds(corner[::-1], Point(7, 7))
    assert not polygon_holds(corner, Point(math.nan, 2))
    # Crossing itself: the middle is enclosed twice, which is outside by the even-odd rule.
    star = [Point(math.sin(turn * 0.8 * math.pi), math.cos(turn * 0.8 * math.pi)) for turn in range(5)]
    assert not polygon_holds(star, Point(0, 0))
    assert polygon_holds(star, Point(0, 0.8))


@given(st.floats(-1, 11), st.floats(-1, 11))
def test_a_rectangle_is_a_polygon_but_for_its_right_and_lower_edges(x: float, y: float) -> None:
    corners = [Point(*xy) for xy in ((0, 0), (10, 0), (10, 10), (0, 10))]
    assert polygon_holds(corners, Point(x, y)) == (0 <= x < 10 and 0 <= y < 10)


def test_two_points_are_no_polygon() -> None:
    with pytest.raises(ValueError, match="three vertices, not 2"):
        polygon_holds([Point(0, 0), Point(1, 1)], Point(0, 0))
