"""Two-step trajectories a second through the agent loop, OCR cached, the scripted teacher at no delay.

Figure to reach: 20 a second on 2 cores. Its yardstick is the same batch with nothing cached, in the
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
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger

QUERIES = 1000
RUNS = 3
REACH = 20.0


def main() -> None:
    """Print trajectories a second, uncached once and cached three times."""
    recipe = load_recipe(
        "t3_agent", {"generation": {"queries": QUERIES, "held_out_problems": 1, "shard_size": QUERIES}}
    )
    with scripted_server() as url, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = Store(f"file://{home}/store")
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "JOURNEYMAN_STORE": store.url}
        )
        queries, media = asyncio.run(_ocr_queries(recipe, store, settings))
        cold = asyncio.run(_rate(queries, media, recipe, store, settings, home, "first"))
        rates = [asyncio.run(_rate(queries, media, recipe, store, settings, home, f"run {n}")) for n in range(RUNS)]
    print(f"nothing cached: {cold:.1f} trajectories/s")
    print(f"OCR cached: {statistics.median(rates):.1f} trajectories/s over {queries.rows} (to reach: {REACH:g})")


async def _ocr_queries(recipe: Recipe, store: Store, settings: Settings) -> tuple[ArtifactRef, ArtifactRef]:
    """Queries that take one OCR call and an answer, with their files."""
    async with Teacher.open(settings, Ledger(store, "queries")) as teacher:
        drafts = await write_queries(plan_shards(recipe.generation)[0], recipe, store=store, teacher=teacher)
        files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
    rows = [query for query in store.records(files.artifacts["kept"], Query) if query.tools == ("ocr",)]
    return store.write("queries", rows, Query), files.artifacts["media"]


async def _rate(
    queries: ArtifactRef, media: ArtifactRef, recipe: Recipe, store: Store, settings: Settings, home: Path, name: str
) -> float:
    # A ledger of its own, so that the teacher is asked anew; the tools' results come from the store.
    async with Teacher.open(settings, Ledger(store, name)) as teacher:
        start = time.perf_counter()
        done = await roll_out(queries, media, recipe, store=store, teacher=teacher, home=home, scope=f"rollout {name}")
        seconds = time.perf_counter() - start
    runs = store.records(done.artifacts["kept"], Trajectory)
    two_steps = sum(len(run.steps) == 2 and run.status == "answered" for run in runs)
    print(f"  {name}: {len(runs)} trajectories in {seconds:.1f} s, {two_steps} of them in two steps", flush=True)
    return len(runs) / seconds


if __name__ == "__main__":
    main()
