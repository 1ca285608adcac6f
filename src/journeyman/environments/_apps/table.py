"""A table of records: sorted by a click on a header, searched, paged, edited."""

from dataclasses import dataclass

from journeyman.environments._apps.app import (
    App,
    Assignment,
    Content,
    Drawing,
    Entry,
    Move,
    TaskKind,
    Value,
    Values,
    give_up,
)
from journeyman.environments._apps.vocabulary import BRANDS, CITIES, FIRST_NAMES, LAST_NAMES

_STATUSES = ("open", "paid", "late")
_NUMBERS = ("amount", "quantity", "number")


@dataclass(frozen=True, slots=True)
class Row:
    """A record."""

    key: str
    name: str
    city: str
    status: str
    """``open``, ``paid`` or ``late``."""
    amount: int
    quantity: int
    number: int

    def value(self, column: str) -> str | int:
        """What stands in ``column``."""
        found: str | int = getattr(self, column)
        return found


@dataclass(frozen=True, slots=True)
class Ledger:
    """Records and what of them is shown."""

    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    size: int
    """Rows on a page."""
    absent: str
    """Name of nobody here."""


def _compose(drawing: Drawing) -> Content[Ledger]:
    rng = drawing.rng
    count = rng.randint(7, 18)
    names = [
        f"{first} {last}"
        for first, last in zip(rng.sample(FIRST_NAMES, count + 1), rng.sample(LAST_NAMES, count + 1), strict=True)
    ]
    numbers = [rng.sample(range(low, high), count) for low, high in ((12, 980), (1, 60), (1000, 9999))]
    rows = tuple(
        Row(f"r{n}", names[n], rng.choice(CITIES), rng.choice(_STATUSES), numbers[0][n], numbers[1][n], numbers[2][n])
        for n in range(count)
    )
    columns = ["name", "city", "amount", "status", *rng.sample(("quantity", "number"), rng.randint(0, 2))]
    rest = columns[1:]
    rng.shuffle(rest)
    facts = Ledger(rows, ("name", *rest), rng.choice((6, 8, 10)), names[-1])
    entries = (
        Entry("all", "layers", drawing.t("all"), "shows all records", "set only=all;set page=0", "only=all"),
        *(
            Entry(
                key, icon, drawing.t(key), f"shows records that are {key}", f"set only={key};set page=0", f"only={key}"
            )
            for key, icon in (("open", "book"), ("paid", "check"), ("late", "clock"))
        ),
    )
    state: dict[str, Value] = {"sort": "", "edited": "", "new.value": ""}
    for row in rows:
        state |= {f"tick.{row.key}": False, f"gone.{row.key}": False}
    view: Values = {"only": "all", "dialog": "", "pages": 1, "pageNumber": 1, "editing": "", "shown": 0}
    first = rows[0].key
    openings: tuple[Values, ...] = (
        {"sort": "name"},
        {"sort": "amount", "descending": True},
        {"dialog": f"delete-{first}"},
        {"dialog": f"edit-{first}", "new.value": str(rows[0].amount)},
        {"only": "paid"},
        {f"tick.{first}": True, f"tick.{rows[1].key}": True},
    )
    return Content(facts, entries, state, view, rng.choice(BRANDS), (), openings, {"ticked": "tick."})


def _page_turns(place: int, size: int) -> tuple[Move, ...]:
    return (Move("click", "Go to the next page of the table.", "page-next"),) * (place // size)


def _sort_and_pick(content: Content[Ledger], drawing: Drawing) -> Assignment:
    facts = content.facts
    column = drawing.rng.choice([column for column in facts.columns if column in _NUMBERS])
    most = drawing.rng.random() < 0.5
    row = (max if most else min)(facts.rows, key=lambda one: one.value(column))
    word, header = ("highest" if most else "lowest"), drawing.t(column)
    goal = drawing.rng.choice(
        (
            f'Sort the table by "{header}" and tick the record where it is {word}.',
            f'Order the records by "{header}", then select the one with the {word} value.',
            f'Tick the row with the {word} "{header}", after sorting by that column.',
        )
    )
    sorting = Move("click", f'Sort by "{header}".', f"head-{column}")
    turned = (Move("click", f'Sort by "{header}" the other way round.', f"head-{column}"),) if most else ()
    plan = (sorting, *turned, Move("click", f"Tick the record of {row.name}.", f"tick-{row.key}"))
    return Assignment(goal, plan, {"sort": column, f"tick.{row.key}": True})


def _delete(content: Content[Ledger], drawing: Drawing) -> Assignment:
    facts = content.facts
    place = drawing.rng.randrange(len(facts.rows))
    row = facts.rows[place]
    goal = drawing.rng.choice(
        (
            f"Delete the record of {row.name}.",
            f"Remove {row.name} from the table.",
            f"{row.name} has left. Delete that row and confirm.",
        )
    )
    plan = (
        *_page_turns(place, facts.size),
        Move("click", f"Click the bin in the row of {row.name}.", f"delete-{row.key}"),
        Move("click", "Confirm that the record is deleted.", f"sure-{row.key}"),
    )
    return Assignment(goal, plan, {f"gone.{row.key}": True}, ("sort",))


def _edit(content: Content[Ledger], drawing: Drawing) -> Assignment:
    facts = content.facts
    place = drawing.rng.randrange(len(facts.rows))
    row, value, header = facts.rows[place], str(drawing.rng.randint(1000, 5000)), drawing.t("amount")
    goal = drawing.rng.choice(
        (
            f'Change the "{header}" of {row.name} to {value}.',
            f'Correct the record of {row.name}: "{header}" is {value}, not {row.amount}.',
            f'Set "{header}" in the row of {row.name} to {value} and save.',
        )
    )
    plan = (
        *_page_turns(place, facts.size),
        Move("click", f"Click the pencil in the row of {row.name}.", f"edit-{row.key}"),
        Move("triple", "Select the old value with three clicks.", f"value-{row.key}"),
        Move("write", f"Type {value} in its place.", text=value),
        Move("click", "Save the record.", f"save-{row.key}"),
    )
    return Assignment(goal, plan, {"edited": row.key, "new.value": value}, ("sort",))


def _ask(content: Content[Ledger], drawing: Drawing) -> Assignment:
    facts = content.facts
    place = drawing.rng.randrange(len(facts.rows))
    row = facts.rows[place]
    column = drawing.rng.choice([column for column in facts.columns if column in ("city", *_NUMBERS)])
    header, answer = drawing.t(column), str(row.value(column))
    goal = drawing.rng.choice(
        (
            f'What is the "{header}" of {row.name}? Answer with the value alone.',
            f'Look up "{header}" in the row of {row.name} and answer with what stands there.',
        )
    )
    say = f"Answer with {answer}."
    plan = (*_page_turns(place, facts.size), Move("call", say, target="answer", text=answer))
    return Assignment(goal, plan, None, answer=answer)


def _absent(content: Content[Ledger], drawing: Drawing) -> Assignment:
    name = content.facts.absent
    goal = drawing.rng.choice(
        (
            f"Delete the record of {name}.",
            f'Change the "{drawing.t("amount")}" of {name} to 500.',
            f"Tick the row of {name}.",
        )
    )
    return Assignment(goal, give_up(f"the table has no record of {name}"))


APP = App(
    "table",
    _compose,
    (
        TaskKind("sort-and-pick", ("click",), _sort_and_pick),
        TaskKind("delete-record", ("click",), _delete),
        TaskKind("edit-record", ("click", "type"), _edit),
        TaskKind("read-cell", ("click",), _ask),
        TaskKind("absent-record", (), _absent, possible=False),
    ),
)
