"""What a round got wrong decides what the next one asks for, and whether there is a next one.

Decided by development problems alone: held-out problems that had a say in the data would no longer be unseen.
"""

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from journeyman.evaluation.compare import compare
from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.statistics import Difference
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.score import Score
from journeyman.storage.store import Store

MOST_TIMES = 4
"""Most times as many queries of a kind as without a quota: more would be a dataset of one kind."""
_NOW, _BEFORE = "this round", "the round before"


class Cluster(BaseModel):
    """Failures of one kind: the same tools of a right solution, the same cause."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    tools: str
    """Of a right solution, joined by `` + ``; ``none`` where none is needed."""
    cause: str
    failures: int
    attempts: int
    """Problems of these tools."""


class RoundPlan(BaseModel):
    """What follows from a round."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    clusters: tuple[Cluster, ...]
    """Largest first."""
    quotas: dict[str, int]
    """For ``generation.quotas`` of the next round."""
    gains: dict[str, Difference]
    """Headline figure -> this round minus the one before, on the development problems; empty after the first."""
    stop: str
    """Why there is no next round; empty when there is one."""


def plan_round(
    now: Sequence[ArtifactRef],
    before: Sequence[ArtifactRef],
    config: EvaluationConfig,
    *,
    store: Store,
    trainable: Sequence[str],
) -> RoundPlan:
    """Look at a round's scores on the development problems.

    Args:
        now: Score artifacts of this round's tuned model.
        before: Those of the round before; empty after the first.
        config: Bootstrap samples, confidence and seed.
        store: Where artifacts live.
        trainable: Tool combinations, joined by `` + ``, that training may ask for; failures of others have no quota.
    """
    clusters = clusters_of([score for ref in now for score in store.records(ref, Score)])
    gains: dict[str, Difference] = {}
    if before:
        comparison = compare({_NOW: now, _BEFORE: before}, config, store=store, pairs=[(_NOW, _BEFORE)])
        found = {name: comparison.contrast(_NOW, _BEFORE, name) for name in comparison.headline}
        gains = {name: difference for name, difference in found.items() if difference is not None}
    quotas = quotas_of(clusters, trainable)
    stop = ""
    if not clusters:
        stop = "every development problem is solved"
    elif before and not any(difference.low > 0 for difference in gains.values()):
        stop = "no significant gain over the round before"
    elif not quotas:
        stop = "what still fails is nothing that training may ask for"
    return RoundPlan(clusters=clusters, quotas=quotas, gains=gains, stop=stop)


def clusters_of(scores: Sequence[Score]) -> tuple[Cluster, ...]:
    """Failures by tools and cause, largest first; renamed and broken twins count with their own tools."""
    attempts = Counter(score.groups.get("tools", "none") for score in scores)
    failures = Counter((score.groups.get("tools", "none"), score.cause) for score in scores if score.cause != "right")
    ranked = sorted(failures.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Cluster(tools=tools, cause=cause, failures=count, attempts=attempts[tools])
        for (tools, cause), count in ranked
        if cause not in ("crashed", "not scored")  # no data mend a machine
    )


def quotas_of(clusters: Sequence[Cluster], trainable: Sequence[str]) -> dict[str, int]:
    """How many times as many queries of each tool combination: 1 where nothing fails, ``MOST_TIMES`` where all does."""
    failed: Counter[str] = Counter()
    for cluster in clusters:
        failed[cluster.tools] += cluster.failures
    attempts = {cluster.tools: cluster.attempts for cluster in clusters}
    shares = {tools: failed[tools] / attempts[tools] for tools in failed if tools in trainable}
    times = {tools: 1 + round((MOST_TIMES - 1) * share) for tools, share in sorted(shares.items())}
    return {tools: count for tools, count in times.items() if count > 1}
