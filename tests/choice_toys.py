"""A catalogue of eight APIs with two ambiguous leaves, and instructions over it."""

from journeyman.schema.api import Api, Placement
from journeyman.schema.instruction import Instruction
from journeyman.schema.query import FileRef
from tests.dataset.toys import picture

_ROWS = (
    # name, media, path, class, boundary, differs by
    ("lab/mistlift", "image", ("image", "restoration"), "dehaze", "hazy pictures", "quality"),
    ("mill/clearview-2", "image", ("image", "restoration"), "dehaze", "hazy pictures", "quality"),
    ("lab/droplet", "image", ("image", "restoration"), "derain", "pictures with rain", "quality"),
    ("lab/sharpen", "image", ("image", "restoration"), "deblur", "blurred pictures", "quality"),
    ("voice/franc", "audio", ("audio", "speech to text"), "asr-fr", "French speech", "language"),
    ("voice/deut", "audio", ("audio", "speech to text"), "asr-de", "German speech", "language"),
    ("text/gist", "text", ("text", "summary"), "summarise", "", ""),
    ("text/mood", "text", ("text", "sentiment"), "sentiment", "", ""),
)


def apis() -> list[Api]:
    return [
        Api(
            name=name,
            domain=path[-1],
            call=f"call({name!r})",
            arguments_json="{}",
            example="",
            description=f"Does {cls} for {boundary or 'a passage'}.",
            licence="CC0-1.0",
            media_in=("text",) if media == "text" else ("text", media),
            media_out=("text",),
            source="toy",
        )
        for name, media, path, cls, boundary, _ in _ROWS
    ]


def placements() -> list[Placement]:
    return [
        Placement(name=name, path=path, function_class=cls, boundary=boundary, differs_by=differs)
        for name, _, path, cls, boundary, differs in _ROWS
    ]


def instruction(number: int, **changes: object) -> Instruction:
    file = picture((number % 256, number // 256, 9))
    fields = {
        "instruction_id": f"i{number:04d}",
        "pair_id": "",
        "split": "train",
        "family": f"image/restoration/style-{number}",
        "text": f"Please mend picture number {number}.",
        "modality": "image",
        "answer": "apis",
        "accepted": ("lab/mistlift", "mill/clearview-2"),
        "function_class": "dehaze",
        "path": ("image", "restoration"),
        "ambiguity": "quality",
        "question": "",
        "seed": number,
        "files": (FileRef(name="file_1.png", sha256=file.sha256, media_type="image/png", origin="written"),),
        "media_json": "{}",
        "origin": "synthesised",
        "teacher": "scripted",
    }
    return Instruction.model_validate(fields | changes)
