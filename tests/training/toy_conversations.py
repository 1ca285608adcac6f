"""Toy problems in the agent's own format, for tests and benchmarks: pictures of six kinds and a few documents.

The right tool for a picture shows in the picture alone: half of the wordings name nothing. Wordings
and pictures of ``held_out`` never occur among the others.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.record import sha256_hex

COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "black", "white", "grey", "brown", "pink")
NOUNS = ("invoice", "ticket", "parcel", "sample", "order", "room", "shelf", "train", "batch", "badge", "crate", "desk")
WORDS = ("OPEN", "EXIT", "SALE", "GATE", "STOP", "CAFE", "NORTH", "HALL", "PLATFORM", "LIBRARY", "CLOSED", "STAFF")

SYSTEM = """You solve a task step by step with tools, in Python.
Answer each turn with one thought and one block of code:
Thought: what you see and what you do next
Code:
```py
the code
```
The printed output comes back as an observation. Variables stay. When you know the answer, call final_answer(value).
Tools:
- ocr(image) -> str: read the text in a picture
- read_barcode(image) -> str: decode a barcode or QR code
- detect_faces(image) -> list: find faces, as boxes
- tag_image(image) -> list: name the object in a photo
- measure_colour(image) -> list: share of each colour
- crop_image(image, left, top, right, bottom) -> str: cut out a part
- inspect_file(file) -> str: read a document or table
- search_corpus(query) -> list: find passages in the documents
- calculate(expression) -> float: exact arithmetic
- draw_boxes(image, boxes) -> str: draw boxes on a picture
Files are named file_1, file_2 and so on, with their extension. Use only these tools."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its right tool, how its file looks, and what its second step answers."""

    tool: str
    thought: str
    draw: Callable[[random.Random], Image.Image] | None
    wordings: tuple[str, ...]
    variable: str
    answer: str
    observation: Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One conversation with its right first tool and its pictures by sha256."""

    kind: str
    tool: str
    messages: tuple[Message, ...]
    media: dict[str, bytes]
    needs_picture: bool
    """True when the wording names nothing that gives the tool away."""


def problems(count: int, seed: int, *, held_out: bool = False) -> list[Problem]:
    """``count`` problems; equal arguments give equal problems."""
    rng = random.Random(f"{seed}-{held_out}")
    kinds = list(_KINDS)
    return [_problem(kinds[i % len(kinds)], rng, held_out=held_out) for i in range(count)]


def _problem(name: str, rng: random.Random, *, held_out: bool) -> Problem:
    kind = _KINDS[name]
    ambiguous = kind.draw is not None and rng.random() < 0.5
    pool = _AMBIGUOUS if ambiguous else kind.wordings
    cut = max(1, len(pool) // 4)
    wording = rng.choice(pool[:cut] if held_out else pool[cut:])
    wording = wording.format(noun=rng.choice(NOUNS), colour=rng.choice(COLOURS))
    if rng.random() < 0.4:
        wording = f"{rng.choice(_HELD_OPENERS if held_out else _OPENERS)} {wording[0].lower()}{wording[1:]}"
    number = rng.randint(1, 3)
    media: dict[str, bytes] = {}
    content: list[TextPart | ImagePart] = []
    if kind.draw is None:
        file = f"file_{number}.{rng.choice(('pdf', 'docx', 'xlsx', 'csv', 'pptx'))}"
    else:
        file = f"file_{number}.{rng.choice(('png', 'jpg'))}"
        data = _png(kind.draw(rng))
        media[sha256_hex(data)] = data
        content.append(ImagePart(sha256=sha256_hex(data)))
    content.insert(0, TextPart(text=f"Task: {wording}\nFiles: {file}\n"))
    argument = f'"{file}"' if kind.tool != "search_corpus" else f'"{rng.choice(NOUNS)}"'
    if kind.tool == "search_corpus":
        noun = rng.choice(NOUNS)
        content[0] = TextPart(
            text=f"Task: {wording.replace('the files', f'the files about the {noun}')}\nFiles: {file}\n"
        )
        argument = f'"{noun}"'
    messages = (
        Message(role="system", content=(TextPart(text=SYSTEM),)),
        Message(role="user", content=tuple(content)),
        _assistant(kind.thought, f"{kind.variable} = {kind.tool}({argument})\nprint({kind.variable})"),
        Message(role="user", content=(TextPart(text=f"Observation:\n{kind.observation(rng)}"),)),
        _assistant(f"I have the {kind.variable}.", f"final_answer({kind.answer})"),
    )
    return Problem(name, kind.tool, messages, media, ambiguous)


def _assistant(thought: str, code: str) -> Message:
    return Message(role="assistant", content=(TextPart(text=f"Thought: {thought}\nCode:\n```py\n{code}\n```"),))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _canvas(rng: random.Random) -> Image.Image:
    size = rng.choice(((224, 160), (160, 160), (160, 224), (256, 192), (200, 120)))
    tone = tuple(rng.randint(150, 255) for _ in range(3))
    return Image.new("RGB", size, tone)


def _barcode(rng: random.Random) -> Image.Image:
    import segno

    image = _canvas(rng)
    payload = f"{rng.choice(NOUNS)}-{rng.randint(100, 99999)}"
    out = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(out, kind="png", scale=3, border=2)
    code = Image.open(out).convert("RGB")
    side = rng.randint(70, min(image.size) - 8)
    code = code.resize((side, side), Image.Resampling.NEAREST)
    image.paste(code, (rng.randint(0, image.width - side), rng.randint(0, image.height - side)))
    return image


def _sign(rng: random.Random) -> Image.Image:
    image = _canvas(rng)
    draw = ImageDraw.Draw(image)
    ink = tuple(rng.randint(0, 110) for _ in range(3))
    top = rng.randint(5, 30)
    for _ in range(rng.randint(1, 3)):
        font = ImageFont.load_default(size=rng.randint(18, 34))
        draw.text((rng.randint(4, 40), top), f"{rng.choice(WORDS)} {rng.randint(1, 999)}", fill=ink, font=font)
        top += rng.randint(36, 48)
    return image


def _shapes(rng: random.Random) -> Image.Image:
    image = _canvas(rng)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(2, 5)):
        side = rng.randint(30, 70)
        left, top = rng.randint(0, image.width - side), rng.randint(0, image.height - side)
        box = (left, top, left + side, top + side)
        ink = rng.choice(COLOURS)
        shape = rng.choice(("circle", "square", "triangle"))
        if shape == "circle":
            draw.ellipse(box, fill=ink)
        elif shape == "square":
            draw.rectangle(box, fill=ink)
        else:
            draw.polygon(((left, top + side), (left + side, top + side), (left + side // 2, top)), fill=ink)
    return image


def _bars(rng: random.Random) -> Image.Image:
    image = _canvas(rng)
    draw = ImageDraw.Draw(image)
    count = rng.randint(3, 6)
    step = (image.width - 30) // count
    floor = image.height - 24
    ink = rng.choice(COLOURS)
    for i in range(count):
        left = 18 + i * step
        draw.rectangle((left, floor - rng.randint(12, floor - 12), left + step - 8, floor), fill=ink)
        draw.text((left, floor + 4), f"Q{i + 1}", fill="black", font=ImageFont.load_default(size=11))
    draw.line((12, 6, 12, floor, image.width - 6, floor), fill="black", width=2)
    return image


_PHOTOS: dict[str, np.ndarray] = {}


def _photo(name: str) -> np.ndarray:
    if name not in _PHOTOS:
        import skimage.data

        folder = Path(skimage.data.__file__).parent
        _PHOTOS[name] = np.asarray(Image.open(folder / name).convert("RGB"))
    return _PHOTOS[name]


def _face(rng: random.Random) -> Image.Image:
    image = _canvas(rng)
    photo = Image.fromarray(_photo("astronaut.png"))
    left, top = rng.randint(120, 165), rng.randint(10, 55)
    side = rng.randint(140, 190)
    return _pasted(image, photo.crop((left, top, left + side, top + side)), rng, rng.randint(70, min(image.size)))


def _object(rng: random.Random) -> Image.Image:
    image = _canvas(rng)
    photo = Image.fromarray(_photo(rng.choice(("coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png"))))
    side = rng.randint(min(photo.size) * 6 // 10, min(photo.size))
    left, top = rng.randint(0, photo.width - side), rng.randint(0, photo.height - side)
    return _pasted(image, photo.crop((left, top, left + side, top + side)), rng, rng.randint(90, min(image.size)))


def _pasted(image: Image.Image, part: Image.Image, rng: random.Random, side: int) -> Image.Image:
    part = part.resize((side, side))
    if rng.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    brightness = rng.uniform(0.7, 1.2)
    part = Image.eval(part, lambda v: min(255, int(v * brightness)))
    image.paste(part, (rng.randint(0, image.width - side), rng.randint(0, image.height - side)))
    return image


_OPENERS = ("Please", "Tell me,", "For my {noun} list,".replace("{noun} ", ""), "Quickly:", "Now", "I wonder,")
_HELD_OPENERS = ("Could you help,", "One question:")
_AMBIGUOUS = (
    "What does this picture tell us?",
    "What can be learned from the picture?",
    "Give me the main information in this image.",
    "What is here?",
    "Find out what the picture holds.",
    "What do you get from this image?",
    "Report the content of the picture.",
    "What is the message of the file?",
    "Look at the file and report.",
    "Describe what matters in the picture.",
    "What information does the {noun} picture give?",
    "Work out what this image is about.",
)
_KINDS: dict[str, Kind] = {
    "barcode": Kind(
        "read_barcode",
        "The picture shows a barcode, so I decode it.",
        _barcode,
        (
            "What does the code on the {noun} say?",
            "Decode the code on this {noun}.",
            "Which payload does the {noun} code carry?",
            "Scan the {noun} and give its number.",
            "What is encoded on the {noun}?",
            "Give the content of the printed code.",
        ),
        "payload",
        "payload",
        lambda r: f"{r.choice(NOUNS)}-{r.randint(100, 99999)}",
    ),
    "sign": Kind(
        "ocr",
        "The picture shows written words, so I read the text.",
        _sign,
        (
            "Which words are on the {noun} sign?",
            "Read the sign in the picture.",
            "What is written on the {noun}?",
            "Give the text on the board.",
            "Copy the words from the {noun} notice.",
            "What does the {noun} label say?",
        ),
        "text",
        "text",
        lambda r: f"{r.choice(WORDS)} {r.randint(1, 999)}",
    ),
    "face": Kind(
        "detect_faces",
        "The picture shows a person, so I look for faces.",
        _face,
        (
            "How many people are in the {noun} photo?",
            "Count the faces.",
            "How many persons look at the camera?",
            "Is anybody in the picture, and how many?",
            "Say how many faces the {noun} photo has.",
            "Count the people near the {noun}.",
        ),
        "boxes",
        "len(boxes)",
        lambda r: f"[[{r.randint(0, 90)}, {r.randint(0, 60)}, {r.randint(100, 200)}, {r.randint(90, 150)}]]",
    ),
    "shapes": Kind(
        "measure_colour",
        "The picture shows coloured shapes, so I measure the colours.",
        _shapes,
        (
            "Which colour covers most of the {noun} picture?",
            "What is the main colour?",
            "Which tint is the most common on the {noun}?",
            "Name the dominant colour.",
            "Which colour takes the largest share?",
            "What colour is most of the {noun}?",
        ),
        "shares",
        "shares[0][0]",
        lambda r: f"[['{r.choice(COLOURS)}', 0.{r.randint(40, 80)}], ['{r.choice(COLOURS)}', 0.{r.randint(10, 30)}]]",
    ),
    "object": Kind(
        "tag_image",
        "The picture is a photo of an object, so I name it.",
        _object,
        (
            "What thing is on the {noun} photo?",
            "Name the object in the photo.",
            "What is shown next to the {noun}?",
            "Which animal or thing is this?",
            "What kind of object was photographed?",
            "Say what the {noun} photo shows.",
        ),
        "labels",
        "labels[0][0]",
        lambda r: f"[['{r.choice(('espresso', 'tabby', 'missile', 'moped'))}', 0.{r.randint(40, 95)}]]",
    ),
    "bars": Kind(
        "crop_image",
        "The picture is a bar chart, so I cut out the bars.",
        _bars,
        (
            "Show me the bars of the {noun} chart.",
            "Cut the bars out of the chart.",
            "Take the plot area of the {noun} figure.",
            "Give me only the bars.",
            "Crop the {noun} chart to its bars.",
            "Keep the chart area alone.",
        ),
        "part",
        "part",
        lambda r: f"file_{r.randint(4, 6)}.png",
    ),
    "document": Kind(
        "inspect_file",
        "The file is a document, so I read it.",
        None,
        (
            "What is the total of the {noun} table?",
            "Who wrote the {noun} report?",
            "Which {noun} costs the most in the table?",
            "Give the date of the {noun} document.",
            "How many rows does the {noun} sheet have?",
            "What is the title of the slides about the {noun}?",
            "Sum the {noun} column.",
            "Read the {noun} contract.",
        ),
        "content",
        "content",
        lambda r: f"{r.choice(NOUNS)} | {r.randint(1, 999)}",
    ),
    "search": Kind(
        "search_corpus",
        "The answer is somewhere in the documents, so I search them.",
        None,
        (
            "Search the files for the right passage.",
            "Where do the files speak of it?",
            "Which passage in the files is relevant?",
            "Find the passage in the files.",
            "Look through the files for it.",
            "Find where the files mention it.",
        ),
        "passages",
        "passages[0]",
        lambda r: f"['{r.choice(NOUNS)} page {r.randint(1, 9)}']",
    ),
}
