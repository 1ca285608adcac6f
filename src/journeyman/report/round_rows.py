"""The rounds of a run as a table: what each cost in examples, what it reached, and what it led to."""

from collections.abc import Mapping, Sequence
from typing import Any

from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.rounds import RoundPlan
from journeyman.report.figures import difference_text, result_text, results_by_key
from journeyman.schema.artifact import StageResult

SHOWN_CLUSTERS = 3


def round_rows(rounds: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One row a round; empty for a run of one.

    Args:
        rounds: Each with ``synthesis``, ``evaluation`` and, where a plan was made, ``plan``, as the flow hands them on.
    """
    if len(rounds) < 2 and not any("plan" in one for one in rounds):
        return []
    return [_row(number, one) for number, one in enumerate(rounds, start=1)]


def _row(number: int, one: Mapping[str, Any]) -> dict[str, str]:
    comparison = Comparison.model_validate(one["evaluation"]["comparison"])
    results = results_by_key(comparison)
    dataset = StageResult.model_validate(one["synthesis"]["dataset"])
    plan = RoundPlan.model_validate(one["plan"]) if "plan" in one else None
    gains = "; ".join(f"{name} {difference_text(gain)}" for name, gain in plan.gains.items()) if plan else ""
    clusters = plan.clusters[:SHOWN_CLUSTERS] if plan else ()
    return {
        "round": str(number),
        "examples": f"{dataset.artifacts['kept'].rows:,}",
        **{f"tuned, {name}": result_text(results.get(("tuned", name, "", ""))) for name in comparison.headline},
        "over the round before, on development problems": gains or "-",
        "fails most": "; ".join(f"{c.tools}: {c.cause} ({c.failures} of {c.attempts})" for c in clusters) or "-",
        "next": (plan.stop or ", ".join(f"{tools} x{times}" for tools, times in plan.quotas.items())) if plan else "-",
    }
