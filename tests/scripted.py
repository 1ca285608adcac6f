"""The scripted teacher over real HTTP, in the test's own event loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp.test_utils import TestServer

from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.teacher.scripted.server import make_app


@asynccontextmanager
async def scripted_teacher(store: Store, *, mistake_rate: float = 0.0, scope: str = "test") -> AsyncIterator[Teacher]:
    """A teacher whose calls are kept in ``store``."""
    async with TestServer(make_app(mistake_rate=mistake_rate)) as server:
        url = str(server.make_url("/v1"))
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "x", "JOURNEYMAN_STORE": store.url}
        )
        ledger = Ledger(store, scope)
        await ledger.load()
        async with Teacher.open(settings, ledger) as teacher:
            yield teacher
