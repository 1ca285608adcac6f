"""What the UI shows: yields, the loss, scores and the report, as Prefect artifacts."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from prefect import task
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from journeyman.benchmarks.held_out import NAME as HELD_OUT
from journeyman.evaluation.comparison import Comparison
from journeyman.report import figures
from journeyman.report.drawings import loss_svg
from journeyman.report.funnel import funnel_rows, spend_rows, stage_totals
from journeyman.report.page import write_report
from journeyman.report.round_rows import round_rows
from journeyman.report.screen_gallery import ShardOfScreens, episodes_markdown, screens_markdown
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.storage import layout
from tasks.policies import PLAIN_JSON, is_transient
from tasks.resources import Resources, media_of, open_resources, read_recipe, ref, refs

REPORT_SECONDS = 1800.0
CURVE = "curve_json"
"""Fact of a training result that holds the metrics of each reported step."""
SHOWN_REPORTS = 20
"""Of a training under way."""
LAST_RUN = "last-run.json"
"""Below home: what ``journeyman summary`` prints."""


def publish_yield(stage: str, results: list[dict[str, Any]]) -> None:
    """A table of what a stage kept and why it dropped the rest, over all its shards."""
    if not results:
        return
    (total,) = stage_totals([StageResult.model_validate(result | {"stage": stage}) for result in results])
    rows: list[dict[str, Any]] = [{"outcome": "kept", "records": total.counts.kept}]
    rows += [{"outcome": reason, "records": count} for reason, count in total.reasons.items()]
    kept = f"{stage}: kept {total.counts.kept:,} of {total.counts.taken:,}"
    create_table_artifact(rows, key=f"yield-{stage}", description=kept)


def publish_dataset(result: dict[str, Any]) -> None:
    """Where the dataset is and how to read it."""
    facts, digest = result["facts"], result["artifacts"]["kept"]["digest"]
    url = facts["url"]
    text = (
        f"**{facts['examples']} examples** ({facts['train']} train, {facts['validation']} validation), "
        f"digest `{digest}`\n\n"
        f"```python\ndatasets.load_dataset('parquet', data_files='{url}/train-*.parquet')\n```\n"
    )
    create_markdown_artifact(text, key="dataset", description="The dataset in the store")


@task(
    name="show-screens",
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=REPORT_SECONDS,
)
def show_screens(pages: list[dict[str, Any]], episodes: list[dict[str, Any]]) -> None:
    """A few pages with their elements, and a few episodes as film strips."""
    store = open_resources().store
    tables = {
        "screens": (screens_markdown(_shards_of(pages), store), "Pages, with everything on them that can be hit"),
        "episodes": (episodes_markdown(_shards_of(episodes), store), "Episodes, each step on what was seen before it"),
    }
    for key, (text, description) in tables.items():
        if text:
            create_markdown_artifact(text, key=key, description=description)


def publish_metrics(curve: Sequence[Mapping[str, Any]]) -> None:
    """The last reports of a training under way: a table that is replaced while it runs."""
    rows = metrics_rows(curve[-SHOWN_REPORTS:])
    create_table_artifact(rows, key="training-metrics", description="The last reports of the ranks, newest first")


def metrics_rows(curve: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Reports as people read them, newest first; what a report does not tell is left empty."""
    return [
        {
            "stage": report.get("stage", ""),
            "step": f"{report['step']:,} of {report['steps']:,}",
            "loss": _told(report, "loss", "{:.4f}"),
            "gradient norm": _told(report, "gradient_norm", "{:.3g}"),
            "learning rate": _told(report, "learning_rate", "{:.3g}"),
            "tokens/s": _told(report, "tokens_per_second", "{:,.0f}"),
            "padding": _told(report, "padding_share", "{:.1%}"),
            "waiting for data": _told(report, "wait_share", "{:.1%}"),
            "share of peak": _told(report, "mfu", "{:.1%}"),
            "memory by rank": _memory(report.get("memory_bytes")),
        }
        for report in reversed(curve)
    ]


def publish_training(result: dict[str, Any]) -> None:
    """The loss as a picture, and what was trained in words."""
    picture = svg_url(loss_svg(json.loads(result["facts"].get(CURVE, "[]"))))
    create_image_artifact(picture, key="training-loss", description="Loss on the assistant's own tokens")
    facts = {name: value for name, value in result["facts"].items() if name != CURVE}
    facts["artifact"] = result["artifacts"]["kept"]["digest"]
    text = "\n".join(f"- {name}: `{value}`" for name, value in facts.items())
    create_markdown_artifact(text, key="model", description="The tuned model in the store")


def publish_comparison(comparison: dict[str, Any]) -> None:
    """Every agent's figures with intervals, by condition, and what went wrong; official benchmarks under their name."""
    shown = Comparison.model_validate(comparison)
    name = figures.problems_title(shown.benchmark)
    tables: dict[str, tuple[Sequence[Mapping[str, Any]], str]] = {
        "scores": (figures.scores_rows(shown), f"{name}: every agent between floor and ceiling"),
        "causes": (figures.cause_rows(shown), f"{name}: what went wrong first, runs of each agent"),
    }
    for grouping in figures.ordered_groupings(shown)[:1]:
        tables[grouping] = figures.group_rows(shown, grouping), f"{name}: by {grouping}"
    for key, (rows, description) in tables.items():
        create_table_artifact([dict(row) for row in rows], key=artifact_key(shown, key), description=description)


def artifact_key(comparison: Comparison, table: str) -> str:
    """``scores`` of the run's own problems, ``gta-steps-scores`` of a benchmark's: lowercase letters and dashes."""
    name = table if comparison.benchmark == HELD_OUT else f"{comparison.benchmark} {table}"
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


@task(
    name="report-run",
    cache_policy=NO_CACHE,
    persist_result=False,
    result_serializer=PLAIN_JSON,
    retries=2,
    retry_delay_seconds=5,
    retry_condition_fn=is_transient,
    timeout_seconds=REPORT_SECONDS,
)
def report_run(
    premises: dict[str, Any],
    synthesis: dict[str, Any],
    models: dict[str, Any],
    evaluation: dict[str, Any],
    rounds: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """One HTML report in the store, its link on the run's page, and a note for the command line.

    Returns:
        ``run_name``, ``report_url``, ``flow_run_id``, the digests of ``dataset``, ``tuned`` and
        ``untuned``, ``summary_markdown``, and ``stages`` and ``comparison`` as the report shows them.
    """
    resources = open_resources()
    comparison = Comparison.model_validate(evaluation["comparison"])
    others = [Comparison.model_validate(other) for other in evaluation.get("others") or ()]
    stages = _stages(synthesis, models, evaluation)
    problems, media = _problems(synthesis, evaluation)
    name, teacher = str(flow_run.name), premises["teacher"]
    by_round = round_rows(rounds or [])
    url = write_report(
        name,
        stages,
        comparison,
        json.loads(models["tuned"]["facts"].get(CURVE, "[]")),
        recipe=read_recipe(premises["recipe"]),
        teacher=teacher,
        store=resources.store,
        problems=problems,
        media=media,
        others=others,
        rounds=by_round,
    )
    create_link_artifact(url, link_text=f"report of {name}", key="report", description="The whole run on one page")
    summary = summary_markdown(stages, comparison, teacher=teacher, others=others, rounds=by_round)
    create_markdown_artifact(summary, key="summary", description="The run in short")
    note = {
        "run_name": name,
        "report_url": url,
        "flow_run_id": str(flow_run.id),
        "dataset": synthesis["dataset"]["artifacts"]["kept"]["digest"],
        "tuned": models["tuned"]["artifacts"]["kept"]["digest"],
        "untuned": models["untuned"]["artifacts"]["kept"]["digest"],
        "teacher": teacher,
        "summary_markdown": summary,
        "stages": [stage.model_dump(mode="json") for stage in stages],
        "comparison": evaluation["comparison"],
        "others": [other.model_dump(mode="json") for other in others],
        "problems": [item.model_dump(mode="json") for item in problems],
        "media": [item.model_dump(mode="json") for item in media],
    }
    _keep_note(resources, note)
    return note


def summary_markdown(
    stages: list[StageResult],
    comparison: Comparison,
    *,
    teacher: str,
    others: Sequence[Comparison] = (),
    rounds: Sequence[Mapping[str, str]] = (),
) -> str:
    """Yield and cost, by whom the data was written, and last what an agent gained: it is read in a terminal too."""
    parts = [
        f"Teacher: `{teacher}`",
        "### Yield",
        markdown_table(funnel_rows(stages)),
        "### Cost",
        markdown_table(spend_rows(stages)),
    ]
    if rounds:
        parts += ["### Rounds", markdown_table(rounds)]
    for shown in (*others, comparison):
        parts += _comparison_parts(shown)
    return "\n\n".join(part for part in parts if part)


def markdown_table(rows: Sequence[Mapping[str, str | int]]) -> str:
    """Rows of equal keys as a Markdown table with even columns; empty for no rows."""
    if not rows:
        return ""
    lines = [list(rows[0]), *([str(value).replace("|", "\\|") for value in row.values()] for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(rows[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def svg_url(svg: str) -> str:
    """A picture that needs no server: the UI shows it offline."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _shards_of(results: list[dict[str, Any]]) -> list[ShardOfScreens]:
    return [ShardOfScreens(ref(result), media_of(result)) for result in results]


def _told(report: Mapping[str, Any], name: str, form: str) -> str:
    value = report.get(name)
    return "" if value is None else form.format(value)


def _memory(told: Any) -> str:
    ranks = told if isinstance(told, list) else [told] if told else []
    return ", ".join(f"{used / 2**30:.2f} GiB" for used in ranks)


def _stages(synthesis: dict[str, Any], models: dict[str, Any], evaluation: dict[str, Any]) -> list[StageResult]:
    results = [result for stage in synthesis["stages"].values() for result in stage]
    results += [synthesis["dataset"], models["tuned"]]
    results += [result for shards in evaluation["scores"].values() for result in shards]
    return [StageResult.model_validate(result) for result in results]


def _problems(
    synthesis: dict[str, Any], evaluation: dict[str, Any]
) -> tuple[tuple[ArtifactRef, ...], tuple[ArtifactRef, ...]]:
    """Problem rows, screen tasks among them, and media: their files and what tools returned or agents saw.

    Neither where none was posed.
    """
    own = evaluation if evaluation.get("problems") else None
    attempted = [*([own] if own else ()), *(evaluation.get("beside") or ())]
    posed = [one["problems"] for one in attempted]
    scored = [result for one in attempted for shards in one["scores"].values() for result in shards]
    files = [media_of(item) for item in synthesis.get("problem_files") or ()] if own else []
    found = (*refs([*posed, *scored], "media"), *files)
    return refs(posed), tuple(item for item in dict.fromkeys(found) if item.rows)


def _comparison_parts(comparison: Comparison) -> list[str]:
    """Tables from whole to part, and the sentence last, where a terminal stops."""
    name = figures.problems_title(comparison.benchmark)
    parts = [
        f"### {name[:1].upper()}{name[1:]}",
        markdown_table(figures.scores_rows(comparison)),
        "#### Paired differences in points",
        markdown_table(figures.contrast_rows(comparison)),
        "#### What went wrong first, runs",
        markdown_table(figures.cause_rows(comparison)),
    ]
    for grouping in figures.short_groupings(comparison):
        parts += [f"#### By {grouping}", markdown_table(figures.group_rows(comparison, grouping))]
    told = (figures.injected_text(comparison), figures.seed_text(comparison), figures.gated_text(comparison))
    return [*parts, *told, f"**{figures.gain_text(comparison)}**"]


def _keep_note(resources: Resources, note: dict[str, Any]) -> None:
    """In the store for whoever compares runs, and at home for ``journeyman summary``."""
    text = json.dumps(note, indent=1)
    resources.store.put(layout.run_note_key(note["run_name"]), text.encode())
    resources.settings.home.mkdir(parents=True, exist_ok=True)
    (resources.settings.home / LAST_RUN).write_text(text)
