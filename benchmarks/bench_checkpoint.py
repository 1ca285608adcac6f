"""What checkpoints in the background cost: the steps just after one against the steps just before it, in one run.

Figure to reach: under 3 % of the step time at the default of one checkpoint in 100 steps. The tiny model is
trained by the real launcher on one rank, against a real S3 server where seaweedfs is installed. A checkpoint
every 20 steps is written by the rank and uploaded while it trains on; each pair of ten steps before and after
is a sample, so that the machine's other load weighs on both, and the median of the pairs is taken.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from journeyman.recipe import Recipe
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import messages_to_json
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.training import launch
from journeyman.training.config import TrainingConfig

ROOT = Path(__file__).resolve().parents[1]
STEPS = 100
EVERY = 20
SIDE = 10
"""Steps on each side of a checkpoint that are compared."""
DEFAULT_EVERY = TrainingConfig().checkpoint_every


def main() -> None:
    """Train once and print the share."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.path.insert(0, str(ROOT))  # the S3 server and the toy conversations are the tests'
    from tests.servers import S3Server

    with tempfile.TemporaryDirectory(prefix="journeyman-bench-") as folder:
        home = Path(folder)
        weed = Path(sys.executable).with_name("weed")
        server = S3Server(home) if weed.exists() else None
        try:
            _measure(_s3(server) if server else Store(f"file://{home}/store"), home)
        finally:
            if server:
                server.stop()


def _measure(store: Store, home: Path) -> None:
    from tests.training.toy_conversations import problems

    config = TrainingConfig(
        max_steps=STEPS, tokens_per_step=2048, pack_tokens=1024, checkpoint_every=EVERY, loader_processes=0
    )
    recipe = Recipe(name="bench", tools=(), query_checks=(), trajectory_checks=(), training=config)
    rows = [_example(number, problem) for number, problem in enumerate(problems(200, seed=0))]
    curve: list[dict[str, Any]] = []
    data = store.write("examples", rows, Example)
    launch.train(data, recipe, store=store, settings=Settings(), home=home / "home", on_metrics=curve.append)
    seconds = {int(report["step"]): float(report["seconds"]) for report in curve}
    kept = [key for key in store.keys("checkpoints/") if key.endswith("/manifest.json")]
    size = sum(len(store.get(key)) for key in store.keys(kept[-1].rpartition("/")[0] + "/"))
    costs = [
        sum(seconds[checkpoint + i] for i in range(1, SIDE + 1)) - sum(seconds[checkpoint - i] for i in range(SIDE))
        for checkpoint in range(EVERY, STEPS - SIDE + 1, EVERY)
    ]
    step = statistics.median(seconds[number] for number in seconds if number > 1)
    cost = statistics.median(costs)
    print(f"store: {store.url.partition('://')[0]}; checkpoint: {size / 1e6:.0f} MB; median step: {step * 1000:.0f} ms")
    print("cost of each checkpoint: " + ", ".join(f"{value * 1000:+.0f} ms" for value in costs))
    print(f"median cost {cost * 1000:+.0f} ms: {cost / (EVERY * step):.2%} of the steps at one in {EVERY}")
    print(f"{cost / (DEFAULT_EVERY * step):.2%} at the default of one in {DEFAULT_EVERY} (to reach: under 3 %)")


def _s3(server: Any) -> Store:
    environment = server.environment("bench")
    return Store(
        environment["JOURNEYMAN_STORE"],
        {
            "key": environment["AWS_ACCESS_KEY_ID"],
            "secret": environment["AWS_SECRET_ACCESS_KEY"],
            "endpoint_url": environment["AWS_ENDPOINT_URL"],
        },
    )


def _example(number: int, problem: Any) -> Example:
    return Example(
        example_id=str(number),
        split="train",
        family=problem.kind,
        query="",
        messages_json=messages_to_json(problem.messages),
        images=tuple(EmbeddedImage(bytes=data, path=f"{name}.png") for name, data in problem.media.items()),
        tools=(problem.tool,),
        answer_json='""',
        origin="synthesised",
        teacher="toy",
    )


if __name__ == "__main__":
    main()
