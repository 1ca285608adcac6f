"""Where every record of a run went and what was paid, stage by stage, as plain rows."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from journeyman.schema.artifact import Counts, Spend, StageResult


class StageTotals(NamedTuple):
    """One stage over all its shards."""

    stage: str
    counts: Counts
    reasons: dict[str, int]
    spend: Spend


def stage_totals(stages: Iterable[StageResult]) -> list[StageTotals]:
    """Stages in the order they first appear, their shards added up; reasons by falling count."""
    by_stage: dict[str, list[StageResult]] = {}
    for result in stages:
        by_stage.setdefault(result.stage, []).append(result)
    return [_total(stage, shards) for stage, shards in by_stage.items()]


def funnel_rows(stages: Iterable[StageResult]) -> list[dict[str, str | int]]:
    """One row a stage: where every record went, and why."""
    return [
        {
            "stage": total.stage,
            "in": total.counts.taken,
            "kept": total.counts.kept,
            "dropped": total.counts.dropped,
            "failed": total.counts.failed,
            "yield": f"{total.counts.kept / total.counts.taken:.1%}" if total.counts.taken else "-",
            "reasons": "; ".join(f"{reason} ({n:,})" for reason, n in total.reasons.items()),
        }
        for total in stage_totals(stages)
    ]


def spend_rows(stages: Iterable[StageResult]) -> list[dict[str, str | int]]:
    """One row a stage that asked a teacher, and their sum last."""
    spends = [(total.stage, total.spend) for total in stage_totals(stages)]
    rows = [(stage, spend) for stage, spend in spends if spend.calls or spend.replayed]
    rows.append(("all", _added(spend for _, spend in spends)))
    return [
        {
            "stage": stage,
            "calls": spend.calls,
            "replayed": spend.replayed,
            "prompt tokens": spend.prompt_tokens,
            "completion tokens": spend.completion_tokens,
            "usd": spend.usd,
        }
        for stage, spend in rows
    ]


def _total(stage: str, shards: Sequence[StageResult]) -> StageTotals:
    reasons: dict[str, int] = {}
    for shard in shards:
        for reason, n in shard.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + n
    counts = sum((shard.counts for shard in shards[1:]), shards[0].counts)
    ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return StageTotals(stage, counts, ordered, _added(shard.spend for shard in shards))


def _added(spends: Iterable[Spend]) -> Spend:
    rows = list(spends)
    return Spend(
        calls=sum(s.calls for s in rows),
        replayed=sum(s.replayed for s in rows),
        prompt_tokens=sum(s.prompt_tokens for s in rows),
        completion_tokens=sum(s.completion_tokens for s in rows),
        usd=str(sum((Decimal(s.usd) for s in rows), Decimal(0))),
    )
