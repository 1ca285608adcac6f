"""A calendar: three months with events that can be opened, made and deleted."""

import datetime as dt
from calendar import Calendar
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
    fill,
    give_up,
)
from journeyman.environments._apps.vocabulary import BRANDS, CITIES, COLOURS, EVENTS, FIRST_NAMES, MONTHS, WEEKDAYS

_TIMES = ("08:00", "09:30", "11:00", "13:00", "14:30", "16:00", "18:00")
_TITLES = ("Yoga", "Chess club", "Car wash", "Book fair", "Choir", "Tax office", "Picnic", "Eye test")
"""What goals ask to write; English in every language."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a day."""

    key: str
    title: str
    month: int
    """0 the month before, 1 the one that is shown, 2 the one after."""
    day: str
    """ISO date."""
    time: str
    colour: str


@dataclass(frozen=True, slots=True)
class Month:
    """A page of the calendar."""

    name: str
    weeks: tuple[tuple[tuple[str, int], ...], ...]
    """Seven (ISO date, day of month) each; the day is 0 outside the month."""


@dataclass(frozen=True, slots=True)
class Diary:
    """What is on the calendar."""

    months: tuple[Month, Month, Month]
    weekdays: tuple[str, ...]
    events: tuple[Event, ...]
    times: tuple[str, ...]
    colours: tuple[str, ...]
    absent: str
    """Title of an event that is not there."""


def _compose(drawing: Drawing) -> Content[Diary]:
    rng = drawing.rng
    start = rng.choice((0, 6))
    year, month = rng.randint(2024, 2031), rng.randint(2, 11)
    months = tuple(_month(drawing, year, month + shift, start) for shift in (-1, 0, 1))
    titles = [
        drawing.of(four, city=city, name=name)
        for four, city, name in zip(
            rng.sample(EVENTS, len(EVENTS)),
            rng.sample(CITIES, len(EVENTS)),
            rng.sample(FIRST_NAMES, len(EVENTS)),
            strict=True,
        )
    ]
    events = []
    for number in range(rng.randint(6, len(EVENTS) - 1)):
        # The month that is shown has most, the next at least one: a task goes there.
        shown = 2 if number == 0 else rng.choice((0, 1, 1, 1, 1, 2))
        day = f"{year}-{month - 1 + shown:02d}-{rng.randint(1, 28):02d}"
        events.append(Event(f"e{number}", titles[number], shown, day, rng.choice(_TIMES), rng.choice(tuple(COLOURS))))
    events.append(Event("e99", titles[-1], 1, f"{year}-{month:02d}-{rng.randint(1, 28):02d}", "11:00", "blue"))
    facts = Diary(
        (months[0], months[1], months[2]),
        tuple(drawing.of(WEEKDAYS[(start + number) % 7]) for number in range(7)),
        tuple(sorted(events, key=lambda event: (event.day, event.time))),
        tuple(sorted(drawing.some(_TIMES, 4, 6))),
        tuple(drawing.some(tuple(COLOURS), 3, 5)),
        titles[-2] if len(events) < len(titles) else "Regatta",
    )
    entries = (
        Entry("month", "calendar", drawing.t("month"), "shows the month", "set mode=month", "mode=month"),
        Entry("agenda", "menu", drawing.t("agenda"), "shows the events as a list", "set mode=agenda", "mode=agenda"),
        Entry(
            "new", "plus", drawing.t("new_event"), "starts a new event", f"set new.day={_middle(facts)};set dialog=new"
        ),
        Entry("today", "clock", drawing.t("today"), "goes back to the current month", "set month=1"),
    )
    state: dict[str, Value] = {
        "month": 1,
        "opened": "",
        "saved": False,
        **{f"new.{part}": "" for part in ("day", "title", "time", "colour")},
        **{f"gone.{event.key}": False for event in events},
    }
    first = next(event for event in facts.events if event.month == 1)
    openings: tuple[Values, ...] = (
        {"dialog": "new", "new.day": first.day, "new.time": facts.times[0]},
        {"mode": "agenda"},
        {"month": 2},
        {"month": 0},
        {"opened": first.key},
    )
    return Content(facts, entries, state, {"mode": "month", "dialog": ""}, rng.choice(BRANDS), (), openings)


def _month(drawing: Drawing, year: int, month: int, start: int) -> Month:
    weeks = Calendar(start).monthdatescalendar(year, month)
    name = f"{drawing.of(MONTHS[month - 1])} {year}"
    return Month(
        name, tuple(tuple((day.isoformat(), day.day if day.month == month else 0) for day in week) for week in weeks)
    )


def _middle(facts: Diary) -> str:
    return facts.months[1].weeks[2][3][0]


def _english(day: str) -> str:
    date = dt.date.fromisoformat(day)
    return f"{date.day} {MONTHS[date.month - 1][0]}"


def _make(content: Content[Diary], drawing: Drawing) -> Assignment:
    rng = drawing.rng
    days = [day for week in content.facts.months[1].weeks for day, number in week if number]
    day, title, time = rng.choice(days), rng.choice(_TITLES), rng.choice(content.facts.times)
    goal = rng.choice(
        (
            f'Make an event "{title}" on {_english(day)} at {time}.',
            f'Enter "{title}" into the calendar: {_english(day)}, {time}.',
            f'I have "{title}" on {_english(day)} at {time}. Put it into my calendar.',
        )
    )
    plan = (
        Move("click", f"Click the day {_english(day)}.", f"day-{day}"),
        *fill("new-title", title, "the title"),
        Move("click", f"Choose {time}.", f"time-{time}"),
        Move("click", "Save the event.", "new-save"),
    )
    want: Values = {"new.day": day, "new.title": title, "new.time": time, "saved": True}
    return Assignment(goal, plan, want, ("month",))


def _delete(content: Content[Diary], drawing: Drawing) -> Assignment:
    event = drawing.rng.choice([event for event in content.facts.events if event.month == 1])
    goal = drawing.rng.choice(
        (
            f'Delete the event "{event.title}" on {_english(event.day)}.',
            f'"{event.title}" is off. Remove it from the calendar.',
            f'Take "{event.title}" ({event.time}) out of the calendar.',
        )
    )
    plan = (
        Move("click", f'Click the event "{event.title}".', f"event-{event.key}"),
        Move("click", "Delete the event.", f"drop-{event.key}"),
    )
    return Assignment(goal, plan, {f"gone.{event.key}": True}, ("month",))


def _visit(content: Content[Diary], drawing: Drawing) -> Assignment:
    event = drawing.rng.choice([event for event in content.facts.events if event.month == 2])
    name = content.facts.months[2].name
    goal = drawing.rng.choice(
        (
            f'Go to {name} and open the event "{event.title}".',
            f'What is "{event.title}" in the month after this one? Open it there.',
            f'Show the details of "{event.title}", which is in {name}.',
        )
    )
    plan = (
        Move("click", "Go to the next month.", "month-next"),
        Move("click", f'Open the event "{event.title}".', f"event-{event.key}"),
    )
    return Assignment(goal, plan, {"month": 2, "opened": event.key})


def _absent(content: Content[Diary], drawing: Drawing) -> Assignment:
    title, name = content.facts.absent, content.facts.months[1].name
    goal = drawing.rng.choice(
        (f'Delete the event "{title}" in {name}.', f'Open the event "{title}" that is in {name}.')
    )
    return Assignment(goal, give_up(f'there is no event "{title}"'))


APP = App(
    "calendar",
    _compose,
    (
        TaskKind("make-event", ("click", "type"), _make),
        TaskKind("delete-event", ("click",), _delete),
        TaskKind("next-month", ("click",), _visit),
        TaskKind("absent-event", (), _absent, possible=False),
    ),
)
