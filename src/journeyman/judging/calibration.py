"""How far a judge agrees with people's labels. Without labels a judge's figure is an opinion, and is said to be."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from journeyman.errors import ConfigError
from journeyman.judging._json_lines import read_rows
from journeyman.judging.judge import Judge, Outcome
from journeyman.metrics.llava_bench import Agreement, agreement

Label = Literal["win", "tie", "loss"]
"""What people say became of the system that the outcomes are of."""

UNLABELLED = "not known: there is no labelled set for this judge and prompt, so its figures are one model's opinion"


class Confusion(NamedTuple):
    """How often people said the one and the judge the other."""

    label: Label
    outcome: Outcome
    num_items: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge beside a labelled set; ``inconsistent`` and ``unread`` are in it, and agree with no label."""

    judge: Judge
    agreement: Agreement
    confusion: tuple[Confusion, ...]
    """Sorted, without zeros; adds up to ``agreement.n``."""
    num_not_judged: int
    """Labelled items that were not put to the judge; not in ``agreement``."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    item_id: str
    label: Label


def calibrate(outcomes: Mapping[str, Outcome], labels: Mapping[str, Label], judge: Judge) -> Calibration:
    """The judge's outcomes against people's labels, over the items that have both.

    Args:
        outcomes: Item -> outcome, of a relative or pairwise result.
        labels: Item -> label, from the side of the same system.
        judge: Whose outcomes these are.

    Raises:
        ConfigError: No labelled item was judged.
    """
    check_labelled(outcomes.keys(), labels)
    both = sorted(outcomes.keys() & labels.keys())
    counts = Counter((labels[item], outcomes[item]) for item in both)
    return Calibration(
        judge=judge,
        agreement=agreement([outcomes[item] for item in both], [labels[item] for item in both]),
        confusion=tuple(Confusion(*pair, count) for pair, count in sorted(counts.items())),
        num_not_judged=len(labels) - len(both),
    )


def check_labelled(item_ids: Collection[str], labels: Mapping[str, Label]) -> None:
    """Refuse labels that say nothing of what is judged; to be asked before anything is paid for.

    Raises:
        ConfigError: No labelled item is among ``item_ids``.
    """
    if labels.keys().isdisjoint(item_ids):
        raise ConfigError(
            f"none of {len(labels)} labelled items is among the {len(item_ids)} judged; compare their ids"
        )


def judge_facts(
    judge: Judge, num_read: int, num_unread: int, problems: Mapping[str, int], calibration: Calibration | None
) -> dict[str, str]:
    """Who judged, how far people agree, and how many replies could be read, in words.

    Raises:
        ConfigError: The calibration is another judge's.
    """
    check_calibration(calibration, judge)
    facts = {
        "judge": f"{judge.model}, prompt {judge.prompt} v{judge.prompt_version} ({judge.prompt_digest[:12]})",
        "judge's agreement with people": agreement_in_words(calibration),
        "replies": f"{num_read} read, {num_unread} unread",
    }
    if problems:
        facts["unread because"] = "; ".join(f"{problem} ({count})" for problem, count in problems.items())
    return facts


def agreement_in_words(calibration: Calibration | None) -> str:
    """Accuracy, kappa and n, or that nothing is known."""
    if calibration is None:
        return UNLABELLED
    found = calibration.agreement
    kappa = "undefined (one label throughout)" if found.kappa is None else f"{found.kappa:.2f}"
    unjudged = f", {calibration.num_not_judged} more not judged" if calibration.num_not_judged else ""
    return f"accuracy {found.accuracy:.3f}, Cohen's kappa {kappa}, n = {found.n} labelled items{unjudged}"


def check_calibration(calibration: Calibration | None, judge: Judge) -> None:
    """Refuse to vouch for a judge by another's agreement.

    Raises:
        ConfigError: Another model, prompt or version was calibrated.
    """
    if calibration is not None and calibration.judge != judge:
        raise ConfigError(
            f"the labelled set was judged by {_named(calibration.judge)}, these items by {_named(judge)}; "
            "calibrate the judge that is used"
        )


def read_labels(path: Path) -> dict[str, Label]:
    """Labels of a file of lines ``{"item_id": "7", "label": "win"}``.

    Raises:
        ConfigError: Not there, not such lines, or an item twice; names the line.
    """
    return {row.item_id: row.label for row in read_rows(path, _Row, key=lambda row: row.item_id)}


def _named(judge: Judge) -> str:
    return f"{judge.model} with prompt {judge.prompt} v{judge.prompt_version} ({judge.prompt_digest[:12]})"
