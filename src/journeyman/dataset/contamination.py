"""What training must not have seen: anything that shares a file, a family or a seed with a held-out problem."""

from collections.abc import Sequence

from journeyman.schema.query import Query


def contaminated(queries: Sequence[Query], held_out: Sequence[Query]) -> dict[str, str]:
    """Ids of training queries to leave out, each with its reason.

    A user's own file has no seed that made it, so seeds are compared among synthesised queries
    only; files and families among all.

    Args:
        queries: Candidates for training.
        held_out: Problems of the evaluation.
    """
    ids = {problem.query_id for problem in held_out}
    files = {ref.sha256 for problem in held_out for ref in problem.files}
    families = {problem.family for problem in held_out}
    seeds = {problem.seed for problem in held_out if problem.origin == "synthesised"}
    found: dict[str, str] = {}
    for query in queries:
        if query.query_id in ids or query.split == "held_out":
            found[query.query_id] = "is a held-out problem"
        elif any(ref.sha256 in files for ref in query.files):
            found[query.query_id] = "shares a file with a held-out problem"
        elif query.family in families:
            found[query.query_id] = "shares a task family with a held-out problem"
        elif query.origin == "synthesised" and query.seed in seeds:
            found[query.query_id] = "shares a seed with a held-out problem"
    return found
