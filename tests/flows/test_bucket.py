"""What a stranger does with the bucket: ``datasets`` reads the dataset from it; a bad store is named, never a miss."""

from pathlib import Path

import datasets
import pytest

from journeyman.errors import StorageError
from journeyman.storage.store import Store
from tests.dataset.test_build import built
from tests.dataset.toys import query

pytestmark = pytest.mark.flow


def _options(s3: dict[str, str]) -> dict[str, str]:
    endpoint = s3["AWS_ENDPOINT_URL"]
    return {"key": s3["AWS_ACCESS_KEY_ID"], "secret": s3["AWS_SECRET_ACCESS_KEY"], "endpoint_url": endpoint}


def test_load_dataset_reads_the_published_dataset_from_the_bucket(s3: dict[str, str], tmp_path: Path) -> None:
    store = Store(f"{s3['JOURNEYMAN_STORE']}-published", _options(s3))
    url = built(store, [query(n) for n in range(10)]).facts["url"]
    loaded = datasets.load_dataset(
        "parquet",
        data_files={"train": f"{url}/train-*.parquet"},
        storage_options=_options(s3),
        cache_dir=str(tmp_path / "cache"),
    )
    assert loaded["train"][0]["images"][0].size == (24, 16)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"secret": "not it"}, "AWS_SECRET_ACCESS_KEY"),
        ({"key": "nobody"}, "AWS_ACCESS_KEY_ID"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "cannot be used"),
    ],
    ids=["secret", "key", "endpoint"],
)
def test_a_store_that_refuses_is_named_with_what_to_set(s3: dict[str, str], wrong: dict[str, str], says: str) -> None:
    with pytest.raises(StorageError, match=says):
        Store(s3["JOURNEYMAN_STORE"], _options(s3) | wrong).check()


def test_a_bucket_that_is_not_there_is_named(s3: dict[str, str]) -> None:
    with pytest.raises(StorageError, match="bucket does not exist"):
        Store("s3://no-such-bucket/x", _options(s3)).check()
