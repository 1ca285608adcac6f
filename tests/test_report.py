import io
import random
import re
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from journeyman.evaluation.compare import Comparison, compare
from journeyman.evaluation.run import score
from journeyman.report.console import print_summary
from journeyman.report.figures import funnel_rows, loss_svg, scores_rows, scores_svg, spend_rows
from journeyman.report.page import write_report
from journeyman.report.transcripts import thumbnails
from journeyman.schema.artifact import ArtifactRef, Counts, Spend, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import Query
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from tests.dataset.toys import call, file_ref, picture, query, step, toy_recipe, trajectory

EVIL = "<script>alert(1)</script> [red]brackets[/red]"
RECIPE = toy_recipe(evaluation={"bootstrap_samples": 100})
TOOLS = ("ocr", "read_barcode", "tag_image", "measure_colour")
PICTURES = [picture((40 * n, 90, 200 - 20 * n)) for n in range(6)]
PROBLEMS = [
    query(
        n,
        split="held_out",
        tools=(TOOLS[n % 4],),
        text=f"{EVIL} {n}" if n == 0 else f"What does picture {n} tell us?",
        files=(file_ref(PICTURES[n % 6]),),
        needs_picture=n % 4 != 3,
    )
    for n in range(40)
]
CURVE = [
    {"step": n, "loss": 6 * 0.97**n + 0.05, **({"validation_loss": 7 * 0.97**n} if n % 20 == 0 else {})}
    for n in range(200)
]


def result(stage: str, kept: int, dropped: int, **changes: object) -> StageResult:
    ref = ArtifactRef(kind="queries", key="k", digest="d" * 64, rows=kept)
    fields = {
        "stage": stage,
        "artifacts": {"kept": ref},
        "counts": Counts(taken=kept + dropped, kept=kept, dropped=dropped),
    }
    return StageResult.model_validate(fields | changes)


STAGES = [
    result("queries", 500, 0, spend=Spend(calls=50, prompt_tokens=9000, completion_tokens=4000, usd="0.1")),
    result("queries", 480, 20, reasons={"teacher: no query": 20}, spend=Spend(calls=48, replayed=3, usd="0.25")),
    result("verify-queries", 900, 80, reasons={"query_judge: two answers fit": 10, "files_open: broken pdf": 70}),
    result("trajectories", 890, 0, counts=Counts(taken=900, kept=890, dropped=0, failed=10)),
    result("verify-trajectories", 800, 90, reasons={"answer_is_gold: answer is not the gold answer": 90}),
    result(
        "dataset", 790, 10, reasons={"duplicate: same text and files": 10}, facts={"train": "750", "validation": "40"}
    ),
]


def comparison_in(store: Store, *, problems: list[Query] = PROBLEMS) -> Comparison:
    chances = {"untuned": 0.0, "tuned": 0.85, "blind": 0.3, "format_only": 0.2, "chance": 0.12}
    refs = {}
    for agent, chance in chances.items():
        rng = random.Random(agent)
        rows = []
        for asked in problems:
            good = rng.random() < chance
            tool = asked.tools[0] if good else "crop_image"
            code = f"result = {tool}('file_1.png')\nprint(result)" if agent != "untuned" else "jkl jkl"
            run = trajectory(
                asked,
                step(
                    code,
                    *([] if agent == "untuned" else [call(tool)]),
                    thought=f"{EVIL}" if agent == "tuned" else "Hm.",
                ),
                step("final_answer(result)", images=(PICTURES[0].sha256,)),
                answer=f"answer {asked.seed}" if good else EVIL,
            )
            rows.append(score(asked, agent, run, "answered"))
        refs[agent] = store.write("scores", rows, Score)
    return compare(refs, RECIPE, store=store, problems=(store.write("queries", problems, Query),))


def report(store: Store, *, teacher: str = "scripted-1") -> str:
    url = write_report(
        "t3_agent-40q-abc123",
        STAGES,
        comparison_in(store),
        CURVE,
        recipe=RECIPE,
        teacher=teacher,
        store=store,
        problems=(store.write("queries", PROBLEMS, Query),),
        media=(store.write("media", PICTURES, MediaFile),),
    )
    return store.get(url.removeprefix(store.url + "/")).decode()


@pytest.fixture(scope="module")
def html() -> str:
    return report(Store("memory://report"))


def test_text_of_models_and_users_is_escaped(html: str) -> None:
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_needs_nothing_from_outside(html: str) -> None:
    assert not re.findall(r"(?:src|href)=[\"'](?!data:image/jpeg;base64,)", html)
    assert "url(" not in html
    assert "@import" not in html
    assert len(html) < 400_000


def test_a_scripted_teacher_is_announced_and_a_model_is_not(html: str) -> None:
    assert "The teacher was the scripted one" in html
    assert "The teacher was the scripted one" not in report(Store("memory://paid"), teacher="gpt-5")


def test_every_agent_interval_stage_and_reason_is_on_the_page(html: str) -> None:
    assert all(
        f"<td>{row['agent']}</td><td>{row['AnsAcc']}</td>" in html
        for row in scores_rows(comparison_in(Store("memory://r")))
    )
    assert "points on 40 held-out problems" in html
    assert "files_open: broken pdf (70)" in html
    assert "tuned better" in html


def test_a_run_without_evaluation_still_has_a_report() -> None:
    store = Store("memory://bare")
    url = write_report("only-data", STAGES[:3], None, [], recipe=RECIPE, teacher="x", store=store)
    text = store.get(url.removeprefix(store.url + "/")).decode()
    assert "Where every record went" in text
    assert "Did tuning work?" not in text


def test_the_funnel_adds_up_shards_and_sorts_reasons() -> None:
    rows = {row["stage"]: row for row in funnel_rows(STAGES)}
    assert rows["queries"] | {"reasons": ""} == {
        "stage": "queries", "in": 1000, "kept": 980, "dropped": 20, "failed": 0, "yield": "98.0%", "reasons": "",
    }  # fmt: skip
    assert rows["verify-queries"]["reasons"] == "files_open: broken pdf (70); query_judge: two answers fit (10)"
    assert rows["trajectories"]["failed"] == 10


def test_money_is_added_exactly() -> None:
    assert spend_rows(STAGES)[-1] == {
        "stage": "all", "calls": 98, "replayed": 3, "prompt tokens": 9000, "completion tokens": 4000, "usd": "0.35",
    }  # fmt: skip


@pytest.mark.parametrize(
    "points",
    [
        CURVE,
        CURVE[:1],
        [],
        [{"step": 1, "loss": 0.0}],
        [{"step": 1, "loss": float("nan")}],
        [{"step": 1, "loss": 2}] * 3,
    ],
    ids=["full", "one", "none", "zero", "nan", "flat"],
)
def test_a_loss_curve_is_always_a_whole_svg(points: list[dict[str, float]]) -> None:
    root = ET.fromstring(loss_svg(points))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "nan" not in loss_svg(points)


def test_scores_are_drawn_with_their_intervals() -> None:
    root = ET.fromstring(scores_svg(comparison_in(Store("memory://svg")), "ToolAcc"))
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 5
    assert all("n=40" in str(title) for title in titles)


def test_a_broken_picture_is_left_out_of_a_transcript() -> None:
    good = PICTURES[0]
    broken = good.model_copy(update={"data": good.data[:40], "sha256": "b" * 64})
    assert len(thumbnails((good.sha256, broken.sha256, "absent"), {f.sha256: f for f in (good, broken)})) == 1


def test_the_summary_prints_yield_cost_scores_and_addresses() -> None:
    console = Console(file=io.StringIO(), width=140)
    print_summary(
        console,
        STAGES,
        comparison_in(Store("memory://console")),
        teacher="scripted-1",
        links={"report": "http://127.0.0.1/r" * 12},
    )
    printed = console.file.getvalue()
    assert "answer_is_gold: answer is not the gold answer (90)" in printed
    assert "0.35" in printed
    assert "blind (pictures shuffled)" in printed
    assert "Tuned minus untuned" in printed
    assert "http://127.0.0.1/r" * 12 in printed
