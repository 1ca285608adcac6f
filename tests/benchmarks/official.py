"""Small data sets of the official shape, written on the spot, and the sums that a report makes of measures."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from journeyman.benchmark import Benchmark, FloatArray
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Step, ToolCall, Trajectory

PLOT = "```python\nimport matplotlib\ndef solution():\n    return 'a\\'s \"figure\"'\n```"
HIDDEN: Any = None


def picture(colour: str = "red", kind: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(stream, kind)
    return stream.getvalue()


def noise(kind: str) -> bytes:
    """A picture of many bytes, so that half of it is still a picture's beginning."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def tool(name: str, *parameters: str) -> dict[str, Any]:
    inputs = [
        {"type": "text", "name": p, "description": None, "optional": False, "default": None, "filetype": None}
        for p in parameters
    ]
    outputs = [{"type": "text", "name": None, "description": None, "optional": False, "default": None}]
    return {"name": name, "description": f"Does\n{name}.", "inputs": inputs, "outputs": outputs}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "tool_calls": [{"type": "function", "function": function}],
        "thought": f"I need {name}.",
    }


def returned(name: str, content: str, kind: str = "text") -> dict[str, Any]:
    return {"role": "tool", "name": name, "content": {"type": kind, "content": content}}


def item(dialogs: Sequence[Mapping[str, Any]], answer: Any, *files: str, tools: Sequence[Any] = ()) -> dict[str, Any]:
    offered = [
        tool("OCR", "image"),
        tool("Calculator", "expression"),
        tool("Plot", "command"),
        tool("DrawBox", "image", "bbox", "annotation"),
        tool("ImageDescription", "image"),
    ]
    return {
        "tools": [*(tools or offered)],
        "files": [{"type": "image", "path": path, "url": None} for path in files],
        "dialogs": list(dialogs),
        "gt_answer": answer,
    }


def gta_items() -> dict[str, dict[str, Any]]:
    """Five queries: two by white list, one by reference texts, two by a picture."""
    bill = "image/image_1.jpg"
    return {
        "0": item(
            [
                {"role": "user", "content": "How much is the coffee?"},
                call("OCR", image=bill),
                returned("OCR", "2 + 3"),
                call("Calculator", expression="2 + 3"),
                returned("Calculator", "5"),
                {"role": "assistant", "content": "It costs $5."},
            ],
            {"whitelist": [["$5", "five dollars"]], "blacklist": [["$6"]]},
            bill,
        ),
        "1": item(
            [
                {"role": "user", "content": "Which animal is on both signs?"},
                call("OCR", image=bill),
                returned("OCR", "cat"),
                call("OCR", image="image/image_2.jpg"),
                returned("OCR", "cat, dog"),
                {"role": "assistant", "content": "The cat."},
            ],
            {"whitelist": [["cat"]], "blacklist": None},
            bill,
            "image/image_2.jpg",
        ),
        "2": item(
            [
                {"role": "user", "content": "What is this?"},
                call("ImageDescription", image=bill),
                returned("ImageDescription", "a red surface"),
                {"role": "assistant", "content": "a red surface"},
            ],
            ["a red surface", "something red"],
            bill,
        ),
        "3": item(
            [
                {"role": "user", "content": "Mark the sign."},
                call("DrawBox", image=bill, bbox="(1, 1, 4, 4)", annotation="sign"),
                returned("DrawBox", "image/marked.png", "image"),
            ],
            None,
            bill,
        ),
        "4": item(
            [
                {"role": "user", "content": "Draw a chart."},
                call("Plot", command=PLOT),
                returned("Plot", "image/chart.png", "image"),
                {"role": "assistant", "content": "Here it is."},
            ],
            None,
            bill,
        ),
    }


def gta_files(items: Any = None) -> dict[str, bytes]:
    return {
        "dataset.json": json.dumps(gta_items() if items is None else items).encode(),
        "image/image_1.jpg": picture("red"),
        "image/image_2.jpg": picture("blue"),
    }


def gaia_row(task_id: str, level: Any = 1, answer: Any = "17", file_name: str = "", **more: Any) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "Question": f"What is {task_id}?",
        "Level": level,
        "Final answer": answer,
        "file_name": file_name,
        "Annotator Metadata": {"Steps": "1. Look.", "Number of steps": "1"},
        **more,
    }


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def write_folder(root: Path, files: Mapping[str, bytes]) -> str:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(root)


def write_zip(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return str(path)


def tool_call(name: str, error: str = "", **arguments: Any) -> ToolCall:
    return ToolCall(
        tool=name, version=1, arguments_json=canonical_json(arguments), cassette_key="", error=error, fault=""
    )


def run(*calls: ToolCall, answer: Any = HIDDEN, status: str = "answered", errors: Sequence[str] = ("",)) -> Trajectory:
    """A run whose first step makes ``calls``; one step for each of ``errors``."""
    steps = [
        Step(action="", code="", observation="", images=(), tool_calls=calls if i == 0 else (), error=error)
        for i, error in enumerate(errors)
    ]
    return Trajectory.model_validate(
        {
            "trajectory_id": "t",
            "query_id": "q",
            "steps": tuple(steps),
            "answer_json": json.dumps(answer) if status == "answered" else "",
            "status": status,
            "controller": "c",
        }
    )


CRASHED = run(status="failed", errors=())
"""What stands for a run that broke before its first step."""


def embed(texts: Sequence[str]) -> FloatArray:
    """Unit vectors of how often each letter occurs: equal texts are 1, texts without a common letter 0."""
    rows = np.array([[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts], dtype=np.float64)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def figure(benchmark: Benchmark, name: str, scored: Iterable[Sequence[Measure]]) -> tuple[float, float]:
    """A figure over problems and the weight of its first measure: sums over problems, absent ones left out."""
    (wanted,) = [found for found in benchmark.figures if found.name == name]
    sums = {part: [0.0, 0.0] for part in wanted.parts}
    for measures in scored:
        for measure in measures:
            if measure.name in sums:
                sums[measure.name][0] += measure.value
                sums[measure.name][1] += measure.weight
    values, weights = (np.array([[pair[i] for pair in sums.values()]]) for i in (0, 1))
    return float(wanted.combine(values, weights)[0]), float(weights[0][0])
