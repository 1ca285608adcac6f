"""``journeyman judge``: a model's judgement of answers that no program can decide, paid once and kept whole."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import cyclopts

from journeyman.errors import BudgetExceededError, ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from journeyman.judging.calibration import Label
    from journeyman.judging.llava_bench_files import LlavaBenchQuestion
    from journeyman.judging.pairwise import PairwiseItem
    from journeyman.judging.prompt import JudgePrompt
    from journeyman.judging.relative import RelativeItem
    from journeyman.schema.judgement import Judgement
    from journeyman.settings import Settings
    from journeyman.storage.store import Store
    from journeyman.teacher.client import Teacher

app = cyclopts.App(name="judge", help="Let a model judge answers that no program can decide.")

KIND = "judgements"


@app.command(name="llava-bench")
def llava_bench(
    folder: Path,
    answers: Path,
    *,
    against: Path | None = None,
    judge: str = "",
    endpoint: str = "",
    labels: Path | None = None,
    budget_usd: float = 5.0,
    out: Path | None = None,
) -> int:
    """Judge a model's answers to LLaVA-Bench (COCO), every one in both orders.

    Run again after it was stopped, it pays for no answer twice.

    Parameters
    ----------
    folder
        Holds qa90_questions.jsonl, qa90_reference.jsonl and coco_context_80.jsonl.
    answers
        JSON lines `{"question_id": 0, "text": "..."}`, one for every question, graded beside the reference's.
    against
        Another model's answers to set them against, in place of the reference's.
    judge
        Model that judges; else the endpoint's own, or JOURNEYMAN_JUDGE_MODEL, or the teacher's.
    endpoint
        Name of the judge's endpoint, of JOURNEYMAN_ENDPOINT__NAME__URL; else the teacher's.
    labels
        JSON lines `{"item_id": "0", "label": "win"}` by people: what became of these answers; win, tie or loss.
    budget_usd
        Most US dollars this judging may cost, earlier tries of the same included.
    out
        Parquet file to write the judgements to, besides the store.
    """
    from rich.console import Console

    from journeyman.judging.calibration import check_labelled, read_labels
    from journeyman.judging.llava_bench_files import read_llava_bench
    from journeyman.judging.show import WHY_A_JUDGE, print_facts
    from journeyman.schema.judgement import Judgement
    from journeyman.settings import load_settings
    from journeyman.storage.store import Store

    if not math.isfinite(budget_usd) or budget_usd < 0:
        raise ConfigError(f"budget-usd = {budget_usd} is no sum of money; give US dollars, e.g. 5")
    questions = read_llava_bench(folder)
    judging = _relative(questions, answers) if against is None else _pairwise(questions, answers, against)
    known = read_labels(labels) if labels else {}
    if labels:
        check_labelled([item.item_id for item in judging.items], known)
    _make_room(out)
    settings = load_settings()
    store = Store(settings.require_store(), settings.storage_options())
    judged_by = settings.of_endpoint(endpoint) if endpoint else settings
    judged_by.require_teacher()
    model = judge or ("" if endpoint else settings.judge_model) or judged_by.teacher_model
    store.check()

    console = Console()
    console.print(WHY_A_JUDGE, style="bold", soft_wrap=True)
    scope = _scope(judging, endpoint.lower(), model)
    rows, cost = asyncio.run(_asked(judging, judged_by, store, scope, model, Decimal(str(budget_usd))))
    ref = store.write(KIND, rows, Judgement)
    kept = {"judgements": f"{ref.rows} rows, {store.url_of(ref.key)}"}
    if out:
        kept["written to"] = _written(out, store.get(store.manifest(ref).objects[0].key))
    judging.show(console, store.records(ref, Judgement), known)
    if not endpoint and model == settings.teacher_model:
        print_facts(console, {"beware": "the judge is the teacher, which favours answers that were learnt from it"})
    print_facts(console, {"cost": cost} | kept)
    return 0


@dataclass(frozen=True)
class _Judging:
    """One way of judging: what is asked, and how what came of it is shown."""

    prompt: "JudgePrompt"
    items: "Sequence[RelativeItem] | Sequence[PairwiseItem]"
    ask: "Callable[[Teacher], Awaitable[list[Judgement]]]"
    show: "Callable[[Console, Sequence[Judgement], Mapping[str, Label]], None]"


def _relative(questions: "Sequence[LlavaBenchQuestion]", answers: Path) -> _Judging:
    from journeyman.judging.calibration import calibrate
    from journeyman.judging.llava_bench_files import read_answers, relative_items
    from journeyman.judging.prompt import RELATIVE
    from journeyman.judging.relative import REFERENCE, judge_relative, summarise_relative
    from journeyman.judging.show import print_relative

    items = relative_items(questions, read_answers(answers), where=str(answers))
    name = answers.name if answers.stem == REFERENCE else answers.stem

    def show(console: "Console", rows: "Sequence[Judgement]", labels: "Mapping[str, Label]") -> None:
        result = summarise_relative(rows)
        print_relative(console, result, calibrate(result.outcomes, labels, result.judge) if labels else None)

    return _Judging(RELATIVE, items, lambda judge: judge_relative(items, name, judge), show)


def _pairwise(questions: "Sequence[LlavaBenchQuestion]", answers: Path, against: Path) -> _Judging:
    from journeyman.judging.calibration import calibrate
    from journeyman.judging.llava_bench_files import pairwise_items, read_answers, relative_items
    from journeyman.judging.pairwise import judge_pairwise, summarise_pairwise
    from journeyman.judging.prompt import PAIRWISE
    from journeyman.judging.show import print_pairwise

    if answers.resolve() == against.resolve():
        raise ConfigError(f"{answers} cannot be set against itself; name another model's answers")
    one, other = (relative_items(questions, read_answers(path), where=str(path)) for path in (answers, against))
    items = pairwise_items(one, other)
    same = answers.stem == against.stem
    systems = (str(answers), str(against)) if same else (answers.stem, against.stem)

    def show(console: "Console", rows: "Sequence[Judgement]", labels: "Mapping[str, Label]") -> None:
        result = summarise_pairwise(rows, systems[0])
        print_pairwise(console, result, calibrate(result.outcomes, labels, result.judge) if labels else None)

    return _Judging(PAIRWISE, items, lambda judge: judge_pairwise(items, systems, judge), show)


def _scope(judging: _Judging, endpoint: str, model: str) -> str:
    """Where this judging's calls are kept: the same place whenever the same judge is asked the same again.

    The endpoint is named and not addressed: its port may be another after it was started anew.
    """
    from journeyman.judging.prompt import prompt_digest
    from journeyman.schema.record import sha256_hex

    asked = [prompt_digest(judging.prompt), endpoint, model, *map(astuple, judging.items)]
    # ASCII: a model's answer may hold half a surrogate pair, which no other encoding takes.
    return f"judge/llava-bench-{judging.prompt.name}/{sha256_hex(json.dumps(asked).encode('ascii'))[:16]}"


async def _asked(
    judging: _Judging, settings: "Settings", store: "Store", scope: str, model: str, usd: Decimal
) -> "tuple[list[Judgement], str]":
    """All judgements, and in words what they cost.

    Raises:
        BudgetExceededError: The next request would start over budget.
    """
    from journeyman.teacher.client import Teacher
    from journeyman.teacher.ledger import Ledger
    from journeyman.teacher.prices import Budget, dollars

    budget = Budget(usd)
    try:
        async with Teacher.open(settings, Ledger(store, scope), model=model, budget=budget) as judge:
            rows = await judging.ask(judge)
    except BudgetExceededError as exc:
        raise BudgetExceededError(
            f"the budget of {dollars(usd)} USD does not reach, {dollars(budget.spent)} USD are paid; give the same "
            "command a larger --budget-usd to go on where this stopped: what was answered is not paid for again"
        ) from exc
    spend = judge.spend
    calls = f"{spend.calls} requests paid, {spend.replayed} answered from the ledger"
    if not judge.price.known:
        return rows, f"not known: nobody gave a price for {judge.model}, so the budget stops nothing; {calls}"
    return rows, f"{spend.usd} USD now, {dollars(budget.spent)} USD with earlier tries; {calls}"


def _make_room(out: Path | None) -> None:
    """The folder of ``out``, before anything is paid for."""
    if out is None:
        return
    if out.is_dir():
        raise ConfigError(
            f"{out} is a folder; name a file to write the judgements to, e.g. {out / 'judgements.parquet'}"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"the folder of {out} cannot be made: {exc.strerror}") from exc


def _written(out: Path, data: bytes) -> str:
    try:
        out.write_bytes(data)
    except OSError as exc:
        raise ConfigError(f"{out} cannot be written: {exc.strerror}; the judgements are in the store") from exc
    return str(out)
