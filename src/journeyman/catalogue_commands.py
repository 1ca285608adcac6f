"""``journeyman catalogue``: what APIs a catalogue has, and the taxonomy of their tasks that people may edit."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from journeyman.errors import BudgetExceededError, ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from journeyman.catalogue.entries import CatalogueRead
    from journeyman.schema.api import Api, Placement
    from journeyman.settings import Settings
    from journeyman.storage.store import Store

app = cyclopts.App(name="catalogue", help="The APIs that a model chooses from, and the taxonomy of their tasks.")

EMBEDDED = "embedded"
SHOWN_DROPPED = 20
MOST_TAXONOMY_BYTES = 64 * 1024 * 1024


@app.command
def show(
    source: str = EMBEDDED, *, as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative="")] = False
) -> int:
    """Show what APIs there are by domain and by what they take, and what was dropped and why.

    Parameters
    ----------
    source
        `embedded`, `shelf`, a folder of model cards, a .json or .jsonl file of APIs, an mcpServers .json or a .py file.
    as_json
        Print one API a line, as a .jsonl file may hold them, and on stderr a line for each entry that was dropped.
    """
    from rich.console import Console

    from journeyman.catalogue.sources import read_catalogue
    from journeyman.schema.record import canonical_json

    found = read_catalogue(source)
    if as_json:
        for api in found.apis:
            sys.stdout.write(canonical_json(api) + "\n")
        for one in found.dropped:
            sys.stderr.write(canonical_json(asdict(one)) + "\n")
        return 0
    _print_catalogue(Console(), found)
    return 0


@app.command
def taxonomy(source: str = EMBEDDED, *, out: Path, placed_per_call: int = 0, budget_usd: float = 5.0) -> int:
    """Have the teacher place every API in a taxonomy of tasks, and write it to a file that you can edit.

    Run again after it was stopped, it pays for no answer twice. Exit code 1 when APIs have no place.

    Parameters
    ----------
    source
        The catalogue, as `show` takes it.
    out
        The file; one that is there already is not overwritten.
    placed_per_call
        APIs in one request; 0 takes what recipes take.
    budget_usd
        Most US dollars it may cost, earlier tries of the same included.
    """
    from rich.console import Console

    from journeyman.catalogue.config import CatalogueConfig
    from journeyman.catalogue.sources import read_catalogue
    from journeyman.catalogue.taxonomy import classes, leaves, write_taxonomy
    from journeyman.settings import load_settings
    from journeyman.storage.store import Store

    if not 0 <= budget_usd < float("inf"):
        raise ConfigError(f"budget-usd = {budget_usd} is no sum of money; give US dollars, e.g. 5")
    if placed_per_call < 0:
        raise ConfigError(f"placed-per-call = {placed_per_call} is no number of APIs; give 1 or more, e.g. 40")
    if out.exists():
        raise ConfigError(f"{out} is there already and may have been edited; name another file, or remove it")
    config = CatalogueConfig(source=source, **({"placed_per_call": placed_per_call} if placed_per_call else {}))
    apis = read_catalogue(source).apis
    settings = load_settings()
    settings.require_teacher()
    store = Store(settings.require_store(), settings.storage_options())
    store.check()
    placements, unplaced, cost = asyncio.run(_induced(apis, config.placed_per_call, settings, store, budget_usd))
    _write(out, write_taxonomy(apis, placements))
    console = Console()
    _print_facts(
        console,
        {
            "placed": f"{len(placements)} of {len(apis)} APIs, in {len(leaves(placements))} leaves and "
            f"{len(classes(placements))} function classes",
            "pairs": _pairs_in_words(placements),
            "cost": cost,
            "written to": str(out),
        },
    )
    for name, why in unplaced.items():
        _print_facts(console, {"no place": f"{name}: {why}"})
    return int(bool(unplaced))


@app.command
def check(file: Path, source: str = EMBEDDED) -> int:
    """Read an edited taxonomy back; exit code 1 when something is wrong with it, and then say what.

    Parameters
    ----------
    file
        The taxonomy.
    source
        The catalogue that it is of, as `show` takes it.
    """
    from rich.console import Console

    from journeyman.catalogue.sources import read_catalogue
    from journeyman.catalogue.taxonomy import classes, find_faults, leaves, read_taxonomy

    apis = read_catalogue(source).apis
    text = _read(file)
    console = Console()
    faults = find_faults(text, apis)
    for fault in faults:
        console.print(_shown(fault), soft_wrap=True, markup=False, highlight=False)
    if faults:
        _print_facts(console, {"wrong": f"{len(faults)} faults in {file}"})
        return 1
    placements = read_taxonomy(text, apis)
    _print_facts(
        console,
        {
            "fine": f"{len(placements)} APIs in {len(leaves(placements))} leaves and "
            f"{len(classes(placements))} function classes",
            "pairs": _pairs_in_words(placements),
        },
    )
    return 0


async def _induced(
    apis: "Sequence[Api]", placed_per_call: int, settings: "Settings", store: "Store", usd: float
) -> "tuple[tuple[Placement, ...], dict[str, str], str]":
    """Placements, what has none and why, and in words what it cost.

    Raises:
        BudgetExceededError: The next request would start over budget.
    """
    from journeyman.catalogue.config import CatalogueConfig
    from journeyman.catalogue.taxonomy import VERSION, induce_taxonomy
    from journeyman.schema.record import fingerprint
    from journeyman.teacher.client import Teacher
    from journeyman.teacher.ledger import Ledger
    from journeyman.teacher.prices import Budget, dollars

    asked = [VERSION, settings.teacher_model, placed_per_call, [api.model_dump(mode="json") for api in apis]]
    ledger = Ledger(store, f"catalogue/taxonomy-{fingerprint(asked)[:16]}")
    config = CatalogueConfig(placed_per_call=placed_per_call)
    budget = Budget(Decimal(str(usd)))
    try:
        async with Teacher.open(settings, ledger, budget=budget) as teacher:
            placements, unplaced = await induce_taxonomy(apis, config, teacher=teacher)
    except BudgetExceededError as exc:
        raise BudgetExceededError(
            f"the budget of {usd} USD does not reach, {dollars(budget.spent)} USD are paid; give the same command a "
            "larger --budget-usd to go on where this stopped: what was answered is not paid for again"
        ) from exc
    spend = teacher.spend
    calls = f"{spend.calls} requests paid, {spend.replayed} answered from the ledger"
    if not teacher.price.known:
        return placements, unplaced, f"not known: nobody gave a price for {teacher.model}; {calls}"
    return placements, unplaced, f"{spend.usd} USD now; {calls}"


def _pairs_in_words(placements: "Sequence[Placement]") -> str:
    """In how many leaves each ambiguity has two classes or more, of which pairs of instructions can be made."""
    differing: dict[tuple[tuple[str, ...], str], set[str]] = {}
    for one in placements:
        if one.differs_by:
            differing.setdefault((one.path, one.differs_by), set()).add(one.function_class)
    count = Counter(kind for (_, kind), named in differing.items() if len(named) > 1)
    said = ", ".join(f"{kind} in {count[kind]}" for kind in sorted(count))
    return f"leaves with classes that differ by {said}" if said else "no leaf has two classes that differ by anything"


def _print_catalogue(console: "Console", found: "CatalogueRead") -> None:
    from journeyman.catalogue.entries import reasons
    from journeyman.catalogue.task_media import MODALITIES

    by_domain = Counter(api.domain for api in found.apis)
    takes = Counter((api.domain, kind) for api in found.apis for kind in api.media_in)
    rows = [
        (domain or "no domain", str(count), *(str(takes[domain, kind] or "") for kind in MODALITIES))
        for domain, count in sorted(by_domain.items(), key=lambda item: (-item[1], item[0]))
    ]
    all_take = [str(sum(kind in api.media_in for api in found.apis)) for kind in MODALITIES]
    _print_table(
        console,
        "APIs by domain, and how many take what",
        ("domain", "APIs", *MODALITIES),
        [*rows, ("all", str(len(found.apis)), *all_take)],
    )
    gives = ", ".join(f"{kind} {sum(kind in api.media_out for api in found.apis)}" for kind in MODALITIES)
    _print_facts(console, {"give": gives, "dropped": f"{len(found.dropped)} entries"})
    if found.dropped:
        first = {one.reason: one.name for one in reversed(found.dropped)}
        rows = [(reason, str(count), first[reason]) for reason, count in reasons(found.dropped)[:SHOWN_DROPPED]]
        _print_table(console, "Dropped (--json shows each with its entry)", ("reason", "entries", "the first"), rows)


def _print_table(console: "Console", title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False)
    for name in columns:
        words = name in ("domain", "reason", "the first")
        table.add_column(name, justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    console.print(table)


def _print_facts(console: "Console", facts: dict[str, str]) -> None:
    from rich.text import Text

    for name, text in facts.items():
        console.print(Text.assemble((f"{name}: ", "bold"), _shown(text)), soft_wrap=True)


def _shown(text: str) -> str:
    """One line without control characters: a catalogue's words are somebody else's, and a terminal obeys some."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_TAXONOMY_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{file} cannot be read: {exc.strerror}") from exc
    if len(data) > MOST_TAXONOMY_BYTES:
        raise ConfigError(f"{file} is larger than {MOST_TAXONOMY_BYTES:,} bytes; a taxonomy is a line an API")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{file} is not UTF-8: {exc.reason} at byte {exc.start}") from exc


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(
            f"{out} cannot be written: {exc.strerror}; give the same command another --out, nothing is paid for again"
        ) from exc
