"""Pages and episodes of a synthesis to look at while it runs: Markdown that holds its own pictures."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from journeyman.report.act_drawings import BOX_COLOUR, Colour, draw_boxes
from journeyman.report.film_strip import Strip, box_of, strip_of_episode
from journeyman.report.samples import of_many_kinds
from journeyman.report.small_pictures import jpeg_url
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.screen import ElementKind, Episode, Screen
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

SHOWN_EPISODES = 4
SHOWN_SCREENS = 4
SHOWN_SHARDS = 2
"""Shards that are looked into, the first and the last: all screenshots of a shard are read for a few of them."""
FRAME_MOST = (240, 180)
SCREEN_MOST = (560, 420)
ICON_COLOUR = (196, 92, 0)
_COLOURS: dict[ElementKind, Colour] = {"text": BOX_COLOUR, "icon": ICON_COLOUR}
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")


class ShardOfScreens(NamedTuple):
    """What a shard of pages or episodes made."""

    rows: ArtifactRef
    media: ArtifactRef
    """Their screenshots."""


def episodes_markdown(shards: Sequence[ShardOfScreens], store: Store) -> str:
    """A few episodes as film strips, of as many families as possible; empty where there is none."""
    shown = []
    for shard, number in _portions(shards, SHOWN_EPISODES):
        episodes = of_many_kinds(store.records(shard.rows, Episode), lambda row: row.family, number)
        files = load_media(store, (shard.media,), {step.screenshot for row in episodes for step in row.steps})
        shown += [_episode(row, strip_of_episode(row, files, most=FRAME_MOST)) for row in episodes]
    return "\n\n".join(shown)


def screens_markdown(shards: Sequence[ShardOfScreens], store: Store) -> str:
    """A few pages with a box round all that can be hit, of as many kinds as possible; empty where there is none."""
    shown = []
    for shard, number in _portions(shards, SHOWN_SCREENS):
        screens = of_many_kinds(store.records(shard.rows, Screen), lambda row: (row.environment, row.task), number)
        files = load_media(store, (shard.media,), {row.screenshot for row in screens})
        for row in screens:
            file = files.get(row.screenshot)
            shown.append(_screen(row, file.data if file else None))
    return "\n\n".join(shown)


def _portions(shards: Sequence[ShardOfScreens], most: int) -> list[tuple[ShardOfScreens, int]]:
    """The first and the last shard that has rows, with how many of each are shown."""
    filled = [shard for shard in shards if shard.rows.rows]
    chosen = [*filled[:1], *filled[1:][-(SHOWN_SHARDS - 1) :]]
    return [(shard, most // len(chosen)) for shard in chosen]


def _episode(episode: Episode, strip: Strip) -> str:
    about = f"{episode.environment}/{episode.task}, seed {episode.seed}, {episode.split}: {strip.outcome}"
    sheet = strip.sheet()
    steps = (
        f"{f.number}. {_plain(f.instruction or f.command)}{f' ({f.note})' if f.note else ''}" for f in strip.frames
    )
    picture = f"![steps of the episode]({jpeg_url(sheet)})" if sheet else "No step was taken."
    return _joined(f"### {_plain(strip.goal)}", _plain(about), picture, "\n".join(steps), _plain(strip.left_out))


def _screen(screen: Screen, screenshot: bytes | None) -> str:
    boxes = [(box, _COLOURS[e.kind]) for e in screen.elements if (box := box_of(e))]
    kinds = Counter(element.kind for element in screen.elements)
    told = f"{len(boxes)} elements: {kinds['text']} with words (blue), {kinds['icon']} icons (orange)"
    about = f"{screen.split}, seed {screen.seed}, {screen.width} x {screen.height}, language {screen.language}; {told}"
    picture = jpeg_url(draw_boxes(screenshot, boxes, most=SCREEN_MOST))
    return _joined(
        f"### {_plain(f'{screen.environment}/{screen.task}, {screen.family}')}",
        _plain(about),
        f"![page with its elements]({picture})",
    )


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Words that a page or a teacher wrote, in one line and without any meaning to Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
