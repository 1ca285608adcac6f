import base64
import json
import os
from collections.abc import Iterator
from typing import Any

import cloudpickle
import pytest
from prefect.exceptions import SerializationError
from prefect.results import ResultStore

from journeyman.errors import ArtifactError, SchemaError
from journeyman.schema.artifact import Counts, StageResult
from journeyman.schema.media import MediaFile
from journeyman.settings import load_settings
from journeyman.storage import layout
from journeyman.storage.store import Store
from tasks.policies import PLAIN_JSON
from tasks.result_storage import ArtifactBucket


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Store]:
    url = f"file://{tmp_path}/store"
    monkeypatch.setenv("JOURNEYMAN_STORE", url)
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path))
    load_settings.cache_clear()
    yield Store(url)
    load_settings.cache_clear()


def results() -> ResultStore:
    """A fresh process's view: nothing remembered in memory."""
    return ResultStore(result_storage=ArtifactBucket(), serializer=PLAIN_JSON, cache_result_in_memory=False)


def write(key: str, value: Any) -> None:
    record = results().create_result_record(value, key=key)
    ArtifactBucket().write_path(key, record.serialize())


def stage_result(store: Store) -> dict[str, Any]:
    kept = store.write("media", [], MediaFile)
    return StageResult(stage="files", artifacts={"kept": kept}, counts=Counts(taken=0, kept=0, dropped=0)).model_dump(
        mode="json"
    )


def test_a_stage_result_comes_back_as_it_was_written(store: Store) -> None:
    value = stage_result(store)
    write("key", value)
    assert results().exists("key")
    assert results().read("key").result == value


def test_records_lie_in_the_artifacts_own_store(store: Store) -> None:
    write("key", {"n": 1})
    assert store.keys(layout.RESULTS_PREFIX) == [f"{layout.RESULTS_PREFIX}key"]


def test_a_planted_pickle_is_a_miss_and_runs_nothing(store: Store) -> None:
    write("key", {"n": 1})
    record = json.loads(store.get(f"{layout.RESULTS_PREFIX}key"))
    record["metadata"]["serializer"] = {"type": "pickle", "picklelib": "cloudpickle", "picklelib_version": None}
    record["result"] = base64.encodebytes(cloudpickle.dumps(_Planted())).decode()
    store.put(f"{layout.RESULTS_PREFIX}key", json.dumps(record).encode())
    assert not results().exists("key")
    with pytest.raises(SchemaError, match="only plain JSON is read"):
        results().read("key")
    assert "JOURNEYMAN_PLANTED" not in os.environ


@pytest.mark.parametrize(
    "change",
    [
        {"object_decoder": "prefect.serializers.prefect_json_object_decoder"},
        {"jsonlib": "os"},
        {"loads_kwargs": {"cls": "x"}},
        {"type": "compressed/json"},
    ],
    ids=["decoder", "library", "arguments", "wrapped"],
)
def test_any_serializer_but_plain_json_is_refused(store: Store, change: dict[str, Any]) -> None:
    write("key", {"n": 1})
    record = json.loads(store.get(f"{layout.RESULTS_PREFIX}key"))
    record["metadata"]["serializer"] |= change
    store.put(f"{layout.RESULTS_PREFIX}key", json.dumps(record).encode())
    assert not results().exists("key")


def test_a_record_without_a_decoder_entry_is_refused_since_prefect_would_fill_in_its_own(store: Store) -> None:
    write("key", {"n": 1})
    record = json.loads(store.get(f"{layout.RESULTS_PREFIX}key"))
    del record["metadata"]["serializer"]["object_decoder"]
    store.put(f"{layout.RESULTS_PREFIX}key", json.dumps(record).encode())
    assert not results().exists("key")


@pytest.mark.parametrize("prefix", ["artifacts/", "data/"], ids=["manifest", "rows"])
def test_a_result_whose_artifact_is_gone_is_a_miss(store: Store, prefix: str) -> None:
    write("key", stage_result(store))
    store.delete(prefix)
    assert not results().exists("key")
    with pytest.raises(ArtifactError):
        ArtifactBucket().read_path("key")


def test_an_error_is_kept_as_words_and_anything_else_is_refused(store: Store) -> None:
    write("key", ValueError("no such thing"))
    assert results().read("key").result == {"error": "ValueError", "message": "no such thing"}
    with pytest.raises(SerializationError):
        write("other", object())


def test_what_is_not_a_record_is_refused(store: Store) -> None:
    store.put(f"{layout.RESULTS_PREFIX}key", b"[]")
    with pytest.raises(SchemaError, match="cannot be read"):
        ArtifactBucket().read_path("key")


def test_the_block_document_holds_no_secret_and_no_address() -> None:
    assert set(ArtifactBucket().model_dump()) - {"block_type_slug"} == set()


class _Planted:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("import os; os.environ['JOURNEYMAN_PLANTED'] = '1'",)
