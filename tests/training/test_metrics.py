"""Metrics on their way: the share of the peak, trackers by name, the table on the run's page."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from journeyman.errors import ConfigError, UnknownPluginError
from journeyman.plugins import plugin_names
from journeyman.tracker import Tracker, load_tracker, numbers
from journeyman.training.utilisation import _peak_of

SETTINGS = {"learning_rate": 0.003, "lora": None}


def test_only_numbers_are_tracked_and_of_ranks_the_fullest():
    told = {"loss": 1, "stage": "one", "mfu": None, "memory_bytes": [3, 5, 4], "none": [], "flag": True, "rate": 0.5}
    assert numbers(told) == {"loss": 1.0, "memory_bytes": 5.0, "rate": 0.5}


def test_the_trackers_are_those_that_are_documented():
    assert plugin_names("journeyman.trackers") == ("mlflow", "tensorboard", "trackio", "wandb")
    with pytest.raises(UnknownPluginError, match=r"no tracker 'tensorbord'.*there is: tensorboard"):
        load_tracker("tensorbord")


def test_a_tracker_without_its_package_is_refused_by_name():
    missing = Tracker(module="no_such_package_here", package="no-such-package", start=lambda *_: None)
    with pytest.raises(ConfigError, match="pip install no-such-package, or leave it out of trackers"):
        missing.refuse_missing()


def logged(name: str, folder: Path) -> None:
    """Two runs of one name, as a training that was killed and resumed makes them."""
    for step in (1, 2):
        run = load_tracker(name).start("run-1", folder, SETTINGS)
        run.log({"loss": 3.0 - step, "tokens_per_second": 100.0}, step)
        run.close()


def needs(name: str) -> None:
    if find_spec(load_tracker(name).module) is None:
        pytest.skip(f"{name} is not installed")


def test_tensorboard_reads_what_was_tracked(tmp_path):
    needs("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logged("tensorboard", tmp_path)
    events = EventAccumulator(str(tmp_path / "run-1"))
    events.Reload()
    assert sorted(events.Tags()["scalars"]) == ["loss", "tokens_per_second"]
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(1, 2.0), (2, 1.0)]


def test_mlflow_goes_on_with_the_run_of_that_name(tmp_path, monkeypatch):
    needs("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    from mlflow import MlflowClient

    logged("mlflow", tmp_path)
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("journeyman").experiment_id])
    assert run.data.params["learning_rate"] == "0.003"
    assert run.info.status == "FINISHED"
    assert [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "loss")] == [(1, 2.0), (2, 1.0)]


def test_wandb_writes_a_folder_to_sync_where_nobody_is_logged_in(tmp_path, monkeypatch):
    needs("wandb")
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    logged("wandb", tmp_path)
    assert len(list(tmp_path.glob("wandb/offline-run-*/run-run-1.wandb"))) >= 1


def test_trackio_goes_on_with_the_run_of_that_name(tmp_path, monkeypatch):
    needs("trackio")
    import sqlite3

    monkeypatch.delenv("TRACKIO_DIR", raising=False)
    logged("trackio", tmp_path)
    with sqlite3.connect(tmp_path / "journeyman.db") as data:
        steps = data.execute("select run_name, step from metrics order by step").fetchall()
    assert steps == [("run-1", 1), ("run-1", 2)]


@pytest.mark.parametrize(
    ("device", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989.4e12),
        ("NVIDIA H200", 989.4e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA L40S", 362e12),
        ("NVIDIA GeForce RTX 4090", 165.2e12),
        ("NVIDIA L4", None),
        ("Some Other Accelerator", None),
    ],
)
def test_gpus_are_known_by_the_name_that_the_driver_gives(device, peak):
    assert _peak_of(device) == peak


def test_a_frozen_weight_costs_four_operations_a_token_and_a_trained_one_six():
    torch = pytest.importorskip("torch")
    from journeyman.training.utilisation import flops_per_token

    class Model(torch.nn.Module):
        def __init__(self, tied):
            super().__init__()
            self.words = torch.nn.Embedding(10, 4)
            self.body = torch.nn.Linear(4, 4, bias=False)
            self.head = torch.nn.Linear(4, 10, bias=False)
            self.body.requires_grad_(False)
            if tied:
                self.head.weight = self.words.weight

        def get_input_embeddings(self):
            return self.words

        def get_output_embeddings(self):
            return self.head

    assert flops_per_token(Model(tied=False)) == 4 * 16 + 6 * 40
    assert flops_per_token(Model(tied=True)) == 4 * 16 + 6 * 40


def test_the_cpus_peak_is_that_of_a_matrix_product():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("the peak is from the data sheet here")
    from journeyman.training.utilisation import peak_flops

    assert 1e8 < peak_flops("fp32") < 1e14


def test_the_table_on_the_runs_page_shows_the_newest_report_first():
    pytest.importorskip("prefect")
    from tasks.reports import metrics_rows

    reports = [
        {"step": 1, "steps": 1000, "loss": 2.5, "learning_rate": 1e-5, "mfu": None},
        {
            "stage": "second",
            "step": 2,
            "steps": 1000,
            "loss": 2.25,
            "mfu": 0.512,
            "padding_share": 0.04,
            "memory_bytes": [2**30, 3 * 2**29],
        },
    ]
    newest, first = metrics_rows(reports)
    assert (newest["step"], newest["share of peak"], newest["padding"]) == ("2 of 1,000", "51.2%", "4.0%")
    assert newest["memory by rank"] == "1.00 GiB, 1.50 GiB"
    assert (first["stage"], first["share of peak"], first["learning rate"]) == ("", "", "1e-05")
