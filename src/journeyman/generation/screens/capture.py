"""Pages drawn in a browser: a screenshot and, from the same page, every element that a click would hit."""

from collections import Counter

from journeyman.browser.page import GuardedPage
from journeyman.browser.pool import BrowserPool
from journeyman.environment import DrawnPage, Environment, load_environment
from journeyman.errors import ScreenError
from journeyman.generation.screens.config import ScreensConfig
from journeyman.generation.screens.plan import PageBrief, ScreenShard
from journeyman.schema.artifact import StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.record import fingerprint, sha256_hex
from journeyman.schema.screen import Screen
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store

VERSION = 2
LICENCE = "CC0-1.0"
Size = tuple[int, int, float]
"""CSS pixels across and down, and pixels per CSS pixel."""


async def capture_screens(shard: ScreenShard, config: ScreensConfig, *, store: Store) -> StageResult:
    """Screens of the pages of ``shard``, and their screenshots; a page that is lost fails by its cause.

    Args:
        shard: Of pages.
        config: Sizes.
        store: Where artifacts live.
    """
    tally = Tally("screens", len(shard.pages))
    found: dict[PageBrief, tuple[Screen, MediaFile]] = {}
    async with BrowserPool.open(config.pool) as pool:

        async def capture(brief: PageBrief) -> None:
            size = viewport_of(brief.environment, config)
            try:
                async with pool.page(*size, again=True) as page:
                    found[brief] = await _captured(brief, shard, page, size)
            except ScreenError as exc:
                tally.fail(_screen_id(brief), brief, check="browser", reason=exc.cause, evidence=str(exc))

        # One size after the other, since a page has one.
        in_turn = sorted(shard.pages, key=lambda brief: (viewport_of(brief.environment, config), brief.task))
        await for_each(in_turn, capture, at_once=config.pool)
    kept: list[Screen] = []
    media: dict[str, MediaFile] = {}
    for brief in (brief for brief in shard.pages if brief in found):
        screen, file = found[brief]
        if not screen.elements:
            tally.drop(screen.screen_id, brief, check="elements", reason="nothing on the page can be hit")
            continue
        kept.append(screen)
        media[file.sha256] = file
    screens = store.write("screens", kept, Screen)
    files = store.write("media", [media[key] for key in sorted(media)], MediaFile)
    count = sum(len(screen.elements) for screen in kept)
    kinds = Counter(element.kind for screen in kept for element in screen.elements)
    facts = {"elements": str(count)} | {f"{kind} elements": str(number) for kind, number in sorted(kinds.items())}
    return tally.result(screens, store=store, media=files, facts=facts)


async def _captured(brief: PageBrief, shard: ScreenShard, page: GuardedPage, size: Size) -> tuple[Screen, MediaFile]:
    environment = load_environment(brief.environment)
    width, height, scale = size
    drawn = await _drawn(environment, page, brief)
    file = screenshot_file(drawn.screenshot, f"{brief.environment}/{brief.task} seed {brief.seed}")
    shown = environment.shown or (width, height)
    screen = Screen(
        screen_id=_screen_id(brief),
        split=shard.split,
        family=f"{brief.environment}/{drawn.look}",
        unseen_look=brief.unseen_look,
        environment=brief.environment,
        task=brief.task,
        seed=brief.seed,
        language=drawn.language,
        width=round(shown[0] * scale),
        height=round(shown[1] * scale),
        screenshot=file.sha256,
        elements=drawn.elements,
    )
    return screen, file


async def _drawn(environment: Environment, page: GuardedPage, brief: PageBrief) -> DrawnPage:
    if environment.draw is not None:
        return await environment.draw(page, brief.task, brief.seed, brief.unseen_look)
    session = await environment.open(page, brief.task, brief.seed)
    return DrawnPage(await session.screenshot(), await session.elements(), brief.task, "en")


def viewport_of(environment: str, config: ScreensConfig) -> Size:
    """Width and height in CSS pixels, and pixels per CSS pixel, of the environment's pages."""
    fixed = load_environment(environment).viewport
    if fixed is None:
        return (*config.viewport, 1.0)
    return (*fixed, float(config.miniwob_scale))


def screenshot_file(data: bytes, source: str) -> MediaFile:
    """A PNG as a media row."""
    return MediaFile(
        sha256=sha256_hex(data),
        media_type="image/png",
        size_bytes=len(data),
        source=f"screen:{source}",
        licence=LICENCE,
        data=data,
    )


def _screen_id(brief: PageBrief) -> str:
    return fingerprint(brief)[:16]
