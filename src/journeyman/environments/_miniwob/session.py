"""One episode of MiniWoB++ on a page: begun from a seed, judged by the page's raw reward."""

import importlib.util
from pathlib import Path

from journeyman.action_formats.pyautogui_call import Command
from journeyman.browser.page import GuardedPage
from journeyman.browser.served import ORIGIN
from journeyman.environment import Outcome
from journeyman.errors import ConfigError
from journeyman.schema.screen import Element

SCREEN = (160, 210)
"""CSS pixels of the part that is the task. Beside it lie reward, clock and a trail of clicks, which would leak."""
VIEWPORT = (332, 214)
OVERLAYS = "#query, #sync-task-cover, #reward-display, #click-canvas"
"""What lies over the task: no element of it counts."""
_MISSING = "MiniWoB++ is not installed; run `pip install --no-deps miniwob==1.1.0`"

# The clock is switched off: a model that thinks for a while would be timed out. The limit stays below 2 ** 31 ms,
# where a timer of a browser would fire at once. Animations are switched off, so that equal commands give equal screens.
_BEGIN = """async seed => {
  if (window.jQuery) jQuery.fx.off = true;
  core.EPISODE_MAX_TIME = 1e9;
  if (document.activeElement) document.activeElement.blur();
  core.endEpisode(0);
  Math.seedrandom(seed);
  core.startEpisodeReal();
  while (!WOB_TASK_READY) await new Promise(done => setTimeout(done, 20));
  const said = core.getUtterance();
  return (typeof said === 'string' ? said : said.utterance).replace(/\\s+/g, ' ').trim();
}"""
_OUTCOME = "[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL]"


def missing() -> str:
    """What of MiniWoB++ must be installed first; empty where nothing must."""
    return "" if importlib.util.find_spec("miniwob") else _MISSING


def html_folder() -> Path:
    """The pages of the installed package, which is not imported: it wants gymnasium and selenium.

    Raises:
        ConfigError: It is not installed.
    """
    spec = importlib.util.find_spec("miniwob")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(_MISSING)
    return Path(next(iter(spec.submodule_search_locations))) / "html"


class MiniwobSession:
    """An episode; ``goal`` is what the page's yellow strip says."""

    def __init__(self, page: GuardedPage, task: str, goal: str) -> None:
        self.page = page
        self.task = task
        self.goal = goal
        self.width, self.height = page.size

    async def screenshot(self) -> bytes:
        """PNG of the task's part of the page."""
        return await self.page.screenshot()

    async def elements(self) -> tuple[Element, ...]:
        """What can be hit, in fractions of the screenshot."""
        return await self.page.elements("body", OVERLAYS)

    async def act(self, command: Command) -> None:
        """Do ``command`` by mouse and keyboard."""
        await self.page.perform(command)

    async def outcome(self) -> Outcome:
        """The raw reward: it does not shrink with time."""
        done, reward = await self.page.evaluate(_OUTCOME)
        return Outcome(bool(done), float(reward) if done else 0.0)


async def begin(page: GuardedPage, task: str, seed: int, *, keep: bool) -> MiniwobSession:
    """Begin an episode of ``task``.

    Args:
        page: Any; loaded anew unless it shows ``task`` already and ``keep``.
        task: Name of a page.
        seed: An integer: to the page's generator the number 1 and the text "1" are different seeds.
        keep: Whether a page that was played on is as good as a fresh one.
    """
    shown = keep and page.location == f"{ORIGIN}/miniwob/{task}.html"
    if not shown:
        folder = html_folder()
        await page.open_file(folder / "miniwob" / f"{task}.html", folder)
    page.crop(*SCREEN)
    await page.release()
    goal = await page.evaluate(_BEGIN, int(seed))
    if not shown:
        await page.settle()  # its icons are asked for when they are first drawn
    return MiniwobSession(page, task, goal)
