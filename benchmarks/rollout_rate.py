"""How fast a shard of queries is rolled out: nothing cached once, tool results cached several times."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripted_server import scripted_server

from journeyman.generation.files import write_files
from journeyman.generation.plan import plan_shards
from journeyman.generation.queries import write_queries
from journeyman.generation.rollout import roll_out
from journeyman.recipe import Recipe
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger

RUNS = 3


@dataclass(frozen=True, slots=True)
class Rates:
    """Trajectories a second."""

    cold: float
    cached: float
    """Median."""
    queries: int


def rollout_rates(
    recipe: Recipe, wanted: Callable[[Query], bool], tell: Callable[[Sequence[Trajectory]], str]
) -> Rates:
    """Rates over those queries of the recipe's first shard that are ``wanted``; ``tell`` says what runs were like."""
    with scripted_server() as url, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = Store(f"file://{home}/store")
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "JOURNEYMAN_STORE": store.url}
        )
        return asyncio.run(_rates(recipe, wanted, tell, store, settings, home))


async def _rates(
    recipe: Recipe,
    wanted: Callable[[Query], bool],
    tell: Callable[[Sequence[Trajectory]], str],
    store: Store,
    settings: Settings,
    home: Path,
) -> Rates:
    async with Teacher.open(settings, Ledger(store, "queries")) as teacher:
        drafts = await write_queries(plan_shards(recipe.generation)[0], recipe, store=store, teacher=teacher)
        files = write_files(drafts.artifacts["kept"], teacher=teacher.model, store=store)
    queries = store.write("queries", [q for q in store.records(files.artifacts["kept"], Query) if wanted(q)], Query)
    rates = []
    for name in ("first", *(f"run {n}" for n in range(RUNS))):
        # A ledger of its own, so that the teacher is asked anew; the tools' results come from the store.
        async with Teacher.open(settings, Ledger(store, name)) as teacher:
            given = {"store": store, "teacher": teacher, "home": home, "scope": f"rollout {name}"}
            start = time.perf_counter()
            done = await roll_out(queries, files.artifacts["media"], recipe, **given)
            seconds = time.perf_counter() - start
        runs = store.records(done.artifacts["kept"], Trajectory)
        print(f"  {name}: {len(runs)} trajectories in {seconds:.1f} s, {tell(runs)}", flush=True)
        rates.append(len(runs) / seconds)
    return Rates(rates[0], statistics.median(rates[1:]), queries.rows)
