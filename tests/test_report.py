import io
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from html import escape

import pytest
from rich.console import Console

from journeyman.benchmark import load_benchmark
from journeyman.evaluation.compare import compare
from journeyman.evaluation.comparison import Comparison, FigureNote
from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.statistics import Difference
from journeyman.report import figures
from journeyman.report.console import print_comparison, print_links
from journeyman.report.drawings import groups_svg, loss_svg, scores_svg
from journeyman.report.funnel import funnel_rows, spend_rows
from journeyman.report.page import write_report
from journeyman.report.sections import comparison_section
from journeyman.report.transcripts import choose_problems, read_shelves, thumbnails, transcript
from journeyman.schema.artifact import ArtifactRef, Counts, Spend, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem, groups_json
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Measure, Score
from journeyman.storage.store import Store
from tests.dataset.toys import query, toy_recipe, trajectory
from tests.scored import CHANCES, EVIL, EVIL_OUTPUT, PICTURES, PROBLEMS, scores_of

RECIPE = toy_recipe()
CONFIG = EvaluationConfig(bootstrap_samples=100)
SECRET = "only those who accepted the terms may read this"
HELD_OUT = load_benchmark("held_out")
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


def comparison_in(store: Store, *, seeds: int = 1, agents: Mapping[str, float] = CHANCES) -> Comparison:
    refs = {
        agent: [store.write("scores", scores_of(agent, chance, seed=seed), Score) for seed in range(seeds)]
        for agent, chance in agents.items()
    }
    return compare(refs, CONFIG, store=store)


def official_comparison(store: Store, name: str, groups: Mapping[str, str], *, problems: int = 30) -> Comparison:
    """Agents on an official benchmark, by measures alone; every text is one that may not be shown if it is gated."""
    parts = sorted({part for figure in load_benchmark(name).figures for part in figure.parts})
    refs = {}
    for agent, chance in (("tuned", 0.8), ("untuned", 0.1)):
        draws = random.Random(agent)
        rows = [
            Score(
                problem_id=f"{name}-{n}",
                benchmark=name,
                agent=agent,
                groups_json=groups_json(groups),
                measures=tuple(Measure(name=part, value=float(draws.random() < chance), weight=1) for part in parts),
                status="answered",
                cause="wrong answer",
                answer_json=canonical_json(SECRET),
                trajectory_json=canonical_json(trajectory(query(n, text=SECRET), answer=SECRET)),
            )
            for n in range(problems)
        ]
        refs[agent] = [store.write("scores", rows, Score)]
    return compare(refs, CONFIG, store=store, facts={"questions": f"{problems} of the published 165"})


def report(store: Store, *, teacher: str = "scripted-1", others: Sequence[Comparison] = ()) -> str:
    url = write_report(
        "t3_agent-40q-abc123",
        STAGES,
        comparison_in(store),
        CURVE,
        recipe=RECIPE,
        teacher=teacher,
        store=store,
        problems=(store.write("problems", PROBLEMS, Problem),),
        media=(store.write("media", PICTURES, MediaFile),),
        others=others,
    )
    return store.get(url.removeprefix(store.url + "/")).decode()


def rows_of(html: str) -> list[list[str]]:
    """Table rows as their cells' texts."""
    found = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return [[_text(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in found]


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture(scope="module")
def html() -> str:
    return report(Store("memory://report"))


def test_text_of_models_and_users_is_escaped(html: str) -> None:
    assert "<script" not in html
    assert html.count("</pre>") == html.count("<pre")
    for text in (f"<b>{escape(EVIL)} 0</b>", f"Thought: {escape(EVIL)}", f"{escape(EVIL_OUTPUT)}</pre>"):
        assert text.replace("&#x27;", "&#39;") in html


def test_the_page_needs_nothing_from_outside(html: str) -> None:
    assert not re.findall(r"(?:src|href)=[\"'](?!data:image/jpeg;base64,)", html)
    assert "url(" not in html
    assert "@import" not in html
    assert len(html) < 400_000


def test_a_scripted_teacher_is_announced_and_a_model_is_not(html: str) -> None:
    assert "The teacher was the scripted one" in html
    assert "The teacher was the scripted one" not in report(Store("memory://paid"), teacher="gpt-5")


def test_every_agent_interval_denominator_stage_and_reason_is_on_the_page(html: str) -> None:
    shown = rows_of(html)
    for row in figures.scores_rows(comparison_in(Store("memory://r"))):
        assert [row["agent"], row["AnsAcc"], row["ToolAcc"], row["CodeExec"]] in shown
    assert {"oracle (ceiling)", "format only (majority floor)", "chance (random floor)"} <= {r[0] for r in shown if r}
    assert f"on {len(PROBLEMS)} held-out problems" in html
    assert "files_open: broken pdf (70)" in html


def test_groups_are_tables_and_the_condition_comes_first_and_is_drawn(html: str) -> None:
    groupings = [row[0] for row in rows_of(html) if row[1:3] == ["figure", "n"]]
    assert groupings == ["condition", "picture", "tools", "family"]
    assert "AnsAcc by condition" in html
    (row,) = [row for row in rows_of(html) if row[0] == "renamed tools"]
    renamed = [p for p in PROBLEMS if p.groups["condition"] == "renamed tools"]
    assert row[1:3] == ["AnsAcc", str(len(renamed))]
    assert "100.0 [" in row[6]  # the ceiling


def test_groups_are_held_against_the_floor_that_they_are_least_clear_of() -> None:
    chances = {"untuned": 0.0, "tuned": 0.9, "chance": 0.1, "format_only": 0.5}
    comparison = comparison_in(Store("memory://floors"), agents=chances)
    whole = figures.over_floors(comparison, "AnsAcc", "", "")
    assert whole == comparison.contrast("tuned", "format_only", "AnsAcc")
    assert whole.low > 0
    (section,) = [g for g in comparison_section(comparison, "", ())["groups"] if g["grouping"] == "condition"]
    clear = {row.group for row in section["rows"] if row.floors_mark == "up"}
    assert 0 < len(clear) < len(comparison.groups("condition")) == 6
    assert section["floors"] == f"above every floor in {len(clear)} of 6 groups"
    assert all(row.over_floors for row in section["rows"])
    without = comparison_in(Store("memory://none"), agents={"untuned": 0.0, "tuned": 0.9})
    assert figures.over_floors(without, "AnsAcc", "", "") is None
    assert figures.floors_text(without, "condition") == ""


def test_causes_are_counted_by_agent_and_by_tool_of_the_judged_agent(html: str) -> None:
    comparison = comparison_in(Store("memory://causes"))
    by_agent = [str(comparison.causes[agent].get("right", 0)) for agent in figures.ordered_agents(comparison)]
    assert ["right", *by_agent] in rows_of(html)
    causes = next(row for row in rows_of(html) if row[:2] == ["tools", "right"])[1:]
    by_tool = comparison.causes_by_tool["read_barcode"]
    assert ["read_barcode", *(str(by_tool.get(cause, 0)) for cause in causes)] in rows_of(html)
    assert sum(by_tool.values()) == sum(p.groups["tools"] == "read_barcode" for p in PROBLEMS)


def test_transcripts_are_a_click_away_with_marks_pictures_and_what_became_of_the_tools(html: str) -> None:
    opened = re.findall(r'<details class="problem"[^>]*>', html)
    assert len(opened) > 20
    assert set(opened) == {'<details class="problem">'}
    assert "Where tuned did better than untuned" in html
    assert re.search(r"renamed: ocr is called read_text_in_picture, 4 more", html)
    assert re.search(r"the first call of \w+ fails", html)
    assert "AnsAcc right" in html
    assert 'alt="picture of the problem"' in html
    assert 'alt="picture that a tool returned"' in html


def test_a_run_without_evaluation_still_has_a_report() -> None:
    store = Store("memory://bare")
    url = write_report("only-data", STAGES[:3], None, [], recipe=RECIPE, teacher="x", store=store)
    text = store.get(url.removeprefix(store.url + "/")).decode()
    assert "Where every record went" in text
    assert "Did tuning work?" not in text


def test_examples_are_rows_and_the_funnel_counts_the_trajectories_in_them() -> None:
    store = Store("memory://joined")
    ref = ArtifactRef(kind="examples", key="k", digest="d" * 64, rows=611)
    joined = result("dataset", 790, 10, artifacts={"kept": ref}, facts={"joined": "179"})
    url = write_report("talks", [*STAGES[:1], joined], None, [], recipe=RECIPE, teacher="x", store=store)
    text = _text(store.get(url.removeprefix(store.url + "/")).decode())
    assert re.search(r"\b611\b.{0,40}examples|examples.{0,40}\b611\b", text)
    assert funnel_rows([joined])[0] | {"reasons": ""} == {
        "stage": "dataset", "in": 800, "kept": 790, "dropped": 10, "failed": 0, "yield": "98.8%", "reasons": "",
    }  # fmt: skip


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
    assert len(titles) == len(CHANCES)
    assert all(f"n={len(PROBLEMS)}" in str(title) for title in titles)


def test_groups_are_drawn_with_an_interval_for_each_agent() -> None:
    comparison = comparison_in(Store("memory://groups-svg"))
    root = ET.fromstring(groups_svg(comparison, "AnsAcc", "condition"))
    titles = [str(title.text) for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(CHANCES) * len(comparison.groups("condition"))
    assert any(title.startswith("oracle (ceiling), unseen tools: 100.0 [") for title in titles)


def test_a_name_of_an_agent_is_escaped_in_a_drawing() -> None:
    comparison = comparison_in(Store("memory://evil-svg"), agents={EVIL: 0.5})
    assert ET.fromstring(scores_svg(comparison, "AnsAcc")).tag.endswith("svg")
    assert "<script" not in scores_svg(comparison, "AnsAcc") + groups_svg(comparison, "AnsAcc", "condition")


def test_a_broken_picture_is_left_out_of_a_transcript() -> None:
    good = PICTURES[0]
    broken = good.model_copy(update={"data": good.data[:40], "sha256": "b" * 64})
    assert len(thumbnails((good.sha256, broken.sha256, "absent"), {f.sha256: f for f in (good, broken)})) == 1


def test_a_comparison_is_printed_with_scores_groups_causes_and_addresses() -> None:
    console = Console(file=io.StringIO(), width=160)
    print_comparison(console, comparison_in(Store("memory://console")))
    print_links(console, {"report": "http://127.0.0.1/r" * 12})
    printed = console.file.getvalue()
    assert "blind (pictures shuffled)" in printed
    assert re.search(r"ocr \+ read_barcode \+ tag_image +\d+ +AnsAcc +\d+ \[\d+, \d+\] +0 \[0, \d+\] +100 \[", printed)
    assert re.search(r"renamed tools +\d+ +ToolAcc", printed)
    assert re.search(r"wrong answer( +\d+){6}", printed)
    assert "Tuned minus untuned" in printed
    assert "http://127.0.0.1/r" * 12 in printed


def test_a_benchmark_with_many_figures_has_a_row_a_figure_and_says_what_is_not_the_published_denominator() -> None:
    comparison = official_comparison(Store("memory://gta"), "gta", {"level": "1"})
    rows = figures.scores_rows(comparison)
    assert [row["figure"] for row in rows] == [figure.name for figure in load_benchmark("gta").figures]
    assert list(rows[0]) == ["figure", "tuned", "untuned"]
    notes = {row["figure"]: row["denominator"] for row in figures.note_rows(comparison)}
    assert notes["AnsAcc"] == "30 here, 172 published"


def test_the_published_denominator_is_named_once() -> None:
    note = FigureNote(metric="GAIA", note="", published_denominator=165, denominator=165.0)
    assert figures.denominator_text(note) == "165"
    assert figures.denominator_text(note.model_copy(update={"denominator": 164.5})) == "164.5 here, 165 published"


def test_a_gated_benchmark_shows_figures_only_and_says_so() -> None:
    store = Store("memory://gated")
    gaia = official_comparison(store, "gaia", {"level": "2", "file": "none"})
    page = report(store, others=[gaia])
    assert "On gaia" in page
    assert "are gated and may not be published again" in page
    assert SECRET not in page
    shown = next(row for row in rows_of(page) if row[:1] == ["agent"] and "GAIA L1" in row)
    assert shown == ["agent", "GAIA", "GAIA L1", "GAIA L2", "GAIA L3"]


def test_no_transcript_of_a_gated_benchmark_is_read_even_with_its_problems_at_hand() -> None:
    store = Store("memory://gated-problems")
    gaia = official_comparison(store, "gaia", {"level": "2", "file": "none"})
    rows = [
        Problem.model_validate(
            PROBLEMS[n].model_dump() | {"problem_id": f"gaia-{n}", "benchmark": "gaia", "query": query(n, text=SECRET)}
        )
        for n in range(30)
    ]
    assert read_shelves(gaia, (store.write("problems", rows, Problem),), (), store) == []
    assert read_shelves(comparison_in(store), (store.write("problems", PROBLEMS, Problem),), (), store)


def test_seeds_are_counted_and_their_spread_is_told_on_page_and_in_tables() -> None:
    comparison = comparison_in(Store("memory://seeds"), seeds=3, agents={"tuned": 0.7, "untuned": 0.2})
    spread = next(
        r.seed_spread for r in comparison.results if (r.agent, r.metric, r.grouping) == ("tuned", "AnsAcc", "")
    )
    assert spread
    assert f"3 seeds ±{100 * spread:.1f}" in str(figures.scores_rows(comparison)[0]["AnsAcc"])
    assert figures.seed_text(comparison).startswith("Seeds: 3 of tuned, 3 of untuned.")
    assert figures.seed_text(comparison_in(Store("memory://one-seed"))) == ""


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.1, 0.3, "better"), (-0.3, -0.1, "worse"), (-0.1, 0.1, "not clear of zero")]
)
def test_a_difference_is_called_better_or_worse_only_where_its_interval_is(
    low: float, high: float, verdict: str
) -> None:
    assert figures.verdict_of(Difference(value=0, low=low, high=high, n=9, p=1, better=0, worse=0)) == verdict


def test_shown_problems_are_wins_losses_and_common_failures_of_many_kinds() -> None:
    problems = {p.problem_id: p for p in PROBLEMS}
    ids = sorted(problems)
    won, lost = set(ids[:30]), set(ids[30:36])
    tuned = {s.problem_id: s for p in PROBLEMS for s in scores_of("tuned", float(p.problem_id in won), [p])}
    untuned = {s.problem_id: s for p in PROBLEMS for s in scores_of("chance", float(p.problem_id in lost), [p])}
    chosen = choose_problems(tuned, untuned, problems, HELD_OUT)
    assert (chosen["better"][0], len(chosen["better"][1])) == (30, 20)
    assert chosen["worse"][0] == 6
    assert set(chosen["worse"][1]) == lost
    assert chosen["both wrong"][0] == len(ids) - 36
    kinds = {problems[i].query.tools for i in won}
    first = [problems[i].query.tools for i in chosen["better"][1]][: len(kinds)]
    assert set(first) == kinds


def test_both_right_is_shown_nowhere() -> None:
    problems = {p.problem_id: p for p in PROBLEMS}
    right = {s.problem_id: s for s in scores_of("oracle", 1.0)}
    assert all(total == 0 for total, _ in choose_problems(right, right, problems, HELD_OUT).values())


def test_long_texts_are_cut_in_a_transcript() -> None:
    problem = PROBLEMS[1]
    long = trajectory(problem.query, answer="x" * 5000)
    score = scores_of("tuned", 1.0, [problem])[0].model_copy(
        update={"trajectory_json": canonical_json(long), "answer_json": long.answer_json}
    )
    (side,) = transcript(problem, [("tuned", score)], {}, HELD_OUT).sides
    assert side.answer.endswith("[... 3,802 characters more]")


def test_only_agents_that_were_run_are_explained() -> None:
    told = figures.agent_text(comparison_in(Store("memory://told"), agents={"tuned": 0.8, "oracle": 1.0}))
    assert "Oracle: the scripted teacher" in told
    assert "Chance" not in told


def test_without_a_pair_there_is_no_gain_to_state() -> None:
    alone = comparison_in(Store("memory://alone"), agents={"tuned": 0.8})
    assert "no gain to state" in figures.gain_text(alone)
    assert figures.contrast_rows(alone) == []
