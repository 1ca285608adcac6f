"""Pages drawn in a real browser, and instructions about them: from templates, and worded by a teacher that may err."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from journeyman.action_formats.pyautogui_call import Click, read_command
from journeyman.errors import UnknownPluginError
from journeyman.generation.screens.capture import capture_screens
from journeyman.generation.screens.config import ScreensConfig
from journeyman.generation.screens.groundings import write_groundings
from journeyman.generation.screens.plan import PageBrief, ScreenShard
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.screen import Grounding, Screen
from journeyman.storage.store import Store
from tests.browsers import needs_browser
from tests.scripted import scripted_teacher

CONFIG = ScreensConfig(viewport=(640, 480), pool=1)


def captured(store: Store, *, split: str = "train") -> StageResult:
    pages = (
        PageBrief(seed=1, environment="apps", task="shop", unseen_look=False),
        PageBrief(seed=2, environment="apps", task="mail", unseen_look=split != "train"),
        PageBrief(seed=3, environment="miniwob", task="click-dialog", unseen_look=False),
    )
    shard = ScreenShard.model_validate({"split": split, "of": "pages", "index": 0, "pages": pages})
    return asyncio.run(capture_screens(shard, CONFIG, store=store))


def written(
    store: Store, pages: StageResult, *, share: float, mistakes: float = 0.0
) -> tuple[StageResult, list[Grounding]]:
    recipe = load_recipe("aguvis", {"screens": {"worded_by_teacher": share, "pairs_per_page": 8}})

    async def run() -> StageResult:
        async with scripted_teacher(store, mistake_rate=mistakes) as teacher:
            return await write_groundings(
                pages.artifacts["kept"], pages.artifacts["media"], recipe, store=store, teacher=teacher
            )

    done = asyncio.run(run())
    return done, store.records(done.artifacts["kept"], Grounding)


@needs_browser
def test_equal_briefs_give_equal_screens_of_the_size_that_is_said(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    first = captured(store)
    assert captured(store).artifacts["kept"] == first.artifacts["kept"]
    screens = store.records(first.artifacts["kept"], Screen)
    files = {file.sha256: file for file in store.records(first.artifacts["media"], MediaFile)}
    assert [screen.environment for screen in screens] == ["apps", "apps", "miniwob"]
    for screen in screens:
        assert Image.open(io.BytesIO(files[screen.screenshot].data)).size == (screen.width, screen.height)
        assert len({element.element_id for element in screen.elements}) == len(screen.elements) > 1
    assert (screens[2].width, screens[2].height) == (160, 210)


@needs_browser
def test_an_unseen_look_is_none_of_trainings(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    train, apart = (store.records(captured(store, split=s).artifacts["kept"], Screen) for s in ("train", "held_out"))
    assert [screen.unseen_look for screen in apart] == [False, True, False]
    assert apart[1].family != train[1].family


@needs_browser
def test_templates_cost_nothing_and_each_click_hits_its_element(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    result, rows = written(store, captured(store), share=0.0)
    assert result.spend.calls == 0
    assert len(rows) == result.counts.kept == result.counts.taken >= 12
    assert {row.teacher for row in rows} == {""}
    for row in rows:
        command = read_command(row.action)
        assert isinstance(command, Click)
        assert row.element.holds(command.x or 0, command.y or 0)


@needs_browser
def test_the_teacher_words_its_share_and_what_it_gets_wrong_falls_back_to_the_template(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    pages = captured(store)
    clean, rows = written(store, pages, share=1.0)
    assert {row.style for row in rows} == {"teacher"}, clean.facts
    assert {row.teacher for row in rows} == {"scripted"}
    assert clean.spend.calls == 3
    other = Store(f"file://{tmp_path}/mistaken")
    spoiled, fewer = written(other, captured(other), share=1.0, mistakes=1.0)
    refused = sum(int(count) for fact, count in spoiled.facts.items() if fact.startswith("teacher's words refused"))
    assert refused == sum(row.style != "teacher" for row in fewer) > 0
    assert len(fewer) == len(rows)


@needs_browser
def test_held_out_pages_are_asked_about_by_templates_alone(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    result, rows = written(store, captured(store, split="held_out"), share=1.0)
    assert result.spend.calls == 0
    assert len(rows) <= 3 * 2


def test_a_page_of_an_environment_that_is_not_there_is_refused(tmp_path: Path) -> None:
    shard = ScreenShard(
        split="train",
        of="pages",
        index=0,
        pages=(PageBrief(seed=1, environment="cinema", task="x", unseen_look=False),),
    )
    with pytest.raises(UnknownPluginError, match="cinema"):
        asyncio.run(capture_screens(shard, CONFIG, store=Store(f"file://{tmp_path}")))
