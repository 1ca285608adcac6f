"""Ask the teacher for queries, then for what their files contain. Nothing is written to a file yet.

A query that asks further about a picture is asked for alone, when what that picture holds and what was asked of
it is known. It keeps the file, so it can be solved and checked like any other.
"""

import json
from collections.abc import Sequence

from pydantic import ValidationError

from journeyman.errors import SchemaError, TeacherError
from journeyman.file_writer import FileWriter
from journeyman.generation.gold import GoldRule
from journeyman.generation.plan import Brief, Shard
from journeyman.generation.teacher_answers import NOTHING_PLANNED, FilePlan, FollowUp, QueryBatch
from journeyman.generator import Generator, Kind, load_generator
from journeyman.plugins import load_plugin
from journeyman.prompts import render_prompt
from journeyman.recipe import Recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.message import Message, TextPart
from journeyman.schema.query import Draft, FileSpec
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 3
"""Raise when a prompt or a rule here changes: it is part of the cache key."""


async def write_queries(shard: Shard, recipe: Recipe, *, store: Store, teacher: Teacher) -> StageResult:
    """Drafts for the briefs of ``shard``: a query's words, its files' specs and its gold rule.

    Raises:
        TransientError: The teacher does not answer; the stage may be tried again.
        BudgetExceededError: The run's budget is spent.
        SchemaError: A brief follows one that is not in the shard.
    """
    config = recipe.generation
    generator = load_generator(config.generator)
    tally = Tally("queries", len(shard.briefs))
    talks = _talks(shard)
    begun = [briefs[0] for briefs in talks]
    size = config.queries_per_call
    batches = [begun[start : start + size] for start in range(0, len(begun), size)]
    texts: dict[int, str] = {}
    for written in await for_each(
        batches, lambda batch: _ask_for_texts(batch, generator, teacher), at_once=config.concurrency
    ):
        texts.update(written)

    async def draft(brief: Brief) -> Draft | None:
        text = texts.get(brief.seed, "").strip()
        if not text:
            tally.fail(
                _draft_id(brief), brief, check="query_writer", reason="the teacher wrote no query for this brief"
            )
            return None
        try:
            return await _draft(brief, generator.kind(brief.kind), text, shard, teacher)
        except (TeacherError, SchemaError) as exc:
            tally.fail(_draft_id(brief), brief, check="file_writer", reason="no usable file content", evidence=str(exc))
            return None

    async def talk(briefs: Sequence[Brief]) -> list[Draft]:
        """Drafts of one query and of those that follow it, each of which knows what was asked before."""
        first, *further = briefs
        begun = await draft(first)
        drafts = [begun] if begun else []
        for brief in further:
            if begun is None:
                reason = "the query that it follows was not written"
                tally.fail(_draft_id(brief), brief, check="follow_up_writer", reason=reason, evidence=_draft_id(first))
                continue
            try:
                drafts.append(await _follow_up(brief, generator.kind(brief.kind), drafts, shard, teacher))
            except (TeacherError, SchemaError) as exc:
                reason = "the teacher wrote no further query"
                tally.fail(_draft_id(brief), brief, check="follow_up_writer", reason=reason, evidence=str(exc))
        return drafts

    drafts = [d for written in await for_each(talks, talk, at_once=config.concurrency) for d in written]
    kept = store.write("drafts", drafts, Draft)
    return tally.result(kept, store=store, spend=teacher.spend)


def _talks(shard: Shard) -> list[list[Brief]]:
    """The briefs in order, each first one with those that follow it."""
    talks = {brief.seed: [brief] for brief in shard.briefs if brief.follows is None}
    for brief in shard.briefs:
        if brief.follows is None:
            continue
        if brief.follows not in talks:
            raise SchemaError(
                f"brief {brief.seed} follows {brief.follows}, which begins no talk of shard {shard.name}; plan anew"
            )
        talks[brief.follows].append(brief)
    return list(talks.values())


async def _ask_for_texts(briefs: Sequence[Brief], generator: Generator, teacher: Teacher) -> dict[int, str]:
    asked = [
        {
            "number": brief.seed,
            "kind": brief.kind,
            "wording_group": generator.kind(brief.kind).wording,
            "style": brief.style,
            "files": generator.kind(brief.kind).num_files,
            "ask": generator.kind(brief.kind).brief,
        }
        for brief in briefs
    ]
    prompt = render_prompt("journeyman.generation", "query_writer", briefs=json.dumps(asked, indent=1))
    try:
        batch = await teacher.structured("query_writer", [_user(prompt)], {}, QueryBatch, max_tokens=4096)
    except TeacherError:
        return {}  # every brief of the batch is then counted as failed
    return {query.number: query.text for query in batch.queries}


async def _draft(brief: Brief, kind: Kind, text: str, shard: Shard, teacher: Teacher) -> Draft:
    plan = await _ask_for_plan(brief, kind, text, teacher)
    return _made(brief, kind, text, plan, shard, files=_files(plan, kind, brief.writer))


async def _follow_up(brief: Brief, kind: Kind, asked: Sequence[Draft], shard: Shard, teacher: Teacher) -> Draft:
    """A draft about the files of the first of ``asked``, the earlier drafts of its talk."""
    files = asked[0].files
    query = {
        "number": brief.seed,
        "kind": brief.kind,
        "wording_group": kind.wording,
        "style": brief.style,
        "ask": kind.brief,
        "fields": kind.file_brief,
        "asked": [draft.text for draft in asked],
        "files": [{"name": file.name, "content": json.loads(file.spec_json)} for file in files],
    }
    prompt = render_prompt("journeyman.generation", "follow_up_writer", query=json.dumps(query, indent=1))
    written = await teacher.structured("follow_up_writer", [_user(prompt)], {}, FollowUp, max_tokens=1024)
    text = written.text.strip()
    if not text:
        raise SchemaError("the query has no words")
    return _made(brief, kind, text, written, shard, files=files, follows=asked[0].draft_id)


def _made(
    brief: Brief,
    kind: Kind,
    text: str,
    said: FilePlan | FollowUp,
    shard: Shard,
    *,
    files: tuple[FileSpec, ...],
    follows: str = "",
) -> Draft:
    rule = GoldRule(rule=kind.gold_rule, column=said.column, label=said.label, half=said.half, count=said.count)
    return Draft(
        draft_id=_draft_id(brief),
        split=shard.split,
        family=brief.family,
        text=text,
        tools=kind.tools,
        needs_picture=kind.needs_picture,
        seed=brief.seed,
        files=files,
        gold_rule_json=canonical_json(rule),
        follows=follows,
    )


async def _ask_for_plan(brief: Brief, kind: Kind, text: str, teacher: Teacher) -> FilePlan:
    query = {"number": brief.seed, "text": text, "kind": brief.kind}
    if kind.num_files:
        query |= {"files": kind.num_files, "must_hold": kind.file_brief}
        schema = json.dumps(_writer(brief.writer).spec.model_json_schema())
        more = {"query": json.dumps(query, indent=1), "writer": brief.writer, "schema": schema}
        prompt = render_prompt("journeyman.generation", "file_writer", **more)
    elif kind.terms:
        more = {"query": json.dumps(query, indent=1), "terms": kind.terms}
        prompt = render_prompt("journeyman.generation", "terms_writer", **more)
    else:
        return NOTHING_PLANNED
    return await teacher.structured("file_writer", [_user(prompt)], {}, FilePlan, max_tokens=4096)


def _files(plan: FilePlan, kind: Kind, writer_name: str) -> tuple[FileSpec, ...]:
    if len(plan.contents) != kind.num_files:
        raise SchemaError(f"{kind.num_files} files were asked for, {len(plan.contents)} came")
    files = []
    for number, content in enumerate(plan.contents, start=1):
        writer = _writer(writer_name)
        try:
            spec = writer.spec.model_validate_json(content)
        except ValidationError as exc:
            raise SchemaError(f"content of file {number} is not a {writer_name}: {exc.errors()[0]['msg']}") from exc
        name = f"file_{number}.{writer.extension}"
        files.append(FileSpec(name=name, writer=writer_name, spec_json=canonical_json(spec), comment=plan.comment))
    return tuple(files)


def _writer(name: str) -> FileWriter:
    return load_plugin("journeyman.file_writers", name, "WRITER", FileWriter)


def _draft_id(brief: Brief) -> str:
    return fingerprint(brief)[:16]


def _user(text: str) -> Message:
    return Message(role="user", content=(TextPart(text=text),))
