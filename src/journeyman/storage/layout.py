"""Every path template, relative to the store's root."""


def data_key(kind: str, digest: str) -> str:
    """A data object, named by the sha256 of its bytes."""
    return f"data/{kind}/{digest[:2]}/{digest}.parquet"


def manifest_key(kind: str, digest: str) -> str:
    """An artifact's manifest; its presence is the commit."""
    return f"artifacts/{kind}/{digest}.json"


def ledger_prefix(scope: str) -> str:
    """Parts of the call ledger of one scope (a stage's shard)."""
    return f"ledger/{scope}/"


def cassette_prefix(scope: str) -> str:
    """Parts of the cassette of one scope (a stage's shard): recorded tool results."""
    return f"cassettes/{scope}/"


def tool_result_key(key: str) -> str:
    """What a heavy tool gave for one call, shared by all runs."""
    return f"tool-results/{key[:2]}/{key}.parquet"


def feature_prefix(identity: str) -> str:
    """Parts of the features that frozen encoders of one identity gave of files."""
    return f"features/{identity}/"


def outcome_prefix(scope: str) -> str:
    """Finished problems of one evaluation, one object each."""
    return f"outcomes/{scope}/"


def checkpoint_prefix(run: str) -> str:
    """Training checkpoints of one run fingerprint; one folder a step, manifest last."""
    return f"checkpoints/{run}/"


def model_prefix(digest: str) -> str:
    """A finished model's safetensors, processor and card."""
    return f"models/{digest}/"


def dataset_prefix(digest: str) -> str:
    """A published dataset: ``<split>-00000.parquet`` files and README.md, as ``datasets`` reads them."""
    return f"datasets/{digest}/"


def report_key(run: str) -> str:
    """The HTML report of one run."""
    return f"reports/{run}.html"


RUN_NOTES_PREFIX = "runs/"
"""Notes of finished runs."""


def run_note_key(run: str) -> str:
    """What one run found, as JSON: its figures and the artifacts behind them."""
    return f"{RUN_NOTES_PREFIX}{run}.json"


GATED_FOLDER = "gated"
"""Below home: the root of a store on this machine, for data that may not be copied to where others read."""

RESULTS_PREFIX = "results/"
"""Prefect's result records, JSON only, in the artifacts' own bucket so that a wiped bucket is a miss."""
