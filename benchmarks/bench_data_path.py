"""The data path of training: what the step waits for data, what the loader holds in memory, how soon it begins.

Figures to reach: wait share under 5 % after warm-up; memory of rank and workers flat from 1,000 to 100,000
rows; first batch from a local S3 server under 5 s for 100,000 rows. The rows are 1,000 different ones of
toy conversations with pictures, repeated. Seconds to the first batch count from opening the dataset to the
collated tensors, the estimate of an epoch's steps included, imports and the processor not.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # toys and the S3 server are those of the tests

ROWS = 1_000
SIZES = (1_000, 10_000, 100_000)
FILE_ROWS = 10_000
STEPS, WARM_UP = 24, 6
WAIT_MARK, FLAT_MARK, FIRST_MARK = 0.05, 1.15, 5.0


def main() -> None:
    """Print each figure beside its mark."""
    from tests.servers import BUCKET, S3Server

    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as name:
        home = Path(name)
        print(f"yardstick: 10 M loop iterations on one core take {_loop_seconds():.2f} s here")
        table = _table()
        sizes = {rows: _dataset(home, table, rows) for rows in SIZES}
        shares, seconds = _wait_shares(home, sizes[SIZES[0]])
        print(
            f"wait share of {len(shares)} steps of {seconds:.2f} s: {sum(shares) / len(shares):.3f} "
            f"(worst step {max(shares):.3f}; to reach: {WAIT_MARK})"
        )
        used = {rows: _child("memory", str(folder)) for rows, folder in sizes.items()}
        listed = ", ".join(f"{rows:,} rows {value['megabytes']:.0f} MB" for rows, value in used.items())
        growth = used[SIZES[-1]]["megabytes"] / used[SIZES[0]]["megabytes"]
        print(
            f"memory of a rank without a model: {listed} ({used[SIZES[0]]['before']:.0f} MB before its first row); "
            f"{growth:.2f} times (to reach: {FLAT_MARK})"
        )
        server = S3Server(home)
        try:
            environment = server.environment("bench")
            files = _file_system(environment)
            for path in sorted(sizes[SIZES[-1]].iterdir()):
                files.put_file(str(path), f"{BUCKET}/bench/{path.name}")
            times = [_child("first", f"s3://{BUCKET}/bench", environment) for _ in range(3)]
            first = statistics.median(run["seconds"] for run in times)
            opened = statistics.median(run["opened"] for run in times)
            print(
                f"first batch from S3, {SIZES[-1]:,} rows: {first:.2f} s, of which footers and splits {opened:.2f} "
                f"(median of {len(times)}; to reach: {FIRST_MARK})"
            )
        finally:
            server.stop()


def _table() -> pa.Table:
    from journeyman.schema.arrow import records_to_table
    from journeyman.schema.example import Example
    from tests.training.examples import examples

    return records_to_table(examples(ROWS), Example)


def _dataset(home: Path, table: pa.Table, rows: int) -> Path:
    folder = home / str(rows)
    folder.mkdir()
    first = folder / "train-00000.parquet"
    # As one task's output: many row groups of at most 100 rows in a file.
    with pq.ParquetWriter(first, table.schema, compression="zstd") as writer:
        for _ in range(min(rows, FILE_ROWS) // ROWS):
            writer.write_table(table, row_group_size=100)
    for number in range(1, rows // FILE_ROWS):
        os.link(first, folder / f"train-{number:05d}.parquet")
    return folder


def _wait_shares(home: Path, folder: Path) -> tuple[list[float], float]:
    """Wait share of each step after warm-up of a real rank, and the median step in seconds."""
    from journeyman.training.config import TrainingConfig
    from journeyman.training.rank_protocol import STEP, RankConfig
    from journeyman.training.ranks import run_ranks

    told: list[dict[str, Any]] = []
    run = home / "run"
    run.mkdir()
    config = TrainingConfig(max_steps=STEPS, checkpoint_every=10 * STEPS)
    urls = tuple(str(path) for path in sorted(folder.iterdir()))
    run_ranks(
        RankConfig(folder=run, training=config, urls=urls),
        lambda event, values: told.append(values) if event == STEP else None,
    )
    measured = told[WARM_UP:]
    return [step["wait_share"] for step in measured], statistics.median(step["seconds"] for step in measured)


def _child(what: str, url: str, environment: dict[str, str] | None = None) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, what, url],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"} | (environment or {}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _loader(url: str) -> Any:
    from journeyman.training.conversations import Encoder, Limits
    from journeyman.training.loader import Loader
    from journeyman.training.order import Mixture, Rows
    from journeyman.training.packing import Packing
    from tests.training.examples import tiny

    family, processor = tiny()
    return Loader(
        Mixture([Rows([url], split="train")], [1.0]),
        Encoder(family, processor, Limits(112 * 112, 56 * 56)),
        Packing(16_384, 2_048, 1, share_prefix=True, patch_weight=0.3),
        lambda rows, prefix: family.collate(rows, processor, prefix=prefix),
        rank=0,
    )


def memory(url: str) -> None:
    """Take steps until the second buffer is in use, and tell the largest resident set; the loader runs in threads."""
    from tests.training.examples import tiny

    tiny()
    before = _resident_bytes()
    loader = _loader(url)
    most = 0
    for step in islice(loader.steps(loader.start), 25):
        for _ in step.batches:
            most = max(most, _resident_bytes())
    loader.close()
    print(json.dumps({"megabytes": most / 1e6, "before": before / 1e6}))


def first(url: str) -> None:
    """Tell how long the first batch takes."""
    from tests.training.examples import tiny

    tiny()
    began = time.monotonic()
    loader = _loader(url)
    opened = time.monotonic() - began
    loader.epoch_steps()
    next(next(loader.steps(loader.start)).batches)
    print(json.dumps({"seconds": time.monotonic() - began, "opened": opened}), flush=True)
    loader.close()


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _file_system(environment: dict[str, str]) -> Any:
    import s3fs

    return s3fs.S3FileSystem(
        key=environment["AWS_ACCESS_KEY_ID"],
        secret=environment["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=environment["AWS_ENDPOINT_URL"],
    )


def _loop_seconds() -> float:
    start = time.perf_counter()
    for _ in range(10_000_000):
        pass
    return time.perf_counter() - start


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"memory": memory, "first": first}[sys.argv[1]](sys.argv[2])
    else:
        main()
