"""Pages and episodes on the run's page: shown by a real Prefect server, and screen tasks on the report."""

import json
import sys
from pathlib import Path

import pytest

from journeyman.evaluation.compare import compare
from journeyman.evaluation.config import EvaluationConfig
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import ArtifactRef, Counts, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.schema.screen import Episode, Screen
from journeyman.storage import layout
from journeyman.storage.store import Store
from tests.report.screens import (
    SCREENS,
    episode,
    grounding_problem,
    grounding_score,
    screen,
    step,
    task_problem,
    task_score,
)
from tests.servers import in_checkout

SHOWING = """
import json, sys
from prefect import flow
from prefect.client.orchestration import get_client
from tasks.reports import report_run, show_screens

given = json.load(open(sys.argv[1]))

@flow(name="showing", flow_run_name="showing-run", persist_result=False)
def showing():
    show_screens(given["pages"], given["episodes"])
    show_screens([], [])
    return report_run(**given["report"])

note = showing()
with get_client(sync_client=True) as client:
    asked = {"flow_runs": {"name": {"any_": ["showing-run"]}}}
    found = client.request("POST", "/artifacts/filter", json=asked).json()
shown = [[row["key"], row["type"], row["data"]] for row in found]
json.dump({"note": note, "artifacts": shown}, open(sys.argv[2], "w"))
"""


def stage(name: str, rows: ArtifactRef, media: ArtifactRef) -> dict[str, object]:
    counts = Counts(taken=rows.rows, kept=rows.rows, dropped=0)
    done = StageResult(stage=name, artifacts={"kept": rows, "media": media}, counts=counts, facts={"curve_json": "[]"})
    return done.model_dump(mode="json")


def given_in(store: Store) -> dict[str, object]:
    """What the flow hands on: a shard of pages and of episodes, grounding problems, and screen tasks beside them."""
    files = store.write("media", SCREENS, MediaFile)
    none = store.write("media", [], MediaFile)
    pages = [stage("capture", store.write("screens", [screen(n, SCREENS[n]) for n in range(5)], Screen), files)]
    actions = ("pyautogui.click(x=0.2500, y=0.5000)", "pyautogui.press(keys='enter')")
    played = [stage("play", store.write("episodes", [episode(n, *actions) for n in range(5)], Episode), files)]
    asked, tasks = [grounding_problem(n, SCREENS[n]) for n in range(3)], [task_problem(n) for n in range(3)]
    scores = {
        "tuned": [grounding_score(p, "tuned", "pyautogui.click(x=0.3, y=0.3)") for p in asked],
        "untuned": [grounding_score(p, "untuned", "no") for p in asked],
    }
    attempts = {
        agent: [task_score(p, agent, step(actions[0], SCREENS[0].sha256), reward=reward) for p in tasks]
        for agent, reward in (("tuned", 1), ("untuned", -1))
    }
    own = {agent: [stage("evaluate", store.write("scores", rows, Score), none)] for agent, rows in scores.items()}
    beside = {agent: [stage("evaluate", store.write("scores", rows, Score), files)] for agent, rows in attempts.items()}
    compared = [
        compare({a: [ArtifactRef.model_validate(r["artifacts"]["kept"]) for r in rs] for a, rs in by_agent.items()},
                EvaluationConfig(bootstrap_samples=20), store=store).model_dump(mode="json")  # type: ignore[index]
        for by_agent in (own, beside)
    ]  # fmt: skip
    some = stage("dataset", store.write("problems", asked, Problem), none)
    posed = stage("pose", store.write("problems", tasks, Problem), none)
    return {
        "pages": pages,
        "episodes": played,
        "report": {
            "premises": {"recipe": load_recipe("aguvis").model_dump(mode="json"), "teacher": "scripted-1"},
            "synthesis": {"stages": {}, "dataset": some, "problem_files": pages},
            "models": {"tuned": some, "untuned": some},
            "evaluation": {
                "comparison": compared[0],
                "scores": own,
                "problems": some,
                "others": [compared[1]],
                "beside": [{"problems": posed, "scores": beside}],
            },
        },
    }


@pytest.mark.flow
def test_pages_and_episodes_are_pictures_on_the_runs_page_and_attempts_are_films_on_the_report(
    registered: dict[str, str], tmp_path: Path
) -> None:
    store = Store((tmp_path / "store").as_uri())
    (tmp_path / "given.json").write_text(json.dumps(given_in(store)))
    environment = registered | {"JOURNEYMAN_STORE": store.url, "JOURNEYMAN_HOME": str(tmp_path / "home")}
    arguments = [str(tmp_path / "given.json"), str(tmp_path / "out.json")]
    in_checkout([sys.executable, "-c", SHOWING, *arguments], environment)
    out = json.loads((tmp_path / "out.json").read_text())
    shown = {key: (kind, data) for key, kind, data in out["artifacts"]}
    for key, title in (("screens", "### apps/shop"), ("episodes", "### Find thing")):
        kind, text = shown[key]
        assert kind == "markdown"
        assert text.count(title) == text.count("](data:image/jpeg;base64,") == 4
        assert len(text) < 400_000
    assert [key for key, _, _ in out["artifacts"]].count("episodes") == 1
    page = store.get(layout.report_key("showing-run")).decode()
    assert "On screen_tasks" in page
    assert page.count('<details class="film"') == 3
    assert page.count('alt="step 1: pyautogui.click(x=0.2500, y=0.5000)"') == 6
    assert page.count("with the element that was meant in a box") == 6
    assert len(out["note"]["problems"]) == 2
