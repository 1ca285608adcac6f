"""MiniWoB++: small web tasks that judge themselves by what was done on the page, offline and without a clock.

https://miniwob.farama.org. One task: "Select 09/21/2016 as the date and hit submit." on a page with a date picker.
The reward is the page's raw one; time does not shrink it, since a model that thinks would be timed out.
What was copied in one episode can be pasted in the next of the same browser: the clipboard is the browser's.
"""

from journeyman.browser import wall
from journeyman.browser.page import GuardedPage
from journeyman.environment import Environment, ScreenSession
from journeyman.environments._miniwob import session
from journeyman.environments._miniwob.oracle import oracle
from journeyman.environments._miniwob.tasks import RELOADED, TASKS
from journeyman.errors import ConfigError

SEEDS = 2**31
"""Seeds are integers from 0 to this, not included."""


async def _open(page: GuardedPage, task: str, seed: int) -> ScreenSession:
    ENVIRONMENT.task(task)
    if not 0 <= seed < SEEDS:
        raise ConfigError(f"seed {seed} is none of miniwob; give one from 0 to {SEEDS - 1}")
    return await session.begin(page, task, seed, keep=task not in RELOADED)


ENVIRONMENT = Environment(
    name="miniwob",
    summary="MiniWoB++: small web tasks with the page's own reward",
    tasks=TASKS,
    viewport=session.VIEWPORT,
    shown=session.SCREEN,
    open=_open,
    oracle=oracle,
    missing=lambda: wall.missing() or session.missing(),
)
