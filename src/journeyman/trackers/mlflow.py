"""MLflow: the server at MLFLOW_TRACKING_URI, else an SQLite file in the local folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.tracker import Tracker

EXPERIMENT = "journeyman"


class _Run:
    def __init__(self, client: Any, run_id: str) -> None:
        self._client = client
        self._run_id = run_id

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """One value of each metric."""
        for name, value in metrics.items():
            self._client.log_metric(self._run_id, name, value, step=step)

    def close(self) -> None:
        """End the run."""
        self._client.set_terminated(self._run_id)


def start(name: str, folder: Path, settings: Mapping[str, Any]) -> _Run:
    """A run of the experiment ``journeyman``, or of MLFLOW_EXPERIMENT_NAME; one of that name is gone on with."""
    from mlflow import MlflowClient

    folder.mkdir(parents=True, exist_ok=True)
    client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder.resolve()}/mlflow.db")
    title = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    found = client.get_experiment_by_name(title)
    experiment = found.experiment_id if found else client.create_experiment(title)
    for run in client.search_runs([experiment], filter_string=f"attributes.run_name = '{name}'", max_results=1):
        client.update_run(run.info.run_id, status="RUNNING")
        return _Run(client, run.info.run_id)
    run_id = client.create_run(experiment, run_name=name).info.run_id
    for key, value in settings.items():
        client.log_param(run_id, key, str(value)[:6000])  # MLflow refuses longer ones
    return _Run(client, run_id)


TRACKER = Tracker(module="mlflow", package="mlflow", start=start)
