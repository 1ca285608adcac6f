"""The OpenAI-compatible face of the scripted teacher: chat completions, models, health and counts."""

import json
import time
from collections import Counter

from aiohttp import web

from journeyman.teacher.scripted.asked import read_request
from journeyman.teacher.scripted.faults import Faults, faults_middleware
from journeyman.teacher.scripted.replies import reply

MODEL = "scripted"
ORACLE = "scripted-oracle"
"""The same program without mistakes: the most that a benchmark's problems let an agent reach. ``/v1/models`` does not
list it, so that a client which takes the only model there is takes the teacher."""
_MAX_BODY_BYTES = 64 * 1024 * 1024
_COUNTS: web.AppKey[Counter[str]] = web.AppKey("counts")
_MISTAKES: web.AppKey[float] = web.AppKey("mistakes")


def make_app(*, mistake_rate: float = 0.08, faults: Faults | None = None) -> web.Application:
    """The server's application.

    Args:
        mistake_rate: Share of worlds and runs with a planted, labelled mistake; ``scripted-oracle`` makes none.
        faults: Faults of the transport to inject; none when left out.
    """
    app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[faults_middleware(faults)] if faults else [])
    app[_COUNTS] = Counter()
    app[_MISTAKES] = mistake_rate
    app.router.add_get("/health", _health)
    app.router.add_get("/stats", _stats)
    app.router.add_get("/v1/models", _models)
    app.router.add_post("/v1/chat/completions", _complete)
    return app


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _stats(request: web.Request) -> web.Response:
    counts: Counter[str] = request.app[_COUNTS]
    return web.json_response(dict(counts))


async def _models(_request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "journeyman"}]})


async def _complete(request: web.Request) -> web.Response:
    try:
        body = await request.json()
        asked = read_request(body)
        model = ORACLE if body.get("model") == ORACLE else MODEL
        answer = reply(asked, 0.0 if model == ORACLE else request.app[_MISTAKES])
    except (ValueError, KeyError) as exc:
        return web.json_response(
            {"error": {"message": f"{type(exc).__name__}: {exc}", "type": "invalid_request_error"}}, status=400
        )
    request.app[_COUNTS]["completions"] += 1
    request.app[_COUNTS][answer.role] += 1
    # Four characters a token is the usual rule of thumb; pictures are counted at a fixed size.
    prompt_tokens = sum(len(text) for _, text in asked.texts) // 4 + 85 * asked.pictures
    completion_tokens = len(answer.text) // 4 + 1
    return web.json_response(
        {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer.text}}
            ],
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            },
            "journeyman_label": answer.label,
        },
        dumps=json.dumps,
    )
