"""Which queries are asked for: shards of briefs, drawn from the seed alone.

Families, seeds and tools of held-out problems are fixed here, before anything is generated, so no
later stage can let one slip into training.
"""

import random
from collections.abc import Sequence
from functools import lru_cache

from journeyman.generation.config import HELD_OUT_SEEDS, GenerationConfig
from journeyman.generator import STYLES, Kind, load_generator
from journeyman.schema.query import Condition, Split, condition_of
from journeyman.schema.record import Record, fingerprint

DEVELOPMENT_SEEDS = 750_000
"""Seeds of development problems start this far above the training seeds."""
MOST_FOLLOW_UPS = 3
"""Further queries about one picture."""
_SEEDS_PER_RUN = 1_000_000
_MIX: tuple[Condition, ...] = (
    "seen tools",
    "no tool",
    "seen tools",
    "unseen tools",
    "seen tools",
    "long chain",
    "seen tools",
)
"""Conditions of held-out problems, over and over: each has enough of them in a run of any size."""


class Brief(Record):
    """What one query must be."""

    seed: int
    kind: str
    style: str
    family: str
    writer: str
    """File type; empty for a query without files."""
    follows: int | None = None
    """Seed of the brief about whose picture it asks further; None where the query has files of its own, or none."""


class Shard(Record):
    """A portion of the queries: one Prefect task run a stage."""

    split: Split
    index: int
    briefs: tuple[Brief, ...]

    @property
    def name(self) -> str:
        """Readable and unique within a run, e.g. ``train-003``."""
        return f"{self.split.replace('_', '-')}-{self.index:03d}"


def plan_shards(config: GenerationConfig) -> tuple[Shard, ...]:
    """Shards of training queries, then of held-out problems, then of development problems.

    A later round has training queries of its own; problems are the same in every round. A query that asks further
    about a picture stands in the shard of the query that it follows.
    """
    shards: list[Shard] = []
    sizes = (("train", config.queries), ("held_out", config.held_out_problems))
    for split, count in (*sizes, ("development", config.development_problems)):
        briefs = _training_briefs(config) if split == "train" else _problem_briefs(split, count, config)
        for start in range(0, count, config.shard_size):
            portion = tuple(briefs[start : start + config.shard_size])
            shards.append(
                Shard.model_validate({"split": split, "index": start // config.shard_size, "briefs": portion})
            )
    return tuple(shards)


def held_out_styles(wording: str, config: GenerationConfig) -> tuple[str, ...]:
    """Styles of ``wording`` that only held-out problems use; at least one, never all."""
    ranked = sorted(STYLES, key=lambda style: fingerprint([config.seed, wording, style]))
    count = min(max(1, round(config.held_out_families * len(STYLES))), len(STYLES) - 1)
    return tuple(ranked[:count])


def _problem_briefs(split: str, count: int, config: GenerationConfig) -> list[Brief]:
    return [_brief(split, i, _held_out_kind(i, config), config) for i in range(count)]


def _training_briefs(config: GenerationConfig) -> list[Brief]:
    """Briefs of a round; one that follows another stands behind it and takes no turn among the kinds."""
    first = config.round * config.queries
    briefs: list[Brief] = []
    talk: list[Brief] = []
    followed = 0
    for i in range(config.queries):
        if i % config.shard_size == 0:
            talk = []
        due = int(config.follow_ups * (i + 1)) > followed
        further = _further_brief(_seed("train", first + i, config), talk, config) if due and talk else None
        if further is not None:
            followed += 1
            talk.append(further)
        else:
            kind = _training_kind(first + i - followed, config)
            talk = [_brief("train", first + i, kind, config)]
        briefs.append(talk[-1])
    return briefs


def _brief(split: str, index: int, kind: Kind, config: GenerationConfig) -> Brief:
    seed = _seed(split, index, config)
    rng = random.Random(seed)  # noqa: S311 - reproducible choice, no secret
    held_out = held_out_styles(kind.wording, config)
    styles = held_out if split != "train" else tuple(s for s in STYLES if s not in held_out)
    style = rng.choice(styles)
    return Brief(
        seed=seed,
        kind=kind.name,
        style=style,
        family=_family(kind, style),
        writer=rng.choice(kind.writers) if kind.writers else "",
    )


def _further_brief(seed: int, talk: Sequence[Brief], config: GenerationConfig) -> Brief | None:
    """A brief of another kind about the picture of ``talk``, by the same person; None where there is none.

    One style for a whole talk also keeps families apart: talks tie the families of their queries together, and
    those of different styles can still be split.
    """
    begun = talk[0]
    picture = load_generator(config.generator).kind(begun.kind).picture
    if not picture or len(talk) > MOST_FOLLOW_UPS:
        return None
    asked = {brief.kind for brief in talk}
    kinds = [
        kind
        for kind in _training_cycle(config)
        if kind.picture == picture
        and kind.name not in asked
        and begun.writer in kind.writers
        and begun.style not in held_out_styles(kind.wording, config)
    ]
    if not kinds:
        return None
    kind = random.Random(seed).choice(kinds)  # noqa: S311 - reproducible choice, no secret
    family = _family(kind, begun.style)
    return Brief(seed=seed, kind=kind.name, style=begun.style, family=family, writer=begun.writer, follows=begun.seed)


def _seed(split: str, index: int, config: GenerationConfig) -> int:
    above = {"train": 0, "held_out": HELD_OUT_SEEDS, "development": DEVELOPMENT_SEEDS}
    return config.seed * _SEEDS_PER_RUN + index + above[split]


def _family(kind: Kind, style: str) -> str:
    return f"{kind.wording}/{style.replace(' ', '-')}"


def _training_kind(index: int, config: GenerationConfig) -> Kind:
    cycle = _training_cycle(config)
    return cycle[index % len(cycle)]


def _training_cycle(config: GenerationConfig) -> tuple[Kind, ...]:
    trained: tuple[Condition, ...] = ("seen tools", "no tool", "long chain")
    return _cycle(
        config.generator, trained, config.held_out_tools, config.seed, least=0, quotas=tuple(config.quotas.items())
    )


def _held_out_kind(index: int, config: GenerationConfig) -> Kind:
    """The kind of problem ``index``; a condition that no kind poses gives its place to one that some kind does."""
    turn, place = divmod(index, len(_MIX))
    wanted = _MIX[place]
    earlier = turn * _MIX.count(wanted) + _MIX[:place].count(wanted)
    conditions: tuple[Condition, ...] = (wanted, "seen tools", "no tool")
    cycles = (_cycle(config.generator, (one,), config.held_out_tools, config.seed, least=1) for one in conditions)
    cycle = next(cycle for cycle in cycles if cycle)
    return cycle[earlier % len(cycle)]


@lru_cache(maxsize=32)
def _cycle(
    generator: str,
    conditions: tuple[Condition, ...],
    held_out_tools: tuple[str, ...],
    seed: int,
    *,
    least: int,
    quotas: tuple[tuple[str, int], ...] = (),
) -> tuple[Kind, ...]:
    """The generator's kinds of ``conditions``, each as often as weight and quota say but ``least`` times, shuffled."""
    times = dict(quotas)
    kinds = [
        kind
        for kind in load_generator(generator).kinds
        if condition_of(kind.tools, held_out_tools) in conditions
        for _ in range(max(kind.weight * times.get(" + ".join(kind.tools) or "none", 1), least))
    ]
    random.Random(seed).shuffle(kinds)  # noqa: S311 - reproducible choice, no secret
    return tuple(kinds)
