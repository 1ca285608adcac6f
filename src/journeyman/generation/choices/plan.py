"""Which instructions are asked for: shards of briefs, drawn from the taxonomy and the seed alone.

Seeds, wording styles and function classes of held-out problems are fixed here, before anything is
generated, so no later stage can let one slip into training.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal, TypeVar

from journeyman.errors import ConfigError
from journeyman.generation.choices.config import ChoicesConfig
from journeyman.generation.config import HELD_OUT_SEEDS, GenerationConfig
from journeyman.generation.plan import held_out_styles
from journeyman.generator import STYLES
from journeyman.schema.api import Ambiguity, Api, Modality, Placement
from journeyman.schema.query import Split
from journeyman.schema.record import Record, fingerprint

T = TypeVar("T")
BriefKind = Literal["one", "pair", "unknown", "question"]
WRITERS: dict[Modality, str] = {"text": "", "image": "jpg", "audio": "wav", "video": "mp4"}
"""Modality of an instruction -> plugin that writes its file."""
_SEEDS_PER_RUN = 1_000_000


class ChoiceBrief(Record):
    """What one instruction must be; for a pair, one text and several files."""

    seed: int
    kind: BriefKind
    modality: Modality
    """Of the file; of a question's, the file that is missing."""
    style: str
    family: str
    apis: tuple[str, ...]
    """What must be right: one name, one a variant of a pair, or none."""
    ambiguity: Ambiguity
    """By what the variants of a pair differ."""

    @property
    def instructions(self) -> int:
        """How many it becomes."""
        return max(1, len(self.apis))


class ChoiceShard(Record):
    """A portion of the instructions: one Prefect task run a stage."""

    split: Split
    index: int
    briefs: tuple[ChoiceBrief, ...]

    @property
    def name(self) -> str:
        """Readable and unique within a run, e.g. ``train-003``."""
        return f"{self.split.replace('_', '-')}-{self.index:03d}"


@dataclass(frozen=True, slots=True)
class FunctionClass:
    """APIs that do the same, and their place."""

    name: str
    apis: tuple[str, ...]
    path: tuple[str, ...]
    modality: Modality
    differs_by: Ambiguity


def plan_choices(
    apis: Sequence[Api], placements: Sequence[Placement], choices: ChoicesConfig, generation: GenerationConfig
) -> tuple[ChoiceShard, ...]:
    """Shards of training instructions, then of held-out problems.

    Args:
        apis: The catalogue.
        placements: Where each API stands; APIs without a place are asked for by no brief.
        choices: Counts and shares.
        generation: Seed and share of held-out wording styles.

    Raises:
        ConfigError: No API for files of the wanted modalities has a place.
    """
    classes = function_classes(apis, placements, choices.modalities)
    if not classes:
        raise ConfigError(
            f"no API of the catalogue that takes {' or '.join(choices.modalities)} has a place in the taxonomy; "
            "see why with `journeyman catalogue`, or change choices.modalities"
        )
    held_out = held_out_classes(classes, choices.held_out_classes, generation.seed)
    seen = [one for one in classes if one.name not in held_out]
    parts: tuple[tuple[Split, int, list[FunctionClass]], ...] = (
        ("train", choices.instructions, seen),
        ("held_out", choices.held_out_problems, classes),
    )
    return tuple(
        ChoiceShard(split=split, index=index, briefs=briefs)
        for split, count, offered in parts
        for index, briefs in enumerate(
            _cut(_Planner(split, offered, choices, generation).briefs(count), choices.shard_size)
        )
    )


def function_classes(
    apis: Sequence[Api], placements: Sequence[Placement], modalities: Collection[Modality] = tuple(WRITERS)
) -> list[FunctionClass]:
    """Classes of ``modalities`` by name, each with the modality of what its APIs take besides text."""
    takes = {api.name: api.media_in for api in apis}
    members: dict[str, list[Placement]] = defaultdict(list)
    for placement in sorted(placements, key=lambda p: p.name):
        if placement.name in takes:
            members[placement.function_class].append(placement)
    classes = [
        FunctionClass(
            name=name,
            apis=tuple(one.name for one in own),
            path=own[0].path,
            modality=next((kind for kind in takes[own[0].name] if kind != "text"), "text"),
            differs_by=own[0].differs_by,
        )
        for name, own in sorted(members.items())
    ]
    return [one for one in classes if one.modality in modalities]


def held_out_classes(classes: Sequence[FunctionClass], share: float, seed: int) -> frozenset[str]:
    """Names of the classes that training never sees; every ambiguity keeps two, and one class is always left."""
    wanted = round(share * len(classes))
    left: dict[tuple[object, ...], int] = defaultdict(int)
    for one in classes:
        left[_ambiguous_leaf(one)] += 1
    taken: set[str] = set()
    for one in sorted(classes, key=lambda c: fingerprint([seed, c.name])):
        leaf = _ambiguous_leaf(one)
        if len(taken) == min(wanted, len(classes) - 1):
            break
        if one.differs_by and left[leaf] <= 2:
            continue
        left[leaf] -= 1
        taken.add(one.name)
    return frozenset(taken)


class _Planner:
    """The briefs of one split."""

    def __init__(
        self, split: Split, classes: Sequence[FunctionClass], choices: ChoicesConfig, generation: GenerationConfig
    ) -> None:
        self._split = split
        self._choices = choices
        self._generation = generation
        self._classes = classes
        first = generation.seed * _SEEDS_PER_RUN + (HELD_OUT_SEEDS if split == "held_out" else 0)
        self._seeds = iter(range(first, first + HELD_OUT_SEEDS))
        self._rng = random.Random(f"{split}/{generation.seed}")  # noqa: S311 - reproducible choice, no secret

    def briefs(self, count: int) -> list[ChoiceBrief]:
        """Briefs of ``count`` instructions, or up to a pair's more, in random order."""
        shares = self._choices
        kinds: dict[BriefKind, int] = {
            "unknown": round(shares.unknown_share * count),
            "question": round(shares.question_share * count),
            "pair": round(shares.ambiguous_share * count) if self._leaves() else 0,
        }
        kinds["one"] = max(0, count - sum(kinds.values()))
        makers = {"unknown": self._unknown, "question": self._question, "pair": self._pairs, "one": self._ones}
        briefs = [brief for kind, number in kinds.items() for brief in makers[kind](number)]
        self._rng.shuffle(briefs)
        return briefs

    def _ones(self, count: int) -> Iterator[ChoiceBrief]:
        turns: dict[str, int] = defaultdict(int)
        for one in islice(cycle(self._shuffled(self._classes)), count):
            turns[one.name] += 1
            api = one.apis[turns[one.name] % len(one.apis)]
            yield self._brief("one", one.modality, one.path, (api,))

    def _pairs(self, count: int) -> Iterator[ChoiceBrief]:
        """Every leaf in turn, with variants drawn from its classes."""
        made = 0
        for turn, leaf in enumerate(cycle(self._shuffled(self._leaves()) if count else ())):
            chosen = self._rng.sample(leaf, min(self._choices.variants, len(leaf)))
            apis = tuple(one.apis[turn % len(one.apis)] for one in chosen)
            yield self._brief("pair", leaf[0].modality, leaf[0].path, apis, leaf[0].differs_by)
            made += len(apis)
            if made >= count:
                return

    def _unknown(self, count: int) -> Iterator[ChoiceBrief]:
        modalities: list[Modality] = sorted({one.modality for one in self._classes})
        for modality in islice(cycle(modalities), count):
            yield self._brief("unknown", modality, ("unknown", modality), ())

    def _question(self, count: int) -> Iterator[ChoiceBrief]:
        """About a file that is not there; of words alone nothing can be missing."""
        with_files = [one for one in self._classes if one.modality != "text"] or list(self._classes)
        for one in islice(cycle(self._shuffled(with_files)), count):
            yield self._brief("question", one.modality, one.path, one.apis[:1])

    def _brief(
        self,
        kind: BriefKind,
        modality: Modality,
        path: tuple[str, ...],
        apis: tuple[str, ...],
        ambiguity: Ambiguity = "",
    ) -> ChoiceBrief:
        leaf = "/".join(path)
        kept_apart = held_out_styles(leaf, self._generation)
        styles = kept_apart if self._split == "held_out" else tuple(s for s in STYLES if s not in kept_apart)
        style = self._rng.choice(styles)
        return ChoiceBrief(
            seed=next(self._seeds),
            kind=kind,
            modality=modality,
            style=style,
            family=f"{leaf}/{style.replace(' ', '-')}",
            apis=apis,
            ambiguity=ambiguity,
        )

    def _leaves(self) -> list[list[FunctionClass]]:
        """Classes of each leaf that differ by one thing; two at least."""
        found: dict[tuple[object, ...], list[FunctionClass]] = defaultdict(list)
        for one in self._classes:
            if one.differs_by and one.modality != "text":
                found[_ambiguous_leaf(one)].append(one)
        return [leaf for _, leaf in sorted(found.items(), key=lambda item: str(item[0])) if len(leaf) > 1]

    def _shuffled(self, items: Sequence[T]) -> list[T]:
        return self._rng.sample(list(items), len(items))


def _ambiguous_leaf(one: FunctionClass) -> tuple[object, ...]:
    return one.path, one.modality, one.differs_by


def _cut(briefs: Sequence[ChoiceBrief], size: int) -> Iterator[tuple[ChoiceBrief, ...]]:
    """Portions of about ``size`` instructions."""
    portion: list[ChoiceBrief] = []
    held = 0
    for brief in briefs:
        portion.append(brief)
        held += brief.instructions
        if held >= size:
            yield tuple(portion)
            portion, held = [], 0
    if portion:
        yield tuple(portion)


def names_of(classes: Sequence[FunctionClass], chosen: Collection[str]) -> frozenset[str]:
    """APIs of the ``chosen`` classes."""
    return frozenset(api for one in classes if one.name in chosen for api in one.apis)
