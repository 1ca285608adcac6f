"""A catalogue and its taxonomy as artifacts, with an account of every entry."""

from journeyman.catalogue.config import CatalogueConfig
from journeyman.catalogue.sources import read_catalogue
from journeyman.catalogue.taxonomy import induce_taxonomy
from journeyman.catalogue.taxonomy_file import read_taxonomy
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.record import Record
from journeyman.stage import Tally
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 1


class LeftOut(Record):
    """An entry of a source that is no API of the catalogue."""

    name: str
    entry_json: str
    """The entry, where it stands, and what it was held against."""


def store_catalogue(source: str, *, store: Store) -> StageResult:
    """The APIs of ``source`` as an artifact; what cannot be one is dropped with the reason.

    Raises:
        ConfigError: There is no such source, or nothing in it can be used.
    """
    found = read_catalogue(source)
    tally = Tally("catalogue", len(found.apis) + len(found.dropped))
    for number, entry in enumerate(found.dropped):
        row = LeftOut(name=entry.name, entry_json=entry.evidence)
        # Two entries may bear one name, so the place in the source tells them apart.
        tally.drop(f"{number}: {entry.name}", row, check="catalogue", reason=entry.reason, evidence=entry.evidence)
    return tally.result(store.write("apis", found.apis, Api), store=store)


async def place_apis(
    catalogue: ArtifactRef, taxonomy: str, config: CatalogueConfig, *, store: Store, teacher: Teacher
) -> StageResult:
    """Every API's place: what an edited taxonomy says, else what the teacher induces.

    Args:
        catalogue: Api rows.
        taxonomy: Text of an edited taxonomy; empty asks the teacher.
        config: Sizes of requests.
        store: Where artifacts live.
        teacher: Who is asked.

    Raises:
        ConfigError: The edited taxonomy is wrong, or not of this catalogue.
        TransientError: The teacher does not answer.
        BudgetExceededError: The run's budget is spent.
    """
    apis = store.records(catalogue, Api)
    tally = Tally("taxonomy", len(apis))
    unplaced: dict[str, str] = {}
    if taxonomy:
        placements = read_taxonomy(taxonomy, apis)
    else:
        placements, unplaced = await induce_taxonomy(apis, config, teacher=teacher)
    for api in apis:
        if api.name in unplaced:
            why = unplaced[api.name]
            tally.fail(api.name, api, check="taxonomist", reason="has no place in the taxonomy", evidence=why)
    kept = store.write("taxonomy", placements, Placement, parents=(catalogue,))
    facts = {"classes": str(len({place.function_class for place in placements}))}
    return tally.result(kept, store=store, parents=(catalogue,), spend=teacher.spend, facts=facts)
