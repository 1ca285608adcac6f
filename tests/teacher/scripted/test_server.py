"""The scripted teacher over real HTTP: equal requests, equal answers; unknown roles and bad bodies are refused."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from journeyman.teacher.scripted.faults import Faults
from journeyman.teacher.scripted.server import make_app

OPENING = 'Task: What is the total of the column "Units" in the table?\nFiles: file_1.csv'


def _with_server(work: Callable[[aiohttp.ClientSession], Awaitable[Any]], **options: Any) -> Any:
    async def run() -> Any:
        async with TestServer(make_app(**options)) as server, aiohttp.ClientSession(server.make_url("/")) as session:
            return await work(session)

    return asyncio.run(run())


async def _ask(session: aiohttp.ClientSession, body: Any) -> tuple[int, dict[str, Any]]:
    async with session.post("/v1/chat/completions", json=body) as response:
        return response.status, await response.json()


def _chat(*texts: str, schema: str = "") -> dict[str, Any]:
    roles = ("system", "user", "assistant")
    messages = [
        {"role": roles[min(n, 1)] if n < 2 else roles[2 - n % 2], "content": text} for n, text in enumerate(texts)
    ]
    body: dict[str, Any] = {"model": "scripted", "messages": messages}
    if schema:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": schema}}
    return body


def test_equal_requests_give_equal_answers_and_are_counted_by_role() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        first = await _ask(session, _chat("system", OPENING))
        second = await _ask(session, _chat("system", OPENING))
        async with session.get("/stats") as stats:
            return first[1]["choices"], second[1]["choices"], await stats.json()

    first, second, stats = _with_server(work, mistake_rate=0.0)
    assert first == second
    assert "inspect_file" in first[0]["message"]["content"]
    assert stats == {"completions": 2, "controller": 2}


def test_the_agent_goes_on_where_the_conversation_stands() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        return await _ask(session, _chat("system", OPENING, "Thought: I look", "Observation: a table"))

    _, answer = _with_server(work, mistake_rate=0.0)
    assert 'final_answer(rows["Units"].sum())' in answer["choices"][0]["message"]["content"]


def test_the_oracle_makes_no_mistake_and_is_not_listed() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        async with session.get("/v1/models") as response:
            listed = [model["id"] for model in (await response.json())["data"]]
        body = _chat("system", OPENING)
        return listed, await _ask(session, body), await _ask(session, body | {"model": "scripted-oracle"})

    listed, (_, teacher), (_, oracle) = _with_server(work, mistake_rate=1.0)
    assert listed == ["scripted"]
    assert (teacher["model"], oracle["model"]) == ("scripted", "scripted-oracle")
    assert teacher["journeyman_label"]
    assert not oracle["journeyman_label"]


NUMBERS = "Task: Which number is larger, 17 or 94?"


def test_a_mistake_in_a_query_without_files_makes_the_answer_wrong() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        openings = [NUMBERS.replace("17", str(n)) for n in range(11, 61)]
        return [await _ask(session, _chat("system", opening)) for opening in openings]

    answers = [answer for _, answer in _with_server(work, mistake_rate=1.0)]
    assert len({answer["journeyman_label"] for answer in answers}) == 4
    assert not any("\nfinal_answer(94)\n```" in answer["choices"][0]["message"]["content"] for answer in answers)


def test_a_query_that_needs_no_tool_is_answered_at_once() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        return await _ask(session, _chat("system", NUMBERS))

    _, answer = _with_server(work, mistake_rate=0.0)
    assert answer["choices"][0]["message"]["content"].endswith("```py\nfinal_answer(94)\n```")


def test_a_planted_mistake_is_labelled_in_the_reply() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        return await _ask(session, _chat("system", OPENING))

    _, answer = _with_server(work, mistake_rate=1.0)
    assert answer["journeyman_label"]


def test_an_unknown_role_and_a_bad_body_are_refused_in_words() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        return await _ask(session, _chat("s", "u", schema="Poem")), await _ask(session, {"messages": []})

    (status, answer), (other_status, other) = _with_server(work)
    assert (status, other_status) == (400, 400)
    assert "'Poem'" in answer["error"]["message"]
    assert "non-empty list" in other["error"]["message"]


def test_injected_faults_reach_the_client() -> None:
    async def work(session: aiohttp.ClientSession) -> Any:
        async with session.post("/v1/chat/completions", json=_chat("s", OPENING)) as response:
            return response.status, response.headers.get("Retry-After")

    assert _with_server(work, faults=Faults.parse("429=1.0"))[0] == 429
