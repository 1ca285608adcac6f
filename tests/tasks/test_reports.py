"""What the run's page is given: tables and the report, on a real Prefect server."""

import json
import sys
from pathlib import Path

import pytest

from journeyman.benchmark import load_benchmark
from journeyman.evaluation.compare import compare
from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.config import EvaluationConfig
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import ArtifactRef, Counts, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.storage import layout
from journeyman.storage.store import Store
from tasks.reports import artifact_key, markdown_table, summary_markdown
from tests.scored import CHANCES, PICTURES, PROBLEMS, scores_of
from tests.servers import in_checkout

REPORTING = """
import json, sys
from prefect import flow
from prefect.client.orchestration import get_client
from tasks.reports import publish_comparison, report_run

given = json.load(open(sys.argv[1]))

@flow(name="reporting", flow_run_name="reporting-run", persist_result=False)
def reporting():
    publish_comparison(given["evaluation"]["comparison"])
    for other in given["evaluation"].get("others", []):
        publish_comparison(other)
    return report_run(**given)

note = reporting()
with get_client(sync_client=True) as client:
    found = client.request("POST", "/artifacts/filter", json={}).json()
json.dump({"note": note, "keys": sorted({row["key"] for row in found}),
           "data": {row["key"]: row["data"] for row in found}}, open(sys.argv[2], "w"))
"""


def stage(name: str, ref: ArtifactRef, **artifacts: ArtifactRef) -> dict[str, object]:
    counts = Counts(taken=ref.rows, kept=ref.rows, dropped=0)
    done = StageResult(stage=name, artifacts={"kept": ref, **artifacts}, counts=counts, facts={"curve_json": "[]"})
    return done.model_dump(mode="json")


def comparison_in(store: Store) -> Comparison:
    refs = {agent: [store.write("scores", scores_of(agent, chance), Score)] for agent, chance in CHANCES.items()}
    return compare(refs, EvaluationConfig(bootstrap_samples=50), store=store)


@pytest.fixture
def given(tmp_path: Path) -> dict[str, object]:
    """What the flow hands to the report, in shards, with an official benchmark beside."""
    store = Store((tmp_path / "store").as_uri())
    comparison = comparison_in(store)
    half = len(PROBLEMS) // 2
    shards = {
        agent: [
            stage(f"evaluate-{agent}", store.write("scores", scores_of(agent, chance, part), Score))
            for part in (PROBLEMS[:half], PROBLEMS[half:])
        ]
        for agent, chance in CHANCES.items()
    }
    files = store.write("media", PICTURES, MediaFile)
    some = store.write("problems", PROBLEMS, Problem)
    gaia = {"benchmark": "gaia", "metrics": ["GAIA"], "headline": ["GAIA"], "results": [], "contrasts": []}
    return {
        "premises": {"recipe": load_recipe("t3_agent").model_dump(mode="json"), "teacher": "scripted-1"},
        "synthesis": {
            "stages": {"queries": [stage("queries", some)]},
            "dataset": stage("dataset", some),
            "problem_files": [stage("files", some, media=files)],
        },
        "models": {"tuned": stage("train", some), "untuned": stage("model", some)},
        "evaluation": {
            "comparison": comparison.model_dump(mode="json"),
            "scores": shards,
            "problems": stage("pose-problems", some),
            "others": [comparison.model_dump(mode="json") | gaia],
        },
    }


@pytest.mark.flow
@pytest.mark.parametrize("left_out", [(), ("others", "problems")])
def test_a_run_is_reported_noted_and_shown(
    given: dict[str, dict[str, object]], registered: dict[str, str], tmp_path: Path, left_out: tuple[str, ...]
) -> None:
    for key in left_out:
        del given["evaluation"][key]
    (tmp_path / "given.json").write_text(json.dumps(given))
    store = Store((tmp_path / "store").as_uri())
    environment = registered | {"JOURNEYMAN_STORE": store.url, "JOURNEYMAN_HOME": str(tmp_path / "home")}
    arguments = [str(tmp_path / "given.json"), str(tmp_path / "out.json")]
    in_checkout([sys.executable, "-c", REPORTING, *arguments], environment)
    out = json.loads((tmp_path / "out.json").read_text())
    assert {"scores", "condition", "causes", "report", "summary"} <= set(out["keys"])
    note = json.loads(store.get(layout.run_note_key("reporting-run")))
    assert note == out["note"] == json.loads((tmp_path / "home" / "last-run.json").read_text())
    page = store.get(layout.report_key("reporting-run")).decode()
    assert ("On gaia" in page) == (not left_out)
    assert ("Side by side" in page) == (not left_out)
    assert ('alt="picture of the problem"' in page) == (not left_out)
    evaluated = [s for s in note["stages"] if s["stage"] == "evaluate-tuned"]
    assert sum(shard["counts"]["kept"] for shard in evaluated) == len(PROBLEMS)
    assert json.loads(out["data"]["scores"])[0]["agent"] == "tuned"


def test_the_summary_has_conditions_tools_causes_floors_and_ceiling_and_ends_with_the_gain() -> None:
    text = summary_markdown([], comparison_in(Store("memory://summary")), teacher="scripted")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    for grouping, group in (("condition", "unseen tools"), ("tools", "read_barcode")):
        head = next(row for row in rows if row[0] == grouping)
        assert head[3:] == ["tuned", "untuned", "ceiling", "majority floor", "random floor", "difference"]
        shown = next(row for row in rows if row[0] == group)
        assert all("[" in cell for cell in shown[3:])
    assert any(row[0] == "wrong answer" for row in rows)
    assert text.splitlines()[-1].startswith("**Tuned minus untuned on")


def test_a_markdown_table_is_even_and_keeps_bars_out_of_its_columns() -> None:
    lines = markdown_table([{"name": "a|b", "n": 1}, {"name": "longer than that", "n": 20}]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "a\\|b" in lines[2]
    assert markdown_table([]) == ""


@pytest.mark.parametrize(("benchmark", "key"), [("held_out", "scores"), ("gta_steps", "gta-steps-scores")])
def test_tables_of_official_benchmarks_are_kept_apart_under_keys_that_prefect_takes(benchmark: str, key: str) -> None:
    comparison = comparison_in(Store("memory://keys")).model_copy(update={"benchmark": benchmark})
    assert load_benchmark(benchmark).name == benchmark
    assert artifact_key(comparison, "scores") == key
