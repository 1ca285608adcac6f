"""Read what a phrase asks for, and pick it among the things of a scene."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from journeyman.errors import ToolError
from journeyman.settings import load_settings
from journeyman.tools._pictures.colour_words import WORDS
from journeyman.tools._scenes import shelf
from journeyman.tools._scenes.ink import colour_of_ink
from journeyman.tools._scenes.scene import Scene
from journeyman.tools._scenes.thing import Thing

MOST_PHRASES = 20
LONGEST_PHRASE = 100
"""Characters."""
MOST = 100
"""Things a call gives."""

COLOUR_WORDS = {word: word for word in WORDS} | {"gray": "grey", "violet": "purple", "magenta": "pink", "cyan": "blue"}
SHAPE_WORDS = {
    "circle": ("circle",), "disc": ("circle",), "disk": ("circle",), "dot": ("circle",), "ball": ("circle",),
    "oval": ("oval",), "ellipse": ("oval", "circle"), "square": ("square",), "rectangle": ("rectangle", "square"),
    "triangle": ("triangle",), "diamond": ("diamond",), "rhombus": ("diamond",), "pentagon": ("pentagon",),
    "hexagon": ("hexagon",), "star": ("star",), "panel": ("rectangle", "square"), "box": ("rectangle", "square"),
    "sign": ("rectangle", "square"), "card": ("rectangle", "square"),
}  # fmt: skip
"""Shapes that a noun may mean."""

_TEXT = {"text", "word", "letter", "writing", "print", "lettering", "caption", "number", "digit", "line", "label"}
_FACE = {"face", "head", "portrait", "person", "people", "human", "man", "woman"}
_CODE = {"barcode", "code", "bar code", "qr code", "qr", "qrcode"}
_PHOTOGRAPH = {"photograph", "photo", "picture", "image"}
_ANY = {"thing", "object", "item", "everything"}
_EMPTY_WORDS = (
    "a an the this that these those all every any each some of in on with is are there it large big small little tiny "
    "bright dark light plain solid filled coloured colored printed "
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
_IN_PICTURE = re.compile(r"\b(?:in|on|of) (?:the|this) (?:picture|image|photo|scene)\b")
_PIECES = re.compile(r'["\u201c]([^"\u201d]*)["\u201d]|([,;\n]+|\.+(?=\s|$)|\band\b)|([^\s"\u201c.,;]+|\.+)')


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one phrase asks for."""

    phrase: str
    """As it was given."""
    words: tuple[str, ...]
    """What it says, in the singular, without articles."""
    quoted: tuple[str, ...] = ()
    """Print that it quotes."""


@dataclass(slots=True)
class _Reading:
    said: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)


def wanted_of(phrases: str) -> tuple[Wanted, ...]:
    """The phrases of ``red circle . the word "EXIT" and faces``, parted by stops, commas, lines and ``and``.

    Raises:
        ToolError: There is none, or there are too many or too long ones.
    """
    readings = [_Reading()]
    for match in _PIECES.finditer(phrases):
        quote, stop, word = match.groups()
        if stop is not None:
            readings.append(_Reading())
        elif quote is not None:
            readings[-1].quoted.append(quote.strip())
            readings[-1].said.append(match.group())
        elif word is not None:
            readings[-1].said.append(word)
    wanted = tuple(_wanted(reading) for reading in readings if reading.said)
    if not wanted:
        raise ToolError("phrases is empty; name what to find, e.g. red circle . face")
    if len(wanted) > MOST_PHRASES:
        raise ToolError(f"{len(wanted)} phrases were given; the limit is {MOST_PHRASES}")
    for one in wanted:
        if len(one.phrase) > LONGEST_PHRASE:
            raise ToolError(f"phrase {one.phrase[:20]!r}... has {len(one.phrase)} characters, of {LONGEST_PHRASE}")
    return wanted


def found_in(scene: Scene, wanted: Iterable[Wanted]) -> list[tuple[str, Thing]]:
    """Phrase and thing of all that is there, best first; only what the phrases need is searched for."""
    pairs = [(one.phrase, thing) for one in wanted for thing in _matching(scene, one)]
    pairs.sort(key=lambda pair: (-pair[1].score, pair[1].box, pair[0]))
    return pairs[:MOST]


def singular(word: str) -> str:
    """``circles`` as ``circle``, ``boxes`` as ``box``; words of other kinds as they are."""
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "lens")) else word


def _wanted(reading: _Reading) -> Wanted:
    phrase = " ".join(reading.said)
    plain = re.sub(r'["\u201c][^"\u201d]*["\u201d]', " ", phrase).casefold()
    words = re.findall(r"[\w']+", _IN_PICTURE.sub(" ", plain))
    return Wanted(phrase, tuple(singular(word) for word in words if word not in _EMPTY), tuple(reading.quoted))


def _matching(scene: Scene, wanted: Wanted) -> list[Thing]:
    colours = {COLOUR_WORDS[word] for word in wanted.words if word in COLOUR_WORDS}
    nouns = [word for word in wanted.words if word not in COLOUR_WORDS]
    noun = " ".join(word for word in nouns if word not in ("shape", "shaped"))
    if wanted.quoted:
        return [] if set(nouns) - _TEXT else _quoted(scene, wanted.quoted, colours)
    if not noun:
        # A colour alone asks for whatever has it.
        known = bool(colours) or "shape" in nouns
        return _coloured(scene.shapes, colours) if known else []
    if noun in SHAPE_WORDS:
        shapes = [thing for thing in scene.shapes if thing.shape in SHAPE_WORDS[noun]]
        return _coloured(shapes, colours)
    if noun in _TEXT or noun == "printed text":
        return [
            thing
            for thing in scene.texts
            if not colours or colour_of_ink(thing.box, scene.surfaces, scene.pixels) in colours
        ]
    if colours:
        return _by_label(scene, wanted.words)
    if noun in _FACE:
        return list(scene.faces)
    if noun in _CODE:
        return [code for code in scene.codes if "qr" not in noun or code.name == "QR code"]
    if noun in _PHOTOGRAPH:
        return list(scene.photographs)
    if noun in _ANY:
        return scene.things()
    return _by_label(scene, wanted.words) or _by_detector(scene, wanted.phrase)


def _coloured(things: Iterable[Thing], colours: set[str]) -> list[Thing]:
    return [thing for thing in things if not colours or thing.colour in colours]


def _quoted(scene: Scene, quoted: tuple[str, ...], colours: set[str]) -> list[Thing]:
    said = [_letters(quote) for quote in quoted if _letters(quote)]
    return [
        thing
        for thing in scene.texts
        if any(quote in _letters(thing.text) for quote in said)
        and (not colours or colour_of_ink(thing.box, scene.surfaces, scene.pixels) in colours)
    ]


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _by_label(scene: Scene, words: tuple[str, ...]) -> list[Thing]:
    """Photographs whose label has all the words: ``cat`` is in ``Egyptian cat``."""
    if not scene.frames:
        return []
    return [
        thing
        for thing in scene.photographs
        if set(words) <= {singular(word) for word in re.findall(r"[\w']+", thing.name.casefold())}
    ]


def _by_detector(scene: Scene, phrase: str) -> list[Thing]:
    """What the open-vocabulary detector that the user set for ``locate_object`` finds; nothing where none is set."""
    backing = load_settings().tool_backings.get("locate_object")
    if backing is None or not (backing.url or backing.model):
        return []
    return [
        Thing("photograph", phrase, (hit["box"][0], hit["box"][1], hit["box"][2], hit["box"][3]), hit["score"])
        for hit in shelf.located(scene.picture, phrase)
    ]
