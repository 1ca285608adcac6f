"""The four flows on a real Prefect server, a real S3 server and the scripted teacher."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from tests.benchmarks.official import gaia_row, gta_files, jsonl, write_folder
from tests.flows.conftest import SYNTH_AND_TUNE
from tests.flows.flow_process import TINY, FlowRun, run_flow
from tests.servers import Server, answered_calls, free_port, in_checkout

pytestmark = pytest.mark.flow
SECRET = "In which year was the lighthouse of Zanzebro lit"
SHARDED = ("write", "verify", "roll", "build", "train", "evaluate")
"""First words of the stages that are cached."""


@pytest.fixture
def worker(stack: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """A process worker of the pool, as `make up` starts one."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "local"]
    server = Server("worker", tmp_path, command, stack | {"PREFECT_WORKER_QUERY_SECONDS": "1"})
    yield server
    server.stop()


def paid(teacher: str) -> int:
    """Requests the teacher has answered since it started."""
    return answered_calls(teacher).get("completions", 0)


def test_the_whole_way_ends_in_a_comparison_on_held_out_problems(first_run: FlowRun) -> None:
    comparison = first_run.result["comparison"]
    assert comparison["agents"] == TINY["evaluation"]["agents"]
    assert comparison["problems"] > 0
    assert {"Cached", "Completed"} >= {state for states in first_run.task_states().values() for state in states}


def test_the_oracle_over_the_teachers_endpoint_is_the_ceiling(first_run: FlowRun) -> None:
    results = {(r["agent"], r["metric"]): r for r in first_run.result["comparison"]["results"] if not r["grouping"]}
    assert results["oracle", "ToolAcc"]["estimate"]["value"] > 0.7
    assert results["untuned", "ToolAcc"]["estimate"]["value"] < 0.3


def test_every_record_of_every_stage_is_accounted_for(first_run: FlowRun) -> None:
    for stage in first_run.result["stages"]:
        counts = stage["counts"]
        assert counts["taken"] == counts["kept"] + counts["dropped"] + counts["failed"], stage["stage"]
        assert stage["artifacts"]["kept"]["rows"] == counts["kept"], stage["stage"]


def test_bad_user_files_are_dropped_with_their_reason_and_the_rest_is_used(first_run: FlowRun) -> None:
    (files,) = [stage for stage in first_run.result["stages"] if stage["stage"] == "user-files"]
    assert files["counts"]["kept"] == 3
    assert any("broken.pdf" in reason for reason in files["reasons"])
    assert any("empty.txt" in reason for reason in files["reasons"])


def test_the_runs_page_shows_yield_loss_scores_and_report(first_run: FlowRun) -> None:
    found = first_run.artifacts()
    assert {"yield-verify-queries", "dataset", "training-loss", "model", "report", "summary"} <= found.keys()
    assert {"scores", "condition", "causes"} <= found.keys()
    assert found["training-loss"]["data"].startswith("data:image/svg+xml")
    assert "scripted" in found["summary"]["data"]


def test_a_second_run_is_all_cache_hits_and_pays_nothing(
    first_run: FlowRun, stack: dict[str, str], user_files: Path, teacher: str
) -> None:
    before = paid(teacher)
    second = run_flow(SYNTH_AND_TUNE, stack, overrides=TINY, files=str(user_files))
    assert second.error is None, second.error
    states = second.task_states()
    assert {name: set(states[name]) for name in SHARDED} == {name: {"Cached"} for name in SHARDED}
    assert paid(teacher) == before
    assert sum(stage["spend"]["calls"] for stage in second.result["stages"]) == 0
    assert {k: second.result[k] for k in ("dataset", "tuned")} == {k: first_run.result[k] for k in ("dataset", "tuned")}


def test_another_learning_rate_repeats_the_training_alone(first_run: FlowRun, stack: dict[str, str]) -> None:
    changed = TINY | {"training": TINY["training"] | {"learning_rate": 0.002, "max_steps": 1}}
    run = run_flow("flows.train_agent.train_agent", stack, dataset=first_run.result["dataset"], overrides=changed)
    assert run.error is None, run.error
    assert run.task_states()["train"]["Completed"] == 1
    assert run.result["tuned"]["artifacts"]["kept"]["digest"] != first_run.result["tuned"]


def test_synthesis_alone_finds_the_same_dataset(first_run: FlowRun, stack: dict[str, str], user_files: Path) -> None:
    overrides = {"generation": TINY["generation"]}
    run = run_flow("flows.synthesize_data.synthesize_data", stack, overrides=overrides, files=str(user_files))
    assert run.error is None, run.error
    assert run.result["dataset"]["artifacts"]["kept"]["digest"] == first_run.result["dataset"]


def test_evaluation_alone_takes_digests_and_gives_the_same_scores(first_run: FlowRun, stack: dict[str, str]) -> None:
    digests = {name: first_run.result[name] for name in ("dataset", "tuned", "untuned")}
    run = run_flow("flows.evaluate_agent.evaluate_agent", stack, **digests, overrides=TINY)
    assert run.error is None, run.error
    assert set(run.task_states()["evaluate"]) == {"Cached"}
    assert run.result["comparison"] == first_run.result["comparison"]


@pytest.mark.usefixtures("worker", "first_run")
def test_the_customers_command_runs_on_a_worker_to_its_end(stack: dict[str, str], user_files: Path) -> None:

    parameters = json.dumps({"overrides": TINY, "files": str(user_files)})
    command = [
        sys.executable,
        "-m",
        "prefect",
        "deployment",
        "run",
        "synth-and-tune",
        "--watch",
        "--params",
        parameters,
    ]
    done = in_checkout(command, stack, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


REFUSALS: dict[str, tuple[dict[str, str], dict[str, Any], str, str]] = {
    "unknown key": ({}, {"overrides": {"generation": {"querys": 3}}}, "ConfigError", "no key 'generation.querys'"),
    "no such recipe": ({}, {"recipe": "t3_agnet"}, "UnknownPluginError", "t3_agent"),
    "wrong S3 secret": ({"AWS_SECRET_ACCESS_KEY": "wrong"}, {}, "StorageError", "AWS_SECRET_ACCESS_KEY"),
    "no teacher set": ({"OPENAI_BASE_URL": ""}, {}, "ConfigError", "OPENAI_BASE_URL"),
    "teacher is down": ({"OPENAI_BASE_URL": "@nobody"}, {}, "UnreachableError", "no teacher answers"),
    "folder is not there": ({}, {"files": "/no/such/folder"}, "ConfigError", "/no/such/folder"),
    "no such benchmark": ({}, {"benchmarks": {"gtaa": "/data"}}, "UnknownPluginError", "gta"),
    "benchmark data are not there": ({}, {"benchmarks": {"gta": "/no/such/gta"}}, "ConfigError", "/no/such/gta"),
    "rounds without development problems": ({}, {"rounds": 2}, "ConfigError", "generation.development_problems"),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_run_is_refused_by_name_before_anything_is_paid(
    case: tuple[dict[str, str], dict[str, Any], str, str], stack: dict[str, str], teacher: str
) -> None:
    environment, parameters, kind, words = case
    environment = {k: v.replace("@nobody", f"http://127.0.0.1:{free_port()}/v1") for k, v in environment.items()}
    before = paid(teacher)
    run = run_flow(SYNTH_AND_TUNE, stack | environment, **({"overrides": TINY} | parameters))
    assert run.type == "FAILED"
    assert run.error is not None
    assert (run.error["kind"], words in run.error["message"]) == (kind, True), run.error
    assert paid(teacher) == before


# official benchmarks beside the run's own problems: scored, and what is gated stays on this machine -------------------


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
