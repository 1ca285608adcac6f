"""Lay out and draw what a prompt asks for."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from journeyman.errors import ToolError
from journeyman.tools._pictures.lettering import letters
from journeyman.tools._scenes.outlines import draw_outline
from journeyman.tools._scenes.prompts import Asked, Prompt
from journeyman.tools._scenes.surfaces import Colour
from journeyman.tools._scenes.thing import Box

WIDTH, HEIGHT = 320, 240
PAINTS: dict[str, Colour] = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (220, 30, 30),
    "orange": (255, 140, 0), "yellow": (250, 220, 20), "green": (30, 150, 50), "blue": (30, 80, 220),
    "purple": (130, 40, 160), "pink": (255, 150, 190), "brown": (120, 70, 30),
}  # fmt: skip
"""The eleven basic colours, each well inside what is called so."""
SMALLEST_LETTERS = 9
"""Pixels of a line."""
_ROWS = {"top": 0, "bottom": 2}
_COLUMNS = {"left": 0, "right": 2}
_FREE = ((1, 0), (1, 2), (1, 1), (0, 1), (2, 1), (0, 0), (0, 2), (2, 0), (2, 2))
"""Cells (row, column) in the order in which things without a place take them."""


@dataclass(frozen=True, slots=True)
class _Placed:
    item: Asked
    cell: tuple[int, int]


def paint(prompt: Prompt) -> Image.Image:
    """The picture, WIDTH x HEIGHT.

    Raises:
        ToolError: Something cannot be seen on the ground, or print does not fit.
    """
    ground = prompt.ground or "white"
    canvas = Image.new("RGB", (WIDTH, HEIGHT), PAINTS[ground])
    placed = _in_cells([item for item in prompt.items if item.host is None])
    rows: dict[int, int] = {}
    for one in placed:
        rows[one.cell[0]] = rows.get(one.cell[0], 0) + 1
    boxes: dict[int, Box] = {}
    for cell in dict.fromkeys(one.cell for one in placed):
        inside = [one.item for one in placed if one.cell == cell]
        alone = rows[cell[0]] == len(inside)
        for item, box in zip(inside, _slots(cell, len(inside), alone=alone and bool(inside[0].text)), strict=True):
            boxes[id(item)] = _draw(canvas, item, box, ground)
    for item in prompt.items:
        if item.host is not None:
            _draw_text(canvas, item, boxes[id(item.host)], item.host.colour or readable_on(ground))
    return canvas


def readable_on(colour: str) -> str:
    """Black or white, whichever stands out."""
    red, green, blue = PAINTS[colour]
    return "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 140 else "white"


def draw_words(canvas: Image.Image, text: str, box: Box, colour: Colour) -> None:
    """``text`` in the middle of ``box``, as large as fits.

    Raises:
        ToolError: It would be too small to read.
    """
    wide, high = box[2] - box[0], box[3] - box[1]
    for size in range(min(int(high), 48), SMALLEST_LETTERS - 1, -1):
        left, top, right, bottom = letters(size).getbbox(text, anchor="ls")
        if right - left <= wide and bottom - top <= high:
            at = ((box[0] + box[2] - (right + left)) / 2, (box[1] + box[3] - (bottom + top)) / 2)
            ImageDraw.Draw(canvas).text(at, text, fill=colour, font=letters(size), anchor="ls")
            return
    raise ToolError(f"the text {text[:30]!r} does not fit into {wide} x {high} pixels; shorten it or leave it room")


def _in_cells(items: Iterable[Asked]) -> list[_Placed]:
    every = [(item, number) for item in items for number in range(item.count)]
    given = [_cell(item, number) for item, number in every]
    taken = {cell for cell in given if cell is not None}
    if len(every) == 1 and not taken:
        return [_Placed(every[0][0], (1, 1))]
    free = [cell for cell in _FREE if cell not in taken] or list(_FREE)
    placed: list[_Placed] = []
    used = 0
    for (item, _), cell in zip(every, given, strict=True):
        placed.append(_Placed(item, cell or free[used % len(free)]))
        used += cell is None
    return placed


def _cell(item: Asked, number: int) -> tuple[int, int] | None:
    if not item.places:
        return None
    words = item.places[min(number, len(item.places) - 1)].split()
    row = next((_ROWS[word] for word in words if word in _ROWS), 1)
    return row, next((_COLUMNS[word] for word in words if word in _COLUMNS), 1)


def _slots(cell: tuple[int, int], count: int, *, alone: bool) -> list[Box]:
    """Boxes for ``count`` things side by side, ``alone`` in their row or not."""
    top, bottom = HEIGHT * cell[0] // 3, HEIGHT * (cell[0] + 1) // 3
    left, right = WIDTH * cell[1] // 3, WIDTH * (cell[1] + 1) // 3
    if alone and count == 1:
        # Print may be longer than its cell; it stays on its side.
        left, right = {0: (0, WIDTH * 3 // 5), 1: (0, WIDTH), 2: (WIDTH * 2 // 5, WIDTH)}[cell[1]]
    across = math.ceil(math.sqrt(count)) if count > 2 else count
    down = -(-count // across)
    wide, high = (right - left) / across, (bottom - top) / down
    return [
        (
            round(left + wide * (n % across)) + 4, round(top + high * (n // across)) + 4,
            round(left + wide * (n % across + 1)) - 4, round(top + high * (n // across + 1)) - 4,
        )
        for n in range(count)
    ]  # fmt: skip


def _draw(canvas: Image.Image, item: Asked, room: Box, ground: str) -> Box:
    if item.text:
        _draw_text(canvas, item, room, ground)
        return room
    colour = item.new_colour or item.colour or readable_on(ground)
    if colour == ground:
        raise ToolError(f"a {colour} {item.shape} on {ground} ground cannot be seen; take another colour")
    wide, high = room[2] - room[0], room[3] - room[1]
    side = max(8, min(wide, high, round(min(wide, high) * 0.75 * item.size)))
    across = min(wide, round(side * 1.45)) if item.shape in ("rectangle", "oval") else side
    down = min(side, round(across / 1.45)) if item.shape in ("rectangle", "oval") else side
    left, top = round((room[0] + room[2] - across) / 2), round((room[1] + room[3] - down) / 2)
    box = (left, top, left + across, top + down)
    draw_outline(canvas, item.shape, PAINTS[colour], box)
    return box


def _draw_text(canvas: Image.Image, item: Asked, room: Box, ground: str) -> None:
    colour = item.new_colour or item.colour or readable_on(ground)
    if colour == ground:
        raise ToolError(f"{colour} letters on {ground} cannot be seen; take another colour")
    draw_words(canvas, item.text, _inset(room), PAINTS[colour])


def _inset(room: Box) -> Box:
    high = room[3] - room[1]
    inset = round(high * 0.22)
    return room[0] + 4, room[1] + inset, room[2] - 4, room[3] - inset
