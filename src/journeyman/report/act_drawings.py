"""Screenshots with the act drawn on them: where was clicked, what was typed, which element was meant.

A click is a ring with a dot and its button's name, a drag and a scroll are arrows, what has no place on the
screen stands on a plate at the bottom. Everything has a white edge, so that it shows on any page.
"""

import math
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

from journeyman.action_formats.pyautogui_call import (
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Value,
    Wait,
    Write,
    in_one_line,
    write_command,
)
from journeyman.metrics.boxes import Box, Point
from journeyman.report.small_pictures import fitted_size, open_picture

MOST = (344, 258)
"""Width and height of a picture in pixels, at most."""
MIDDLE = Point(0.5, 0.5)
"""Where the pointer is before anything moved it."""
ACT_COLOUR = (214, 0, 110)
BOX_COLOUR = (0, 104, 224)
PLATE_COLOUR = (24, 28, 36)
FAULT_COLOUR = (180, 40, 34)
GROUND_COLOUR = (236, 238, 242)
_WHITE = (255, 255, 255)
ENLARGED = 2.0
"""Screens smaller than that frame, such as MiniWoB++'s, are enlarged so many times at most: words need room."""
UNREADABLE = "no readable command"
MISSING = "the screenshot is missing"

_FINE = 2
"""Drawn so many times larger and then shrunk: Pillow's lines have no soft edges of their own."""
_LETTER_PIXELS = 12
_RING_PIXELS = 9.0
_DOT_PIXELS = 3.0
_LINE_PIXELS = 2.0
_EDGE_PIXELS = 1.5
_HEAD_PIXELS = 9.0
_SHORTEST_SCROLL_PIXELS = 30.0
_PAGE_PIXELS = 40.0
"""Length of a scroll's arrow grows so much with each page; three pages are as long as it gets."""
_GAP_PIXELS = 10

Colour = tuple[int, int, int]


def draw_act(
    screenshot: bytes | None,
    command: Command | None,
    *,
    box: Box | None = None,
    pointer: Point = MIDDLE,
    most: tuple[int, int] = MOST,
) -> Image.Image:
    """The screenshot before an act, fitted into a frame, with the act on it.

    Args:
        screenshot: An image file; a grey picture that says so stands for None and for bytes that are no picture.
        command: What was done; None where the reply held no command that can be read, which is then said.
        box: The element that was meant, in fractions of the screenshot.
        pointer: Where the pointer was, in fractions: a command without a point acts there.
        most: Width and height of the picture in pixels, at most.
    """
    canvas = _canvas(screenshot, most)
    if canvas is None:
        return _placeholder(most)
    pen = _Pen(canvas)
    if box is not None:
        pen.box(box, BOX_COLOUR)
    _draw(command, pointer, pen)
    return canvas.reduce(_FINE)


def draw_boxes(
    screenshot: bytes | None, boxes: Sequence[tuple[Box, Colour]], *, most: tuple[int, int] = MOST
) -> Image.Image:
    """The screenshot, fitted into a frame, with boxes in fractions of it; a grey picture stands for a missing one."""
    canvas = _canvas(screenshot, most)
    if canvas is None:
        return _placeholder(most)
    pen = _Pen(canvas)
    for box, colour in boxes:
        pen.box(box, colour)
    return canvas.reduce(_FINE)


def pointer_after(command: Command | None, pointer: Point) -> Point:
    """Where ``command`` leaves the pointer, in fractions."""
    match command:
        case Click(x, y) | MoveTo(x, y) | DragTo(x, y) if x is not None and y is not None:
            return Point(x, y)
        case Call(_, arguments):
            return (_points_of(dict(arguments)) or [pointer])[-1]
    return pointer


def side_by_side(pictures: Sequence[tuple[int, Image.Image]], *, columns: int) -> Image.Image:
    """One picture of several, in rows of ``columns``, each with its step's number in the corner.

    Raises:
        ValueError: There is no picture.
    """
    if not pictures:
        raise ValueError("there is no picture to set side by side; give at least one")
    across = min(columns, len(pictures))
    width = max(picture.width for _, picture in pictures)
    height = max(picture.height for _, picture in pictures)
    rows = -(-len(pictures) // across)
    sheet = Image.new(
        "RGB", (across * (width + _GAP_PIXELS) - _GAP_PIXELS, rows * (height + _GAP_PIXELS) - _GAP_PIXELS), _WHITE
    )
    for place, (number, picture) in enumerate(pictures):
        left, top = place % across * (width + _GAP_PIXELS), place // across * (height + _GAP_PIXELS)
        sheet.paste(picture, (left, top))
        _number(sheet, number, left, top)
    return sheet


def _canvas(screenshot: bytes | None, most: tuple[int, int]) -> Image.Image | None:
    """The screenshot at the size at which it is drawn on; None where there is none."""
    picture = None if screenshot is None else open_picture(screenshot, (most[0] * _FINE, most[1] * _FINE))
    if picture is None:
        return None
    width, height = fitted_size(picture.size, most, enlarged=ENLARGED)
    return picture.resize((width * _FINE, height * _FINE), Image.Resampling.LANCZOS)


def _placeholder(most: tuple[int, int]) -> Image.Image:
    canvas = Image.new("RGB", (most[0] * _FINE, most[1] * _FINE), GROUND_COLOUR)
    _Pen(canvas).plate(MISSING, FAULT_COLOUR)
    return canvas.reduce(_FINE)


def _draw(command: Command | None, pointer: Point, pen: "_Pen") -> None:
    here = pointer_after(command, pointer)
    match command:
        case None:
            pen.plate(UNREADABLE, FAULT_COLOUR)
        case Click(_, _, button, clicks):
            pen.hit(here)
            pen.label(here, button if clicks == 1 else f"{button} x{clicks}")
        case MoveTo():
            pen.ring(here)
            pen.label(here, "move")
        case DragTo(_, _, from_x, from_y):
            start = pointer if from_x is None or from_y is None else Point(from_x, from_y)
            pen.dot(start)
            pen.arrow(start, here)
            pen.label(here, "drag", leftwards=here.x < start.x)
        case Scroll(pages, axis):
            pen.scroll(pointer, pages, sideways=axis == "horizontal")
            pen.label(pointer, f"scroll {pages:g}", above=axis == "horizontal")
        case Write(message):
            pen.plate(f'type "{in_one_line(message)}"', PLATE_COLOUR)
        case Press(keys):
            pen.plate(f"press {', '.join(keys)}", PLATE_COLOUR)
        case Hotkey(keys):
            pen.plate(f"hold {' + '.join(keys)}", PLATE_COLOUR)
        case Wait(seconds):
            pen.plate(f"wait {seconds:g} s", PLATE_COLOUR)
        case Call(_, arguments):
            _draw_points(_points_of(dict(arguments)), pen)
            pen.plate(in_one_line(write_command(command)), PLATE_COLOUR)


def _draw_points(points: Sequence[Point], pen: "_Pen") -> None:
    """One point is hit, from the first of two an arrow goes to the second."""
    if len(points) == 2:
        pen.dot(points[0])
        pen.arrow(*points)
        return
    for point in points:
        pen.hit(point)


def _points_of(arguments: Mapping[str, Value]) -> list[Point]:
    x, y = arguments.get("x"), arguments.get("y")
    given = [Point(float(x), float(y))] if isinstance(x, int | float) and isinstance(y, int | float) else []
    return given + [Point(*value) for value in arguments.values() if isinstance(value, tuple)]


def _number(sheet: Image.Image, number: int, left: int, top: int) -> None:
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=_LETTER_PIXELS + 2)
    width = round(font.getlength(str(number))) + 10
    pen.rectangle((left, top, left + width, top + _LETTER_PIXELS + 6), fill=PLATE_COLOUR, outline=_WHITE)
    pen.text((left + 5, top + 1), str(number), fill=_WHITE, font=font)


class _Pen:
    """Draws on a canvas that is ``_FINE`` times as large as it will be shown; lengths are in shown pixels."""

    def __init__(self, canvas: Image.Image) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._width, self._height = canvas.size
        self._font = ImageFont.load_default(size=_LETTER_PIXELS * _FINE)

    def box(self, box: Box, colour: Colour) -> None:
        """Outside the element, so that it hides nothing of a small one, but never off the picture."""
        (left, top), (right, bottom) = self._at(Point(box.x1, box.y1)), self._at(Point(box.x2, box.y2))
        line = _EDGE_PIXELS + _LINE_PIXELS
        for shade, outer, width in ((_WHITE, line + _EDGE_PIXELS, line + _EDGE_PIXELS), (colour, line, _LINE_PIXELS)):
            out = outer * _FINE
            corners = (*self._inside(left - out, top - out), *self._inside(right + out, bottom + out))
            self._draw.rectangle(corners, outline=shade, width=round(width * _FINE))

    def hit(self, point: Point) -> None:
        """A ring and a dot."""
        self.ring(point)
        self.dot(point)

    def ring(self, point: Point) -> None:
        """A ring round the point."""
        for colour, radius, width in (
            (_WHITE, _RING_PIXELS + _EDGE_PIXELS, _LINE_PIXELS + 2 * _EDGE_PIXELS),
            (ACT_COLOUR, _RING_PIXELS, _LINE_PIXELS),
        ):
            self._draw.ellipse(self._round(point, radius), outline=colour, width=round(width * _FINE))

    def dot(self, point: Point) -> None:
        """A dot on the point."""
        for colour, radius in ((_WHITE, _DOT_PIXELS + _EDGE_PIXELS), (ACT_COLOUR, _DOT_PIXELS)):
            self._draw.ellipse(self._round(point, radius), fill=colour)

    def arrow(self, start: Point, end: Point) -> None:
        """From one point to the other."""
        self._arrow(self._at(start), self._at(end))

    def scroll(self, pointer: Point, pages: float, *, sideways: bool) -> None:
        """An arrow through the pointer the way the view goes, moved onto the picture where it would leave it."""
        half = (_SHORTEST_SCROLL_PIXELS + _PAGE_PIXELS * min(abs(pages), 3.0)) * _FINE / 2
        x, y = self._at(pointer)
        along, length = (x, self._width) if sideways else (y, self._height)
        half = min(half, length / 2)
        middle = min(max(along, half), length - half)
        start, end = (middle - half, middle + half) if pages > 0 else (middle + half, middle - half)
        self._arrow(*(((start, y), (end, y)) if sideways else ((x, start), (x, end))))

    def label(self, point: Point, text: str, *, leftwards: bool = False, above: bool = False) -> None:
        """A word to the right of the point, to its left or above it; on the other side where there is no room."""
        width, height = self._size_of(text)
        x, y = self._at(point)
        gap = (_RING_PIXELS + 4) * _FINE
        left, top = x + gap, y - height / 2
        if above:
            left, top = x - width / 2, y - gap - height if y >= gap + height else y + gap
        elif left + width > self._width or (leftwards and x >= gap + width):
            left = x - gap - width
        self._words(
            text, min(max(0.0, left), self._width - width), min(max(0.0, top), self._height - height), ACT_COLOUR
        )

    def plate(self, text: str, colour: Colour) -> None:
        """Words along the bottom, cut where they are too long."""
        shown = self._cut(text, self._width - 8 * _FINE)
        width, height = self._size_of(shown)
        self._words(shown, (self._width - width) / 2, self._height - height - 4 * _FINE, colour)

    def _arrow(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        for colour, edge in ((_WHITE, _EDGE_PIXELS), (ACT_COLOUR, 0.0)):
            head = (_HEAD_PIXELS + 2 * edge) * _FINE
            tip = (end[0] + edge * _FINE * math.cos(angle), end[1] + edge * _FINE * math.sin(angle))
            wings = [
                (tip[0] - head * math.cos(angle + turn), tip[1] - head * math.sin(angle + turn)) for turn in (0.5, -0.5)
            ]
            # The line ends inside the head, so that its blunt end does not stick out at the tip.
            neck = (tip[0] - head * 0.7 * math.cos(angle), tip[1] - head * 0.7 * math.sin(angle))
            self._draw.line((start, neck), fill=colour, width=round((_LINE_PIXELS + 2 * edge) * _FINE))
            self._draw.polygon((tip, *wings), fill=colour)

    def _words(self, text: str, left: float, top: float, colour: Colour) -> None:
        width, height = self._size_of(text)
        self._draw.rounded_rectangle(
            (left, top, left + width, top + height), radius=3 * _FINE, fill=colour, outline=_WHITE, width=_FINE
        )
        self._draw.text((left + 5 * _FINE, top + height / 2), text, fill=_WHITE, font=self._font, anchor="lm")

    def _size_of(self, text: str) -> tuple[float, float]:
        return self._font.getlength(text) + 10 * _FINE, (_LETTER_PIXELS + 6) * _FINE

    def _cut(self, text: str, width: float) -> str:
        if self._size_of(text)[0] <= width:
            return text
        kept = next(
            n for n in range(min(len(text), 200), -1, -1) if self._size_of(f"{text[:n]}...")[0] <= width or not n
        )
        return f"{text[:kept]}..."

    def _at(self, point: Point) -> tuple[float, float]:
        return point.x * self._width, point.y * self._height

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        return min(max(x, 0.0), self._width - 1.0), min(max(y, 0.0), self._height - 1.0)

    def _round(self, point: Point, radius: float) -> tuple[float, float, float, float]:
        x, y = self._at(point)
        return x - radius * _FINE, y - radius * _FINE, x + radius * _FINE, y + radius * _FINE
