"""Instructions a second through writing and matching, the scripted teacher at no delay; rendering is told apart.

Figure to reach: 100 a second on 2 cores, of instructions that were written, gated, matched twice and
verified. The teacher is a process of its own behind real HTTP, on the same cores.
"""

import asyncio
import statistics
import tempfile
import time

from scripted_server import scripted_server

from journeyman.catalogue.stages import place_apis, store_catalogue
from journeyman.generation.choices.files import write_media
from journeyman.generation.choices.plan import plan_choices
from journeyman.generation.choices.write import write_instructions
from journeyman.recipe import Recipe, load_recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from journeyman.teacher.ledger import Ledger
from journeyman.verification.instructions import match_instructions

INSTRUCTIONS = 1000
RUNS = 3
REACH = 100.0


def main() -> None:
    """Print instructions a second, and files a second of the rendering between the two stages."""
    sizes = {"instructions": INSTRUCTIONS, "held_out_problems": 1, "shard_size": INSTRUCTIONS + 10}
    recipe = load_recipe("mllm_tool", {"choices": sizes})
    with scripted_server() as url, tempfile.TemporaryDirectory() as home:
        store = Store(f"file://{home}/store")
        settings = Settings.model_validate(
            {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "JOURNEYMAN_STORE": store.url}
        )
        rates = [asyncio.run(_run(recipe, store, settings, f"run {number}")) for number in range(RUNS)]
    print(f"written and matched: {statistics.median(rates):.0f} instructions/s (to reach: {REACH:g})")


async def _run(recipe: Recipe, store: Store, settings: Settings, name: str) -> float:
    catalogue, taxonomy = await _catalogue(recipe, store, settings, name)
    apis, places = store.records(catalogue, Api), store.records(taxonomy, Placement)
    shard = plan_choices(apis, places, recipe.choices, recipe.generation)[0]
    # Ledgers of its own, so that the teacher is asked anew.
    async with Teacher.open(settings, Ledger(store, f"{name} writing")) as teacher:
        start = time.perf_counter()
        drafts = await write_instructions(shard, catalogue, taxonomy, recipe, store=store, teacher=teacher)
        writing = time.perf_counter() - start
    start = time.perf_counter()
    written = write_media(drafts.artifacts["kept"], store=store)
    rendering = time.perf_counter() - start
    async with Teacher.open(settings, Ledger(store, f"{name} matching")) as judge:
        start = time.perf_counter()
        matched = await match_instructions(
            written.artifacts["kept"], catalogue, taxonomy, recipe, store=store, judge=judge
        )
        matching = time.perf_counter() - start
    files = written.artifacts["media"].rows
    asked = drafts.counts.taken
    print(
        f"  {name}: {asked} asked for, {_told(drafts)} written in {writing:.1f} s, {_told(matched)} matched in "
        f"{matching:.1f} s; apart from that {files} files rendered in {rendering:.1f} s ({files / rendering:.0f}/s)",
        flush=True,
    )
    return asked / (writing + matching)


async def _catalogue(recipe: Recipe, store: Store, settings: Settings, name: str) -> tuple[ArtifactRef, ArtifactRef]:
    catalogue = store_catalogue(recipe.catalogue.source, store=store).artifacts["kept"]
    async with Teacher.open(settings, Ledger(store, f"{name} placing")) as teacher:
        placed = await place_apis(catalogue, "", recipe.catalogue, store=store, teacher=teacher)
    return catalogue, placed.artifacts["kept"]


def _told(result: StageResult) -> str:
    return f"{result.counts.kept} of {result.counts.taken}"


if __name__ == "__main__":
    main()
