"""Keep the queries that pass every check against their files, before trajectories are paid for."""

from journeyman.check import QueryCheck, QueryContext
from journeyman.errors import TeacherError
from journeyman.plugins import load_plugin
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Query
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 1


async def verify_queries(
    queries: ArtifactRef, media: ArtifactRef, recipe: Recipe, *, store: Store, judge: Teacher
) -> StageResult:
    """Queries that every check of the recipe keeps; the first check that drops one ends its way.

    Raises:
        TransientError: The judge does not answer.
        BudgetExceededError: The run's budget is spent.
    """
    checks = [load_plugin("journeyman.checks", name, "CHECK", QueryCheck) for name in recipe.query_checks]
    rows = store.records(queries, Query)
    context = QueryContext(media={row.sha256: row for row in store.records(media, MediaFile)}, judge=judge)
    tally = Tally("verified-queries", len(rows))

    async def passes(query: Query) -> bool:
        for check in checks:
            try:
                finding = await check.run(query, context)
            except TeacherError as exc:
                tally.fail(query.query_id, query, check=check.name, reason="no decision", evidence=str(exc))
                return False
            if finding is not None:
                tally.drop(query.query_id, query, check=check.name, reason=finding.reason, evidence=finding.evidence)
                return False
        return True

    kept = await for_each(rows, passes, at_once=recipe.generation.concurrency)
    passed = [row for row, keep in zip(rows, kept, strict=True) if keep]
    ref = store.write("queries", passed, Query, parents=(queries, media))
    return tally.result(ref, store=store, parents=(queries, media), spend=judge.spend)
