"""``journeyman compare`` on real stores: names, paths and seeds of runs, and what it refuses."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from journeyman.compare_command import compare
from journeyman.errors import ConfigError
from journeyman.evaluation.compare import compare as compare_scores
from journeyman.evaluation.config import EvaluationConfig
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem, groups_json
from journeyman.schema.record import canonical_json
from journeyman.schema.score import Measure, Score
from journeyman.settings import load_settings
from journeyman.storage import layout
from journeyman.storage.store import Store
from tests.dataset.toys import query, trajectory
from tests.scored import PICTURES, PROBLEMS, scores_of

CONFIG = EvaluationConfig(bootstrap_samples=50)
SECRET = "only those who accepted the terms may read this"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store on disk that the settings name, and a home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOURNEYMAN_STORE", (tmp_path / "store").as_uri())
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "170")
    load_settings.cache_clear()
    yield Store((tmp_path / "store").as_uri())
    load_settings.cache_clear()


def note_of(
    store: Store, name: str, chance: float, *, seed: int = 0, problems: Sequence[Problem] = PROBLEMS
) -> dict[str, Any]:
    """A run's note in the store, as the flow leaves it."""
    refs = {
        agent: [store.write("scores", scores_of(agent, share, problems, seed=seed), Score)]
        for agent, share in (("untuned", 0.1), ("tuned", chance))
    }
    note = {
        "run_name": name,
        "report_url": "file:///nowhere.html",
        "comparison": compare_scores(refs, CONFIG, store=store).model_dump(mode="json"),
        "problems": [store.write("problems", problems, Problem).model_dump(mode="json")],
        "media": [store.write("media", PICTURES, MediaFile).model_dump(mode="json")],
    }
    store.put(layout.run_note_key(name), json.dumps(note).encode())
    return note


def with_other(store: Store, note: dict[str, Any], benchmark: str, chance: float, scores: Store) -> None:
    """The same run with an official benchmark beside."""
    rows = [
        Score(
            problem_id=f"{benchmark}-{n}",
            benchmark=benchmark,
            agent="tuned",
            groups_json=groups_json({"level": "1"}),
            measures=(Measure(name="GAIA", value=float(n < 20 * chance), weight=1),),
            status="answered",
            cause="wrong answer",
            answer_json=canonical_json(SECRET),
            trajectory_json=canonical_json(trajectory(query(n, text=SECRET), answer=SECRET)),
        )
        for n in range(20)
    ]
    refs = {"tuned": [scores.write("scores", rows, Score)]}
    note["others"] = [compare_scores(refs, CONFIG, store=scores).model_dump(mode="json")]
    store.put(layout.run_note_key(note["run_name"]), json.dumps(note).encode())


def test_two_runs_by_name_are_paired_printed_and_written(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note_of(store, "big", 0.9)
    note_of(store, "small", 0.3)
    assert compare("big", "small") == 0
    printed = capsys.readouterr().out
    assert f"big minus small on {len(PROBLEMS)} held-out problems" in printed
    assert "renamed tools" in printed
    folder = tmp_path / "home" / "comparisons" / "big-vs-small"
    page = (folder / "report.html").read_text()
    assert "Is big better than small?" in page
    assert "Where big did better than small" in page
    assert 'alt="picture of the problem"' in page
    assert "<script" not in page
    assert str(folder / "report.html") in printed.replace("\n", "")


def test_the_table_has_every_measure_of_every_attempt_in_long_form(store: Store, tmp_path: Path) -> None:
    note_of(store, "big", 0.9)
    note_of(store, "small", 0.3)
    compare("big", "small", out=tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert list(table) == ["problem", "agent", "run", "measure", "value", "weight", "cause", "groups"]
    assert len(table) == 2 * 3 * len(PROBLEMS)
    sums = table[table["measure"] == "AnsAcc"].groupby("run")[["value", "weight"]].sum()
    for run, chance in (("big", 0.9), ("small", 0.3)):
        right = sum(score.value("AnsAcc") or 0 for score in scores_of("tuned", chance))
        assert tuple(sums.loc[run]) == (right, len(PROBLEMS))
    assert json.loads(table["groups"].iloc[0])["condition"]


def test_an_attempt_without_a_measure_keeps_its_cause(store: Store, tmp_path: Path) -> None:
    notes = [note_of(store, name, chance) for name, chance in (("big", 0.9), ("small", 0.3))]
    for note, chance in zip(notes, (0.9, 0.3), strict=True):
        rows = scores_of("tuned", chance)
        rows[0] = rows[0].model_copy(update={"measures": (), "cause": "not scored"})
        ref = store.write("scores", rows, Score)
        note["comparison"]["scores"]["tuned"] = [ref.model_dump(mode="json")]
        store.put(layout.run_note_key(note["run_name"]), json.dumps(note).encode())
    compare("big", "small", out=tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    unscored = table[table["measure"].isna()]
    assert list(unscored["cause"]) == ["not scored", "not scored"]
    assert unscored["weight"].isna().all()


def test_notes_are_found_by_path_too(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, chance in (("big", 0.9), ("small", 0.3)):
        (tmp_path / f"{name},kept.json").write_text(json.dumps(note_of(store, name, chance)))
    store.delete("runs/")
    assert compare(str(tmp_path / "big,kept.json"), str(tmp_path / "small,kept.json")) == 0
    assert "big minus small" in capsys.readouterr().out


def test_several_runs_are_one_system_with_seeds(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(3):
        note_of(store, f"big-{seed}", 0.8, seed=seed)
        note_of(store, f"small-{seed}", 0.4, seed=10 + seed)
    assert compare("big-0, big-1,big-2", "small-0,small-1,small-2", out=tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "big-0 + 2 seeds minus small-0 + 2 seeds" in printed
    assert "Seeds: 3 of big-0 + 2 seeds" in printed
    assert "3 seeds ±" in (tmp_path / "out" / "report.html").read_text()
    table = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert set(table["run"]) == {f"{name}-{seed}" for name in ("big", "small") for seed in range(3)}
    assert len(table) == 6 * 3 * len(PROBLEMS)


def test_many_seeds_may_be_joined_to_more_than_a_path_can_hold(store: Store) -> None:
    names = [f"a-run-with-a-name-that-is-not-short-at-all-{seed}" for seed in range(7)]
    with pytest.raises(ConfigError, match=f"no run '{names[0]}'"):
        compare(",".join(names), "b")


def test_two_agents_of_one_run_are_named_by_agent(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    note_of(store, "big", 0.9)
    assert compare("big", "big", against_agent="untuned") == 0
    assert "tuned of big minus untuned of big" in capsys.readouterr().out


def test_two_runs_of_one_name_are_told_apart(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in (1, 2):
        (tmp_path / f"{seed}.json").write_text(json.dumps(note_of(store, "same", 0.5, seed=seed)))
    assert compare(f"{tmp_path}/1.json", f"{tmp_path}/2.json") == 0
    assert "same (first) minus same (second)" in capsys.readouterr().out


def test_a_gated_benchmark_is_read_from_this_machine_and_its_texts_stay_out(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = Store((tmp_path / "home" / layout.GATED_FOLDER).as_uri())
    for name, chance in (("big", 0.9), ("small", 0.3)):
        with_other(store, note_of(store, name, chance), "gaia", chance, local)
    assert compare("big", "small", benchmark="gaia", out=tmp_path / "out") == 0
    assert "big minus small on 20 problems of gaia" in capsys.readouterr().out
    page = (tmp_path / "out" / "report.html").read_text()
    assert "are gated and may not be published again" in page
    assert "Side by side" not in page
    assert SECRET not in page
    assert not (pd.read_parquet(tmp_path / "out" / "scores.parquet") == SECRET).any(axis=None)


def _other_problems(store: Store) -> None:
    note_of(store, "big", 0.9)
    note_of(store, "small", 0.9, problems=PROBLEMS[3:])


def _other_content(store: Store) -> None:
    note_of(store, "big", 0.9)
    asked = PROBLEMS[0].query.model_copy(update={"text": "Something else?"})
    note_of(store, "small", 0.3, problems=(PROBLEMS[0].model_copy(update={"query": asked}), *PROBLEMS[1:]))


def _other_benchmark(store: Store) -> None:
    note_of(store, "big", 0.9)
    note = note_of(store, "small", 0.9)
    with_other(store, note, "gaia", 0.5, store)
    store.put(layout.run_note_key("small"), json.dumps(note | {"comparison": note["others"][0]}).encode())


def _same(store: Store) -> None:
    note_of(store, "big", 0.9)
    note_of(store, "small", 0.9)


def _old_note(store: Store) -> None:
    note = note_of(store, "big", 0.9)
    store.put(layout.run_note_key("small"), json.dumps(note | {"comparison": {"picture_problems": 3}}).encode())


def _broken_note(store: Store) -> None:
    note_of(store, "big", 0.9)
    store.put(layout.run_note_key("small"), b"{ no")


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (_other_problems, r"different problems: \d+ are the same, 3 are in one alone, first q"),
        (_other_content, r"runs (big and small|small and big) mean different problems by q"),
        (_other_benchmark, r"run big was evaluated on held_out and run small on gaia"),
        (_same, "runs big and small are the same scores"),
        (_old_note, r"run small left no comparison that can be read \(comparison\."),
        (_broken_note, "run small left no comparison that can be read"),
    ],
)
def test_what_cannot_be_paired_is_refused_by_name(store: Store, prepare: Callable[[Store], None], words: str) -> None:
    prepare(store)
    with pytest.raises(ConfigError, match=words):
        compare("big", "small")


def test_an_unknown_run_names_near_misses(store: Store) -> None:
    for name in ("t3_agent-60q-aaaaaa", "t3_agent-60q-bbbbbb", "other"):
        note_of(store, name, 0.5)
    with pytest.raises(ConfigError, match=r"no run 't3_agent-60q-aaaaab'.* there is: t3_agent-60q-aaaaaa"):
        compare("t3_agent-60q-aaaaab", "other")
    with pytest.raises(ConfigError, match=r"there is no run note .*gone\.json"):
        compare("gone.json", "other")


def test_without_any_run_it_says_so(store: Store) -> None:
    with pytest.raises(ConfigError, match="no run has left a note in file://"):
        compare("a", "b")


def test_an_agent_or_a_benchmark_that_was_not_run_is_refused_with_those_that_were(store: Store) -> None:
    note_of(store, "big", 0.9)
    note_of(store, "small", 0.3)
    with pytest.raises(ConfigError, match="run big scored no agent 'teacher'; it has: untuned, tuned"):
        compare("big", "small", agent="teacher")
    with pytest.raises(ConfigError, match="run big was not evaluated on 'gta'; it was on: held_out"):
        compare("big", "small", benchmark="gta")


def test_the_command_line_exits_with_one_line_for_an_unknown_run(store: Store, tmp_path: Path) -> None:
    note_of(store, "big", 0.9)
    command = [sys.executable, "-m", "journeyman.cli", "compare", "big", "bigg"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: no run 'bigg' in file://")
    assert "there is: big" in done.stderr
