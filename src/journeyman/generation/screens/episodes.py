"""Episodes: an environment's oracle plays its tasks in a browser, by mouse and keyboard alone."""

import logging
from collections import Counter

from journeyman.action_formats.pyautogui_call import read_command, write_command
from journeyman.browser.pool import BrowserPool
from journeyman.environment import Environment, OracleStep, ScreenSession, ScreenTask, load_environment
from journeyman.errors import ScreenError
from journeyman.generation.screens import recoveries
from journeyman.generation.screens.capture import screenshot_file, viewport_of
from journeyman.generation.screens.config import ScreensConfig
from journeyman.generation.screens.plan import EpisodeBrief, ScreenShard
from journeyman.schema.artifact import StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Split
from journeyman.schema.record import Record, fingerprint
from journeyman.schema.screen import Episode, ScreenStep
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store

logger = logging.getLogger(__name__)

VERSION = 3
ORACLE = "oracle"
REPLAYED_EVERY = 10
"""Of so many episodes one is played again from seed and actions; one that ends otherwise is dropped."""


async def play_episodes(shard: ScreenShard, config: ScreensConfig, *, store: Store) -> StageResult:
    """Solved episodes of the briefs of ``shard``; others are dropped or failed by name.

    Args:
        shard: Of episodes.
        config: Sizes.
        store: Where artifacts live.
    """
    tally = Tally("episodes", len(shard.episodes))
    async with BrowserPool.open(config.pool) as pool:

        async def play(brief: EpisodeBrief) -> tuple[Episode, list[MediaFile]] | None:
            try:
                episode, files = await _played(brief, shard.split, config, pool)
                if episode.status != "solved":
                    reason = "the oracle did not solve it"
                    tally.drop(episode.episode_id, episode, check="reward", reason=reason, evidence=str(episode.reward))
                    return None
                if brief.seed % REPLAYED_EVERY == 0 and not await _replays(episode, config, pool):
                    reason = "played again it ends otherwise"
                    tally.drop(episode.episode_id, episode, check="replay_agrees", reason=reason)
                    return None
            except ScreenError as exc:
                tally.fail(_episode_id(brief), brief, check="browser", reason=exc.cause, evidence=str(exc))
                return None
            return episode, files

        # One task after the other: a page that shows it already need not be loaded.
        in_turn = sorted(shard.episodes, key=lambda brief: (brief.environment, brief.task))
        played = dict(zip(in_turn, await for_each(in_turn, play, at_once=config.pool), strict=True))
    found = [one for brief in shard.episodes if (one := played[brief]) is not None]
    media = {file.sha256: file for _, files in found for file in files}
    kept = store.write("episodes", [episode for episode, _ in found], Episode)
    shown = store.write("media", [media[key] for key in sorted(media)], MediaFile)
    families = Counter(episode.family for episode, _ in found)
    facts = {
        "steps": str(sum(len(episode.steps) for episode, _ in found)),
        "episodes with a slip": str(sum(any(step.slip for step in episode.steps) for episode, _ in found)),
    }
    facts |= {f"of {family}": str(count) for family, count in sorted(families.items())}
    return tally.result(kept, store=store, media=shown, facts=facts)


def task_of(environment: str, name: str) -> ScreenTask:
    """The task ``name``.

    Raises:
        KeyError: The environment has none of that name.
    """
    return {task.name: task for task in load_environment(environment).tasks}[name]


async def _played(
    brief: EpisodeBrief, split: Split, config: ScreensConfig, pool: BrowserPool
) -> tuple[Episode, list[MediaFile]]:
    """The episode of ``brief``, with a slip where one is due, can be made, and comes right."""
    if split == "train" and recoveries.is_due(brief.seed, config.recoveries):
        try:
            played = await _attempted(brief, split, config, pool, slips=True)
        except ScreenError as exc:
            logger.info("%s seed %s: a slip lost the page (%s)", brief.task, brief.seed, exc.cause)
        else:
            if recoveries.is_taken_back(played[0]) or not any(step.slip for step in played[0].steps):
                return played
    return await _attempted(brief, split, config, pool, slips=False)


async def _attempted(
    brief: EpisodeBrief, split: Split, config: ScreensConfig, pool: BrowserPool, *, slips: bool
) -> tuple[Episode, list[MediaFile]]:
    environment, task = load_environment(brief.environment), task_of(brief.environment, brief.task)
    width, height, scale = viewport_of(brief.environment, config)
    recorded = _Recorded(brief, environment)
    async with pool.page(width, height, scale=scale, again=True) as page:
        session: ScreenSession = await environment.open(page, brief.task, brief.seed)
        wrong = await recoveries.wrong_click(environment, session, brief.seed) if slips else None
        if wrong is not None:
            await recorded.act(session, wrong, slip=True)
        if wrong is None or not (await session.outcome()).done:
            async for step in environment.oracle(session):
                await recorded.act(session, step)
                if len(recorded.steps) >= task.max_steps:
                    break
        outcome = await session.outcome()
        solved = outcome.done and outcome.reward >= task.threshold
        if wrong is not None or not solved:
            page.location = ""  # what an oracle alone did, the environment can undo
    episode = Episode(
        episode_id=_episode_id(brief),
        split=split,
        family=brief.family,
        environment=brief.environment,
        task=brief.task,
        seed=brief.seed,
        goal=session.goal,
        width=session.width,
        height=session.height,
        steps=tuple(recorded.steps),
        reward=outcome.reward,
        status="solved" if solved else "unsolved",
        cause="",
        actor=ORACLE,
    )
    return episode, recorded.files


class _Recorded:
    """Steps as they are done, each behind a screenshot."""

    def __init__(self, brief: EpisodeBrief, environment: Environment) -> None:
        self.steps: list[ScreenStep] = []
        self.files: list[MediaFile] = []
        self._source = f"{brief.environment}/{brief.task} seed {brief.seed} step"
        self._environment = environment

    async def act(self, session: ScreenSession, step: OracleStep, *, slip: bool = False) -> None:
        """Do ``step`` and note it with the screen before it."""
        command, element, instruction = step
        file = screenshot_file(await session.screenshot(), f"{self._source} {len(self.steps) + 1}")
        action = write_command(command)
        self.files.append(file)
        self.steps.append(
            ScreenStep(screenshot=file.sha256, action=action, element=element, instruction=instruction, slip=slip)
        )
        # What is written is what is done: four decimals, not the box's exact middle.
        await session.act(read_command(action, self._environment.functions))


async def _replays(episode: Episode, config: ScreensConfig, pool: BrowserPool) -> bool:
    environment = load_environment(episode.environment)
    width, height, scale = viewport_of(episode.environment, config)
    async with pool.page(width, height, scale=scale, again=True) as page:
        session = await environment.open(page, episode.task, episode.seed)
        for step in episode.steps:
            await session.act(read_command(step.action, environment.functions))
        outcome = await session.outcome()
    return outcome.done and outcome.reward == episode.reward


def _episode_id(brief: Record) -> str:
    return fingerprint(brief)[:16]
