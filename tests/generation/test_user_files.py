"""The user's own files: real ones are asked about, bad ones are dropped by name, an empty folder is refused."""

import asyncio
from pathlib import Path

import pytest

from journeyman.errors import ConfigError
from journeyman.generation.user_files import adopt_files, write_user_queries
from journeyman.recipe import load_recipe
from journeyman.sample_files import sample_files
from journeyman.schema.artifact import StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Gold, Query
from journeyman.storage.store import Store
from tests.scripted import scripted_teacher


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photographs and documents, and three files that are not what they seem."""
    path = tmp_path_factory.mktemp("files")
    sample_files(path)
    (path / "corrupt.pdf").write_bytes(b"%PDF-1.7\n1 0 obj << /Type /Catalog")
    (path / "empty.csv").write_bytes(b"")
    (path / "same_as_iris.csv").write_bytes((path / "iris.csv").read_bytes())
    return path


def _adopted(folder: Path, store: Store) -> StageResult:
    return adopt_files(str(folder), store=store, storage_options={})


def test_bad_files_are_dropped_with_their_reason_and_the_rest_goes_on(folder: Path) -> None:
    store = Store("memory://user-files")
    result = _adopted(folder, store)
    assert result.counts.kept == 15
    assert result.counts.dropped == 3
    reasons = " ".join(result.reasons)
    assert "corrupt PDF" in reasons
    assert "empty" in reasons
    assert "same content as another file" in reasons
    sources = {item.source for item in store.records(result.artifacts["kept"], MediaFile)}
    assert {"user:invoice.pdf", "user:report.docx", "user:sales.xlsx", "user:timetable.pptx"} <= sources


@pytest.mark.parametrize("source", ["empty", "absent"])
def test_a_folder_without_files_is_refused(source: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=source):
        _adopted(tmp_path / source, Store("memory://user-files"))


def test_queries_about_real_files_have_computed_answers_where_a_table_gives_one(folder: Path) -> None:
    store = Store("memory://user-files")
    media = _adopted(folder, store).artifacts["kept"]

    async def ask() -> StageResult:
        async with scripted_teacher(store) as teacher:
            return await write_user_queries(media, load_recipe("t3_agent"), store=store, teacher=teacher)

    result = asyncio.run(ask())
    queries = store.records(result.artifacts["kept"], Query)
    assert result.counts.taken == 15 * 4
    assert {query.origin for query in queries} == {"user"}
    assert {Path(query.files[0].origin).suffix for query in queries} >= {
        ".png",
        ".jpg",
        ".pdf",
        ".docx",
        ".xlsx",
        ".pptx",
        ".csv",
    }
    iris = next(q for q in queries if q.files[0].origin == "iris.csv" and q.gold_json)
    assert float(Gold.model_validate_json(iris.gold_json).value) > 100
    assert iris.files[0].name == "file_1.csv"
