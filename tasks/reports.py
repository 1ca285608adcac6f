"""What the UI shows: yields, the loss, scores and the report, as Prefect artifacts."""

import base64
import json
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

from journeyman.evaluation.compare import Comparison
from journeyman.report import figures
from journeyman.report.page import write_report
from journeyman.schema.artifact import StageResult
from journeyman.settings import Settings
from tasks.policies import PLAIN_JSON, is_transient
from tasks.resources import media_of, open_resources, read_recipe, refs

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
    (total,) = figures.stage_totals([StageResult.model_validate(result | {"stage": stage}) for result in results])
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
    picture = svg_url(figures.loss_svg(json.loads(result["facts"].get(CURVE, "[]"))))
    create_image_artifact(picture, key="training-loss", description="Loss on the assistant's own tokens")
    facts = {name: value for name, value in result["facts"].items() if name != CURVE}
    facts["artifact"] = result["artifacts"]["kept"]["digest"]
    text = "\n".join(f"- {name}: `{value}`" for name, value in facts.items())
    create_markdown_artifact(text, key="model", description="The tuned model in the store")


def publish_comparison(comparison: dict[str, Any]) -> None:
    """Every agent's scores with intervals, each with its denominator."""
    rows = figures.scores_rows(Comparison.model_validate(comparison))
    create_table_artifact(rows, key="scores", description="Held-out problems: untuned, tuned, and the controls")


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
    premises: dict[str, Any], synthesis: dict[str, Any], models: dict[str, Any], evaluation: dict[str, Any]
) -> dict[str, Any]:
    """One HTML report in the store, its link on the run's page, and a note for the command line.

    Returns:
        ``run_name``, ``report_url``, ``flow_run_id``, the digests of ``dataset``, ``tuned`` and
        ``untuned``, ``summary_markdown``, and ``stages`` and ``comparison`` as the report shows them.
    """
    resources = open_resources()
    comparison = Comparison.model_validate(evaluation["comparison"])
    results = [result for stage in synthesis["stages"].values() for result in stage]
    results += [synthesis["dataset"], models["tuned"], *evaluation["scores"].values()]
    stages = [StageResult.model_validate(result) for result in results]
    returned = [item for item in evaluation["scores"].values() if "media" in item["artifacts"]]
    name = str(flow_run.name)
    url = write_report(
        name,
        stages,
        comparison,
        json.loads(models["tuned"]["facts"].get(CURVE, "[]")),
        recipe=read_recipe(premises["recipe"]),
        teacher=premises["teacher"],
        store=resources.store,
        problems=refs(synthesis["problems"]),
        media=(*(media_of(item) for item in synthesis["problem_files"]), *refs(returned, "media")),
    )
    create_link_artifact(url, link_text=f"report of {name}", key="report", description="The whole run on one page")
    summary = summary_markdown(stages, comparison, teacher=premises["teacher"])
    create_markdown_artifact(summary, key="summary", description="The run in short")
    note = {
        "run_name": name,
        "report_url": url,
        "flow_run_id": str(flow_run.id),
        "dataset": synthesis["dataset"]["artifacts"]["kept"]["digest"],
        "tuned": models["tuned"]["artifacts"]["kept"]["digest"],
        "untuned": models["untuned"]["artifacts"]["kept"]["digest"],
        "teacher": premises["teacher"],
        "summary_markdown": summary,
        "stages": [stage.model_dump(mode="json") for stage in stages],
        "comparison": evaluation["comparison"],
    }
    _note_last_run(resources.settings, note)
    return note


def summary_markdown(stages: list[StageResult], comparison: Comparison, *, teacher: str) -> str:
    """Yield, cost and scores, and by whom the data was written."""
    parts = [
        figures.gain_text(comparison),
        f"Teacher: `{teacher}`",
        "### Yield",
        markdown_table(figures.funnel_rows(stages)),
        "### Cost",
        markdown_table(figures.spend_rows(stages)),
        "### Held-out problems",
        markdown_table(figures.scores_rows(comparison)),
        markdown_table(figures.contrast_rows(comparison)),
    ]
    return "\n\n".join(part for part in parts if part)


def markdown_table(rows: Sequence[Mapping[str, str | int]]) -> str:
    """Rows of equal keys as a Markdown table; empty for no rows."""
    if not rows:
        return ""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def svg_url(svg: str) -> str:
    """A picture that needs no server: the UI shows it offline."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _told(report: Mapping[str, Any], name: str, form: str) -> str:
    value = report.get(name)
    return "" if value is None else form.format(value)


def _memory(told: Any) -> str:
    ranks = told if isinstance(told, list) else [told] if told else []
    return ", ".join(f"{used / 2**30:.2f} GiB" for used in ranks)


def _note_last_run(settings: Settings, note: dict[str, Any]) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / LAST_RUN).write_text(json.dumps(note, indent=1))
