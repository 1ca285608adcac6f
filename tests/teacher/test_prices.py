import asyncio
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from journeyman.errors import BudgetExceededError
from journeyman.schema.message import Message, TextPart
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger, paid_usd
from journeyman.teacher.prices import Budget, Price, dollars, price_of
from tests.teacher.fake_teacher import FakeTeacher, serving

DEAR = {"dear": Price(Decimal(1000), Decimal(1000))}  # the fake's 110 tokens cost 0.11 USD


def ask_twenty(fake: FakeTeacher, store: Store, budget: Budget) -> tuple[list[Any], Any]:
    async def ask(teacher: Teacher, number: int) -> str:
        text = f"question {number} " + "of about a hundred tokens " * 12
        messages = (Message(role="user", content=(TextPart(text=text),)),)
        return await teacher.text("controller", messages, {}, max_tokens=50)

    async def run() -> tuple[list[Any], Any]:
        async with serving(fake):
            settings, ledger = Settings(OPENAI_BASE_URL=fake.url), Ledger(store, "run/shard", window_seconds=0.001)
            async with Teacher.open(settings, ledger, model="dear", budget=budget, prices=DEAR) as teacher:
                answers = await asyncio.gather(*(ask(teacher, n) for n in range(20)), return_exceptions=True)
                return answers, teacher.spend

    return asyncio.run(run())


def test_a_budget_stops_the_run_below_it_and_raising_it_resumes(tmp_path: Path) -> None:
    store, fake = Store(f"file://{tmp_path}/store"), FakeTeacher()
    answers, spend = ask_twenty(fake, store, Budget(Decimal(1)))
    stopped = [a for a in answers if isinstance(a, BudgetExceededError)]
    assert stopped
    assert "raise budget_usd" in str(stopped[0])
    assert 0.7 < float(spend.usd) <= 1
    assert paid_usd(store, "run") == Decimal(spend.usd)

    answers, resumed = ask_twenty(fake, store, Budget(Decimal(10)))
    assert answers == ["an answer"] * 20
    assert (resumed.calls, resumed.replayed) == (20 - spend.calls, spend.calls)
    assert len(fake.prompts) == 20


def test_the_same_budget_again_pays_for_nothing_more(tmp_path: Path) -> None:
    store, fake = Store(f"file://{tmp_path}/store"), FakeTeacher()
    ask_twenty(fake, store, Budget(Decimal(1)))
    paid = len(fake.prompts)
    answers, _ = ask_twenty(fake, store, Budget(Decimal(1)))
    assert len(fake.prompts) == paid
    assert any(isinstance(a, BudgetExceededError) for a in answers)


def test_a_request_waits_while_only_reservations_stand_in_its_way() -> None:
    budget = Budget(Decimal(1))
    order: list[str] = []

    async def request(name: str) -> None:
        async with budget.reserved(Decimal("0.6")):
            order.append(f"{name} starts")
            await asyncio.sleep(0.01)
            budget.charge(Decimal("0.1"))
            order.append(f"{name} ends")

    async def run() -> None:
        await asyncio.gather(request("a"), request("b"))

    asyncio.run(run())
    assert order == ["a starts", "a ends", "b starts", "b ends"]


def test_a_free_teacher_needs_no_budget() -> None:
    async def run() -> None:
        async with Budget(Decimal(0)).reserved(Decimal(0)):
            pass

    asyncio.run(run())


def test_an_earlier_scope_is_counted_once() -> None:
    budget = Budget(Decimal(1))
    budget.count_earlier("run/shard", Decimal("0.4"))
    budget.count_earlier("run/shard", Decimal("0.4"))
    assert budget.spent == Decimal("0.4")


@pytest.mark.parametrize("name", ["gpt-4o-mini", "openai/gpt-4o-mini", "gpt-4o-mini-2024-07-18"])
def test_a_price_is_found_under_a_models_other_names(name: str) -> None:
    assert price_of(name).of(1_000_000, 1_000_000) == Decimal("0.75")


def test_an_unknown_model_is_free_and_said_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        price = price_of("qwen3-vl")
    assert not price.known
    assert price.of(10**6, 10**6) == 0
    assert "qwen3-vl" in caplog.text


def test_dollars_are_plain_decimals() -> None:
    assert [dollars(Decimal(d)) for d in ("0", "0E-7", "0.00000150", "1E+2")] == ["0", "0", "0.0000015", "100"]
