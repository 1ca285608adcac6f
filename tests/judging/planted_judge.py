"""A judge over real HTTP that answers like an OpenAI endpoint, with bias and faults put in on purpose."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from tests.teacher.fake_teacher import FakeTeacher, completion, serving

DECLINED = completion(None, choices=[{"message": {"refusal": "I cannot grade this"}}])
CUT_OFF = completion(None, choices=[{"message": {"content": "8 7\nBecause"}, "finish_reason": "length"}])

_BLOCK = re.compile(r"^BEGIN ([A-Z0-9 ]+) (\w+)\n(.*?)\nEND \1 \2$", re.DOTALL | re.MULTILINE)


def blocks(prompt: str) -> dict[str, str]:
    """The blocks of a prompt by name, by the borders that bear the prompt's own code."""
    return {name: text for name, _, text in _BLOCK.findall(prompt)}


@dataclass
class PlantedJudge:
    """Gives an answer the points of the first key of ``points`` that is in it, and a place its bias."""

    points: Mapping[str, float]
    first_bias: float = 0.0
    second_bias: float = 0.0
    instead: Mapping[tuple[str, str], str | web.Response] = field(default_factory=dict)
    """(question, answer shown first) -> what is replied instead of a judgement."""
    pairwise: bool = False
    model: str = "planted-judge"
    fake: FakeTeacher = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeTeacher([self.reply], models=(self.model,))

    @property
    def asked(self) -> list[dict[str, str]]:
        """The blocks of every prompt that came in."""
        return [blocks(prompt) for prompt in self.fake.prompts]

    async def reply(self, request: web.Request) -> web.Response:
        shown = blocks((await request.json())["messages"][-1]["content"])
        instead = self.instead.get((shown["QUESTION"], shown["ANSWER 1"]))
        if isinstance(instead, web.Response):
            return web.Response(status=instead.status, body=instead.body, headers=instead.headers)
        return completion(instead or self._judgement(shown["ANSWER 1"], shown["ANSWER 2"]))

    def _judgement(self, first: str, second: str) -> str:
        one, two = self._points_of(first) + self.first_bias, self._points_of(second) + self.second_bias
        if self.pairwise:
            return f"{'first' if one > two else 'second' if one < two else 'tie'}\nBecause."
        return f"{one:g} {two:g}\nBecause."

    def _points_of(self, answer: str) -> float:
        return next(points for key, points in self.points.items() if key in answer)


@asynccontextmanager
async def judge_of(planted: PlantedJudge, store: Store) -> AsyncIterator[Teacher]:
    """A teacher that asks ``planted`` and keeps what it replies in ``store``."""
    async with serving(planted.fake):
        settings = Settings.model_validate({"OPENAI_BASE_URL": planted.fake.url, "JOURNEYMAN_STORE": store.url})
        ledger = Ledger(store, "judge", window_seconds=0.005)
        async with Teacher.open(settings, ledger, model=planted.model) as teacher:
            yield teacher
