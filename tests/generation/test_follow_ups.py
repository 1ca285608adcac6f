"""Drafts that ask further keep the file, are told what was asked, and fail by name where they cannot be written."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from journeyman.errors import SchemaError
from journeyman.generation.files import write_files
from journeyman.generation.plan import Brief, Shard, plan_shards
from journeyman.generation.queries import write_queries
from journeyman.generators.llava_plus import GENERATOR
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.query import Draft, Query
from journeyman.schema.verdict import Verdict
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.teacher.scripted.server import make_app

RECIPE = load_recipe("llava_plus", {"generation": {"queries": 60, "held_out_problems": 3, "follow_ups": 0.25}})


@asynccontextmanager
async def _teacher(store: Store, heard: list[dict[str, Any]], broken: str = "") -> AsyncIterator[Teacher]:
    """The scripted teacher over HTTP, which answers requests for the schema ``broken`` with no sense."""
    app = make_app(mistake_rate=0.0)

    @web.middleware
    async def listen(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        body = await request.json() if request.method == "POST" else {}
        heard.append(body)
        if broken and (body.get("response_format") or {}).get("json_schema", {}).get("name") == broken:
            said = {"role": "assistant", "content": "I would rather not."}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            choice = {"index": 0, "message": said, "finish_reason": "stop"}
            return web.json_response({"id": "x", "model": body["model"], "choices": [choice], "usage": usage})
        return await handler(request)

    app.middlewares.append(listen)
    async with TestServer(app) as server:
        url = str(server.make_url("/v1"))
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x", "JOURNEYMAN_STORE": store.url}
        )
        ledger = Ledger(store, "test")
        await ledger.load()
        async with Teacher.open(settings, ledger) as teacher:
            yield teacher


def _written(shard: Shard, store: Store, heard: list[dict[str, Any]], broken: str = "") -> StageResult:
    async def work() -> StageResult:
        async with _teacher(store, heard, broken) as teacher:
            return await write_queries(shard, RECIPE, store=store, teacher=teacher)

    return asyncio.run(work())


def _requests(heard: list[dict[str, Any]], schema: str) -> list[dict[str, Any]]:
    """What was asked with ``schema``: the JSON block of each prompt."""
    found = []
    for body in heard:
        if (body.get("response_format") or {}).get("json_schema", {}).get("name") == schema:
            content = body["messages"][0]["content"]
            text = content if isinstance(content, str) else content[0]["text"]
            found.append(json.loads(text.partition("```json\n")[2].partition("\n```")[0]))
    return found


def test_a_further_draft_keeps_the_file_of_the_first_and_the_query_says_whom_it_follows() -> None:
    store, heard = Store("memory://follow"), list[dict[str, Any]]()
    shard = plan_shards(RECIPE.generation)[0]
    result = _written(shard, store, heard)
    assert (result.counts.taken, result.counts.kept) == (60, 60)
    drafts = store.records(result.artifacts["kept"], Draft)
    assert [draft.seed for draft in drafts] == [brief.seed for brief in shard.briefs]
    by_seed = {draft.seed: draft for draft in drafts}
    by_id = {draft.draft_id: draft for draft in drafts}
    further = [brief for brief in shard.briefs if brief.follows is not None]
    assert 12 <= len(further) <= 15
    for brief in shard.briefs:
        draft, kind = by_seed[brief.seed], GENERATOR.kind(brief.kind)
        assert (draft.family, draft.tools) == (brief.family, kind.tools)
        assert json.loads(draft.gold_rule_json)["rule"] == kind.gold_rule
        assert draft.follows == ("" if brief.follows is None else by_seed[brief.follows].draft_id)
        if draft.follows:
            assert draft.files == by_id[draft.follows].files
            assert draft.text != by_id[draft.follows].text
    files = write_files(result.artifacts["kept"], teacher="scripted", store=store)
    queries = store.records(files.artifacts["kept"], Query)
    assert {q.query_id: q.follows for q in queries} == {q.query_id: by_id[q.query_id].follows for q in queries}
    assert len(queries) >= 58
    assert files.artifacts["media"].rows < sum(len(q.files) for q in queries)


def test_the_teacher_is_asked_for_first_queries_together_and_for_each_further_one_alone() -> None:
    store, heard = Store("memory://asked"), list[dict[str, Any]]()
    shard = plan_shards(RECIPE.generation)[0]
    drafts = {d.seed: d for d in store.records(_written(shard, store, heard).artifacts["kept"], Draft)}
    batched = [brief["number"] for batch in _requests(heard, "QueryBatch") for brief in batch]
    assert sorted(batched) == sorted(brief.seed for brief in shard.briefs if brief.follows is None)
    asked = {request["number"]: request for request in _requests(heard, "FollowUp")}
    further = [brief for brief in shard.briefs if brief.follows is not None]
    assert sorted(asked) == [brief.seed for brief in further]
    for brief in further:
        request, kind = asked[brief.seed], GENERATOR.kind(brief.kind)
        earlier = [b for b in shard.briefs if brief.follows in (b.seed, b.follows) and b.seed < brief.seed]
        assert request["asked"] == [drafts[b.seed].text for b in earlier]
        assert (request["ask"], request["fields"], request["style"]) == (kind.brief, kind.file_brief, brief.style)
        (file,) = drafts[brief.follows].files
        assert request["files"] == [{"name": file.name, "content": json.loads(file.spec_json)}]


def _talk(*kinds: str, writer: str = "png") -> Shard:
    briefs = [
        Brief(seed=n, kind=kind, style="child", family=f"{kind}/child", writer=writer, follows=1 if n > 1 else None)
        for n, kind in enumerate(kinds, 1)
    ]
    return Shard(split="train", index=0, briefs=tuple(briefs))


def test_what_follows_a_query_that_was_not_written_fails_by_name() -> None:
    store, heard = Store("memory://lost"), list[dict[str, Any]]()
    result = _written(_talk("where", "present", "covered", writer="xlsx"), store, heard)
    assert (result.counts.taken, result.counts.kept, result.counts.failed) == (3, 0, 3)
    assert result.reasons == {
        "file_writer: no usable file content": 1,
        "follow_up_writer: the query that it follows was not written": 2,
    }
    assert not _requests(heard, "FollowUp")
    lost = store.records(result.artifacts["dropped"], Verdict)
    (first,) = (v.record_id for v in lost if v.check == "file_writer")
    assert {v.evidence for v in lost if v.check == "follow_up_writer"} == {first}


def test_a_further_query_that_the_teacher_does_not_write_fails_and_the_first_one_stays() -> None:
    store, heard = Store("memory://silent"), list[dict[str, Any]]()
    result = _written(_talk("where", "present", "covered"), store, heard, broken="FollowUp")
    assert (result.counts.taken, result.counts.kept, result.counts.failed) == (3, 1, 2)
    assert result.reasons == {"follow_up_writer: the teacher wrote no further query": 2}
    (draft,) = store.records(result.artifacts["kept"], Draft)
    assert draft.seed == 1


def test_a_brief_that_follows_none_of_its_shard_is_refused_by_its_seed() -> None:
    shard = _talk("where", "present").model_copy(update={"index": 4})
    alone = shard.model_copy(update={"briefs": shard.briefs[1:]})
    with pytest.raises(SchemaError, match="brief 2 follows 1, which begins no talk of shard train-004"):
        _written(alone, Store("memory://stray"), [])
