"""Write the files of drafts, reopen them with another library, and compute the gold answers."""

import json

from journeyman.errors import SchemaError
from journeyman.file_writer import FileWriter, write_file
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.plugins import load_plugin
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Draft, FileRef, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.stage import Tally
from journeyman.storage.store import Store

VERSION = 3


def write_files(drafts: ArtifactRef, *, teacher: str, store: Store) -> StageResult:
    """Queries with real files for every draft whose files open again and hold what was planted; it may have none.

    Args:
        drafts: Draft rows.
        teacher: Model name recorded with each query.
        store: Where artifacts live.
    """
    rows = store.records(drafts, Draft)
    tally = Tally("files", len(rows))
    queries: list[Query] = []
    media: dict[str, MediaFile] = {}
    for draft in rows:
        try:
            written = [_write(spec.writer, write_file(spec, spec.comment)) for spec in draft.files]
        except SchemaError as exc:
            tally.drop(draft.draft_id, draft, check="file_writer", reason="file cannot be written", evidence=str(exc))
            continue
        try:
            gold = compute_gold(GoldRule.model_validate(json.loads(draft.gold_rule_json)), draft.files, draft.text)
        except SchemaError as exc:
            tally.drop(draft.draft_id, draft, check="gold", reason="gold answer cannot be computed", evidence=str(exc))
            continue
        media.update({item.sha256: item for item in written})
        refs = tuple(
            FileRef(name=spec.name, sha256=item.sha256, media_type=item.media_type, origin="written")
            for spec, item in zip(draft.files, written, strict=True)
        )
        queries.append(
            Query(
                query_id=draft.draft_id,
                split=draft.split,
                family=draft.family,
                text=draft.text,
                tools=draft.tools,
                needs_picture=draft.needs_picture,
                seed=draft.seed,
                files=refs,
                gold_json=canonical_json(gold),
                origin="synthesised",
                teacher=teacher,
                follows=draft.follows,
            )
        )
    kept = store.write("queries", queries, Query, parents=(drafts,))
    files = store.write("media", [media[key] for key in sorted(media)], MediaFile, parents=(drafts,))
    return tally.result(kept, store=store, parents=(drafts,), media=files)


def _write(writer: str, data: bytes) -> MediaFile:
    media_type = load_plugin("journeyman.file_writers", writer, "WRITER", FileWriter).media_type
    return MediaFile(
        sha256=sha256_hex(data),
        media_type=media_type,
        size_bytes=len(data),
        source=f"written:{writer}",
        licence="CC0-1.0 (photographs inside keep their own licence)",
        data=data,
    )
