"""``journeyman judge mm-vet``, ``visit-bench``, ``answers``, LLaVA-Bench's other folders, over HTTP and real stores."""

import asyncio
import functools
import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from journeyman import cli
from journeyman.errors import BudgetExceededError, ConfigError
from journeyman.evaluation.compare import compare as compare_scores
from journeyman.evaluation.config import EvaluationConfig
from journeyman.judge_commands import answers, llava_bench, mm_vet, visit_bench
from journeyman.judging.answers import read_answers
from journeyman.judging.llava_bench_files import WILD_CONTEXT, WILD_QUESTIONS, WILD_REFERENCE
from journeyman.judging.show import WHY_A_JUDGE
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.grade import Grade
from journeyman.schema.judgement import Judgement
from journeyman.schema.problem import groups_json
from journeyman.schema.score import Measure, Score
from journeyman.settings import load_settings
from journeyman.storage import layout
from journeyman.storage.store import Store
from tests.judging.planted_grader import PlantedGrader
from tests.judging.planted_judge import PlantedJudge
from tests.teacher.fake_teacher import serving

ROOT = Path(__file__).resolve().parents[1]
PRICED = "gpt-4o-mini"
GRADES = {"fair": 1.0, "poor": 0.2}
POINTS = {"good": 8, "fair": 6, "poor": 2}
ITEMS = 4
TOOLS = ("grounding", "tagging", "caption", "ocr")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with each benchmark's folder and two models' answers, a store, and no judge yet."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "JOURNEYMAN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JOURNEYMAN_STORE", (tmp_path / "store").as_uri())
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    write_mm_vet(tmp_path / "mm-vet")
    write_visit(tmp_path / "VisIT-Bench")
    for folder, name in (("mm-vet", "v1_{}"), ("visit", "{}")):
        for model, word in (("tuned", "fair"), ("untuned", "poor")):
            rows = [{"question_id": name.format(n), "text": f"a {word} answer {n}"} for n in range(ITEMS)]
            write_lines(tmp_path / folder / f"{model}.jsonl", rows)
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_mm_vet(folder: Path) -> None:
    folder.mkdir()
    capabilities = (["rec"], ["ocr", "math"], ["rec", "know"], ["rec"])
    table = {
        f"v1_{n}": {"imagename": f"{n}.png", "question": f"question {n}", "answer": f"right {n}", "capability": names}
        for n, names in enumerate(capabilities)
    }
    (folder / "mm-vet.json").write_text(json.dumps(table))


def write_visit(folder: Path) -> None:
    folder.mkdir()
    rows = [
        f"{n}.jpg,Animals,question {n},a picture {n},a good answer {n},{n != ITEMS - 1},False" for n in range(ITEMS)
    ]
    head = "image,instruction_category,instruction,instruction_conditioned_caption,gpt4_prediction,"
    ratings = "human_ratings_gpt4_correct,human_ratings_problem_in_caption"
    (folder / "metadata.csv").write_text("\n".join([head + ratings, *rows]) + "\n")


def write_wild(folder: Path, categories: Sequence[str]) -> None:
    folder.mkdir()
    asked = [
        {"question_id": n, "image": f"{n}.jpg", "category": c, "text": f"question {n}"}
        for n, c in enumerate(categories)
    ]
    write_lines(folder / WILD_QUESTIONS, asked)
    write_lines(
        folder / WILD_REFERENCE, [{"question_id": n, "text": f"a good answer {n}"} for n in range(len(categories))]
    )
    write_lines(folder / WILD_CONTEXT, [{"image": f"{n}.jpg", "caption": "a cat"} for n in range(len(categories))])


def judged(planted: PlantedGrader | PlantedJudge, command: Callable[..., int], *words: Path, **options: Any) -> int:
    """The command's exit code, with ``planted`` as the teacher's endpoint."""

    async def run() -> int:
        async with serving(planted.fake):
            os.environ["OPENAI_BASE_URL"] = (
                planted.fake.url
            )  # the fixture's monkeypatch does not know it: removed below
            load_settings.cache_clear()
            try:
                return await asyncio.to_thread(command, *words, **options)
            finally:
                del os.environ["OPENAI_BASE_URL"]

    return asyncio.run(run())


def graded(planted: PlantedGrader, **options: Any) -> int:
    return judged(planted, mm_vet, Path("mm-vet"), Path("mm-vet/tuned.jsonl"), **options)


def matched(planted: PlantedJudge, *models: str, **options: Any) -> int:
    return judged(planted, visit_bench, Path("VisIT-Bench"), *(Path(f"visit/{m}.jsonl") for m in models), **options)


def cells(shown: str, row: str) -> list[str]:
    """What stands in the table's line that begins with ``row``, cut at two blanks or more."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in shown.splitlines()]
    (found,) = [line for line in lines if line[0] == row]
    return found


def test_mm_vet_is_graded_in_total_by_capability_and_by_combination(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PlantedGrader({"answer 1": 0.5, "fair": 1.0})
    assert graded(planted, out=Path("deep/grades.parquet")) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == WHY_A_JUDGE
    assert "MM-Vet of tuned: correctness in percent" in shown
    total = cells(shown, "total")
    assert (total[1], total[2], total[4], total[5]) == ("4", "0", "0", "87.5")
    assert total[3].startswith("87.5 [")
    # A single item has no interval.
    assert cells(shown, "ocr") == ["ocr", "1", "0", "50.0", "0", "50.0"]
    assert cells(shown, "rec")[1:4] == ["3", "0", "100.0 [100.0, 100.0]"]
    assert cells(shown, "only rec")[1] == "2"
    assert cells(shown, "only ocr_math")[1] == "1"
    assert "judge's agreement with people: not known" in shown
    assert "replies: 4 read, 0 unread" in shown
    assert Path("deep/grades.parquet").is_file()


def test_what_mm_vets_licence_protects_never_reaches_the_shared_store(home: Path) -> None:
    graded(PlantedGrader(GRADES))
    assert not (home / "store").exists() or not Store((home / "store").as_uri()).keys("")
    own = Store((home / "home" / layout.GATED_FOLDER).as_uri())
    (key,) = own.keys("artifacts/grades/")
    ref = ArtifactRef(kind="grades", key=key, digest=Path(key).stem, rows=0)
    assert {row.system for row in own.records(ref, Grade)} == {"tuned"}
    assert own.keys("ledger/judge/mm-vet-correctness/")


def test_more_times_pay_for_the_further_runs_alone_and_say_how_far_they_spread(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PlantedGrader(GRADES, later=0.1, model=PRICED)
    graded(planted)
    graded(planted, times=3)
    assert len(planted.asked) == 3 * ITEMS
    shown = capsys.readouterr().out
    assert "runs: 90.0 +/- 8.2 officially over 3: 100.0, 90.0, 80.0" in shown
    assert "8 requests paid, 4 answered from the ledger" in shown


def test_replies_that_cannot_be_read_are_0_officially_and_left_out_otherwise(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(PlantedGrader(GRADES, instead={("question 3", 0): "About [0.5]."}))
    total = cells(capsys.readouterr().out, "total")
    assert total[1:] == ["4", "1", "100.0 [100.0, 100.0]", "1", "75.0"]


def test_visit_bench_rates_every_model_and_the_reference_on_verified_instructions(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PlantedJudge(POINTS, pairwise=True)
    assert matched(planted, "tuned", "untuned") == 0
    shown = capsys.readouterr().out
    assert [shown.index(f"\n{name}  ") for name in ("reference", "tuned", "untuned")] == sorted(
        shown.index(f"\n{name}  ") for name in ("reference", "tuned", "untuned")
    )
    assert cells(shown, "tuned")[1] == "6"
    assert cells(shown, "untuned")[3] == "0.0% [0.0%, 0.0%] of 3"
    assert cells(shown, "tuned against untuned") == ["tuned against untuned", "3", "0", "0", "0", "0"]
    assert "left out: 0 of 9 matches" in shown
    assert "position bias: the first place won in both orders for 0, the second for 0 of 9" in shown
    assert "instructions: 3 with a verified reference, of 4" in shown
    store = Store((home / "store").as_uri())
    (key,) = store.keys("artifacts/judgements/")
    rows = store.records(ArtifactRef(kind="judgements", key=key, digest=Path(key).stem, rows=0), Judgement)
    assert Counter(frozenset((row.shown_first, row.shown_second)) for row in rows) == {
        frozenset(("tuned", "untuned")): 6,
        frozenset(("tuned", "reference")): 6,
        frozenset(("untuned", "reference")): 6,
    }
    assert not any("question 3" in prompt for prompt in planted.fake.prompts)


def test_another_model_pays_for_its_own_matches_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = PlantedJudge(POINTS, pairwise=True)
    matched(planted, "tuned")
    assert len(planted.asked) == 6
    matched(planted, "untuned", "tuned")
    assert len(planted.asked) == 18
    assert "12 requests paid, 6 answered from the ledger" in capsys.readouterr().out


def test_one_budget_holds_for_all_matches_and_going_on_pays_for_the_rest_alone(home: Path) -> None:
    planted = PlantedJudge(POINTS, pairwise=True, model=PRICED)
    with pytest.raises(BudgetExceededError, match=r"a larger --budget-usd to go on"):
        matched(planted, "tuned", "untuned", budget_usd=0.0009)
    assert 0 < len(planted.asked) < 18
    assert matched(planted, "tuned", "untuned") == 0
    assert len(planted.fake.prompts) == len(set(planted.fake.prompts)) == 18


def test_the_folder_in_the_wild_is_judged_like_coco(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wild(home / "wild", ("conv", "detail", "complex", "conv"))
    write_lines(home / "wild.jsonl", [{"question_id": n, "text": "a fair one"} for n in range(4)])
    judged(PlantedJudge(POINTS), llava_bench, Path("wild"), Path("wild.jsonl"))
    shown = capsys.readouterr().out
    assert cells(shown, "all") == ["all", "4", "0", "75.0 [75.0, 75.0]", "0", "75.0 [75.0, 75.0]"]
    assert cells(shown, "conv")[1] == "2"
    assert "plain mean of the categories" not in shown


def test_all_of_the_tools_folder_is_the_plain_mean_of_its_categories(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wild(home / "tools", (*TOOLS, "ocr", "ocr"))
    said = ["a fair one"] * 3 + ["a poor one"] * 3
    write_lines(home / "tools.jsonl", [{"question_id": n, "text": text} for n, text in enumerate(said)])
    judged(PlantedJudge(POINTS), llava_bench, Path("tools"), Path("tools.jsonl"))
    shown = capsys.readouterr().out
    # Three categories of 6 beside 8 and one of 2 beside 8: (3 x 75 + 25) / 4; over items it is (3 x 6 + 3 x 2) / 48.
    assert cells(shown, "all") == ["all", "6", "0", "62.5 [62.5, 62.5]", "0", "62.5"]
    assert cells(shown, "over items")[3].startswith("50.0 [")
    assert cells(shown, "ocr")[3].startswith("25.0")
    assert "all: the plain mean of the categories, as LLaVA-Bench (Tools) is reported" in shown


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (lambda: graded(PlantedGrader({}), times=0), "times = 0 asks nothing"),
        (lambda: graded(PlantedGrader({}), budget_usd=float("inf")), "budget-usd = inf is no sum of money"),
        (lambda: graded(PlantedGrader({}), out=Path("mm-vet")), "mm-vet is a folder; name a file"),
        (lambda: judged(PlantedGrader({}), mm_vet, Path("gone"), Path("x")), "MM-Vet folder 'gone' is not there"),
        (
            lambda: judged(PlantedGrader({}), mm_vet, Path("mm-vet"), Path("visit/tuned.jsonl")),
            r"visit/tuned\.jsonl: 4 of 4 questions have no answer, the first is v1_0",
        ),
        (lambda: matched(PlantedJudge({})), "no answers are named"),
        (lambda: matched(PlantedJudge({}), "tuned", "../visit/tuned"), "two files are called tuned"),
        (lambda: matched(PlantedJudge({}), "../mm-vet/tuned"), "4 of 4 questions have no answer, the first is 0"),
    ],
)
def test_what_cannot_be_judged_is_named_before_anything_is_paid(home: Path, run: Callable[[], int], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        run()
    assert not (home / "store" / "ledger").exists()
    assert not (home / "home" / layout.GATED_FOLDER / "ledger").exists()


def write_note(home: Path, name: str, benchmark: str, said: dict[str, str | None]) -> None:
    """A run that was evaluated on ``benchmark``, whose agent said a text or nothing, as JSON."""
    scores = [
        Score(
            problem_id=problem_id,
            benchmark=benchmark,
            agent="tuned",
            groups_json=groups_json({}),
            measures=(Measure(name="Answered", value=float(answer is not None), weight=1),),
            status="max_steps" if answer is None else "answered",
            cause="not scored",
            answer_json=answer or "",
            trajectory_json="{}",
        )
        for problem_id, answer in said.items()
    ]
    shared = Store((home / "store").as_uri())
    gated = benchmark == "mm_vet"
    store = Store((home / "home" / layout.GATED_FOLDER).as_uri()) if gated else shared
    refs = {"tuned": [store.write("scores", scores, Score)]}
    comparison = compare_scores(refs, EvaluationConfig(bootstrap_samples=10), store=store).model_dump(mode="json")
    note = {"run_name": name, "comparison": comparison, "others": [comparison]}
    shared.put(layout.run_note_key(name), json.dumps(note).encode())


def test_answers_of_a_run_are_written_as_the_judge_takes_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_note(
        home, "my-run", "mm_vet", {"v1_1": '"poor"', "v1_0": '"a fair\\ud83d answer"', "v1_2": "17", "v1_3": None}
    )
    assert answers("my-run", out=Path("new/mine.jsonl"), benchmark="mm_vet") == 0
    assert read_answers(Path("new/mine.jsonl")) == {
        "v1_0": "a fair\ud83d answer",
        "v1_1": "poor",
        "v1_2": "17",
        "v1_3": "",
    }
    assert "answers: 4, 1 of them empty: tuned gave no answer" in capsys.readouterr().out
    planted = PlantedGrader({"fair": 1.0, "poor": 0.2, "": 0.0})
    assert judged(planted, mm_vet, Path("mm-vet"), Path("new/mine.jsonl")) == 0
    assert cells(capsys.readouterr().out, "total")[5] == "30.0"


def test_answers_of_two_runs_are_joined_unless_both_answer_one_problem(home: Path) -> None:
    write_note(home, "one", "visit_bench", {"0": '"a"'})
    write_note(home, "two", "visit_bench", {"1": '"b"'})
    answers("one", "two", out=Path("both.jsonl"))
    assert read_answers(Path("both.jsonl")) == {"0": "a", "1": "b"}
    write_note(home, "three", "visit_bench", {"1": '"c"'})
    with pytest.raises(ConfigError, match="runs two and three both answer 1; name one of them"):
        answers("one", "two", "three", out=Path("x.jsonl"))
    with pytest.raises(ConfigError, match=r"scored no agent 'oracle'; it has: tuned"):
        answers("one", out=Path("x.jsonl"), agent="oracle")
    with pytest.raises(ConfigError, match="was not evaluated on 'gta'"):
        answers("one", out=Path("x.jsonl"), benchmark="gta")
    assert not Path("x.jsonl").exists()


def test_what_the_page_tells_people_to_type_works_as_written(home: Path) -> None:
    page = (ROOT / "docs" / "judges.md").read_text(encoding="utf-8").replace("\\\n", " ")
    write_note(home, "my-run", "mm_vet", {f"v1_{n}": '"a fair answer"' for n in range(ITEMS)})
    judges: dict[str, Callable[[], PlantedGrader | PlantedJudge]] = {
        "answers": lambda: PlantedGrader({}),
        "mm-vet": lambda: PlantedGrader(GRADES),
        "visit-bench": lambda: PlantedJudge(POINTS, pairwise=True),
    }
    seen = set()
    for line in page.splitlines():
        words = shlex.split(line, comments=True) if line.startswith("journeyman judge ") else ["", "", ""]
        if words[2] in judges:
            command = functools.partial(cli.app, words[1:], result_action="return_value")
            assert judged(judges[words[2]](), command) == 0, line
            seen.add(words[2])
    assert seen == judges.keys(), "docs/judges.md does not show every command"
