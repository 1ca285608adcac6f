"""A teacher over real HTTP that answers what a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Reply = str | web.Response | Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class FakeTeacher:
    """Replies in order, then the last one for ever; a str is a 200 with that content."""

    replies: list[Reply] = field(default_factory=lambda: ["an answer"])
    models: tuple[str, ...] = ("scripted",)
    delay_seconds: float = 0.0
    prompts: list[str] = field(default_factory=list)
    """Last user text of every request that came in."""
    answered: list[str] = field(default_factory=list)
    """The same, of those that were answered with a 200."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    most_at_once: int = 0
    url: str = ""
    _at_once: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """POST /v1/chat/completions."""
        body = await request.json()
        content = body["messages"][-1]["content"]
        prompt = content if isinstance(content, str) else next(p["text"] for p in content if p["type"] == "text")
        self.bodies.append(body)
        self.prompts.append(prompt)
        reply = self.replies[min(len(self.prompts), len(self.replies)) - 1]
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.delay_seconds)
            if isinstance(reply, web.Response):
                # A response can be sent once; tests give one for many requests.
                return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
            if not isinstance(reply, str):
                return await reply(request)
            self.answered.append(prompt)
            return completion(reply)
        finally:
            self._at_once -= 1

    async def list_models(self, request: web.Request) -> web.Response:
        """GET /v1/models."""
        return web.json_response({"object": "list", "data": [{"id": name} for name in self.models]})


def completion(content: str | None, **changes: Any) -> web.Response:
    """A 200 with one choice, 100 prompt tokens and 10 completion tokens."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return web.json_response({"id": "1", "choices": [choice], "usage": usage} | changes)


def refusal(status: int, message: str = "no", *, code: str = "", headers: dict[str, str] | None = None) -> web.Response:
    """An error as OpenAI words it."""
    body = json.dumps({"error": {"message": message, "code": code}})
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)


@asynccontextmanager
async def serving(fake: FakeTeacher, *, middlewares: tuple[Any, ...] = ()) -> AsyncIterator[FakeTeacher]:
    """``fake`` on a free port of loopback."""
    app = web.Application(middlewares=middlewares)
    app.router.add_post("/v1/chat/completions", fake.handle)
    app.router.add_get("/v1/models", fake.list_models)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield fake
    finally:
        await runner.cleanup()
