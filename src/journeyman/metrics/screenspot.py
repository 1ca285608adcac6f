"""ScreenSpot (SeeClick, arXiv:2401.10935): is the predicted point inside the gold box?

Source: ``pretrain/screenspot_test.py`` of njucckevin/SeeClick; its groups are platform x text or icon.
Papers print either ``macro_average`` of the six groups (SeeClick, CogAgent, UGround, OmniParser) or
``micro_average`` over all 1,272 problems (Aguvis, OS-Atlas), in one table and without a word; both are in
``shares.py``, print both.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from journeyman.metrics.boxes import Box, Point
from journeyman.metrics.shares import Share, shares_by_group


class Group(NamedTuple):
    """A cell of the results table."""

    platform: Literal["mobile", "desktop", "web"]
    kind: Literal["text", "icon"]


GROUP_SIZES: Mapping[Group, int] = MappingProxyType(
    {
        Group("mobile", "text"): 273,
        Group("mobile", "icon"): 229,
        Group("desktop", "text"): 194,
        Group("desktop", "icon"): 140,
        Group("web", "text"): 230,
        Group("web", "icon"): 206,
    }
)
"""Problems of ScreenSpot's first version, 1,272 in all; Aguvis' micro averages reproduce with them."""

GROUP_SIZES_V2: Mapping[Group, int] = MappingProxyType(
    {
        Group("mobile", "text"): 290,
        Group("mobile", "icon"): 211,
        Group("desktop", "text"): 194,
        Group("desktop", "icon"): 140,
        Group("web", "text"): 234,
        Group("web", "icon"): 203,
    }
)
"""Problems of ScreenSpot-v2 (OS-Atlas, arXiv:2410.23218), 1,272 in all; published micro averages
reproduce with them."""

PRO_SIZES: Mapping[tuple[str, str], int] = MappingProxyType(
    {
        ("Dev", "text"): 154,
        ("Dev", "icon"): 145,
        ("Creative", "text"): 198,
        ("Creative", "icon"): 143,
        ("CAD", "text"): 197,
        ("CAD", "icon"): 64,
        ("Scientific", "text"): 144,
        ("Scientific", "icon"): 110,
        ("Office", "text"): 177,
        ("Office", "icon"): 53,
        ("OS", "text"): 107,
        ("OS", "icon"): 89,
    }
)
"""Problems of ScreenSpot-Pro (arXiv:2504.07981) by group and kind, 1,581 in all; published averages, which are micro,
reproduce with them."""

_NUMBER = re.compile(r"-?\d+\.?\d*")
_QWEN_BOX = re.compile(r"<box>\((\d+),(\d+)\),\((\d+),(\d+)\)</box>")
_QWEN_UNITS = 1000.0


def read_point_official(reply: str) -> Point | None:
    """The point of a reply, in fractions of the screenshot, by SeeClick's rule; None is a wrong answer.

    A reply with the word "box" must hold ``<box>(x1,y1),(x2,y2)</box>`` in thousandths; the centre of the
    first one counts. Any other reply must hold two numbers (a point) or four (two corners, whose centre
    counts); any other count is no answer, so "step 1: (0.5, 0.5)" is none. Numbers are taken as
    fractions whatever their size: pixels land outside every box.
    """
    if "box" in reply:
        found = _QWEN_BOX.search(reply)
        if found is None:
            return None
        centre = Box(*(float(number) for number in found.groups())).centre
        return Point(centre.x / _QWEN_UNITS, centre.y / _QWEN_UNITS)
    numbers = [float(number) for number in _NUMBER.findall(reply)]
    if len(numbers) == 2:
        return Point(*numbers)
    return Box(*numbers).centre if len(numbers) == 4 else None


def is_grounded(point: Point | None, box: Box) -> bool:
    """Whether the point is inside the gold box, edges included; no point is a miss.

    Both in fractions of the screenshot, or both in its pixels: ``boxes.py`` converts. The official files
    store boxes as x, y, width, height in pixels (``box_from_xywh``, then ``box_to_fractions``).
    """
    return point is not None and box.contains(point)


def group_shares(results: Iterable[tuple[Group, bool]]) -> dict[Group, Share]:
    """Accuracy per platform and kind, in [0, 1], over the problems of each; unread replies count as misses."""
    return shares_by_group(results)
