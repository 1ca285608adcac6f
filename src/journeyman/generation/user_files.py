"""The user's own files: taken in at the border, one bad file never stops the rest."""

import json
from collections.abc import Iterator
from typing import Any

import fsspec

from journeyman.errors import ConfigError, SchemaError, TeacherError
from journeyman.file_reader import FileFacts, UserFileError, inspect
from journeyman.generation.given_files import open_place
from journeyman.generation.gold import GoldRule, table_gold
from journeyman.generation.teacher_answers import UserQueries, UserQuery
from journeyman.prompts import render_prompt
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.schema.picture_context import PictureContext
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import Record, canonical_json, fingerprint, sha256_hex
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 3
MAX_BYTES = 50 * 1024 * 1024
"""A larger file is dropped: it would be sent to the teacher and copied into every trajectory's folder."""
_USER_SEEDS = 900_000


class FoundFile(Record):
    """A file as it was found, before anything is known of it."""

    path: str
    size_bytes: int


def adopt_files(source: str, *, store: Store, storage_options: dict[str, Any]) -> StageResult:
    """Media rows for every file below ``source`` that opens; the rest is dropped with its reason.

    Args:
        source: A folder, ``file://`` or ``s3://`` prefix.
        store: Where artifacts live.
        storage_options: How to open an ``s3://`` source.

    Raises:
        ConfigError: The folder is not there or holds no file.
    """
    tally_rows = list(_found(source, storage_options))
    if not tally_rows:
        raise ConfigError(
            f"no files in {source!r}; give a folder or s3:// prefix of pictures, PDFs, office files or tables"
        )
    tally = Tally("user-files", len(tally_rows))
    kept: dict[str, MediaFile] = {}
    for found, filesystem in tally_rows:
        name = found.path.rsplit("/", 1)[-1]
        if found.size_bytes > MAX_BYTES:
            reason = f"larger than {MAX_BYTES // 1024**2} MiB"
            tally.drop(name, found, check="file_reader", reason=reason, evidence=str(found.size_bytes))
            continue
        data = filesystem.cat_file(found.path)
        digest = sha256_hex(data)
        if digest in kept:
            tally.drop(
                name, found, check="file_reader", reason="same content as another file", evidence=kept[digest].source
            )
            continue
        try:
            facts = inspect(data, name)
        except UserFileError as exc:
            tally.drop(name, found, check="file_reader", reason=str(exc), evidence=found.path)
            continue
        kept[digest] = MediaFile(
            sha256=digest,
            media_type=facts.media_type,
            size_bytes=len(data),
            source=f"user:{name}",
            licence="unknown",
            data=data,
        )
    media = store.write("media", [kept[key] for key in sorted(kept)], MediaFile)
    return tally.result(media, store=store)


async def write_user_queries(
    media: ArtifactRef, recipe: Recipe, *, store: Store, teacher: Teacher, contexts: ArtifactRef | None = None
) -> StageResult:
    """Queries about the user's files; a gold answer where a rule over a table gives one.

    Args:
        media: MediaFile rows of the user's files.
        recipe: How many queries, over which tools.
        store: Where artifacts live.
        teacher: Who writes.
        contexts: PictureContext rows: told to the teacher, and kept with the queries for judges; None for none.

    Raises:
        TransientError: The teacher does not answer.
        BudgetExceededError: The run's budget is spent.
    """
    count = recipe.generation.user_file_queries
    files = store.records(media, MediaFile)
    known = {row.sha256: row.text for row in store.records(contexts, PictureContext)} if contexts else {}
    tally = Tally("user-queries", len(files) * count)

    async def ask(item: MediaFile) -> list[Query]:
        facts = inspect(item.data, item.source.removeprefix("user:"))
        context = known.get(item.sha256, "")
        try:
            answer = await _ask(item, facts, context, recipe, teacher)
        except TeacherError as exc:
            for number in range(count):
                tally.fail(
                    _query_id(item, number),
                    _without_data(item),
                    check="query_writer",
                    reason="the teacher wrote no query",
                    evidence=str(exc),
                )
            return []
        written = [_query(item, facts, answer.queries, n, recipe, tally, teacher.model) for n in range(count)]
        return [query.model_copy(update={"picture_context": context}) for query in written if query is not None]

    per_file = await for_each(files, ask, at_once=recipe.generation.concurrency)
    parents = (media, contexts) if contexts else (media,)
    kept = store.write("queries", [q for queries in per_file for q in queries], Query, parents=parents)
    return tally.result(kept, store=store, parents=parents, spend=teacher.spend, media=media)


def _found(source: str, storage_options: dict[str, Any]) -> Iterator[tuple[FoundFile, fsspec.AbstractFileSystem]]:
    filesystem, path = open_place(source, storage_options)
    if not filesystem.exists(path):
        raise ConfigError(f"files {source!r} is not there; give a folder or an s3:// prefix")
    for name, info in sorted(filesystem.find(path, detail=True).items()):
        yield FoundFile(path=name, size_bytes=int(info["size"] or 0)), filesystem


async def _ask(item: MediaFile, facts: FileFacts, context: str, recipe: Recipe, teacher: Teacher) -> UserQueries:
    shown = {
        "number": int(item.sha256[:8], 16),
        "kind": facts.kind,
        "media_type": facts.media_type,
        "columns": list(facts.columns),
        "first_rows": [list(row) for row in facts.rows[:3]],
        "text": facts.text[:1500],
    }
    prompt = render_prompt(
        "journeyman.generation",
        "user_query_writer",
        count=recipe.generation.user_file_queries,
        file=json.dumps(shown, indent=1),
        context=context,
        tools=[card.line() for card in recipe.training_tool_cards()],
    )
    text = TextPart(text=prompt)
    picture = (ImagePart(sha256=item.sha256),) if facts.kind == "picture" else ()
    message = Message(role="user", content=(text, *picture))
    return await teacher.structured(
        "user_query_writer", [message], {item.sha256: item.data}, UserQueries, max_tokens=2048
    )


def _query(
    item: MediaFile, facts: FileFacts, written: list[UserQuery], number: int, recipe: Recipe, tally: Tally, teacher: str
) -> Query | None:
    query_id, record = _query_id(item, number), _without_data(item)
    if number >= len(written) or not written[number].text.strip():
        tally.fail(query_id, record, check="query_writer", reason="fewer queries than asked for")
        return None
    asked = written[number]
    unknown = [name for name in asked.tools if name not in {card.name for card in recipe.training_tool_cards()}]
    if unknown:
        tally.drop(query_id, record, check="query_writer", reason="names a tool that is not there", evidence=unknown[0])
        return None
    gold_json = ""
    if asked.rule and not facts.complete:
        reason = "the table is too long for a computed answer"
        tally.drop(query_id, record, check="gold", reason=reason, evidence=f"{len(facts.rows)} rows were read")
        return None
    if asked.rule:
        try:
            rule = GoldRule(rule=asked.rule, column=asked.column, label=asked.label)
            gold_json = canonical_json(table_gold(rule, facts.columns, facts.rows))
        except SchemaError as exc:
            tally.drop(query_id, record, check="gold", reason="gold answer cannot be computed", evidence=str(exc))
            return None
    name = item.source.removeprefix("user:")
    return Query(
        query_id=query_id,
        split="train",
        family=f"user/{facts.kind}",
        text=asked.text,
        tools=tuple(asked.tools),
        needs_picture=False,
        seed=_USER_SEEDS + number,
        files=(
            FileRef(name=f"file_1.{facts.extension}", sha256=item.sha256, media_type=facts.media_type, origin=name),
        ),
        gold_json=gold_json,
        origin="user",
        teacher=teacher,
    )


def _query_id(item: MediaFile, number: int) -> str:
    return fingerprint([item.sha256, number])[:16]


def _without_data(item: MediaFile) -> Record:
    return FoundFile(path=item.source, size_bytes=item.size_bytes)
