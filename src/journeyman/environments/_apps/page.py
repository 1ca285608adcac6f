"""One self-contained HTML page per specification: no request leaves it, and equal specifications give equal text."""

import json
import random
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jinja2
from markupsafe import Markup, escape

from journeyman.environments._apps.app import App, Assignment, Content, Drawing, TaskKind
from journeyman.environments._apps.frame import frame_of
from journeyman.environments._apps.icons import ICONS, svg
from journeyman.environments._apps.shelf import APPS
from journeyman.environments._apps.spec import PageSpec
from journeyman.environments._apps.themes import THEMES, look_of
from journeyman.environments._apps.vocabulary import COLOURS
from journeyman.errors import ConfigError

_OPENED = 0.5
"""Share of pages without a task that begin in another view than the app's first."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and what is to be done on it."""

    html: str
    assignment: Assignment | None


def draw_page(spec: PageSpec, task: str = "") -> Page:
    """The page of ``spec``; with ``task``, e.g. ``shop/order``, one that judges whether that was done.

    Raises:
        ConfigError: The app of ``spec`` has no such task.
    """
    app: App[Any] = APPS[spec.app]
    drawing = Drawing(spec, random.Random(f"{spec.app} {spec.seed}"))  # noqa: S311 - reproducible choice, no secret
    content = app.compose(drawing)
    if not task:
        opening = drawing.rng.choice(content.openings) if drawing.rng.random() < _OPENED and content.openings else {}
        state = {**content.state, **{key: value for key, value in opening.items() if key in content.state}}
        view = {**content.view, **{key: value for key, value in opening.items() if key not in content.state}}
        return Page(_render(drawing, content, _data(content, state=state, view=view)), None)
    assignment = _kind(app, task).make(content, drawing)
    data = _data(content, want=assignment.want, free=assignment.free, judged=True)
    return Page(_render(drawing, content, data), assignment)


def _kind(app: App[Any], task: str) -> TaskKind[Any]:
    for kind in app.tasks:
        if f"{app.name}/{kind.name}" == task:
            return kind
    names = ", ".join(f"{app.name}/{kind.name}" for kind in app.tasks)
    raise ConfigError(f"no task {task!r} in the app {app.name!r}; there is: {names}")


def _data(content: Content[Any], **said: Any) -> Markup:
    view = {"menu": "", "query": "", "typed": "", "page": 0, "folded": False, "offered": False, "cookies": False}
    view.update({"sort": "", "descending": False, "panx": 0, "pany": 0, **content.view, **said.pop("view", {})})
    data = {"state": content.state, "view": view, "sums": content.sums, "want": None, "free": (), "judged": False}
    text = json.dumps({**data, **said}, sort_keys=True, ensure_ascii=False)
    # A closing tag inside a string would end the script element.
    return Markup(text.replace("</", "<\\/"))  # noqa: S704 - JSON, inside a script element


def _render(drawing: Drawing, content: Content[Any], data: Markup) -> str:
    spec, theme = drawing.spec, THEMES[drawing.spec.theme]
    bar, body = spec.layout.split("-")
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            spec=spec,
            theme=theme,
            dark=int(theme.page[1:3], 16) < 128,
            font=Markup(theme.font),  # noqa: S704 - ours
            bar=bar,
            body=body,
            frame=frame_of(drawing),
            content=content,
            facts=content.facts,
            colours=COLOURS,
            data=data,
            t=drawing.t,
            look=partial(look_of, theme),
            looks=lambda icon: ICONS[icon].looks,
            _deep="0 6px 18px rgba(0,0,0,.3)",
        )
    )


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("journeyman.environments._apps"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"mark": _mark, "svg": lambda name: Markup(svg(name))}  # noqa: S704 - ours
    return environment


def _mark(element_id: str, role: str, function: str, look: str = "") -> Markup:
    """The attributes that say what an element is."""
    said = f'data-id="{element_id}" data-role="{role}" data-function="{escape(function)}" data-look="{look}"'
    return Markup(said)  # noqa: S704 - only functions hold words that are drawn
