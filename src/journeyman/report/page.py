"""The HTML report of a run: one file with no script and no outside reference, so that it can be mailed and kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from journeyman.evaluation.comparison import Comparison
from journeyman.recipe import Recipe
from journeyman.report import figures
from journeyman.report.drawings import loss_svg
from journeyman.report.episodes import read_reels
from journeyman.report.funnel import spend_rows, stage_totals
from journeyman.report.sections import comparison_section
from journeyman.report.transcripts import read_shelves
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.storage import layout
from journeyman.storage.store import Store

SCRIPTED = "scripted"


def write_report(
    run_name: str,
    stages: Sequence[StageResult],
    comparison: Comparison | None,
    curve: Sequence[Mapping[str, float]],
    *,
    recipe: Recipe,
    teacher: str,
    store: Store,
    problems: Sequence[ArtifactRef] = (),
    media: Sequence[ArtifactRef] = (),
    others: Sequence[Comparison] = (),
    rounds: Sequence[Mapping[str, str]] = (),
) -> str:
    """Write the report of a run and return its URL.

    Args:
        run_name: Names the report; a second report of that name replaces the first.
        stages: Results of every stage and shard, in the order of the run.
        comparison: Agents side by side; None when nothing was evaluated.
        curve: Training metrics: ``step`` and ``loss`` each.
        recipe: What was run.
        teacher: The teacher's model name; a scripted one is announced at the top.
        store: Where the report goes.
        problems: Problem rows of the comparison, for transcripts, and of screen tasks, for film strips.
        media: Their files, and the pictures that tools returned or agents saw during evaluation.
        others: The same agents on other benchmarks: figures, and of screen tasks film strips.
        rounds: As :func:`~journeyman.report.round_rows.round_rows` gives them.
    """
    sections = []
    if comparison:
        skills = recipe.tool_cards() if recipe.action_format == "skill_json" else ()
        shelves = read_shelves(comparison, problems, media, store, skills=skills)
        sections.append(comparison_section(comparison, "Did tuning work?", shelves))
    for other in others:
        reels = read_reels(other, problems, media, store)
        sections.append(comparison_section(other, f"On {other.benchmark}", (), reels))
    html = _render(
        title=run_name,
        subtitle=[("recipe", recipe.name), ("teacher", teacher)],
        scripted=SCRIPTED in teacher.casefold(),
        tiles=[*_stage_tiles(stages), *(_comparison_tiles(comparison) if comparison else ())],
        sections=sections,
        rounds=rounds,
        funnel=_funnel(stages),
        spend=spend_rows(stages),
        loss=loss_svg(curve, width=980) if curve else "",
        digests=_stage_digests(stages),
        provenance=[("store", store.url), ("recipe digest", fingerprint(recipe))],
        recipe_json=canonical_json(recipe),
    )
    key = layout.report_key(run_name)
    store.put(key, html.encode())
    return store.url_of(key)


def comparison_page(
    title: str,
    comparison: Comparison,
    *,
    store: Store,
    systems: Mapping[str, str],
    problems: Sequence[ArtifactRef] = (),
    media: Sequence[ArtifactRef] = (),
) -> str:
    """The page of two systems on the same problems, as text.

    Args:
        title: Heading.
        comparison: Of the two.
        store: Where its scores are.
        systems: Name -> the runs that it stands for.
        problems: Problem rows, for transcripts, and of screen tasks, for film strips.
        media: Their files, and the pictures that tools returned or agents saw.
    """
    judged, against = (figures.agent_title(agent) for agent in comparison.agents)
    reels = read_reels(comparison, problems, media, store)
    shelves = () if reels else read_shelves(comparison, problems, media, store)
    digests = [(agent, "scores", ref) for agent, refs in comparison.scores.items() for ref in refs]
    return _render(
        title=title,
        subtitle=[("benchmark", comparison.benchmark), *systems.items()],
        scripted=False,
        tiles=_comparison_tiles(comparison),
        sections=[comparison_section(comparison, f"Is {judged} better than {against}?", shelves, reels)],
        rounds=[],
        funnel=[],
        spend=[],
        loss="",
        digests=digests,
        provenance=[("store", store.url)],
        recipe_json="",
    )


def _render(**shown: Any) -> str:
    """The page as text; everything a model, a user or a tool wrote is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("journeyman.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(**shown)


def _stage_tiles(stages: Sequence[StageResult]) -> list[tuple[str, str, str]]:
    tiles = []
    dataset = next((s for s in stages if s.stage == "dataset"), None)
    if dataset:
        split = f"{dataset.facts.get('train', '?')} train, {dataset.facts.get('validation', '?')} validation"
        tiles.append(("examples", f"{dataset.artifacts['kept'].rows:,}", split))
    total = spend_rows(stages)[-1]
    calls = f"{total['calls']:,} calls, {total['replayed']:,} replayed"
    return [*tiles, ("paid to the teacher", f"${total['usd']}", calls)]


def _comparison_tiles(comparison: Comparison) -> list[tuple[str, str, str]]:
    """The judged pair and its gain in the figure of the gain, and between which floor and ceiling that lies."""
    gain, pair = comparison.gain, figures.first_pair(comparison)
    metric = gain.metric if gain else comparison.headline[0]
    tiles = []
    for agent in reversed(pair or comparison.agents[:1]):
        estimate = comparison.result(agent, metric)
        if estimate:
            interval = f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}, {estimate.n} problems"
            tiles.append((f"{metric}, {figures.agent_title(agent)}", f"{100 * estimate.value:.1f} %", interval))
    if gain:
        d = gain.difference
        told = f"{100 * d.low:+.1f} to {100 * d.high:+.1f}, {figures.verdict_of(d)}"
        tiles.append((f"gain in {metric}", f"{100 * d.value:+.1f} pts", told))
    bounds = [(a, e) for a in (*figures.FLOORS, figures.CEILING) if (e := comparison.result(a, metric))]
    floors = [(e.value, figures.short_title(a)) for a, e in bounds if a != figures.CEILING]
    ceiling = [e.value for a, e in bounds if a == figures.CEILING]
    if floors:
        value, name = max(floors)
        end, who = (f" to {100 * ceiling[0]:.0f}", f"{name}, oracle") if ceiling else ("", name)
        tiles.append((f"floor{' to ceiling' if ceiling else ''}, {metric}", f"{100 * value:.0f}{end} %", who))
    return tiles


def _funnel(stages: Sequence[StageResult]) -> list[dict[str, Any]]:
    totals = stage_totals(stages)
    widest = max((t.counts.taken for t in totals), default=0) or 1
    return [
        {
            "stage": t.stage,
            "counts": t.counts,
            "reasons": t.reasons,
            "kept_width": 100 * t.counts.kept / widest,
            "lost_width": 100 * (t.counts.dropped + t.counts.failed) / widest,
        }
        for t in totals
    ]


def _stage_digests(stages: Sequence[StageResult]) -> list[tuple[str, str, ArtifactRef]]:
    return [(s.stage, name, ref) for s in stages for name, ref in s.artifacts.items() if ref.rows]
