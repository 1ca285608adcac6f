"""Features of frozen encoders: an epoch with features from the bucket beside one that computes them again.

Figure to reach: the epoch is at least 3 times as fast, its data path and its steps together. The rows are toy
conversations, each with a picture, a sound or a video of its own; the model is the tiny one of the bridge family,
trained in this process. Both kinds of epoch run in turn, and medians are compared. The epoch from the bucket reads
the parts, writes the ranks' file and maps it, as a run does when it starts; the other one opens every file, as a run
without a cache would in every epoch. Last it is told whether spawned processes compute faster than this one.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # toys are those of the tests

ROWS = 90
EPOCHS = 3
COMPUTED = 360
"""Files in the comparison of processes; the start of a process is a part of it."""
RATIO_MARK = 3.0


def main() -> None:
    """Print each figure beside its mark."""
    print(f"yardstick: 10 M loop iterations on one core take {_loop_seconds():.2f} s here")
    torch.set_num_threads(1)  # small encoders wait for their threads longer than they compute
    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as name:
        bench = Bench(Path(name))
        bench.epoch(bench.computed())  # imports, encoders and the allocator, once
        times: dict[str, list[float]] = {"bucket": [], "computed": [], "steps alone": []}
        for _ in range(EPOCHS):
            for way in ("bucket", "computed"):
                began = time.monotonic()
                features = bench.from_bucket() if way == "bucket" else bench.computed()
                ready = time.monotonic()
                steps = bench.epoch(features)
                times[way].append(time.monotonic() - began)
                times["steps alone"].append(time.monotonic() - ready)
        bucket, computed, alone = (statistics.median(times[way]) for way in times)
        print(
            f"an epoch of {ROWS} rows in {steps} steps: {bucket:.2f} s with features from the bucket, {computed:.2f} s "
            f"computing them again: {computed / bucket:.1f} times (to reach: {RATIO_MARK}); medians of {EPOCHS} each, "
            f"its steps alone {alone:.2f} s"
        )
        size = statistics.mean(len(data) for data in features.values())
        print(f"features of a file take {size / 1e3:.0f} kB as an .npy, in pages that all ranks of a machine share")
        for processes, seconds in bench.processes():
            where = f"{processes} processes" if processes else "this process"
            print(f"features of {COMPUTED} files, nothing kept yet, in {where}: {seconds:.1f} s")


class Bench:
    """One dataset, one model and one bucket."""

    def __init__(self, folder: Path) -> None:
        from journeyman.model_family import load_model_family
        from journeyman.schema.arrow import records_to_table
        from journeyman.schema.example import Example
        from journeyman.storage.features import FeatureCache, compute_missing
        from journeyman.storage.store import Store
        from journeyman.training.conversations import corpus
        from tests.training.toy_bridge import files_of
        from tests.training.toy_media import media_rows

        self.folder = folder
        rows = media_rows(ROWS, size=224, seconds=2.0)
        self.files = files_of(rows)
        pq.write_table(records_to_table(rows, Example), folder / "train.parquet", row_group_size=100)
        self.family = load_model_family("bridge")
        self.model, self.processor = self.family.build_tiny(corpus(rows), 0)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        assert self.family.frozen_encoders is not None
        self.encoders = self.family.frozen_encoders
        self.identity = self.encoders.identity(self.processor)
        self.store = Store(f"file://{folder}/bucket")
        cache = FeatureCache(self.store, self.identity)
        compute_missing(cache, self.files, self.encoders, self.processor)
        cache.flush()

    def from_bucket(self) -> Mapping[str, bytes]:
        """Features as a run's ranks get them."""
        from journeyman.storage.features import FeatureCache
        from journeyman.training.feature_file import FeatureFile, FeatureWriter

        with FeatureWriter(self.folder / "features.arrow") as writer:
            for sha256, data in FeatureCache(self.store, self.identity).scan(self.files.keys()):
                writer.add(sha256, data)
        found = FeatureFile(self.folder / "features.arrow")
        assert len(found) == ROWS
        return found

    def computed(self) -> Mapping[str, bytes]:
        """Features computed anew."""
        from journeyman.storage.features import npy_bytes

        arrays = self.encoders.compute(list(self.files.values()), self.processor)
        return {sha256: npy_bytes(array) for sha256, array in zip(self.files, arrays, strict=True)}

    def epoch(self, features: Mapping[str, bytes]) -> int:
        """Draw, encode and train on every row about once; returns the steps."""
        from journeyman.training.conversations import Encoder, Limits
        from journeyman.training.loader import Loader
        from journeyman.training.loss import TokenLoss
        from journeyman.training.media_source import media_source
        from journeyman.training.order import Mixture, Rows
        from journeyman.training.packing import Packing

        media = media_source(self.family, "as stored", features)
        loader = Loader(
            Mixture([Rows([str(self.folder / "train.parquet")], split="train", media=media)], [1.0]),
            Encoder(self.family, self.processor, Limits(112 * 112, 56 * 56)),
            Packing(2048, 1024, 1, share_prefix=True, patch_weight=0.0),
            lambda rows, prefix: self.family.collate(rows, self.processor, prefix=prefix),
            rank=0,
        )
        loss = TokenLoss(self.model)
        steps = loader.epoch_steps()
        for step in islice(loader.steps(loader.start), steps):
            for batch in step.batches:
                (loss(batch.inputs) / max(1, step.tokens)).backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        loader.close()
        return steps

    def processes(self) -> list[tuple[int, float]]:
        """Seconds that :data:`COMPUTED` new files take, by number of processes."""
        from journeyman.storage.features import FeatureCache, compute_missing
        from journeyman.storage.store import Store
        from tests.training.toy_bridge import files_of
        from tests.training.toy_media import media_rows

        files: dict[str, Any] = files_of(media_rows(COMPUTED, seed=1, size=224, seconds=2.0))
        times = []
        for processes in (0, os.cpu_count() or 1):
            cache = FeatureCache(Store(f"file://{self.folder}/{processes}"), self.identity)
            began = time.monotonic()
            found = compute_missing(cache, files, self.encoders, self.processor, processes=processes)
            times.append((processes, time.monotonic() - began))
            assert len(found.features) == COMPUTED
        return times


def _loop_seconds() -> float:
    start = time.perf_counter()
    for _ in range(10_000_000):
        pass
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
