"""Which queries are asked for: shards of briefs, drawn from the seed alone.

Families and seeds of held-out problems are fixed here, before anything is generated, so no later
stage can let one slip into training.
"""

import random
from functools import lru_cache

from journeyman.generation.config import GenerationConfig
from journeyman.generation.kinds import KINDS, STYLES, Kind
from journeyman.schema.query import Split
from journeyman.schema.record import Record, fingerprint

HELD_OUT_SEEDS = 500_000
"""Seeds of held-out problems start this far above the training seeds."""
_SEEDS_PER_RUN = 1_000_000


class Brief(Record):
    """What one query must be."""

    seed: int
    kind: str
    style: str
    family: str
    writer: str


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
    """Shards of training queries, then of held-out problems."""
    shards: list[Shard] = []
    for split, count in (("train", config.queries), ("held_out", config.held_out_problems)):
        briefs = [_brief(split, i, config) for i in range(count)]
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


def _brief(split: str, index: int, config: GenerationConfig) -> Brief:
    seed = config.seed * _SEEDS_PER_RUN + index + (HELD_OUT_SEEDS if split == "held_out" else 0)
    rng = random.Random(seed)  # noqa: S311 - reproducible choice, no secret
    cycle = _cycle(config.seed)
    kind = cycle[index % len(cycle)]
    held_out = held_out_styles(kind.wording, config)
    styles = held_out if split == "held_out" else tuple(s for s in STYLES if s not in held_out)
    style = rng.choice(styles)
    return Brief(
        seed=seed,
        kind=kind.name,
        style=style,
        family=f"{kind.wording}/{style.replace(' ', '-')}",
        writer=rng.choice(kind.writers),
    )


@lru_cache(maxsize=4)
def _cycle(seed: int) -> tuple[Kind, ...]:
    kinds = [kind for kind in KINDS for _ in range(kind.weight)]
    random.Random(seed).shuffle(kinds)  # noqa: S311 - reproducible choice, no secret
    return tuple(kinds)
