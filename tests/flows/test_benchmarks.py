"""Official benchmarks beside the run's own problems: scored, and what is gated stays on this machine."""

import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from tests.benchmarks.official import gaia_row, gta_files, jsonl, write_folder
from tests.flows.flow_process import TINY, FlowRun, run_flow

pytestmark = pytest.mark.flow

SECRET = "In which year was the lighthouse of Zanzebro lit"


@pytest.fixture(scope="module")
def evaluated(first_run: FlowRun, stack: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> FlowRun:
    root = tmp_path_factory.mktemp("official")
    gta = write_folder(root / "gta_dataset", gta_files())
    rows = [gaia_row("a", level=1, answer="1887") | {"Question": SECRET}, gaia_row("b", level=2, answer="a, b")]
    gaia = write_folder(root / "gaia", {"2023/validation/metadata.jsonl": jsonl(rows)})
    digests = {name: first_run.result[name] for name in ("dataset", "tuned", "untuned")}
    run = run_flow(
        "flows.evaluate_agent.evaluate_agent",
        stack,
        **digests,
        overrides=TINY,
        benchmarks={"gta": gta, "gta_steps": gta, "gaia": gaia},
    )
    assert run.error is None, run.error
    return run


def _comparison(run: FlowRun, name: str) -> dict[str, Any]:
    (found,) = [other for other in run.result["others"] if other["benchmark"] == name]
    return found


def test_every_benchmark_is_scored_over_all_its_problems(evaluated: FlowRun) -> None:
    assert {o["benchmark"]: o["problems"] for o in evaluated.result["others"]} == {"gta": 5, "gta_steps": 5, "gaia": 2}
    for name in ("gta", "gta_steps", "gaia"):
        found = _comparison(evaluated, name)
        assert {"untuned", "tuned"} <= set(found["agents"])
        assert "oracle" not in found["agents"], "it knows its own worlds only"
        assert all(sum(causes.values()) == found["problems"] for causes in found["causes"].values())
    assert {"gta-scores", "gta-steps-scores", "gaia-scores"} <= evaluated.artifacts().keys()


def test_nothing_of_a_gated_set_is_in_the_bucket(evaluated: FlowRun, stack: dict[str, str]) -> None:
    options = {
        "key": stack["AWS_ACCESS_KEY_ID"],
        "secret": stack["AWS_SECRET_ACCESS_KEY"],
        "endpoint_url": stack["AWS_ENDPOINT_URL"],
    }
    bucket = Store(stack["JOURNEYMAN_STORE"], options)
    home = Store((Path(stack["JOURNEYMAN_HOME"]).resolve() / "gated").as_uri())
    for reference in (ref for refs in _comparison(evaluated, "gaia")["scores"].values() for ref in refs):
        ref = ArtifactRef.model_validate(reference)
        assert not bucket.exists(ref.key)
        assert len(home.records(ref, Score)) == 2
    assert any(_holds(home, key) for key in home.keys("data/problems/"))
    assert not [
        key for key in bucket.keys("") if not key.startswith(("models/", "checkpoints/")) and _holds(bucket, key)
    ]


def _holds(store: Store, key: str) -> bool:
    """Whether the secret question stands in an object, Parquet unpacked."""
    data = store.get(key)
    if not key.endswith(".parquet"):
        return SECRET.encode() in data
    columns = pq.read_table(io.BytesIO(data)).to_pydict()
    return SECRET in repr({name: values for name, values in columns.items() if name != "data"})
