"""What is drawn on a screenshot, looked at pixel by pixel."""

from typing import Any

import pytest
from PIL import Image, ImageChops

from journeyman.action_formats.pyautogui_call import (
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Wait,
    Write,
)
from journeyman.metrics.boxes import Box, Point
from journeyman.report.act_drawings import (
    ACT_COLOUR,
    BOX_COLOUR,
    FAULT_COLOUR,
    GROUND_COLOUR,
    MIDDLE,
    PLATE_COLOUR,
    draw_act,
    draw_boxes,
    pointer_after,
    side_by_side,
)
from tests.report.screens import SIZE, png

BARE = Image.new("RGB", SIZE, (200, 200, 200))


def drawn(screenshot: bytes, command: Command | None, **given: Any) -> Image.Image:
    """As large as the screen is, so that a point's pixel is known."""
    return draw_act(screenshot, command, most=SIZE, **given)


def colours(picture: Image.Image, box: tuple[int, int, int, int] | None = None) -> set[tuple[int, ...]]:
    """Colours that fill more than four pixels of the picture, or of a part of it."""
    part = picture.crop(box) if box else picture
    return {tuple(colour) for count, colour in part.getcolors(1 << 20) or () if count > 4}  # type: ignore[arg-type]


def changed(picture: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what was drawn."""
    box = ImageChops.difference(picture, BARE).getbbox()
    assert box is not None
    return box


def test_a_click_is_a_dot_in_a_ring_on_its_point_with_the_button_beside() -> None:
    picture = drawn(png(), Click(0.25, 0.5))
    assert picture.size == SIZE
    assert picture.getpixel((80, 100)) == ACT_COLOUR
    assert picture.getpixel((80 + 8, 100)) == ACT_COLOUR
    assert picture.getpixel((80 + 5, 100)) == picture.getpixel((80, 130)) == (200, 200, 200)
    assert ACT_COLOUR in colours(picture, (93, 90, 130, 110))


def test_buttons_and_counts_of_clicks_are_told_apart() -> None:
    acts = [Click(0.25, 0.5), Click(0.25, 0.5, "right"), Click(0.25, 0.5, "middle"), Click(0.25, 0.5, clicks=2)]
    assert len({drawn(png(), act).tobytes() for act in acts}) == 4


@pytest.mark.parametrize("at", [(0, 0), (1, 0), (0, 1), (1, 1), (0.97, 0.5)])
def test_a_click_at_the_edge_keeps_its_label_on_the_picture(at: tuple[float, float]) -> None:
    x, y = round(at[0] * SIZE[0]), round(at[1] * SIZE[1])
    label = (x - 60, max(0, y - 20), x - 15, y + 20) if at[0] > 0.5 else (x + 15, max(0, y - 20), x + 60, y + 20)
    assert ACT_COLOUR in colours(drawn(png(), Click(*at)), label)


def test_the_element_is_boxed_outside_its_edges() -> None:
    picture = drawn(png(), Press(("enter",)), box=Box(0.25, 0.25, 0.5, 0.5))
    assert picture.getpixel((80 - 3, 75)) == BOX_COLOUR
    assert picture.getpixel((160 + 3, 75)) == BOX_COLOUR
    assert picture.getpixel((120, 50 - 3)) == BOX_COLOUR
    assert picture.getpixel((120, 75)) == (200, 200, 200)


def test_a_box_that_fills_or_leaves_the_screen_is_still_drawn() -> None:
    assert BOX_COLOUR in colours(draw_boxes(png(), [(Box(0, 0, 1, 1), BOX_COLOUR)]))
    assert draw_boxes(png(), [(Box(-0.5, 1.2, -0.2, 1.4), BOX_COLOUR)], most=SIZE).size == SIZE


def test_a_drag_is_an_arrow_from_where_it_begins_to_where_it_ends() -> None:
    picture = drawn(png(), DragTo(0.75, 0.5, 0.25, 0.5))
    assert picture.getpixel((160, 100)) == ACT_COLOUR
    left, _, right, _ = changed(picture)
    assert left == pytest.approx(80, abs=6)
    assert right > 240
    head, tail = (sum(p == ACT_COLOUR for p in _pixels(picture, (x, 90, x + 8, 110))) for x in (232, 100))
    assert head > tail


def test_the_word_beside_a_drag_to_the_left_does_not_hide_the_arrow() -> None:
    picture = drawn(png(), DragTo(0.25, 0.5, 0.75, 0.5))
    assert all(picture.getpixel((x, 100)) == ACT_COLOUR for x in range(100, 230))


def test_a_drag_without_a_start_begins_at_the_pointer() -> None:
    assert changed(drawn(png(), DragTo(0.75, 0.5), pointer=Point(0.1, 0.5)))[0] == pytest.approx(32, abs=6)


@pytest.mark.parametrize(("pages", "axis"), [(1, "vertical"), (-1, "vertical"), (1, "horizontal"), (-1, "horizontal")])
def test_a_scroll_points_the_way_the_view_goes(pages: float, axis: str) -> None:
    picture = drawn(png(), Scroll(pages, axis), pointer=Point(0.3, 0.5))  # type: ignore[arg-type]
    x, y, reach = 96, 100, 33
    ends = [(x, y - reach), (x, y + reach)] if axis == "vertical" else [(x - reach, y), (x + reach, y)]
    before, after = (
        sum(p == ACT_COLOUR for p in _pixels(picture, (ex - 6, ey - 6, ex + 6, ey + 6))) for ex, ey in ends
    )
    assert (after > before) == (pages > 0)


@pytest.mark.parametrize("pages", [0.1, 10, -10])
def test_a_scroll_at_the_edge_stays_on_the_picture(pages: float) -> None:
    left, top, right, bottom = changed(drawn(png(), Scroll(pages), pointer=Point(0.5, 1.0)))
    assert bottom - top >= 30
    assert right > left


@pytest.mark.parametrize(
    "command",
    [
        Write("hello"), Press(("enter",)), Hotkey(("ctrl", "c")), Wait(1.5),
        Call("terminate", (("status", "success"),)), Write("a very long text " * 100), Write("日本\n語"),
    ],
    ids=lambda command: type(command).__name__,
)  # fmt: skip
def test_what_has_no_place_stands_on_a_plate_at_the_bottom(command: Command) -> None:
    picture = drawn(png(), command)
    assert PLATE_COLOUR in colours(picture)
    left, top, right, bottom = changed(picture)
    assert top > 170
    assert bottom <= SIZE[1]
    assert left >= 0
    assert right <= SIZE[0]


def test_what_is_typed_can_be_told_from_what_is_pressed() -> None:
    commands = (Write("enter"), Press(("enter",)), Hotkey(("ctrl", "enter")), Wait(1), Call("home"))
    assert len({drawn(png(), command).tobytes() for command in commands}) == len(commands)


def test_a_function_with_a_point_is_drawn_there_and_a_swipe_is_an_arrow() -> None:
    held = drawn(png(), Call("long_press", (("x", 0.25), ("y", 0.5))))
    assert held.getpixel((80, 100)) == ACT_COLOUR
    swiped = drawn(png(), Call("swipe", (("from_coord", (0.25, 0.5)), ("to_coord", (0.75, 0.5)))))
    assert swiped.getpixel((160, 100)) == ACT_COLOUR
    assert PLATE_COLOUR in colours(held) & colours(swiped)


def test_a_reply_that_cannot_be_read_says_so_on_the_screen_it_was_given_to() -> None:
    picture = drawn(png(), None)
    assert picture.getpixel((10, 10)) == (200, 200, 200)
    assert FAULT_COLOUR in colours(picture)
    assert ACT_COLOUR not in colours(picture)


@pytest.mark.parametrize("screenshot", [None, b"", b"no picture", png()[:60]], ids=["none", "empty", "text", "cut off"])
def test_a_missing_screenshot_is_grey_and_says_so(screenshot: bytes | None) -> None:
    picture = draw_act(screenshot, Click(0.5, 0.5), most=(160, 100))
    assert picture.size == (160, 100)
    assert picture.getpixel((5, 5)) == GROUND_COLOUR
    assert FAULT_COLOUR in colours(picture)
    assert ACT_COLOUR not in colours(picture)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((1280, 800), (352, 220)), ((160, 210), (201, 264)), ((40, 30), (80, 60)), ((3, 9000), (1, 264))],
)
def test_a_screenshot_is_fitted_into_its_frame_and_enlarged_no_more_than_twice(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert draw_act(png(size=size), Click(0.5, 0.5), most=(352, 264)).size == shown


def test_equal_acts_give_equal_bytes() -> None:
    assert drawn(png(), Click(0.1, 0.2)).tobytes() == drawn(png(), Click(0.1, 0.2)).tobytes()


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (Click(0.1, 0.2), (0.1, 0.2)), (Click(), (0.5, 0.5)), (MoveTo(0.3, 0.4), (0.3, 0.4)),
        (DragTo(0.6, 0.7, 0.1, 0.1), (0.6, 0.7)), (Write("x"), (0.5, 0.5)), (None, (0.5, 0.5)),
        (Call("swipe", (("from_coord", (0.1, 0.1)), ("to_coord", (0.2, 0.9)))), (0.2, 0.9)),
        (Call("home"), (0.5, 0.5)),
    ],
)  # fmt: skip
def test_the_pointer_stays_where_the_last_act_left_it(command: Command | None, place: tuple[float, float]) -> None:
    assert pointer_after(command, MIDDLE) == place


def test_pictures_side_by_side_wrap_and_are_numbered() -> None:
    pictures = [(n, Image.new("RGB", (60, 40), (0, 40 * n, 0))) for n in range(1, 6)]
    sheet = side_by_side(pictures, columns=2)
    assert sheet.size == (130, 140)
    assert sheet.getpixel((100, 30)) == (0, 80, 0)
    assert sheet.getpixel((30, 130)) == (0, 200, 0)
    assert sheet.getpixel((100, 130)) == (255, 255, 255)
    assert PLATE_COLOUR in colours(sheet, (0, 100, 20, 118))
    with pytest.raises(ValueError, match="no picture"):
        side_by_side([], columns=2)


def _pixels(picture: Image.Image, box: tuple[int, int, int, int]) -> list[tuple[int, ...]]:
    part = picture.crop(box)
    return [part.getpixel((x, y)) for x in range(part.width) for y in range(part.height)]  # type: ignore[misc]
