"""Files by content, read from the media artifacts of several stages."""

from collections.abc import Collection, Iterable

import pyarrow as pa
import pyarrow.compute as pc

from journeyman.schema.arrow import table_to_records
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.media import MediaFile
from journeyman.storage.store import Store


def load_media(store: Store, refs: Iterable[ArtifactRef], wanted: Collection[str]) -> dict[str, MediaFile]:
    """The files of ``wanted`` that the artifacts hold, by sha256; rows nobody asked for are not decoded.

    Args:
        store: Where the artifacts are.
        refs: Media artifacts; they may hold the same file twice.
        wanted: sha256 of the files to read. What is in no artifact is absent from the result.
    """
    found: dict[str, MediaFile] = {}
    for ref in dict.fromkeys(refs):
        for table in store.tables(ref, MediaFile):  # one object at a time: screenshots of a benchmark are gigabytes
            missing = pa.array([digest for digest in wanted if digest not in found], type=pa.string())
            for row in table_to_records(table.filter(pc.is_in(table["sha256"], value_set=missing)), MediaFile):
                found[row.sha256] = row
    return found
