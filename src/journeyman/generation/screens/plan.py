"""Which pages are drawn and which tasks are played: shards of briefs, from the seed alone.

Looks, task families and seeds of held-out problems are fixed here, before a page is drawn.
"""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from journeyman.environment import ScreenTask, load_environment
from journeyman.errors import ConfigError
from journeyman.generation.config import HELD_OUT_SEEDS
from journeyman.generation.screens.config import ScreensConfig
from journeyman.schema.query import Split
from journeyman.schema.record import Record

_SEEDS_PER_RUN = 1_000_000


class PageBrief(Record):
    """One page to draw and annotate."""

    seed: int
    environment: str
    task: str
    unseen_look: bool
    """Whether it has a look that training never sees."""


class EpisodeBrief(Record):
    """One task to play."""

    seed: int
    environment: str
    task: str
    family: str
    unseen_family: bool


class ScreenShard(Record):
    """A portion of the pages or episodes: one Prefect task run a stage."""

    split: Split
    of: Literal["pages", "episodes"]
    index: int
    pages: tuple[PageBrief, ...] = ()
    episodes: tuple[EpisodeBrief, ...] = ()

    @property
    def name(self) -> str:
        """Readable and unique within a run, e.g. ``train-pages-003``."""
        return f"{self.split.replace('_', '-')}-{self.of}-{self.index:03d}"


def plan_screens(config: ScreensConfig, seed: int) -> tuple[ScreenShard, ...]:
    """Shards of training pages and episodes, then of held-out ones.

    Args:
        config: How many, and of what.
        seed: Of the run.

    Raises:
        ConfigError: No such task or family, or nothing is left to train on.
        UnknownPluginError: No such environment.
    """
    shards: list[ScreenShard] = []
    sizes: tuple[tuple[Split, int, int], ...] = (
        ("train", config.pages, config.episodes),
        ("held_out", config.held_out_pages, config.held_out_tasks),
    )
    for split, pages, episodes in sizes:
        first = seed * _SEEDS_PER_RUN + (0 if split == "train" else HELD_OUT_SEEDS)
        drawn = _pages(split, pages, first, config)
        played = _episodes(split, episodes, first, config)
        for start in range(0, len(drawn), config.shard_size):
            portion = tuple(drawn[start : start + config.shard_size])
            shards.append(ScreenShard(split=split, of="pages", index=start // config.shard_size, pages=portion))
        for start in range(0, len(played), config.shard_size):
            part = tuple(played[start : start + config.shard_size])
            shards.append(ScreenShard(split=split, of="episodes", index=start // config.shard_size, episodes=part))
    return tuple(shards)


def _pages(split: Split, count: int, first: int, config: ScreensConfig) -> list[PageBrief]:
    sources = _spread(config.page_sources, count)
    tasks = {name: _page_tasks(name, config) for name in set(sources)}
    briefs = []
    for number, source in enumerate(sources):
        rng = random.Random(f"page/{first + number}")  # noqa: S311 - reproducible choice, no secret
        briefs.append(
            PageBrief(
                seed=first + number,
                environment=_parted(source)[0],
                task=rng.choice(tasks[source]),
                unseen_look=split != "train" and number % 2 == 1,
            )
        )
    return briefs


def _page_tasks(source: str, config: ScreensConfig) -> list[str]:
    """Names of pages that may be drawn: the one that ``source`` names, or those of tasks that training may see."""
    environment, page = _parted(source)
    loaded = load_environment(environment)
    if not page:
        return list(loaded.pages) or [task.name for task in _tasks(environment, config, unseen=False)]
    everything = config.model_copy(update={"tasks": ()})
    known = loaded.pages or [task.name for task in _tasks(environment, everything, unseen=False)]
    if page not in known:
        raise ConfigError(f"screens.page_sources has {source!r}; of {environment}, training may see {sorted(known)}")
    return [page]


def _parted(source: str) -> tuple[str, str]:
    """Environment and page; a source without a page has an empty one."""
    environment, _, page = source.partition("/")
    return environment, page


def _episodes(split: Split, count: int, first: int, config: ScreensConfig) -> list[EpisodeBrief]:
    sources = _spread(config.episode_sources, count)
    seen = {
        name: _in_turn(name, config, count) if split == "train" else _tasks(name, config, unseen=False)
        for name in set(sources)
    }
    unseen = {name: _tasks(name, config, unseen=True) for name in set(sources)}
    if count and split == "train" and not any(seen.values()):
        raise ConfigError("screens.held_out_families leaves no task to train on; keep fewer families apart")
    briefs = []
    turns: Counter[tuple[str, bool]] = Counter()
    for number, environment in enumerate(sources):
        # Of an environment's held-out episodes every fourth is of a family that training never sees, if it has one.
        turn = turns[environment, False] + turns[environment, True]
        is_unseen = split != "train" and turn % 4 == 3 and bool(unseen[environment])
        pool = (unseen if is_unseen else seen)[environment]
        if not pool:
            continue
        task = pool[turns[environment, is_unseen] % len(pool)]
        turns[environment, is_unseen] += 1
        briefs.append(
            EpisodeBrief(
                seed=first + number,
                environment=environment,
                task=task.name,
                family=f"{environment}/{task.family}",
                unseen_family=is_unseen,
            )
        )
    return briefs


def _in_turn(environment: str, config: ScreensConfig, count: int) -> list[ScreenTask]:
    """Tasks in the order that training plays them: by their shares. Evaluation plays all alike, each as often."""
    tasks = {task.name: task for task in _tasks(environment, config, unseen=False)}
    shares = {name: config.task_shares.get(f"{environment}/{name}", 1.0) for name in tasks}
    return [tasks[name] for name in _spread(shares, count)]


def _tasks(environment: str, config: ScreensConfig, *, unseen: bool) -> list[ScreenTask]:
    """Tasks of ``environment`` that the recipe names, of families that are kept for evaluation or of all others."""
    tasks = load_environment(environment).tasks
    _refuse_unknown(environment, tasks, config)
    wanted = [task for task in tasks if not config.tasks or f"{environment}/{task.name}" in config.tasks]
    return [task for task in wanted if (f"{environment}/{task.family}" in config.held_out_families) is unseen]


def _refuse_unknown(environment: str, tasks: Sequence[ScreenTask], config: ScreensConfig) -> None:
    names = {f"{environment}/{task.name}" for task in tasks}
    families = {f"{environment}/{task.family}" for task in tasks}
    for key, known, given in (
        ("tasks", names, config.tasks),
        ("task_shares", names, config.task_shares),
        ("held_out_families", families, config.held_out_families),
    ):
        for name in given:
            if name.startswith(f"{environment}/") and name not in known:
                raise ConfigError(f"screens.{key} has {name!r}, which {environment} has not; it has {sorted(known)}")


def _spread(shares: Mapping[str, float], count: int) -> list[str]:
    """``count`` names in proportion to their shares, spread evenly; a share of 0 leaves its name out."""
    places = [_places(name, share) for name, share in shares.items() if share > 0]
    return [name for _, name in itertools.islice(heapq.merge(*places), count)]


def _places(name: str, share: float) -> Iterator[tuple[float, str]]:
    return (((number + 0.5) / share, name) for number in itertools.count())
