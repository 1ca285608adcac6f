"""What a page is made from: the same specification gives the same page, byte for byte."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from journeyman.environments._apps.themes import THEMES as THEME_TABLE
from journeyman.errors import ConfigError

APPS = ("calendar", "form", "mail", "map", "settings", "shop", "table")
THEMES = tuple(THEME_TABLE)
LANGUAGES = ("en", "de", "fr", "es")
LAYOUTS = tuple(f"{bar}-{body}" for bar in ("left", "right", "top", "bottom") for body in ("grid", "list"))
"""Where the bar with the app's parts is, and how its things are laid out."""
SIZES = ((1280, 800), (1024, 768), (1440, 900), (1920, 1080), (412, 892))
"""Width and height in pixels; the last is a phone's."""
SCALES = (0.8, 1.6)
"""Least and most that letters and everything else are scaled by."""

_NAMES = {"app": APPS, "theme": THEMES, "language": LANGUAGES, "layout": LAYOUTS}


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page of an app.

    Raises:
        ConfigError: A name that there is not, or a scale or a size that nothing would be legible at.
    """

    app: str
    seed: int
    """Decides texts, counts, order and which parts there are; not the looks."""
    theme: str
    language: str
    layout: str
    scale: float
    width: int
    """Pixels."""
    height: int

    def __post_init__(self) -> None:
        for field, known in _NAMES.items():
            value = getattr(self, field)
            if value not in known:
                raise ConfigError(f"no {field} {value!r} of generated apps; there is: {', '.join(known)}")
        if not SCALES[0] <= self.scale <= SCALES[1]:
            raise ConfigError(f"scale {self.scale} of a page is not from {SCALES[0]} to {SCALES[1]}")
        if self.width < 320 or self.height < 320:
            raise ConfigError(f"a page of {self.width}x{self.height} is too small; give 320x320 or more")

    @property
    def family(self) -> str:
        """App, layout and theme: what a split must not cut in two."""
        return f"{self.app}/{self.layout}/{self.theme}"

    @property
    def name(self) -> str:
        """All of it as one line, for the record of a screen."""
        return " ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    @classmethod
    def draw(
        cls,
        seed: int,
        *,
        themes: Sequence[str] = THEMES,
        layouts: Sequence[str] = LAYOUTS,
        apps: Sequence[str] = APPS,
        languages: Sequence[str] = LANGUAGES,
        sizes: Sequence[tuple[int, int]] = SIZES[:1],
    ) -> Self:
        """The page of ``seed`` among those that the arguments leave.

        Raises:
            ConfigError: An argument is empty or names what there is not.
        """
        for kind, choices in (("theme", themes), ("layout", layouts), ("app", apps), ("language", languages)):
            if not choices:
                raise ConfigError(f"no {kind} is left to draw a page from; name at least one")
        rng = random.Random(f"page {seed}")  # noqa: S311 - reproducible choice, no secret
        width, height = rng.choice(sizes)
        return cls(
            app=rng.choice(apps),
            seed=seed,
            theme=rng.choice(themes),
            language=rng.choice(languages),
            layout=rng.choice(layouts),
            scale=round(rng.triangular(*SCALES, 1.0), 2),
            width=width,
            height=height,
        )
