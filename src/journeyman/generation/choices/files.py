"""Write the pictures, sounds and videos of instructions; each is reopened by other code before anybody sees it."""

import json

from journeyman.errors import SchemaError
from journeyman.file_writer import load_file_writer, write_file
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.instruction import Instruction, InstructionDraft
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef, FileSpec
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.stage import Tally
from journeyman.storage.store import Store

VERSION = 1


def write_media(drafts: ArtifactRef, *, store: Store) -> StageResult:
    """Instructions with real files, not yet matched with APIs.

    Args:
        drafts: InstructionDraft rows.
        store: Where artifacts live.
    """
    rows = store.records(drafts, InstructionDraft)
    tally = Tally("instruction-files", len(rows))
    instructions: list[Instruction] = []
    media: dict[str, MediaFile] = {}
    for draft in rows:
        try:
            written = [_written(spec) for spec in draft.files]
        except SchemaError as exc:
            reason = "file cannot be written"
            tally.drop(draft.instruction_id, draft, check="file_writer", reason=reason, evidence=str(exc))
            continue
        media |= {item.sha256: item for item in written}
        instructions.append(_instruction(draft, written))
    kept = store.write("instructions", instructions, Instruction, parents=(drafts,))
    files = store.write("media", [media[key] for key in sorted(media)], MediaFile, parents=(drafts,))
    return tally.result(kept, store=store, parents=(drafts,), media=files)


def _written(spec: FileSpec) -> MediaFile:
    data = write_file(spec)
    return MediaFile(
        sha256=sha256_hex(data),
        media_type=load_file_writer(spec.writer).media_type,
        size_bytes=len(data),
        source=f"written:{spec.writer}",
        licence="CC0-1.0 (photographs inside keep their own licence)",
        data=data,
    )


def _instruction(draft: InstructionDraft, written: list[MediaFile]) -> Instruction:
    told = [{"writer": spec.writer, **json.loads(spec.spec_json)} for spec in draft.files]
    shared = draft.model_dump(exclude={"target", "files"})
    return Instruction.model_validate(
        shared
        | {
            "accepted": (),
            "function_class": draft.target,
            "files": tuple(
                FileRef(name=spec.name, sha256=item.sha256, media_type=item.media_type, origin="written")
                for spec, item in zip(draft.files, written, strict=True)
            ),
            "media_json": canonical_json(told[0]) if told else "",
            "origin": "synthesised",
        }
    )
