"""Pose the problems of a benchmark: from official data that the user names, or from what training was kept from."""

from collections.abc import Collection, Sequence

from journeyman.benchmark import ProblemSet, load_benchmark
from journeyman.benchmarks import grounding, held_out, screen_tasks, toolmmbench
from journeyman.recipe import Recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import ArtifactRef, Counts, StageResult
from journeyman.schema.instruction import Instruction
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.query import Query, Split
from journeyman.schema.screen import Episode, Grounding, Screen
from journeyman.schema.verdict import Verdict
from journeyman.storage.store import Store

VERSION = 2
BENCHMARK = "benchmark"
"""Fact that names the benchmark of posed problems."""


def pose_held_out(
    problems: Sequence[ArtifactRef], recipe: Recipe, *, store: Store, split: Split = "held_out"
) -> StageResult:
    """Problem rows of held-out queries, twins over renamed and broken tools among them.

    Where agents call skills, held-out problems over pictures that give an order come last, with their pictures.

    Args:
        problems: Query artifacts; rows of other splits are passed over.
        recipe: Its tools, and those that training was not told of.
        store: Where artifacts live.
        split: Which queries are posed.

    Raises:
        ConfigError: There is no such query.
    """
    rows = {q.query_id: q for ref in problems for q in store.records(ref, Query) if q.split == split}
    tools, unseen = [card.name for card in recipe.tool_cards()], recipe.generation.held_out_tools
    posed = held_out.problems_of(list(rows.values()), tools=tools, held_out_tools=unseen)
    orders = ProblemSet((), ())
    # Development problems ask for more of what failed; obeying is no skill that more data of a tool would teach.
    if recipe.action_format == "skill_json" and split == "held_out":
        orders = held_out.order_problems(list(rows.values()), tools=tools, held_out_tools=unseen)
    found = ProblemSet((*posed, *orders.problems), orders.media)
    return _posed(held_out.NAME, found, parents=problems, store=store)


def pose_choices(
    instructions: Sequence[ArtifactRef],
    training: Sequence[ArtifactRef],
    catalogue: ArtifactRef,
    taxonomy: ArtifactRef,
    *,
    candidates: int,
    held_out_classes: Collection[str],
    store: Store,
    split: Split = "held_out",
) -> StageResult:
    """Problem rows of instructions that were kept apart from training, and the names of the catalogue as a media row.

    Args:
        instructions: Instruction artifacts; rows of other splits are passed over.
        training: Instruction artifacts that training was made of; of them the split ``train`` counts as seen.
        catalogue: Api rows.
        taxonomy: Placement rows.
        candidates: ``catalogue.candidates`` of the recipe.
        held_out_classes: Function classes that training never sees.
        store: Where artifacts live.
        split: Which instructions are posed.

    Raises:
        ConfigError: There is no such instruction.
    """
    posed, taught = (
        {row.instruction_id: row for ref in refs for row in store.records(ref, Instruction) if row.split == wanted}
        for refs, wanted in ((instructions, split), (training, "train"))
    )
    apis = store.records(catalogue, Api)
    problems = toolmmbench.problems_of(
        list(posed.values()),
        list(taught.values()),
        apis,
        store.records(taxonomy, Placement),
        candidates=candidates,
        held_out_classes=held_out_classes,
    )
    parents = (*instructions, *training, catalogue, taxonomy)
    return _posed(toolmmbench.BENCHMARK.name, toolmmbench.choice_set(problems, apis), parents=parents, store=store)


def pose_groundings(groundings: Sequence[ArtifactRef], screens: Sequence[ArtifactRef], *, store: Store) -> StageResult:
    """Problem rows of instructions about held-out pages.

    Args:
        groundings: Grounding artifacts.
        screens: Their Screen artifacts.
        store: Where artifacts live.

    Raises:
        ConfigError: There is none.
    """
    asked = [row for ref in dict.fromkeys(groundings) for row in store.records(ref, Grounding)]
    pages = [row for ref in dict.fromkeys(screens) for row in store.records(ref, Screen)]
    posed = grounding.problems_of(asked, pages)
    return _posed(grounding.NAME, posed, parents=(*groundings, *screens), store=store)


def pose_screen_tasks(
    episodes: Sequence[ArtifactRef], held_out_families: Sequence[str], *, store: Store
) -> StageResult:
    """Problem rows of held-out episodes.

    Args:
        episodes: Episode artifacts: what the oracle solved.
        held_out_families: Families of tasks that training never sees.
        store: Where artifacts live.

    Raises:
        ConfigError: There is none.
    """
    played = [row for ref in dict.fromkeys(episodes) for row in store.records(ref, Episode)]
    posed = screen_tasks.problems_of(played, held_out_families)
    return _posed(screen_tasks.NAME, posed, parents=episodes, store=store)


def pose_official(benchmark: str, source: str, *, store: Store) -> StageResult:
    """Problem rows and files of official data.

    Args:
        benchmark: Plugin on the ``benchmarks`` shelf.
        source: Folder or zip that the user names.
        store: Where artifacts live; for a gated benchmark one on this machine.

    Raises:
        UnknownPluginError: No such benchmark.
        ConfigError: The data are not there, or not this benchmark's.
    """
    return _posed(benchmark, load_benchmark(benchmark).read(source), parents=(), store=store)


def _posed(benchmark: str, found: ProblemSet, *, parents: Sequence[ArtifactRef], store: Store) -> StageResult:
    kept = store.write("problems", found.problems, Problem, parents=parents)
    media = store.write("media", found.media, MediaFile, parents=parents)
    dropped = store.write("pose-problems-dropped", [], Verdict, parents=parents)
    return StageResult(
        stage="pose-problems",
        artifacts={"kept": kept, "dropped": dropped, "media": media},
        counts=Counts(taken=kept.rows, kept=kept.rows, dropped=0),
        facts={**found.facts, BENCHMARK: benchmark},
    )
