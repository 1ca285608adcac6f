import asyncio
from collections import Counter
from pathlib import Path

import pytest

from journeyman.errors import ConfigError
from journeyman.schema.message import Message, TextPart
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.endpoint import Endpoint, ThrottledError
from journeyman.teacher.ledger import Ledger
from journeyman.teacher.scripted.faults import Fault, Faults, faults_middleware
from tests.teacher.fake_teacher import FakeTeacher, serving


def test_faults_come_at_their_rates_and_the_same_each_time() -> None:
    faults = Faults.parse("429=0.2, 500=0.1, slow=0.05, retry_after=0.5, slow_seconds=3, seed=7")
    planned = [faults.plan(n) for n in range(5000)]
    assert planned == [faults.plan(n) for n in range(5000)]
    counts = Counter(fault.kind if fault else "none" for fault in planned)
    assert counts["429"] == pytest.approx(1000, abs=120)
    assert counts["500"] == pytest.approx(500, abs=90)
    assert counts["slow"] == pytest.approx(250, abs=70)
    assert Fault("429", 0.5) in planned
    assert Fault("slow", 3.0) in planned


def test_another_seed_plans_other_faults() -> None:
    one, other = Faults.parse("500=0.5,seed=1"), Faults.parse("500=0.5,seed=2")
    assert [one.plan(n) for n in range(50)] != [other.plan(n) for n in range(50)]


def test_no_text_means_no_faults() -> None:
    assert all(Faults.parse("").plan(n) is None for n in range(100))


@pytest.mark.parametrize("text", ["404=0.1", "429=much", "429", "429=0.7,500=0.7", "500=-1", "slow=nan"])
def test_faults_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Faults.parse(text)


def test_an_injected_429_says_when_to_come_back() -> None:
    async def run() -> None:
        middleware = faults_middleware(Faults.parse("429=1,retry_after=0.25"))
        async with serving(FakeTeacher(), middlewares=(middleware,)) as fake:
            endpoint = Endpoint(fake.url, None, timeout_seconds=5)
            with pytest.raises(ThrottledError) as caught:
                await endpoint.complete({"model": "scripted", "messages": [{"role": "user", "content": "q"}]})
            assert caught.value.retry_after_seconds == 0.25
            assert await endpoint.models() == ("scripted",)
            await endpoint.close()

    asyncio.run(run())


def test_the_client_gets_every_answer_through_all_faults_at_once(tmp_path: Path) -> None:
    # Which request meets which fault depends on timing: at these rates six in a row befall 1 run in 500.
    text = "429=0.05,500=0.04,slow=0.02,truncated=0.03,dropped=0.03,retry_after=0.01,slow_seconds=0.05,seed=1"

    async def ask(teacher: Teacher, number: int) -> str:
        return await teacher.text("controller", (Message(role="user", content=(TextPart(text=f"q{number}"),)),), {})

    async def run() -> list[str]:
        fake, middleware = FakeTeacher(), faults_middleware(Faults.parse(text))
        async with serving(fake, middlewares=(middleware,)):
            ledger = Ledger(Store(f"file://{tmp_path}/store"), "s", window_seconds=0.005)
            async with Teacher.open(Settings(OPENAI_BASE_URL=fake.url), ledger, model="scripted") as teacher:
                return await asyncio.gather(*(ask(teacher, number) for number in range(150)))

    assert asyncio.run(run()) == ["an answer"] * 150
