"""A teacher over real HTTP that places APIs by a rule of the test's, with faults put in on purpose."""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from tests.teacher.fake_teacher import FakeTeacher, completion, serving

_BLOCK = re.compile(r"^```json\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


def by_first_word(asked: Mapping[str, Any]) -> dict[str, Any]:
    """One leaf a domain, one class a first word of the description."""
    return {
        "name": asked["name"],
        "path": [asked["media_in"][0], asked["domain"] or "other"],
        "function_class": asked["description"].split()[0],
        "boundary": asked["description"],
        "differs_by": "domain",
    }


@dataclass
class PlantedTaxonomist:
    """Answers each request with the places of its APIs, changed by ``spoil``."""

    place: Callable[[Mapping[str, Any]], dict[str, Any]] = by_first_word
    spoil: Callable[[list[dict[str, Any]], int], Any] = lambda places, number: places
    """Places and the request's number from 0 -> what is sent: places, or any text."""
    model: str = "planted-taxonomist"
    fake: FakeTeacher = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeTeacher([self.reply], models=(self.model,))

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The JSON block of every prompt that has one."""
        return [json.loads(found.group(1)) for found in map(_BLOCK.search, self.fake.prompts) if found]

    async def reply(self, request: web.Request) -> web.Response:
        messages = (await request.json())["messages"]
        block = _BLOCK.search(messages[0]["content"])
        assert block is not None
        places = [self.place(api) for api in json.loads(block.group(1))["apis"]]
        sent = self.spoil(places, len(self.fake.prompts) - 1)
        return completion(sent if isinstance(sent, str) else json.dumps({"placements": sent}))


@asynccontextmanager
async def taxonomist_of(planted: PlantedTaxonomist, store: Store) -> AsyncIterator[Teacher]:
    """A teacher that asks ``planted`` and keeps what it replies in ``store``."""
    async with serving(planted.fake):
        settings = Settings.model_validate({"OPENAI_BASE_URL": planted.fake.url, "JOURNEYMAN_STORE": store.url})
        async with Teacher.open(settings, Ledger(store, "taxonomy", window_seconds=0.005)) as teacher:
            yield teacher
