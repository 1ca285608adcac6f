"""Every file of the query is there and opens with an independent reader."""

from journeyman.check import Finding, QueryCheck, QueryContext
from journeyman.file_reader import UserFileError, inspect
from journeyman.schema.query import Query


async def _run(query: Query, context: QueryContext) -> Finding | None:
    for ref in query.files:
        item = context.media.get(ref.sha256)
        if item is None:
            return Finding("a file is missing", ref.name)
        try:
            inspect(item.data, ref.name)
        except UserFileError as exc:
            return Finding("a file does not open", f"{ref.name}: {exc}")
    return None


CHECK = QueryCheck(name="files_open", version=1, run=_run)
