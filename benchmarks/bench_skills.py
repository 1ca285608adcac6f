"""Skill dialogues a second through the agent loop, skill results cached, the scripted teacher at no delay.

Figure to reach: 50 a second on 2 cores. Its yardstick is the same batch with nothing cached, in the
same run. The teacher is a process of its own behind real HTTP, as in the demo, on the same cores.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from scripted_server import scripted_server

from journeyman.generation.files import write_files
from journeyman.generation.plan import plan_shards
from journeyman.generation.queries import write_queries
from journeyman.generation.rollout import roll_out
from journeyman.recipe import Recipe, load_recipe
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.trajectory import Trajectory
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger

QUERIES = 400
RUNS = 3
REACH = 50.0


def main() -> None:
    """Print dialogues a second, uncached once and cached three times."""
    sizes = {"queries": QUERIES, "held_out_problems": 1, "shard_size": QUERIES}
    recipe = load_recipe("llava_plus", {"generation": sizes})
    with scripted_server() as url, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = Store(f"file://{home}/store")
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "JOURNEYMAN_STORE": store.url}
        )
        queries, media = asyncio.run(_asked(recipe, store, settings))
        cold = asyncio.run(_rate(queries, media, recipe, store, settings, home, "first"))
        rates = [asyncio.run(_rate(queries, media, recipe, store, settings, home, f"run {n}")) for n in range(RUNS)]
    print(f"nothing cached: {cold:.1f} dialogues/s")
    print(f"skill results cached: {statistics.median(rates):.1f} dialogues/s over {queries.rows} (to reach: {REACH:g})")


async def _asked(recipe: Recipe, store: Store, settings: Settings) -> tuple[ArtifactRef, ArtifactRef]:
    async with Teacher.open(settings, Ledger(store, "queries")) as teacher:
        drafts = await write_queries(plan_shards(recipe.generation)[0], recipe, store=store, teacher=teacher)
        files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
    return files.artifacts["kept"], files.artifacts["media"]


async def _rate(
    queries: ArtifactRef, media: ArtifactRef, recipe: Recipe, store: Store, settings: Settings, home: Path, name: str
) -> float:
    # A ledger of its own, so that the teacher is asked anew; the skills' results come from the store.
    async with Teacher.open(settings, Ledger(store, name)) as teacher:
        start = time.perf_counter()
        done = await roll_out(queries, media, recipe, store=store, teacher=teacher, home=home, scope=f"rollout {name}")
        seconds = time.perf_counter() - start
    runs = store.records(done.artifacts["kept"], Trajectory)
    calls = sum(len(step.tool_calls) for run in runs for step in run.steps)
    print(f"  {name}: {len(runs)} dialogues with {calls} calls in {seconds:.1f} s", flush=True)
    return len(runs) / seconds


if __name__ == "__main__":
    main()
