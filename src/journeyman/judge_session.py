"""What every ``journeyman judge`` command does: ask within a budget, keep each reply, print what came of it.

Replies are kept in a ledger whose scope is the judge, its prompt and all that is judged, so that the same command, run
again after it was stopped, pays for what is missing alone.
"""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from journeyman.errors import BudgetExceededError, ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from journeyman.judging.prompt import JudgePrompt
    from journeyman.schema.record import Record
    from journeyman.settings import Settings
    from journeyman.storage.store import Store
    from journeyman.teacher.client import Teacher
    from journeyman.teacher.prices import Budget

R = TypeVar("R", bound="Record")


@dataclass(frozen=True)
class Part(Generic[R]):
    """What is asked about one system, or two that meet; it has a ledger of its own."""

    items: Sequence[Any]
    """Dataclasses; with the judge and the prompt, all that a reply hangs on."""
    ask: "Callable[[Teacher], Awaitable[list[R]]]"


@dataclass(frozen=True)
class Judging(Generic[R]):
    """One way of judging: what is asked, and how what came of it is shown."""

    benchmark: str
    """As the command is called, e.g. ``llava-bench``."""
    prompt: "JudgePrompt"
    kind: str
    """Of the artifact that the rows become."""
    record: type[R]
    parts: Sequence[Part[R]]
    show: "Callable[[Console, Sequence[R]], None]"
    gated: bool = False
    """The data may not leave this machine: prompts, replies and rows are kept in its own store."""


@dataclass(frozen=True)
class Session:
    """Who judges, for how much, and where a copy goes."""

    judge: str
    """Model; empty takes the endpoint's own, or JOURNEYMAN_JUDGE_MODEL, or the teacher's."""
    endpoint: str
    """Name of an endpoint; empty takes the teacher's."""
    budget_usd: float
    out: Path | None
    """Parquet file to write the rows to, besides the store."""

    def check(self) -> None:
        """Refuse what can be refused before anything is read or paid for.

        Raises:
            ConfigError: The budget is no sum of money.
        """
        if not math.isfinite(self.budget_usd) or self.budget_usd < 0:
            raise ConfigError(f"budget-usd = {self.budget_usd} is no sum of money; give US dollars, e.g. 5")

    def run(self, judging: Judging[R]) -> int:
        """Ask, commit the rows, print what they say and what they cost; the command's exit code.

        Raises:
            ConfigError: No store, no judge, or ``out`` cannot be written.
            BudgetExceededError: The next request would start over budget.
        """
        from rich.console import Console

        from journeyman.judging.show import WHY_A_JUDGE, print_facts
        from journeyman.settings import load_settings

        make_room(self.out)
        settings = load_settings()
        store = _store_of(judging, settings)
        judged_by = settings.of_endpoint(self.endpoint) if self.endpoint else settings
        judged_by.require_teacher()
        model = self.judge or ("" if self.endpoint else settings.judge_model) or judged_by.teacher_model
        store.check()

        console = Console()
        console.print(WHY_A_JUDGE, style="bold", soft_wrap=True)
        rows, cost = asyncio.run(self._asked(judging, judged_by, store, model))
        ref = store.write(judging.kind, rows, judging.record)
        kept = {judging.kind: f"{ref.rows} rows, {store.url_of(ref.key)}"}
        if self.out:
            kept["written to"] = _written(self.out, store.get(store.manifest(ref).objects[0].key))
        judging.show(console, store.records(ref, judging.record))
        if not self.endpoint and model == settings.teacher_model:
            beware = "the judge is the teacher, which favours answers that were learnt from it"
            print_facts(console, {"beware": beware})
        print_facts(console, {"cost": cost} | kept)
        return 0

    async def _asked(
        self, judging: Judging[R], settings: "Settings", store: "Store", model: str
    ) -> "tuple[list[R], str]":
        """All rows, and in words what they cost."""
        from journeyman.teacher.prices import Budget, dollars

        budget = Budget(Decimal(str(self.budget_usd)))
        rows: list[R] = []
        spends = []
        priceless = ""
        for part in judging.parts:
            scope = _scope(judging, part, self.endpoint.lower(), model)
            answered, judge = await _asked_of_one(part, settings, store, scope, model, budget)
            rows += answered
            spends.append(judge.spend)
            priceless = "" if judge.price.known else judge.model
        paid, replayed = sum(spend.calls for spend in spends), sum(spend.replayed for spend in spends)
        calls = f"{paid} requests paid, {replayed} answered from the ledger"
        if priceless:
            return rows, f"not known: nobody gave a price for {priceless}, so the budget stops nothing; {calls}"
        now = sum((Decimal(spend.usd) for spend in spends), Decimal(0))
        return rows, f"{dollars(now)} USD now, {dollars(budget.spent)} USD with earlier tries; {calls}"


def make_room(out: Path | None) -> None:
    """The folder of ``out``, before anything is paid for.

    Raises:
        ConfigError: ``out`` is a folder, or its folder cannot be made.
    """
    if out is None:
        return
    if out.is_dir():
        raise ConfigError(f"{out} is a folder; name a file to write to, e.g. {out / 'judgements.parquet'}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"the folder of {out} cannot be made: {exc.strerror}") from exc


def _store_of(judging: Judging[R], settings: "Settings") -> "Store":
    from journeyman.storage import layout
    from journeyman.storage.store import Store

    if judging.gated:
        return Store((settings.home.resolve() / layout.GATED_FOLDER).as_uri())
    return Store(settings.require_store(), settings.storage_options())


async def _asked_of_one(
    part: Part[R], settings: "Settings", store: "Store", scope: str, model: str, budget: "Budget"
) -> "tuple[list[R], Teacher]":
    from journeyman.teacher.client import Teacher
    from journeyman.teacher.ledger import Ledger
    from journeyman.teacher.prices import dollars

    try:
        async with Teacher.open(settings, Ledger(store, scope), model=model, budget=budget) as judge:
            return await part.ask(judge), judge
    except BudgetExceededError as exc:
        raise BudgetExceededError(
            f"the budget of {dollars(budget.usd)} USD does not reach, {dollars(budget.spent)} USD are paid; give the "
            "same command a larger --budget-usd to go on where this stopped: what was answered is not paid for again"
        ) from exc


def _scope(judging: Judging[R], part: Part[R], endpoint: str, model: str) -> str:
    """Where the calls of ``part`` are kept: the same place whenever the same judge is asked the same again.

    The endpoint is named and not addressed: its port may be another after it was started anew.
    """
    from journeyman.judging.prompt import prompt_digest
    from journeyman.schema.record import sha256_hex

    asked = [prompt_digest(judging.prompt), endpoint, model, *map(astuple, part.items)]
    # ASCII: a model's answer may hold half a surrogate pair, which no other encoding takes.
    digest = sha256_hex(json.dumps(asked).encode("ascii"))[:16]
    return f"judge/{judging.benchmark}-{judging.prompt.name}/{digest}"


def _written(out: Path, data: bytes) -> str:
    try:
        out.write_bytes(data)
    except OSError as exc:
        raise ConfigError(f"{out} cannot be written: {exc.strerror}; what was judged is in the store") from exc
    return str(out)
