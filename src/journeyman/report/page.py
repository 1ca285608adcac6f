"""The HTML report of a run: one file with no script and no outside reference, so that it can be mailed and kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2

from journeyman.evaluation.compare import GAIN_METRICS, Comparison, Subset
from journeyman.recipe import Recipe
from journeyman.report import figures
from journeyman.report.transcripts import Transcript, choose_problems, pictures_of, transcript
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.query import Query
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.schema.score import Score
from journeyman.storage import layout
from journeyman.storage.media import load_media
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
        problems: Query rows of the held-out problems, for transcripts.
        media: Their files and the pictures that tools returned during evaluation.
    """
    shown = _transcripts(comparison, problems, media, store)
    html = render_report(
        run_name, stages, comparison, curve, recipe=recipe, teacher=teacher, store_url=store.url, transcripts=shown
    )
    key = layout.report_key(run_name)
    store.put(key, html.encode())
    return store.url_of(key)


def render_report(
    run_name: str,
    stages: Sequence[StageResult],
    comparison: Comparison | None,
    curve: Sequence[Mapping[str, float]],
    *,
    recipe: Recipe,
    teacher: str,
    store_url: str,
    transcripts: Sequence[Transcript],
) -> str:
    """The report as text; everything a model, a user or a tool wrote is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("journeyman.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        run_name=run_name,
        teacher=teacher,
        scripted=SCRIPTED in teacher.casefold(),
        tiles=_tiles(stages, comparison),
        funnel=_funnel(stages),
        spend=figures.spend_rows(stages),
        loss=figures.loss_svg(curve, width=980) if curve else "",
        scores=_scores(comparison),
        groups=_groups(comparison),
        transcripts=transcripts,
        digests=_digests(stages),
        recipe_name=recipe.name,
        recipe_digest=fingerprint(recipe),
        recipe_json=canonical_json(recipe),
        store_url=store_url,
    )


def _tiles(stages: Sequence[StageResult], comparison: Comparison | None) -> list[tuple[str, str, str]]:
    tiles = []
    dataset = next((s for s in stages if s.stage == "dataset"), None)
    if dataset:
        split = f"{dataset.facts.get('train', '?')} train, {dataset.facts.get('validation', '?')} validation"
        tiles.append(("examples", f"{dataset.counts.kept:,}", split))
    total = figures.spend_rows(stages)[-1]
    tiles.append(
        ("paid to the teacher", f"${total['usd']}", f"{total['calls']:,} calls, {total['replayed']:,} replayed")
    )
    if comparison:
        for agent in ("untuned", "tuned"):
            estimate = comparison.result(agent, "ToolAcc")
            if estimate:
                interval = f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}, {estimate.n} problems"
                tiles.append((f"ToolAcc, {agent}", f"{100 * estimate.value:.1f} %", interval))
        gain = comparison.gain
        if gain:
            interval = f"{100 * gain.difference.low:+.1f} to {100 * gain.difference.high:+.1f}, {gain.metric}"
            tiles.append(("gain of tuning", f"{100 * gain.difference.value:+.1f} pts", interval))
    return tiles


def _funnel(stages: Sequence[StageResult]) -> list[dict[str, Any]]:
    totals = figures.stage_totals(stages)
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


def _scores(comparison: Comparison | None) -> dict[str, Any]:
    if comparison is None:
        return {}
    subsets: tuple[tuple[Subset, str, int], ...] = (
        ("all", "all problems", comparison.problems),
        ("picture", "problems whose words do not tell the tool", comparison.picture_problems),
    )
    drawings = [
        (metric, words, figures.scores_svg(comparison, metric, subset, width=490))
        for subset, words, count in subsets
        for metric in GAIN_METRICS
        if count
    ]
    return {
        "sentence": figures.gain_text(comparison),
        "clear": comparison.gain_clear_of_zero,
        "rows": figures.scores_rows(comparison),
        "picture_rows": figures.scores_rows(comparison, "picture") if comparison.picture_problems else [],
        "contrasts": figures.contrast_rows(comparison),
        "drawings": drawings,
        "confidence": f"{comparison.confidence:.0%}",
    }


def _groups(comparison: Comparison | None) -> list[dict[str, Any]]:
    if comparison is None:
        return []
    results = comparison.by_tool or comparison.by_family
    agents = figures.ordered_agents(comparison)
    cells = {(r.group, r.agent): r.estimate for r in results if r.metric == "ToolAcc"}
    groups = sorted({group for group, _ in cells})
    return [
        {
            "group": group,
            "n": next(e.n for (g, _), e in cells.items() if g == group),
            "cells": [
                (figures.AGENT_TITLES.get(agent, agent), round(100 * cells[group, agent].value))
                for agent in agents
                if (group, agent) in cells
            ],
        }
        for group in groups
    ]


def _digests(stages: Sequence[StageResult]) -> list[tuple[str, str, ArtifactRef]]:
    return [(s.stage, name, ref) for s in stages for name, ref in s.artifacts.items() if ref.rows]


def _transcripts(
    comparison: Comparison | None, problems: Sequence[ArtifactRef], media: Sequence[ArtifactRef], store: Store
) -> list[Transcript]:
    if comparison is None or not {"tuned", "untuned"} <= comparison.scores.keys():
        return []
    untuned, tuned = (
        {s.problem_id: s for s in store.records(comparison.scores[agent], Score)} for agent in ("untuned", "tuned")
    )
    queries = {q.query_id: q for ref in problems for q in store.records(ref, Query)}
    chosen = choose_problems(untuned, tuned, queries)
    wanted = {digest for _, i in chosen for digest in pictures_of(queries[i], (untuned[i], tuned[i]))}
    files = load_media(store, media, wanted)
    return [transcript(verdict, queries[i], (untuned[i], tuned[i]), files) for verdict, i in chosen]
