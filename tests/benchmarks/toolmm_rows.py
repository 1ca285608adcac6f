"""Rows of ToolMMBench's official shape, generated instructions, and attempts on them, written on the spot."""

import asyncio
import io
import json
import math
import wave
from collections.abc import Iterable, Sequence
from typing import Any

from journeyman.benchmark import Scoring
from journeyman.benchmarks.toolmmbench import attempt
from journeyman.schema.api import Api, Placement
from journeyman.schema.instruction import Instruction
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.query import FileRef
from journeyman.schema.record import sha256_hex
from journeyman.schema.trajectory import Trajectory
from tests.benchmarks.official import picture

PATHS = {"image": "image_path", "audio": "audio_path", "video": "video_path"}
FOLDER = "data/IT_data_ins/T+X-T_data/"


def row(text: str, names: Any, path: str = "", kind: str = "text", number: int = 1, code: Any = -1) -> dict[str, Any]:
    """A row: of the test file where ``names`` is a list, of a training file where it is one name."""
    replied = {"from": "gpt", "value": names, "ambiguity": code, "output_modality": "text"}
    return {
        "id": number,
        "image_path": "",
        "video_path": "",
        "audio_path": "",
        "input_modality": kind,
        "output_modality": "text",
        "conversations": [{"from": "human", "value": text, "input_modality": kind}, replied],
        "ifambiguity": code not in (-1, "-1"),
        "onetomulti": isinstance(names, list) and len(names) > 1,
        "ambiguity": code,
    } | ({PATHS[kind]: path} if kind in PATHS else {"modality": "text"})


def sound(hertz: int = 440) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(9000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(800))
        file.writeframes(b"".join(value.to_bytes(2, "little", signed=True) for value in samples))
    return stream.getvalue()


def as_json(rows: Iterable[dict[str, Any]]) -> bytes:
    return json.dumps(list(rows)).encode()


SKETCH = "Draw a new picture that follows this one."
TEST_ROWS = [
    row(SKETCH, ["a/canny"], "111/1.jpg", "image", 1, 4),
    row(SKETCH, ["a/scribble", " a/pose", "a/pose"], "112/2.jpg", "image", 1, 4),
    row("Name what you see.", ["a/vit", "b/vit"], "113/3.jpg", "image", 2, -1),
    row("Name what you see.", ["b/vit"], "113/4.jpg", "image", 3, 2),
    row("Write down what is said.", ["a/whisper"], "audio/1.wav", "audio", 1, 5),
    row("Write down what is said.", ["a/whisper", "a/other"], "audio/1.wav", "audio", 4, 5),
    row("Which sport is this?", ["a/sport"], "video/1.mp4", "video", 1),
    row("Is 'good' a kind word?", ["a/words", "unknown"], "", "text", 1, "-1"),
    row("Buy me a car with canny skill.", ["unknown"], "", "text", 5, "-1"),
]
TRAINING_ROWS = [
    row("Write down what is said.", "a/whisper", "audio/1.wav", "audio", 1),
    row("Write down what is said.", "a/other", "audio/1.wav", "audio", 2),
    row("Which song is this?", "a/songs", "audio/2.wav", "audio", 3),
    row("Can you do it?", "unknown", "audio/3.wav", "audio", 4),
]


def official_files(*, training: bool = True, without: Sequence[str] = ()) -> dict[str, bytes]:
    """The repository's folder, small; the video is a few bytes that nobody opens."""
    media = {
        "111/1.jpg": picture("red"),
        "112/2.jpg": picture("blue"),
        "113/3.jpg": picture("green"),
        "113/4.jpg": picture("yellow"),
        "audio/1.wav": sound(),
        "video/1.mp4": b"\0\0\0\x18ftypmp42 and so on",
    }
    files = {f"{FOLDER}mm_dataset/{path}": data for path, data in media.items() if path not in without}
    files[f"{FOLDER}combined_data.json"] = as_json(TEST_ROWS)
    if training:
        files[f"{FOLDER}audio_tx2t.json"] = as_json(TRAINING_ROWS)
    return files


def api(name: str, description: str = "", takes: str = "image") -> Api:
    return Api.model_validate(
        {
            "name": name,
            "domain": "toys",
            "call": "",
            "arguments_json": "{}",
            "example": "",
            "description": description or f"Does what {name} does.",
            "licence": "MIT",
            "media_in": (takes,),
            "media_out": ("text",),
            "source": "toys",
        }
    )


def placement(name: str, function_class: str) -> Placement:
    return Placement(
        name=name, path=("image", "toys"), function_class=function_class, boundary="any", differs_by="condition"
    )


def shown(colour: str) -> MediaFile:
    data = picture(colour)
    return MediaFile(
        sha256=sha256_hex(data), media_type="image/jpeg", size_bytes=len(data), source="toy", licence="CC0", data=data
    )


def instruction(number: int, text: str = "", **changes: Any) -> Instruction:
    colour = changes.pop("colour", "")
    files = ()
    if colour:
        file = shown(colour)
        files = (FileRef(name="file_1.jpg", sha256=file.sha256, media_type="image/jpeg", origin="written"),)
    fields = {
        "instruction_id": f"i{number:03d}",
        "pair_id": "",
        "split": "held_out",
        "family": "toys/plain",
        "text": text or f"Do thing number {number}.",
        "modality": "image" if colour else "text",
        "answer": "apis",
        "accepted": ("edges",),
        "function_class": "edges",
        "path": ("image", "toys"),
        "ambiguity": "",
        "question": "",
        "seed": number,
        "files": files,
        "media_json": "",
        "origin": "synthesised",
        "teacher": "scripted",
    }
    return Instruction.model_validate(fields | changes)


class Replying:
    """Says one thing, and remembers what it was shown."""

    name = "tuned"

    def __init__(self, reply: str) -> None:
        self.reply = reply
        self.seen: list[Any] = []

    async def act(self, messages, media):
        self.seen.append((messages, media))
        return self.reply


def attempted(problem: Problem, reply: str) -> Trajectory:
    return asyncio.run(attempt(problem, Replying(reply), (), {}))


def values(measures: Iterable[Any]) -> dict[str, tuple[float, float]]:
    return {measure.name: (measure.value, measure.weight) for measure in measures}


def scoring(*names: str) -> Scoring:
    return Scoring(catalogue=frozenset(names))
