"""``journeyman judge`` over real HTTP and real stores: figures, what is paid once, and what is refused."""

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from journeyman import cli
from journeyman.errors import BudgetExceededError, ConfigError
from journeyman.judge_commands import llava_bench
from journeyman.judging.calibration import UNLABELLED
from journeyman.judging.llava_bench_files import CONTEXT, QUESTIONS, REFERENCE, read_llava_bench
from journeyman.judging.prompt import RELATIVE, prompt_digest
from journeyman.judging.show import NOTHING_READ, WHY_A_JUDGE
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.judgement import Judgement
from journeyman.settings import load_settings
from journeyman.storage.store import Store
from journeyman.teacher.ledger import read_calls
from tests.judging.planted_judge import PlantedJudge
from tests.teacher.fake_teacher import serving

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = [folder / "data" / "llava-bench" for folder in (ROOT / "shared", ROOT.parent / "shared")]
OFFICIAL = next((folder for folder in FOLDERS if folder.is_dir()), None)
CATEGORIES = ("conv", "detail", "complex")
ITEMS = 6
PRICED = "gpt-4o-mini"
"""A judge with a price, so that a budget can stop it."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store on disk, a benchmark and two models' answers in the working directory, and no judge yet."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "JOURNEYMAN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JOURNEYMAN_STORE", (tmp_path / "store").as_uri())
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    official_shaped(tmp_path / "llava-bench")
    write_lines("tuned.jsonl", [{"question_id": n, "text": f"a fair answer {n}"} for n in range(ITEMS)])
    write_lines("untuned.jsonl", [{"question_id": n, "text": f"a poor answer {n}"} for n in range(ITEMS)])
    load_settings.cache_clear()
    yield Store((tmp_path / "store").as_uri())
    load_settings.cache_clear()


def official_shaped(folder: Path) -> None:
    folder.mkdir()
    asked = [(n, CATEGORIES[n % 3]) for n in range(ITEMS)]
    rows: dict[str, list[dict[str, Any]]] = {
        QUESTIONS: [
            {"question_id": n, "image": "a.jpg", "text": f"question {n}", "category": name} for n, name in asked
        ],
        REFERENCE: [{"question_id": n, "text": f"a good answer {n}", "category": name} for n, name in asked],
        CONTEXT: [{"id": "a", "image": "a.jpg", "captions": ["a cat"], "instances": []}],
    }
    for name, lines in rows.items():
        write_lines(folder / name, lines)


def write_lines(path: str | Path, rows: list[dict[str, Any]]) -> None:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))


@asynccontextmanager
async def reachable(planted: PlantedJudge, *, endpoint: str = "") -> AsyncIterator[None]:
    """The judge as the teacher, or as the named endpoint, of this process's settings."""
    name = f"JOURNEYMAN_ENDPOINT__{endpoint.upper()}__URL" if endpoint else "OPENAI_BASE_URL"
    async with serving(planted.fake):
        os.environ[name] = planted.fake.url  # the store fixture's monkeypatch does not know it: removed below
        load_settings.cache_clear()
        try:
            yield
        finally:
            del os.environ[name]


def judged(planted: PlantedJudge, *, endpoint: str = "", **options: Any) -> int:
    """The command's exit code, with ``planted`` as the judge."""

    async def run() -> int:
        async with reachable(planted, endpoint=endpoint):
            return await asyncio.to_thread(
                llava_bench, Path("llava-bench"), Path("tuned.jsonl"), endpoint=endpoint, **options
            )

    return asyncio.run(run())


def stored(store: Store) -> list[Judgement]:
    (key,) = store.keys("artifacts/judgements/")
    return store.records(ArtifactRef(kind="judgements", key=key, digest=Path(key).stem, rows=0), Judgement)


def cells(shown: str, row: str) -> list[str]:
    """What stands in the table's line that begins with ``row``, cut at two blanks or more."""
    (line,) = [line for line in shown.splitlines() if line.strip().split(" ")[0] == row]
    return re.split(r"\s{2,}", line.strip())


def test_answers_are_graded_beside_the_reference_in_both_orders(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PlantedJudge({"good": 8, "fair": 6}, first_bias=1)
    assert judged(planted, out=Path("deep/judged.parquet")) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == WHY_A_JUDGE
    corrected, official = 100 * 6.5 / 8.5, 100 * 6 / 9
    both = (f"{corrected:.1f} [{corrected:.1f}, {corrected:.1f}]", f"{official:.1f} [{official:.1f}, {official:.1f}]")
    assert cells(shown, "all") == ["all", "6", "0", both[0], "0", both[1]]
    assert [cells(shown, name)[1] for name in CATEGORIES] == ["2", "2", "2"]
    assert "in [brackets]: the 95% interval over items" in shown
    assert "position bias: the first place won in both orders for 0.0%, the second for 0.0% of 6 items" in shown
    assert f"judge: planted-judge, prompt relative v1 ({prompt_digest(RELATIVE)[:12]})" in shown
    assert "replies: 12 read, 0 unread" in shown
    assert f"judge's agreement with people: {UNLABELLED}" in shown
    assert "12 requests paid, 0 answered from the ledger" in shown
    rows = stored(store)
    assert Counter((row.shown_first, row.shown_second) for row in rows) == {
        ("reference", "tuned"): 6,
        ("tuned", "reference"): 6,
    }
    assert pq.read_table("deep/judged.parquet").num_rows == len(rows) == 12
    assert str(store.keys("artifacts/judgements/")[0]) in shown


def test_both_scores_have_an_interval_and_a_failed_reply_is_in_the_official_one_alone(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    points = {"good": 8, **{f"answer {n}": n + 2 for n in range(ITEMS)}}
    planted = PlantedJudge(points, instead={("question 5", "a good answer 5"): "Both are fine."})
    judged(planted)
    _, items, unread, corrected, failed, official = cells(capsys.readouterr().out, "all")
    assert (items, unread, failed) == ("6", "1", "1")
    value, low, high = (float(text) for text in re.findall(r"[\d.]+", corrected))
    assert value == 50.0  # 2 to 6 beside 8, the sixth left out
    assert low < value < high
    value, low, high = (float(text) for text in re.findall(r"[\d.]+", official))
    assert value == pytest.approx(100 * (2 + 3 + 4 + 5 + 6 - 1) / (5 * 8 - 1), abs=0.05)
    assert low < value < high


def test_two_models_answers_are_set_against_each_other_in_both_orders(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PlantedJudge({"answer 5": 4, "fair": 6, "poor": 2}, pairwise=True)
    place = {("question 0", f"a {word} answer 0"): "first\nBecause." for word in ("fair", "poor")}
    planted.instead = {**place, ("question 1", "a poor answer 1"): "Both are fine."}
    assert judged(planted, against=Path("untuned.jsonl")) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == WHY_A_JUDGE
    assert "tuned against untuned" in shown
    assert cells(shown, "all") == ["all", "6", "3", "1", "0", "1", "1", "75.0% of 4"]
    assert cells(shown, "detail") == ["detail", "2", "1", "0", "0", "0", "1", "100.0% of 1"]
    assert "position bias: the first place won in both orders for 1, the second for 0 of 5 items" in shown
    assert "replies: 11 read, 1 unread" in shown
    assert "unread because: the first line is neither first, second nor tie (1)" in shown
    assert {row.kind for row in stored(store)} == {"pairwise"}


def test_agreement_with_people_is_shown_for_the_labels_given(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines("labels.jsonl", [{"item_id": str(n), "label": ("loss", "win")[n == 0]} for n in range(4)])
    judged(PlantedJudge({"good": 8, "fair": 6}), labels=Path("labels.jsonl"))
    shown = capsys.readouterr().out
    assert "judge's agreement with people: accuracy 0.750, Cohen's kappa 0.00, n = 4 labelled items" in shown
    assert UNLABELLED not in shown


def test_a_second_run_pays_nothing_and_commits_the_same(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    planted = PlantedJudge({"good": 8, "fair": 6}, model=PRICED)
    judged(planted)
    first = store.keys("artifacts/judgements/")
    capsys.readouterr()
    judged(planted)
    assert len(planted.asked) == 2 * ITEMS
    assert store.keys("artifacts/judgements/") == first
    # 12 calls of 100 prompt and 10 completion tokens at 0.15 and 0.60 USD a million.
    assert (
        "cost: 0 USD now, 0.000252 USD with earlier tries; 0 requests paid, 12 answered from the ledger"
        in capsys.readouterr().out
    )


def test_a_budget_that_is_passed_says_how_to_go_on_and_going_on_pays_for_the_rest_alone(store: Store) -> None:
    planted = PlantedJudge({"good": 8, "fair": 6}, model=PRICED)
    with pytest.raises(BudgetExceededError, match=r"the budget of 0\.0009 USD .* a larger --budget-usd to go on"):
        judged(planted, budget_usd=0.0009)
    assert 0 < len(planted.asked) < 2 * ITEMS
    assert not store.keys("artifacts/")
    assert judged(planted) == 0
    assert len(planted.fake.prompts) == len(set(planted.fake.prompts)) == 2 * ITEMS


def test_a_killed_command_repeats_no_call_whose_answer_it_had(store: Store) -> None:
    planted = PlantedJudge({"good": 8, "fair": 6})
    let_go = asyncio.Event()
    answered: list[str] = []

    async def hanging(request: web.Request) -> web.Response:
        prompt = (await request.json())["messages"][-1]["content"]
        if len(answered) == 5:
            await let_go.wait()
        answered.append(prompt)
        return await planted.reply(request)

    async def run() -> None:
        planted.fake.replies = [hanging]
        async with reachable(planted):
            await asyncio.to_thread(kill_when_paid_for, store, 5)
            let_go.set()
            planted.fake.replies = [planted.reply]
            planted.fake.prompts.clear()
            await asyncio.to_thread(llava_bench, Path("llava-bench"), Path("tuned.jsonl"))

    asyncio.run(run())
    assert len(planted.fake.prompts) == 2 * ITEMS - 5
    assert not set(answered[:5]) & set(planted.fake.prompts)
    assert len(stored(store)) == 2 * ITEMS


def kill_when_paid_for(store: Store, calls: int) -> None:
    """Start the command as a process, and kill it once that many calls are in the ledger."""
    command = [sys.executable, "-m", "journeyman.cli", "judge", "llava-bench", "llava-bench", "tuned.jsonl"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        give_up = time.monotonic() + 30
        while len(read_calls(store, "judge")) < calls and running.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
        assert running.poll() is None
        running.kill()


def test_another_judge_or_another_answer_is_asked_anew(store: Store) -> None:
    planted = PlantedJudge({"good": 8, "fair": 6, "other": 6}, model="one")
    judged(planted, judge="one")
    judged(planted, judge="two")
    assert Counter(body["model"] for body in planted.fake.bodies) == {"one": 12, "two": 12}
    judged(planted, judge="one", endpoint="second")
    assert len(planted.asked) == 36
    write_lines("tuned.jsonl", [{"question_id": n, "text": f"the other answer {n}"} for n in range(ITEMS)])
    judged(planted, judge="one")
    assert len(planted.asked) == 48


def test_a_named_endpoint_judges_with_its_own_model(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYMAN_JUDGE_MODEL", "of-the-teacher")
    monkeypatch.setenv("JOURNEYMAN_ENDPOINT__BIG__MODEL", "of-the-endpoint")
    planted = PlantedJudge({"good": 8, "fair": 6})
    judged(planted, endpoint="big")
    assert {body["model"] for body in planted.fake.bodies} == {"of-the-endpoint"}
    assert "beware" not in capsys.readouterr().out
    judged(planted)
    assert planted.fake.bodies[-1]["model"] == "of-the-teacher"
    assert "beware" not in capsys.readouterr().out


def test_a_judge_that_is_the_teacher_is_said_to_be(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    judged(PlantedJudge({"good": 8, "fair": 6}))
    assert "beware: the judge is the teacher" in capsys.readouterr().out


def test_replies_that_cannot_be_read_leave_no_figure_and_an_official_100_that_is_explained(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PlantedJudge({})
    planted.fake.replies = ["I would rather [not] say."]
    assert judged(planted) == 0
    shown = capsys.readouterr().out
    assert cells(shown, "all")[:5] == ["all", "6", "6", "none", "6"]
    assert NOTHING_READ in shown
    assert {row.reply for row in stored(store)} == {"I would rather [not] say."}


@pytest.mark.parametrize(
    ("spoil", "options", "words"),
    [
        ((Path("llava-bench") / CONTEXT).unlink, {}, r"llava-bench lacks coco_context_80\.jsonl"),
        (
            lambda: write_lines("tuned.jsonl", [{"question_id": n, "text": ""} for n in range(ITEMS + 1)]),
            {},
            r"tuned\.jsonl: 1 answers are to no question, the first is 6",
        ),
        (
            lambda: write_lines("untuned.jsonl", [{"question_id": 0, "text": ""}]),
            {"against": Path("untuned.jsonl")},
            r"untuned\.jsonl: 5 of 6 questions have no answer, the first is 1",
        ),
        (lambda: None, {"against": Path("./tuned.jsonl")}, "cannot be set against itself"),
        (
            lambda: write_lines("labels.jsonl", [{"item_id": "99", "label": "win"}]),
            {"labels": Path("labels.jsonl")},
            "none of 1 labelled items is among the 6 judged",
        ),
        (lambda: None, {"labels": Path("none.jsonl")}, r"none\.jsonl cannot be read"),
        (lambda: None, {"budget_usd": float("nan")}, "budget-usd = nan is no sum of money"),
        (lambda: None, {"budget_usd": -1.0}, "budget-usd = -1.0 is no sum of money"),
        (lambda: None, {"out": Path("llava-bench")}, "llava-bench is a folder; name a file"),
        (lambda: None, {"out": Path("tuned.jsonl/x.parquet")}, "the folder of tuned.jsonl/x.parquet cannot be made"),
    ],
)
def test_what_cannot_be_judged_is_named_before_anything_is_paid(
    store: Store, spoil: Callable[[], None], options: dict[str, Any], words: str
) -> None:
    spoil()
    planted = PlantedJudge({"": 5})
    with pytest.raises(ConfigError, match=words):
        judged(planted, **options)
    assert planted.asked == []
    assert not store.keys("")


def test_a_missing_folder_endpoint_or_teacher_is_one_line_and_exit_code_1(store: Store) -> None:
    command = [sys.executable, "-m", "journeyman.cli", "judge", "llava-bench"]
    for words, expected in (
        (("gone", "tuned.jsonl"), "error: LLaVA-Bench folder 'gone' is not there"),
        (("llava-bench", "tuned.jsonl", "--endpoint", "big"), "error: no endpoint 'big' is set; set JOURNEYMAN_ENDP"),
        (("llava-bench", "tuned.jsonl"), "error: no teacher is set"),
    ):
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith(expected)


def test_what_the_page_tells_people_to_type_works_as_written(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "judges.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [
        line.strip() for line in page.splitlines() if line.startswith("journeyman judge llava-bench llava-bench ")
    ]
    assert len(commands) >= 2
    write_lines("labels.jsonl", [{"item_id": "0", "label": "win"}])

    async def run(teacher: PlantedJudge, big: PlantedJudge, command: str) -> None:
        async with reachable(teacher), reachable(big, endpoint="big"):
            await asyncio.to_thread(cli.app, shlex.split(command)[1:], result_action="return_value")

    for command in commands:
        pairwise = "--against" in command
        teacher, big = (PlantedJudge({"good": 8, "fair": 6, "poor": 2}, pairwise=pairwise) for _ in range(2))
        asyncio.run(run(teacher, big, command))
        asked = (len(teacher.asked), len(big.asked))
        assert asked == ((0, 2 * ITEMS) if "--endpoint" in command else (2 * ITEMS, 0))
        assert cells(capsys.readouterr().out, "all")[1] == str(ITEMS)


@pytest.mark.skipif(OFFICIAL is None, reason="the official LLaVA-Bench files are not in shared/data")
def test_the_official_files_are_judged_whole(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert OFFICIAL is not None
    questions = read_llava_bench(OFFICIAL)
    write_lines("mine.jsonl", [{"question_id": int(q.question_id), "text": f"@@ {q.image}"} for q in questions])
    planted = PlantedJudge({"@@": 6, "": 8})

    async def run() -> None:
        async with reachable(planted):
            await asyncio.to_thread(llava_bench, OFFICIAL, Path("mine.jsonl"))

    asyncio.run(run())
    shown = capsys.readouterr().out
    assert cells(shown, "all")[1:4] == ["90", "0", "75.0 [75.0, 75.0]"]
    assert [cells(shown, name)[1] for name in CATEGORIES] == ["30", "30", "30"]
