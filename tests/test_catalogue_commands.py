"""``journeyman catalogue`` as people type it, over real HTTP and real stores."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from journeyman import cli
from journeyman.errors import BudgetExceededError, ConfigError
from journeyman.settings import load_settings
from tests.catalogue.planted_taxonomist import PlantedTaxonomist
from tests.teacher.fake_teacher import serving

PRICED = "gpt-4o-mini"
ROWS = [
    {"name": "o/fog", "domain": "image-to-image", "description": "dehazing of [red]pictures"},
    {"name": "o/rain", "domain": "image-to-image", "description": "deraining of pictures"},
    {"name": "o/ear", "domain": "automatic-speech-recognition", "description": "transcription of speech"},
    {"name": "o/ear", "domain": "automatic-speech-recognition", "description": "another"},
    {"name": "o/bad\x1b[31m", "domain": "image-to-text", "description": ""},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A working directory with a catalogue, a store on disk, and no teacher."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "JOURNEYMAN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JOURNEYMAN_STORE", (tmp_path / "store").as_uri())
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    Path("apis.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def typed(*words: str) -> Any:
    return cli.app(["catalogue", *words], result_action="return_value")


def placed(planted: PlantedTaxonomist, *words: str) -> Any:
    """``journeyman catalogue taxonomy`` with ``planted`` as the teacher."""

    async def run() -> Any:
        async with serving(planted.fake):
            os.environ["OPENAI_BASE_URL"] = planted.fake.url
            load_settings.cache_clear()
            try:
                return await asyncio.to_thread(typed, "taxonomy", *words)
            finally:
                del os.environ["OPENAI_BASE_URL"]

    return asyncio.run(run())


def test_show_counts_by_domain_and_medium_and_says_what_was_dropped(capsys):
    assert typed("show", "apis.jsonl") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "domain APIs text image audio video" in lines
    assert "image-to-image 2 2" in lines
    assert "automatic-speech-recognition 1 1" in lines
    assert "all 3 0 2 1 0" in lines
    assert "give: text 1, image 2, audio 0, video 0" in lines
    assert "dropped: 2 entries" in lines
    assert "name is taken 1 o/ear" in lines
    assert "name has quotes, backslashes or control characters 1 o/bad [31m" in lines


def test_show_tells_the_embedded_catalogue_when_none_is_named(capsys):
    assert typed("show") == 0
    assert "automatic-speech-recognition" in capsys.readouterr().out


def test_as_json_every_api_is_a_line_that_can_be_read_back_and_every_dropped_one_a_line_on_stderr(capsys):
    assert typed("show", "apis.jsonl", "--json") == 0
    said = capsys.readouterr()
    assert [json.loads(line)["name"] for line in said.out.splitlines()] == ["o/ear", "o/fog", "o/rain"]
    dropped = [json.loads(line) for line in said.err.splitlines()]
    assert [one["reason"] for one in dropped[:1]] == ["name is taken"]
    assert json.loads(dropped[0]["evidence"])["entry"]["description"] == "another"
    Path("again.jsonl").write_text(said.out)
    typed("show", "again.jsonl", "--json")
    again = capsys.readouterr()
    assert (again.out, again.err) == (said.out, "")


def test_a_taxonomy_is_written_paid_for_once_and_found_fine(capsys):
    planted = PlantedTaxonomist(model=PRICED)
    assert placed(planted, "apis.jsonl", "--out", "deep/one.json") == 0
    shown = capsys.readouterr().out
    assert "placed: 3 of 3 APIs, in 2 leaves and 3 function classes" in shown
    assert "pairs: leaves with classes that differ by domain in 1" in shown
    assert "0.000021 USD now; 1 requests paid, 0 answered from the ledger" in shown
    assert placed(planted, "apis.jsonl", "--out", "two.json") == 0
    assert "0 USD now; 0 requests paid, 1 answered from the ledger" in capsys.readouterr().out
    assert Path("two.json").read_text() == Path("deep/one.json").read_text()
    assert typed("check", "two.json", "apis.jsonl") == 0
    assert "fine: 3 APIs in 2 leaves and 3 function classes" in capsys.readouterr().out


def test_a_taxonomy_that_is_there_is_not_overwritten():
    Path("mine.json").write_text("edited by hand")
    planted = PlantedTaxonomist()
    with pytest.raises(ConfigError, match=r"mine\.json is there already and may have been edited"):
        placed(planted, "apis.jsonl", "--out", "mine.json")
    assert Path("mine.json").read_text() == "edited by hand"
    assert planted.fake.prompts == []


def test_apis_without_a_place_are_said_and_left_to_people(capsys):
    def forgetful(places, number):
        return [one for one in places if one["name"] != "o/rain"]

    assert placed(PlantedTaxonomist(spoil=forgetful), "apis.jsonl", "--out", "one.json") == 1
    shown = capsys.readouterr().out
    assert "placed: 2 of 3 APIs" in shown
    assert "no place: o/rain: the teacher gave it no place" in shown
    assert typed("check", "one.json", "apis.jsonl") == 1
    assert "'o/rain' has no place; add it to a class of a leaf" in capsys.readouterr().out


def test_check_tells_every_fault_with_its_line(capsys):
    placed(PlantedTaxonomist(), "apis.jsonl", "--out", "one.json")
    edited = Path("one.json").read_text().replace('"domain"}', '"colour"}')
    Path("one.json").write_text(edited)
    capsys.readouterr()
    assert typed("check", "one.json", "apis.jsonl") == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["line 5", "line 10", "line 13", "wrong"]
    assert "'o/fog' has differs_by 'colour'; it is one of" in said[1]
    assert said[-1] == "wrong: 3 faults in one.json"


def test_a_budget_that_does_not_reach_says_how_to_go_on():
    with pytest.raises(BudgetExceededError, match="a larger --budget-usd to go on where this stopped"):
        placed(PlantedTaxonomist(model=PRICED), "apis.jsonl", "--out", "one.json", "--budget-usd", "0.0000001")
    assert not Path("one.json").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("taxonomy", "apis.jsonl", "--out", "one.json"), "error: no teacher is set"),
        (("taxonomy", "gone.json", "--out", "one.json"), "error: gone.json cannot be read: No such file"),
        (("taxonomy", "apis.jsonl", "--out", "one.json", "--budget-usd", "nan"), "error: budget-usd = nan is no sum"),
        (("taxonomy", "apis.jsonl", "--out", "one.json", "--placed-per-call", "-1"), "error: placed-per-call = -1"),
        (("check", "gone.json", "apis.jsonl"), "error: gone.json cannot be read: No such file"),
        (("check", "apis.jsonl/x", "apis.jsonl"), "error: apis.jsonl/x cannot be read: Not a directory"),
        (("check", "latin.json", "apis.jsonl"), "error: latin.json is not UTF-8"),
        (("show", "nonsense"), "error: 'nonsense' is no catalogue; there is 'embedded', 'shelf', a folder"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(words, expected):
    Path("latin.json").write_bytes(b"\xff")
    command = [sys.executable, "-m", "journeyman.cli", "catalogue", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(expected)
