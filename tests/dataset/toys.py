"""Small queries, trajectories and pictures that dataset, evaluation and report tests share."""

import io

from PIL import Image

from journeyman.recipe import Recipe
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef, Gold, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.schema.trajectory import Step, ToolCall, Trajectory


def toy_recipe(**sections: object) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "toy",
            "tools": (),
            "query_checks": (),
            "trajectory_checks": (),
        }
        | sections
    )


def picture(colour: tuple[int, int, int], *, source: str = "written:png") -> MediaFile:
    sink = io.BytesIO()
    Image.new("RGB", (24, 16), colour).save(sink, "PNG")
    data = sink.getvalue()
    return MediaFile(
        sha256=sha256_hex(data),
        media_type="image/png",
        size_bytes=len(data),
        source=source,
        licence="CC0-1.0",
        data=data,
    )


def query(number: int, **changes: object) -> Query:
    fields = {
        "query_id": f"q{number:04d}",
        "split": "train",
        "family": f"look/style-{number}",
        "text": f"What does picture number {number} tell us about the matter at hand?",
        "tools": ("ocr",),
        "needs_picture": True,
        "seed": number,
        "files": (file_ref(picture((number % 256, number // 256, 7))),),
        "gold_json": canonical_json(Gold(kind="text", value=f"answer {number}")),
        "origin": "synthesised",
        "teacher": "scripted",
    }
    return Query.model_validate(fields | changes)


def file_ref(file: MediaFile, name: str = "file_1.png") -> FileRef:
    return FileRef(name=name, sha256=file.sha256, media_type=file.media_type, origin="written")


def call(tool: str = "ocr", *, error: str = "") -> ToolCall:
    return ToolCall(
        tool=tool, version=1, arguments_json='{"image":"file_1.png"}', cassette_key="k", error=error, fault=""
    )


def step(code: str, *calls: ToolCall, images: tuple[str, ...] = (), error: str = "", thought: str = "I look.") -> Step:
    return Step(
        action=f"Thought: {thought}\nCode:\n```py\n{code}\n```",
        code=code,
        observation="seen",
        images=images,
        tool_calls=calls,
        error=error,
    )


def trajectory(asked: Query, *steps: Step, answer: object = "answer", **changes: object) -> Trajectory:
    fields = {
        "trajectory_id": f"t-{asked.query_id}",
        "query_id": asked.query_id,
        "steps": steps
        or (step('text = ocr("file_1.png")\nprint(text)', call()), step("final_answer(text)", thought="I have it.")),
        "answer_json": canonical_json(answer),
        "status": "answered",
        "controller": "scripted",
    }
    return Trajectory.model_validate(fields | changes)
