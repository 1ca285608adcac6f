"""Words and facts against what is known of them, and against names made to break the look-up."""

import subprocess
import sys

import pytest

from journeyman.errors import ToolError
from tests.tools.folder import call

HOSTILE = ["", " ", "\x00", "x" * 1_000_000, "-over", "--help", "; ls", "$(id)", "../etc/passwd", "\ud800", "\x1b[31m"]


@pytest.mark.parametrize(
    ("kind", "name", "fact", "value"),
    [
        ("country", "kenya", "capital", "Nairobi"),
        ("country", "UK", "codes", ["GB", "GBR", "826"]),
        ("country", "Deutschland", "currencies", ["EUR"]),
        ("country", "USA", "capital", "Washington D.C."),
        ("element", "Fe", "atomic number", 26),
        ("element", "fe", "atomic mass in u", 55.845),
        ("element", "Sulphur", "symbol", "S"),
        ("element", "79", "symbol", "Au"),
        ("element", "oganesson", "atomic number", 118),
        ("airport", "MUC", "ICAO", "EDDM"),
        ("airport", "egll", "city", "London"),
        ("airport", "Nairobi Wilson Airport", "country", "KE"),
    ],
)
def test_facts_are_what_the_world_knows(tmp_path, kind, name, fact, value):
    found = call("look_up_facts", tmp_path, kind=kind, name=name)
    assert found["facts"][fact] == value
    assert found["source"]


def test_every_element_and_every_country_has_facts(tmp_path):
    import pycountry

    symbols = {call("look_up_facts", tmp_path, kind="element", name=str(n))["facts"]["symbol"] for n in range(1, 119)}
    assert len(symbols) == 118
    for country in pycountry.countries:
        by_code = call("look_up_facts", tmp_path, kind="country", name=country.alpha_3)
        assert by_code == call("look_up_facts", tmp_path, kind="country", name=country.name)
        assert by_code["facts"]["codes"][0] == country.alpha_2


def test_a_population_is_said_to_be_dated(tmp_path):
    facts = call("look_up_facts", tmp_path, kind="country", name="India")["facts"]
    assert [name for name in facts if "population" in name] == ["population, dated (about 2014)"]


def test_holidays_are_those_of_the_country_the_part_and_the_year(tmp_path):
    germany = call("look_up_facts", tmp_path, kind="holidays", name="Germany", year=2025)["facts"]
    assert germany["2025-10-03"] == "German Unity Day"
    assert germany["2025-04-21"] == "Easter Monday"
    bavaria = call("look_up_facts", tmp_path, kind="holidays", name="DE-BY", year=2025)["facts"]
    assert set(germany) < set(bavaria)
    assert "2025-01-06" in bavaria


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "country", "name": "Germny"}, "near it: germany"),
        ({"kind": "element", "name": "irom"}, "near it: iron"),
        ({"kind": "element", "name": "CO"}, "no element 'CO'"),
        ({"kind": "element", "name": "0"}, "no element"),
        ({"kind": "airport", "name": "London"}, "LHR"),
        ({"kind": "airport", "name": "Municc"}, "near it: munich"),
        ({"kind": "country", "name": "Kenya", "year": 2025}, "year is for holidays"),
        ({"kind": "holidays", "name": "Kenya"}, "needs a year"),
        ({"kind": "holidays", "name": "Kenya", "year": 10**30}, "1950 to 2100"),
        ({"kind": "holidays", "name": "US-XX", "year": 2025}, "no part 'XX'"),
        ({"kind": "holidays", "name": "Atlantis", "year": 2025}, "no country"),
        ({"kind": "planet", "name": "Mars"}, "kind"),
    ],
)
def test_what_is_not_in_a_table_is_refused_with_what_is_near(tmp_path, arguments, words):
    with pytest.raises(ToolError, match=words) as refusal:
        call("look_up_facts", tmp_path, **arguments)
    assert "failed" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["country", "element", "airport", "holidays"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused_in_few_words(tmp_path, kind, name):
    with pytest.raises(ToolError) as refusal:
        call("look_up_facts", tmp_path, kind=kind, name=name, **({"year": 2025} if kind == "holidays" else {}))
    assert "failed" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_word_has_its_senses(tmp_path):
    dog = call("define_word", tmp_path, word="dogs")
    assert dog["senses"][0]["word"] == "dog"
    assert dog["senses"][0]["part"] == "noun"
    assert "genus Canis" in dog["senses"][0]["meaning"]
    assert dog["senses"][0]["examples"] == ["the dog barked all night"]
    assert dog["senses"][0]["synonyms"] == ["domestic dog", "Canis familiaris"]
    assert {sense["part"] for sense in dog["senses"]} == {"noun", "verb"}
    assert dog["total"] == len(dog["senses"]) == 8


def test_a_phrase_a_form_and_many_senses(tmp_path):
    assert "odorless" in call("define_word", tmp_path, word="carbon  dioxide")["senses"][0]["meaning"]
    assert "see" in {sense["word"] for sense in call("define_word", tmp_path, word="saw")["senses"]}
    many = call("define_word", tmp_path, word="break")
    assert many["total"] == 75
    assert len(many["senses"]) == 20


@pytest.mark.parametrize("word", [*HOSTILE, "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "dog\n-over", "a" * 61])
def test_what_is_no_word_never_reaches_the_program_as_an_option(tmp_path, word):
    with pytest.raises(ToolError, match=r"no English word|not in WordNet") as refusal:
        call("define_word", tmp_path, word=word)
    assert len(str(refusal.value)) < 300


def test_without_the_program_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="apt-get install wordnet"):
        call("define_word", tmp_path, word="dog")


def test_many_threads_may_ask_for_the_first_element_at_once():
    """periodictable takes a column away while it reads it, and another thread is told that there is none."""
    code = (
        "import sys; from concurrent.futures import ThreadPoolExecutor; from threading import Barrier\n"
        "from journeyman.tools._fact_tables import element_facts\n"
        "sys.setswitchinterval(1e-6); barrier = Barrier(8)\n"
        "def ask(name):\n    barrier.wait()\n    return element_facts(name)['facts']['covalent radius in angstrom']\n"
        "names = ['iron', 'gold', 'chromium', 'tin', 'lead', 'zinc', 'neon', 'argon']\n"
        "with ThreadPoolExecutor(8) as pool:\n    print(len(list(pool.map(ask, names))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "8", done.stderr
