"""Choices as problems: what is right, what the words alone tell, and which files they are about.

Official rows and generated instructions become problems here alike.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from journeyman.benchmarks._toolmm_gold import Candidate, ChoiceGold
from journeyman.schema.api import UNKNOWN, Ambiguity, Modality
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import Query
from journeyman.schema.record import canonical_json, fingerprint

NAME = "toolmmbench"
PAIR = "pair"
"""Group that names the pair of a problem; tables are not broken down by it."""
WORDS, ENOUGH, NOT_ENOUGH = "words alone", "enough", "not enough"
GROUPINGS = (
    "condition",
    "modality",
    "ambiguity",
    WORDS,
    "options",
    "overlap",
    "media",
    "function class",
)
LICENCE = "ToolMMBench: MIT by its licence file, non-commercial by its README"
UNKNOWN_CLASS, QUESTION_CLASS = "(unknown)", "(question)"


@dataclass(frozen=True, slots=True)
class Posed:
    """A choice before it is a problem."""

    problem_id: str
    query: Query
    modality: Modality
    accepted: tuple[str, ...]
    """``unknown`` where no tool fits; empty where a question is right."""
    ambiguity: Ambiguity
    file: str
    """Whatever tells its file from others, whether it was found or not; empty where there is none."""
    pair: str
    """What it may be a pair with: equal for equal words of one kind of file; empty for none."""
    weighed_by: str
    """Function class, or what stands for it: problems of one weigh together as much as those of another."""
    groups: dict[str, str] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()


def posed_problems(items: Sequence[Posed], background: str) -> tuple[Problem, ...]:
    """Problems of ``items``, in order.

    Args:
        items: All choices of the benchmark, since pairs and weights are made of several.
        background: sha256 of the media row that they share.
    """
    sizes = Counter(item.weighed_by for item in items)
    pairs = pairs_of(items)
    return tuple(_problem(item, background, 1 / sizes[item.weighed_by], pairs) for item in items)


def pairs_of(items: Iterable[Posed]) -> frozenset[str]:
    """Pairs that count: of several files, and without a reply that is right for all of them.

    An instruction that one reply answers whatever the file tells nothing of whether a model looked.
    """
    right: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for item in items:
        if item.pair and item.file:
            # A question has no name; its own mark keeps it apart from all of them.
            right[item.pair][item.file].update(item.accepted or (QUESTION_CLASS,))
    return frozenset(
        pair for pair, by_file in right.items() if len(by_file) > 1 and not set.intersection(*by_file.values())
    )


def official_pair(modality: Modality, text: str) -> str:
    """The pair of an official row: its words, and what kind of file they speak of."""
    return "" if modality == "text" else f"pair-{fingerprint([modality, text.strip()])[:16]}"


def options_of(accepted: Collection[str]) -> str:
    """``one``, ``many``, ``unknown`` or ``question``."""
    if not accepted:
        return "question"
    if set(accepted) == {UNKNOWN}:
        return "unknown"
    return "one" if len(accepted) == 1 else "many"


def counted(items: Iterable[Hashable]) -> str:
    """How many of each, the most first: ``image 760, audio 164``."""
    return ", ".join(f"{item} {count:,}" for item, count in Counter(items).most_common()) or "none"


def facts_of(problems: Sequence[Problem]) -> dict[str, str]:
    """What reports say of the problems, whatever they were made of."""
    groups = [problem.groups for problem in problems]
    facts = {name: counted(g[name] for g in groups if name in g) for name in ("modality", "options", "ambiguity")}
    pairs = Counter(g[PAIR] for g in groups if PAIR in g)
    facts["pairs"] = (
        f"{len(pairs):,} of {pairs.total():,} problems: the same words with other files, and no reply is right for all"
    )
    overlap = [g["overlap"] for g in groups if "overlap" in g]
    if overlap:
        facts["seen in training"] = f"{counted(overlap)}, of {len(overlap):,} problems that could be looked up"
    listed = [gold for p in problems if (gold := ChoiceGold.model_validate_json(p.gold_json)).candidates]
    if listed:
        hits = sum(bool({c.name for c in gold.candidates} & set(gold.accepted)) for gold in listed)
        wanted = sum(any(name != UNKNOWN for name in gold.accepted) for gold in listed)
        facts["candidates"] = f"an accepted tool is listed in {hits:,} of {wanted:,} problems that have one"
    return facts


def _problem(item: Posed, background: str, weight: float, pairs: Collection[str]) -> Problem:
    is_pair = item.pair in pairs
    gold = ChoiceGold(accepted=item.accepted, candidates=item.candidates, background=background, class_weight=weight)
    groups = {
        "modality": item.modality,
        "ambiguity": item.ambiguity or "none",
        WORDS: NOT_ENOUGH if is_pair else ENOUGH,
        "options": options_of(item.accepted),
        **item.groups,
        **({PAIR: item.pair} if is_pair else {}),
    }
    return Problem(
        problem_id=item.problem_id,
        benchmark=NAME,
        query=item.query,
        gold_json=canonical_json(gold),
        groups_json=groups_json(groups),
        tools=AS_IN_THE_RECIPE,
    )
