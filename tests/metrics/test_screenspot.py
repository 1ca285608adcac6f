import math
from collections.abc import Hashable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.boxes import Box, Point, box_from_xywh, box_to_fractions
from journeyman.metrics.screenspot import (
    GROUP_SIZES,
    GROUP_SIZES_V2,
    PRO_SIZES,
    Group,
    group_shares,
    is_grounded,
    read_point_official,
)
from journeyman.metrics.shares import Share, macro_average, micro_average

# Aguvis (arXiv:2412.04454), table 1: six cells in the order of GROUP_SIZES, macro and micro average of the cells.
ROWS = [
    ([88.3, 78.2, 88.1, 70.7, 85.7, 74.8], 80.97, 81.86),
    ([95.6, 77.7, 93.8, 67.1, 88.3, 75.2], 82.95, 84.34),
    ([94.5, 85.2, 95.4, 77.9, 91.3, 85.9], 88.37, 89.16),
    ([78.0, 52.0, 72.2, 30.0, 55.7, 32.5], 53.40, 55.75),
]


@pytest.mark.parametrize(("cells", "macro", "micro"), ROWS)
def test_published_rows_are_micro_or_macro_averages(cells: list[float], macro: float, micro: float) -> None:
    assert sum(GROUP_SIZES.values()) == 1272
    shares = {
        group: Share(size * cell / 100, size) for (group, size), cell in zip(GROUP_SIZES.items(), cells, strict=True)
    }
    assert 100 * macro_average(shares) == pytest.approx(macro, abs=0.006)
    assert 100 * micro_average(shares) == pytest.approx(micro, abs=0.03)


@pytest.mark.parametrize(
    ("reply", "point"),
    [
        ("(0.25,0.5)", Point(0.25, 0.5)),
        ("click at x=0.25 and y=0.5", Point(0.25, 0.5)),
        ("[0.2, 0.4, 0.4, 0.8]", Point(0.3, 0.6)),
        ("<box>(200,400),(400,800)</box>", Point(0.3, 0.6)),
        ("<ref>it</ref><box>(0,0),(10,20)</box><box>(500,500),(600,600)</box>", Point(0.005, 0.01)),
        ("(-0.25,5.)", Point(-0.25, 5)),
        ("step 1: (0.5, 0.5)", None),
        ("the box (0.5, 0.5)", None),
        ("0.5", None),
        ("", None),
    ],
)
def test_a_point_is_read_by_seeclick_s_rule(reply: str, point: Point | None) -> None:
    read = read_point_official(reply)
    assert read is None if point is None else read == pytest.approx(point)


@pytest.mark.parametrize("reply", ["9" * 100_000, "1.1." * 25_000, "-" * 100_000, "<box>(" * 20_000, "9" * 5000 + " 1"])
def test_long_replies_hit_nothing(reply: str) -> None:
    assert not is_grounded(read_point_official(reply), Box(0, 0, 1, 1))


@given(st.text(max_size=40) | st.text("0123456789.-(), box<>/", max_size=40))
def test_no_reply_makes_the_reader_raise(reply: str) -> None:
    point = read_point_official(reply)
    assert is_grounded(point, Box(-math.inf, -math.inf, math.inf, math.inf)) or point is None or math.isnan(sum(point))


def test_the_official_files_store_pixels_and_sizes() -> None:
    box = box_to_fractions(box_from_xywh((100, 200, 50, 40)), width_pixels=1000, height_pixels=2000)
    assert box == pytest.approx((0.1, 0.1, 0.15, 0.12))
    assert is_grounded(Point(0.1, 0.12), box)  # edges are inside
    assert not is_grounded(Point(0.16, 0.11), box)
    assert not is_grounded(Point(120, 220), box)  # pixels are not fractions
    assert not is_grounded(None, box)


def test_groups_are_counted_with_their_misses() -> None:
    text, icon = Group("web", "text"), Group("web", "icon")
    assert group_shares([(text, True), (text, False), (icon, True)]) == {text: Share(1, 2), icon: Share(1, 1)}


# UI-TARS (arXiv:2501.12326), its rows of 7B on ScreenSpot-v2 and of 72B on ScreenSpot-Pro, cells in the order of sizes.
@pytest.mark.parametrize(
    ("sizes", "cells", "micro"),
    [
        (GROUP_SIZES_V2, [96.9, 89.1, 95.4, 85.0, 93.6, 85.2], 91.6),
        (PRO_SIZES, [63.0, 17.3, 57.1, 15.4, 18.8, 12.5, 64.6, 20.9, 63.3, 26.4, 42.1, 15.7], 38.1),
    ],
)
def test_published_averages_reproduce_with_the_sizes_of_later_versions(
    sizes: Mapping[Hashable, int], cells: list[float], micro: float
) -> None:
    hits = {cell: round(size * value / 100) for (cell, size), value in zip(sizes.items(), cells, strict=True)}
    # Each printed share is one of a whole number of hits; other sizes would not give all of them.
    printed = dict(zip(sizes, cells, strict=True))
    assert {cell: 100 * count / sizes[cell] for cell, count in hits.items()} == pytest.approx(printed, abs=0.06)
    shares = {cell: Share(count, sizes[cell]) for cell, count in hits.items()}
    assert round(100 * micro_average(shares), 1) == micro
