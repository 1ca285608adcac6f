"""What the run's page is given to look at: Markdown that holds its own pictures."""

import base64
import io
import re

from PIL import Image

from journeyman.report.act_drawings import BOX_COLOUR
from journeyman.report.screen_gallery import ICON_COLOUR, ShardOfScreens, episodes_markdown, screens_markdown
from journeyman.schema.media import MediaFile
from journeyman.schema.record import Record
from journeyman.schema.screen import Episode, Screen
from journeyman.storage.store import Store
from tests.report.screens import SCREENS, episode, screen

STORE = Store("memory://gallery")
ACTIONS = ("pyautogui.click(x=0.2500, y=0.5000)", "pyautogui.write(message='x')")


def shard(rows: list[Record], kind: type[Record], files: list[MediaFile] = SCREENS) -> ShardOfScreens:
    return ShardOfScreens(STORE.write("rows", rows, kind), STORE.write("media", files, MediaFile))


def pictures(text: str) -> list[Image.Image]:
    found = re.findall(r"!\[[^\]]*\]\(data:image/jpeg;base64,([^)]+)\)", text)
    return [Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB") for data in found]


def test_four_episodes_are_shown_of_many_families_from_the_first_and_the_last_shard() -> None:
    families = ("shop", "mail", "shop", "form")
    shards = [
        shard([episode(10 * s + n, *ACTIONS, family=f"apps/{f}") for n, f in enumerate(families)], Episode)
        for s in range(3)
    ]
    text = episodes_markdown(shards, STORE)
    assert re.findall(r"^### Find thing (\d+)\\\.$", text, re.MULTILINE) == ["0", "1", "20", "21"]
    assert [picture.size for picture in pictures(text)] == [(490, 150)] * 4
    assert text.count("1. Do thing 0\\.\n2. Do thing 1\\.") == 4
    assert len(text) < 400_000


def test_one_shard_gives_all_four_and_none_gives_nothing() -> None:
    one = shard([episode(n, *ACTIONS) for n in range(9)], Episode)
    assert len(pictures(episodes_markdown([one, shard([], Episode)], STORE))) == 4
    assert episodes_markdown([], STORE) == screens_markdown([], STORE) == ""
    assert episodes_markdown([shard([], Episode)], STORE) == ""


def test_pages_are_shown_with_a_box_round_every_element_in_the_colour_of_its_kind() -> None:
    text = screens_markdown([shard([screen(n, SCREENS[n]) for n in range(2)], Screen)], STORE)
    assert text.count("2 elements: 1 with words \\(blue\\), 1 icons \\(orange\\)") == 2
    first, second = pictures(text)
    for place, colour in (((137, 131), BOX_COLOUR), ((333, 131), ICON_COLOUR)):
        assert max(abs(a - b) for a, b in zip(first.getpixel(place), colour, strict=True)) < 60  # type: ignore[arg-type]
    assert first.getpixel((10, 190)) != second.getpixel((10, 190))


def test_what_pages_say_has_no_meaning_to_markdown_or_html() -> None:
    evil = episode(1, *ACTIONS, goal="<script>x</script>\n# [link](http://a) ![p](q) `c` *b* | <b>")
    text = episodes_markdown([shard([evil], Episode)], STORE)
    (line,) = [line for line in text.splitlines() if "script" in line]
    assert line.startswith("### &lt;script&gt;x&lt;/script&gt; \\# \\[link\\]\\(http://a\\)")
    assert not re.findall(r"(?<!\\)[`*\[\]|<>]", line)


def test_a_screenshot_that_is_gone_is_shown_as_missing() -> None:
    text = screens_markdown([shard([screen(0, SCREENS[0])], Screen, files=SCREENS[1:])], STORE)
    (picture,) = pictures(text)
    assert min(picture.getpixel((5, 5))) > 230  # type: ignore[type-var]
