"""What is around an app: header, panels, footer, announcements. None of it helps with any task."""

import random
from dataclasses import dataclass

from journeyman.environments._apps.app import Drawing, Entry


@dataclass(frozen=True, slots=True)
class Panel:
    """A button of the header and what it folds out."""

    key: str
    icon: str
    label: str
    about: str
    """What it opens, e.g. ``the notifications``."""
    items: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What of it a page has."""

    crest: str
    """Icon beside the brand."""
    bold: bool
    """Whether the header wears the accent."""
    burger: bool
    lettered: bool
    """Whether words stand in the bar, or icons alone."""
    panels: tuple[Panel, ...]
    links: tuple[tuple[str, str], ...]
    """Of the footer: key of the word, function."""
    offer: bool
    cookies: bool


_PANELS = {
    "notifications": (
        "bell",
        "the notifications",
        (("mark_read", "marks all notifications as read"), ("show_all", "shows all notifications")),
    ),
    "help": (
        "help",
        "the help menu",
        (
            ("guide", "opens the guide"),
            ("shortcuts", "shows the keyboard shortcuts"),
            ("contact", "opens a way to write to the makers"),
        ),
    ),
    "account": (
        "person",
        "the account menu",
        (("profile", "opens the profile"), ("invoices", "lists the invoices"), ("sign_out", "signs out")),
    ),
    "options": (
        "dots",
        "a menu with more options",
        (("print", "prints the page"), ("share", "shares the page"), ("download", "downloads the page")),
    ),
}
_LINKS = {
    "privacy": "opens the privacy notice",
    "imprint": "opens the imprint",
    "terms": "opens the terms of use",
    "jobs": "lists open positions",
    "contact": "opens the contact page",
}


def frame_of(drawing: Drawing) -> Frame:
    """The frame of a page: by its seed alone."""
    rng = random.Random(f"frame {drawing.spec.app} {drawing.spec.seed}")  # noqa: S311 - reproducible choice, no secret
    panels = rng.sample(tuple(_PANELS), rng.randint(2, len(_PANELS)))
    return Frame(
        crest=rng.choice(("globe", "flag", "book", "tree", "cup", "star")),
        bold=rng.random() < 0.4,
        burger=rng.random() < 0.5,
        lettered=rng.random() < 0.75,
        panels=tuple(_panel(drawing, key) for key in panels),
        links=tuple((key, _LINKS[key]) for key in rng.sample(tuple(_LINKS), rng.randint(2, len(_LINKS)))),
        offer=rng.random() < 0.2,
        cookies=rng.random() < 0.2,
    )


def _panel(drawing: Drawing, key: str) -> Panel:
    icon, about, items = _PANELS[key]
    entries = tuple(
        # Who signs out has lost the page: that ends a task.
        Entry(item, icon, drawing.t(item), function, "end" if item == "sign_out" else "")
        for item, function in items
    )
    return Panel(key, icon, drawing.t(key), about, entries)
