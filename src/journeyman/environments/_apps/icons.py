"""Icons of our own: strokes in a square of 24, and what they show."""

from typing import NamedTuple


class Icon(NamedTuple):
    """A picture without words."""

    looks: str
    """With its article, e.g. ``a magnifying glass``."""
    strokes: str
    """SVG inside ``viewBox="0 0 24 24"``."""


ICONS = {
    "search": Icon("a magnifying glass", '<circle cx="10" cy="10" r="6"/><path d="M15 15l6 6"/>'),
    "cart": Icon(
        "a shopping cart",
        '<path d="M2 4h3l2.5 11h10L20 7H6"/><circle cx="9" cy="19" r="1.6"/><circle cx="16" cy="19" r="1.6"/>',
    ),
    "heart": Icon(
        "a heart", '<path d="M12 20C4 14 3 10 4.5 7.5 6 5 10 5 12 8.5 14 5 18 5 19.5 7.5 21 10 20 14 12 20z"/>'
    ),
    "star": Icon("a star", '<path d="M12 3l2.7 6 6.3.6-4.8 4.3 1.4 6.3L12 17l-5.6 3.2 1.4-6.3L3 9.6 9.3 9z"/>'),
    "bin": Icon("a bin", '<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6"/>'),
    "pencil": Icon("a pencil", '<path d="M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4"/>'),
    "plus": Icon("a plus sign", '<path d="M12 4v16M4 12h16"/>'),
    "minus": Icon("a minus sign", '<path d="M4 12h16"/>'),
    "menu": Icon("three lines", '<path d="M3 6h18M3 12h18M3 18h18"/>'),
    "dots": Icon(
        "three dots",
        '<circle cx="5" cy="12" r="1.5"/><circle cx="12" cy="12" r="1.5"/><circle cx="19" cy="12" r="1.5"/>',
    ),
    "bell": Icon("a bell", '<path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"/>'),
    "person": Icon("a person", '<circle cx="12" cy="8" r="4"/><path d="M4 21c1-6 15-6 16 0"/>'),
    "help": Icon("a question mark", '<path d="M8 8c0-5 8-5 8 0 0 3-4 3-4 7M12 18.5v1.5"/>'),
    "gear": Icon(
        "a gear",
        '<circle cx="12" cy="12" r="3"/><circle cx="12" cy="12" r="7"/>'
        '<path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2"/>',
    ),
    "left": Icon("an arrow to the left", '<path d="M20 12H4M10 5l-7 7 7 7"/>'),
    "right": Icon("an arrow to the right", '<path d="M4 12h16M14 5l7 7-7 7"/>'),
    "down": Icon("an arrowhead down", '<path d="M5 9l7 7 7-7"/>'),
    "updown": Icon("two arrows up and down", '<path d="M8 20V4M4 8l4-4 4 4M16 4v16M12 16l4 4 4-4"/>'),
    "check": Icon("a tick", '<path d="M4 12l6 6L20 5"/>'),
    "cross": Icon("a cross", '<path d="M5 5l14 14M19 5L5 19"/>'),
    "reply": Icon("an arrow bent to the left", '<path d="M10 5l-7 6 7 6v-4c6 0 9 1 11 6 0-8-4-11-11-11z"/>'),
    "share": Icon("an arrow bent to the right", '<path d="M14 5l7 6-7 6v-4c-6 0-9 1-11 6 0-8 4-11 11-11z"/>'),
    "envelope": Icon("an envelope", '<path d="M3 6h18v13H3zM3 7l9 7 9-7"/>'),
    "box": Icon("a box", '<path d="M3 5h18v4H3zM5 9v11h14V9M9 13h6"/>'),
    "flag": Icon("a flag", '<path d="M5 22V3M5 4h13l-3 4 3 4H5"/>'),
    "clip": Icon("a paper clip", '<path d="M8 7v9a4 4 0 0 0 8 0V6a2.5 2.5 0 0 0-5 0v9"/>'),
    "calendar": Icon("a calendar page", '<path d="M4 6h16v15H4zM4 10h16M8 3v4M16 3v4"/>'),
    "clock": Icon("a clock", '<circle cx="12" cy="12" r="9"/><path d="M12 6v6l4 3"/>'),
    "home": Icon("a house", '<path d="M3 12l9-8 9 8M6 10v10h12V10"/>'),
    "funnel": Icon("a funnel", '<path d="M3 4h18l-7 9v7l-4-2v-5z"/>'),
    "layers": Icon("stacked sheets", '<path d="M12 3l10 5-10 5L2 8zM2 12l10 5 10-5M2 16l10 5 10-5"/>'),
    "pin": Icon(
        "a map pin", '<path d="M12 22C6 14 5 12 5 9a7 7 0 0 1 14 0c0 3-1 5-7 13z"/><circle cx="12" cy="9" r="2.5"/>'
    ),
    "crosshair": Icon("a crosshair", '<circle cx="12" cy="12" r="6"/><path d="M12 2v5M12 17v5M2 12h5M17 12h5"/>'),
    "globe": Icon(
        "a globe",
        '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18"/>',
    ),
    "speaker": Icon("a loudspeaker", '<path d="M3 9h4l6-5v16l-6-5H3zM16 8c2 2 2 6 0 8M19 5c4 4 4 10 0 14"/>'),
    "sun": Icon(
        "a sun",
        '<circle cx="12" cy="12" r="4"/>'
        '<path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2"/>',
    ),
    "lock": Icon("a padlock", '<path d="M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4"/>'),
    "wifi": Icon(
        "radio waves",
        '<path d="M2 9c6-6 14-6 20 0M5.5 13c4-4 9-4 13 0M9 16.5c2-2 4-2 6 0"/><circle cx="12" cy="20" r="1"/>',
    ),
    "download": Icon("an arrow into a tray", '<path d="M12 3v12M6 10l6 6 6-6M3 17v4h18v-4"/>'),
    "printer": Icon("a printer", '<path d="M7 8V3h10v5M4 8h16v9h-3M7 17H4V8M7 14h10v7H7z"/>'),
    "eye": Icon("an eye", '<path d="M2 12c5-8 15-8 20 0-5 8-15 8-20 0z"/><circle cx="12" cy="12" r="3"/>'),
    "palette": Icon(
        "a palette",
        '<path d="M12 3a9 9 0 1 0 0 18c3 0 1-3 2-4s7 1 7-5c0-5-4-9-9-9z"/><circle cx="8" cy="9" r="1"/>'
        '<circle cx="13" cy="7" r="1"/><circle cx="7" cy="14" r="1"/>',
    ),
    "phone": Icon("a telephone", '<path d="M5 3h5l1 5-3 2c1 3 3 5 6 6l2-3 5 1v5c-9 3-19-7-16-16z"/>'),
    "lorry": Icon(
        "a lorry",
        '<path d="M2 6h12v11H2zM14 10h5l3 4v3h-8"/><circle cx="7" cy="18" r="2"/><circle cx="17" cy="18" r="2"/>',
    ),
    "tag": Icon("a price tag", '<path d="M3 3h9l9 9-9 9-9-9z"/><circle cx="8" cy="8" r="1.5"/>'),
    "lamp": Icon("a lamp", '<path d="M8 3h8l3 9H5zM12 12v8M8 21h8"/>'),
    "chair": Icon("a chair", '<path d="M7 3v18M7 13h10v8M7 3h3v10"/>'),
    "cup": Icon("a cup", '<path d="M4 7h12v8c0 5-12 5-12 0zM16 9c5-1 5 6 0 5M7 2v2M11 2v2"/>'),
    "tree": Icon("a tree", '<path d="M12 22v-6M12 2l7 9h-4l4 5H5l4-5H5z"/>'),
    "desk": Icon("a desk", '<path d="M2 7h20M4 7v13M20 7v13M13 7v6h7"/>'),
    "carpet": Icon("a carpet", '<path d="M5 4h14v16H5zM8 7h8v10H8zM5 20v2M9 20v2M15 20v2M19 20v2"/>'),
    "train": Icon(
        "a train",
        '<path d="M6 3h12v13H6zM6 10h12M8 16l-3 5M16 16l3 5"/>'
        '<circle cx="9" cy="13" r="1"/><circle cx="15" cy="13" r="1"/>',
    ),
    "bed": Icon("a bed", '<path d="M2 5v15M2 16h20v4M22 16v-3c0-3-13-4-13-1v4"/><circle cx="6" cy="12" r="2"/>'),
    "columns": Icon("a building with columns", '<path d="M3 9l9-6 9 6zM5 9v9M10 9v9M14 9v9M19 9v9M3 20h18"/>'),
    "book": Icon("an open book", '<path d="M12 6C9 4 6 4 3 5v14c3-1 6-1 9 1 3-2 6-2 9-1V5c-3-1-6-1-9 1zM12 6v14"/>'),
    "medical": Icon("a medical cross", '<path d="M9 3h6v6h6v6h-6v6H9v-6H3V9h6z"/>'),
}
"""By name."""


def svg(name: str) -> str:
    """The icon as markup that takes its colour from the text around it and its size from ``1.25em``."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{ICONS[name].strokes}</svg>'
    )
