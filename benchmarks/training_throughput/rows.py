"""Tool trajectories of uneven length, drawn by seed, under the product's own system prompt, stored as Example rows."""

import io
import random
from pathlib import Path

import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from journeyman.agent.prompt import observation, system_prompt
from journeyman.plugins import load_plugin
from journeyman.schema.arrow import records_to_table
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import ImagePart, Message, TextPart, messages_to_json
from journeyman.schema.record import sha256_hex
from journeyman.tool import Tool
from journeyman.training.conversations import Conversation

ROWS = 300
TOOLS = (
    "ocr",
    "read_barcode",
    "detect_faces",
    "tag_image",
    "measure_colour",
    "crop_image",
    "inspect_file",
    "search_corpus",
    "calculate",
)
MAX_TURNS = 6
WORDS = (
    "account arrival balance batch border bridge budget cabin carrier channel circuit colour column contract corner "
    "crate credit degree delivery deposit detail device district engine entry export factor figure filter freight "
    "gallery garden harbour height import index input invoice journey kitchen label ladder ledger length level "
    "limit margin market matter measure member metal meter minute mirror model month morning number object office "
    "opening order origin output packet panel parcel partner passage payment period picture platform pocket point "
    "portion price process product profit project quarter question quota reason receipt record region report "
    "reserve result return route sample season section sector segment sender service session shelf signal station "
    "storage street summary supply surface switch system table target tariff ticket total transfer unit value "
    "vendor volume voucher warehouse weight window"
)
COLOURS = ("red", "green", "blue", "orange", "purple", "black", "grey", "brown")


def write_rows(path: Path, *, pictures: bool) -> None:
    """Write ``ROWS`` rows; equal arguments give equal rows.

    One to six assistant turns; observations of a log-normal number of words (median 25, one in ten above 85); with
    ``pictures``, up to two in the question and one behind two fifths of the observations.
    """
    # A recipe's tools and not the shelf's: rows must not grow, past what a peer takes, whenever a tool is added.
    names = list(TOOLS)
    tools = [load_plugin("journeyman.tools", name, "TOOL", Tool).card() for name in names]
    system = Message(role="system", content=(TextPart(text=system_prompt(tools)),))
    rows = [_row(number, system, names, pictures=pictures) for number in range(ROWS)]
    pq.write_table(records_to_table(rows, Example), path)


def conversations(path: Path) -> list[Conversation]:
    """The rows of a file, in stored order."""
    rows = pq.read_table(path, columns=["example_id", "messages_json", "images"]).to_pylist()
    return [
        Conversation(
            row["example_id"],
            row["messages_json"],
            {image["path"].partition(".")[0]: image["bytes"] for image in row["images"]},
        )
        for row in rows
    ]


def _row(number: int, system: Message, tools: list[str], *, pictures: bool) -> Example:
    rng = random.Random(f"throughput/{number}")
    images: dict[str, bytes] = {}
    query = f"Task: {_words(rng, rng.randint(8, 40))}"
    asked = [_picture(rng, images) for _ in range(rng.randint(0, 2) if pictures else 0)]
    messages = [system, Message(role="user", content=(TextPart(text=query), *asked))]
    used = rng.choices(tools, k=rng.randint(0, MAX_TURNS - 1))
    for turn, tool in enumerate(used):
        messages.append(_action(rng, f"result_{turn} = {tool}('{_words(rng, 1)}')\nprint(result_{turn})"))
        shown = [_picture(rng, images).sha256] if pictures and rng.random() < 0.4 else []
        messages.append(observation(_words(rng, min(200, int(rng.lognormvariate(3.2, 1.0)))), shown))
    messages.append(_action(rng, f"final_answer('{_words(rng, 3)}')"))
    return Example(
        example_id=f"row-{number:04d}",
        split="train",
        family="throughput",
        query=query,
        messages_json=messages_to_json(messages),
        images=tuple(EmbeddedImage(bytes=data, path=f"{digest}.png") for digest, data in images.items()),
        tools=tuple(dict.fromkeys(used)),
        answer_json='""',
        origin="generated",
        teacher="seeded generator",
    )


def _action(rng: random.Random, code: str) -> Message:
    text = f"Thought: {_words(rng, rng.randint(5, 30))}\nCode:\n```py\n{code}\n```"
    return Message(role="assistant", content=(TextPart(text=text),))


def _picture(rng: random.Random, images: dict[str, bytes]) -> ImagePart:
    """A new picture of 60 to 400 pixels a side, added to ``images``."""
    size = rng.randint(60, 400), rng.randint(60, 400)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(2, 8)):
        left, top = rng.randrange(size[0]), rng.randrange(size[1])
        draw.rectangle((left, top, left + rng.randint(5, 120), top + rng.randint(5, 120)), rng.choice(COLOURS))
    out = io.BytesIO()
    image.save(out, "PNG")
    digest = sha256_hex(out.getvalue())
    images[digest] = out.getvalue()
    return ImagePart(sha256=digest)


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS.split(), k=count))
