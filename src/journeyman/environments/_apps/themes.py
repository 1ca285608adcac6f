"""What pages look like, and the words for it."""

from dataclasses import dataclass
from typing import Literal

from journeyman.environments._apps.icons import ICONS

Dress = Literal["plain", "primary", "danger"]
"""How a button is dressed: as any other, as the one that matters, as the one that destroys."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as CSS writes them, lengths in rem."""

    page: str
    """Behind everything."""
    surface: str
    """Of cards, bars and dialogs."""
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    """Text on the accent."""
    accent_word: str
    """What an English speaker calls the accent."""
    radius: float
    shadow: str
    font: str
    gap: float
    """How much air there is: 0.5 dense, 1 roomy."""
    buttons: Literal["solid", "outline"]
    icons: Literal["round", "square", "bare"]
    """What is behind an icon that is a button."""


_SOFT = "0 1px 3px rgba(0,0,0,.18)"
_DEEP = "0 6px 18px rgba(0,0,0,.22)"
_HARD = "4px 4px 0 rgba(0,0,0,.85)"
_SANS = "'Liberation Sans','DejaVu Sans',sans-serif"
_WIDE = "'DejaVu Sans',sans-serif"
_SERIF = "'DejaVu Serif',serif"
_MONO = "'DejaVu Sans Mono',monospace"
_NARROW = "'DejaVu Sans Condensed','DejaVu Sans',sans-serif"
_BOOK = "'Liberation Serif','DejaVu Serif',serif"

THEMES = {
    "paper": Theme(
        *("#fafafa", "#ffffff", "#202124", "#5f6368", "#dadce0", "#1a56c4", "#ffffff", "blue"),
        *(0.4, _SOFT, _SANS, 0.8, "solid", "round"),
    ),
    "slate": Theme(
        *("#eceff1", "#ffffff", "#263238", "#546e7a", "#b0bec5", "#37474f", "#ffffff", "dark grey"),
        *(0.15, "none", _NARROW, 0.6, "solid", "square"),
    ),
    "ocean": Theme(
        *("#e3f2fd", "#ffffff", "#0d2b45", "#41607c", "#b3d4ee", "#00798c", "#ffffff", "teal"),
        *(0.8, _SOFT, _WIDE, 0.9, "solid", "round"),
    ),
    "forest": Theme(
        *("#f1f5ee", "#fbfdf9", "#1f2d1a", "#5a6b52", "#c7d6bd", "#2e7d32", "#ffffff", "green"),
        *(0.3, "none", _SERIF, 0.8, "outline", "bare"),
    ),
    "sunset": Theme(
        *("#fff4ea", "#ffffff", "#3b1f0e", "#7d5a44", "#f2cfb2", "#e65100", "#ffffff", "orange"),
        *(1.2, _DEEP, _WIDE, 1.0, "solid", "round"),
    ),
    "candy": Theme(
        *("#fdf0f6", "#ffffff", "#3a1029", "#7c5169", "#f3c4dc", "#d81b60", "#ffffff", "pink"),
        *(1.6, _SOFT, _SANS, 0.9, "solid", "round"),
    ),
    "midnight": Theme(
        *("#12161f", "#1c2230", "#e8ecf4", "#98a3b8", "#333d52", "#4f8cff", "#08101f", "blue"),
        *(0.5, "none", _SANS, 0.8, "solid", "round"),
    ),
    "console": Theme(
        *("#0b0f0b", "#121912", "#c8f7c5", "#7fae7c", "#2b442a", "#3ddc58", "#04140a", "green"),
        *(0.0, "none", _MONO, 0.55, "outline", "square"),
    ),
    "contrast": Theme(
        *("#ffffff", "#ffffff", "#000000", "#333333", "#000000", "#000000", "#ffffff", "black"),
        *(0.0, "none", _WIDE, 0.9, "solid", "square"),
    ),
    "sand": Theme(
        *("#f4efe4", "#fffaf0", "#3d3222", "#7c6f58", "#ddd0b6", "#8d5a1b", "#ffffff", "brown"),
        *(0.25, _SOFT, _BOOK, 0.85, "solid", "bare"),
    ),
    "lavender": Theme(
        *("#f3f0fa", "#ffffff", "#251a3e", "#675a85", "#d5cbed", "#6a3fb5", "#ffffff", "purple"),
        *(0.9, _SOFT, _WIDE, 0.8, "outline", "round"),
    ),
    "blocks": Theme(
        *("#fffbe6", "#ffffff", "#111111", "#444444", "#111111", "#ffd400", "#111111", "yellow"),
        *(0.0, _HARD, _NARROW, 0.9, "solid", "square"),
    ),
    "mint": Theme(
        *("#ecf8f4", "#ffffff", "#12352b", "#527468", "#bfe3d6", "#0b8f6a", "#ffffff", "green"),
        *(2.0, _SOFT, _NARROW, 0.7, "solid", "round"),
    ),
    "cocoa": Theme(
        *("#241a16", "#30231d", "#f5e9e0", "#bfa594", "#54402f", "#ffb15c", "#2a1606", "orange"),
        *(0.6, _DEEP, _BOOK, 0.8, "solid", "round"),
    ),
    "news": Theme(
        *("#ffffff", "#ffffff", "#161616", "#5c5c5c", "#cfcfcf", "#14407a", "#ffffff", "dark blue"),
        *(0.0, "none", _SERIF, 0.6, "outline", "bare"),
    ),
    "glass": Theme(
        *("#dfe7f2", "#f6f9fd", "#1b2635", "#5b6b80", "#c3d0e2", "#0091d5", "#ffffff", "light blue"),
        *(1.0, _DEEP, _SANS, 0.75, "solid", "square"),
    ),
}
"""By name; hold some out to see whether a model knows buttons or knows these."""


def look_of(theme: Theme, dress: Dress, *, icon: str = "", lettered: bool = True) -> str:
    """What a button looks like in ``theme``, e.g. ``round red button with a bin``; empty where it is like any other.

    Args:
        theme: Of the page.
        dress: Of the button.
        icon: Name in :data:`~journeyman.environments._apps.icons.ICONS`; empty for none.
        lettered: Whether words stand on it too.
    """
    pictured = ICONS[icon].looks if icon else ""
    colour = {"plain": "", "primary": theme.accent_word, "danger": "red"}[dress]
    if lettered and not colour:
        return ""
    if not lettered and (theme.icons == "bare" or not colour):
        return " ".join(word for word in (colour, pictured.removeprefix("a ").removeprefix("an "), "icon") if word)
    shape = theme.icons if not lettered else ""
    outlined = "outlined" if theme.buttons == "outline" else ""
    look = " ".join(word for word in (shape, outlined, colour, "button") if word)
    return f"{look} with {pictured}" if pictured else look
