"""A judge of single answers over real HTTP that grades by what is in the answer, with faults put in on purpose."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from tests.judging.planted_judge import blocks
from tests.teacher.fake_teacher import FakeTeacher, completion, serving


@dataclass
class PlantedGrader:
    """Gives an answer the grade of the first key of ``grades`` that is in it; ``later`` lowers each further run's."""

    grades: Mapping[str, float]
    later: float = 0.0
    instead: Mapping[tuple[str, int], str | web.Response] = field(default_factory=dict)
    """(question, run) -> what is replied instead of a grade."""
    model: str = "planted-grader"
    fake: FakeTeacher = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeTeacher([self.reply], models=(self.model,))

    @property
    def asked(self) -> list[dict[str, str]]:
        """The blocks of every prompt that came in."""
        return [blocks(prompt) for prompt in self.fake.prompts]

    async def reply(self, request: web.Request) -> web.Response:
        body = await request.json()
        shown, run = blocks(body["messages"][-1]["content"]), body.get("seed") or 0
        instead = self.instead.get((shown["QUESTION"], run))
        if isinstance(instead, web.Response):
            return web.Response(status=instead.status, body=instead.body, headers=instead.headers)
        grade = next(grade for key, grade in self.grades.items() if key in shown["ANSWER"])
        return completion(instead or f"{grade - self.later * run:.1f}\nBecause.")


@asynccontextmanager
async def grader_of(planted: PlantedGrader, store: Store) -> AsyncIterator[Teacher]:
    """A teacher that asks ``planted`` and keeps what it replies in ``store``."""
    async with serving(planted.fake):
        settings = Settings.model_validate({"OPENAI_BASE_URL": planted.fake.url, "JOURNEYMAN_STORE": store.url})
        ledger = Ledger(store, "judge", window_seconds=0.005)
        async with Teacher.open(settings, ledger, model=planted.model) as teacher:
            yield teacher
