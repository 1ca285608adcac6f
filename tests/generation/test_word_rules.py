"""Gold answers of queries without files follow from what they say; what people answer in two ways has none."""

import re
from decimal import Decimal

import airportsdata
import periodictable
import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.answer import answer_matches
from journeyman.errors import SchemaError
from journeyman.generation.gold import GoldRule, compute_gold
from journeyman.generation.word_rules import ORDINALS, TWO_CAPITALS
from journeyman.schema.query import Gold

WORDS = st.lists(st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True), min_size=1, max_size=10)
NUMBERS = st.decimals(0, 10**6, places=2) | st.integers(0, 10**6).map(Decimal)


def _gold(rule: str, text: str, name: str = "") -> Gold:
    return compute_gold(GoldRule(rule=rule, label=name), (), text)


@given(words=WORDS, data=st.data(), comma=st.sampled_from((", ", " ", "; ")))
def test_the_word_at_an_ordinal_is_the_one_that_stands_there(words: list[str], data: st.DataObject, comma: str) -> None:
    place = data.draw(st.integers(0, len(words) - 1))
    ordinal = data.draw(st.sampled_from((ORDINALS[place], f"{place + 1}th")))
    text = f'Now tell the class: which word is the {ordinal} in "{comma.join(words)}"?'
    assert _gold("word_at_ordinal", text).value == words[place]


@given(first=NUMBERS, second=NUMBERS)
def test_two_stated_numbers_have_a_sum_and_a_larger_one(first: Decimal, second: Decimal) -> None:
    text = f"A customer asks: what of {first} and {second}?"
    assert answer_matches(_gold("sum_of_numbers", text), str(first + second))
    if first == second:
        with pytest.raises(SchemaError, match="none is larger"):
            _gold("larger_number", text)
    else:
        larger = _gold("larger_number", text)
        assert answer_matches(larger, str(max(first, second)))
        assert not answer_matches(larger, str(min(first, second)))


@given(text=st.text(alphabet=st.characters(exclude_categories=("Nd",))))
def test_words_without_numbers_have_no_sum(text: str) -> None:
    with pytest.raises(SchemaError, match="states 0 numbers"):
        _gold("sum_of_numbers", text)


@given(element=st.sampled_from([e for e in periodictable.elements if e.number > 0]))
def test_every_element_has_its_symbol_and_number(element: "periodictable.core.Element") -> None:
    name = element.name
    symbol, number = _gold("symbol_of_element", f"Of {name}?", name), _gold("number_of_element", f"Of {name}?", name)
    assert getattr(periodictable, symbol.value).number == int(number.value) == element.number


def test_a_country_has_one_capital_or_no_gold_answer() -> None:
    known = 0
    for country in pycountry.countries:
        name = getattr(country, "common_name", country.name)
        try:
            gold = _gold("capital_of_country", f"What is the capital of {name}?", name)
        except SchemaError:
            continue
        known += 1
        assert country.alpha_2 not in TWO_CAPITALS
        assert not re.search("[/,]", gold.value)
    assert known > 180


def test_an_airport_that_its_name_alone_identifies_has_its_code() -> None:
    airports = airportsdata.load("IATA")
    assert (
        _gold("code_of_airport", "Code of Munich International Airport?", "Munich International Airport").value == "MUC"
    )
    for code in list(airports)[::97]:
        name = airports[code]["name"]
        try:
            assert _gold("code_of_airport", f"Code of {name}?", name).value == code
        except SchemaError:
            assert sum(name.casefold() in {a["name"].casefold(), a["city"].casefold()} for a in airports.values()) != 1


@pytest.mark.parametrize(
    ("rule", "text", "name", "value"),
    [
        ("capital_of_country", "What is the capital of Peru?", "Peru", "Lima"),
        ("symbol_of_element", "Symbol of aluminium?", "aluminium", "Al"),
        ("symbol_of_element", "Symbol of Iron, please.", "iron", "Fe"),
        ("word_at_ordinal", "What is second in \u201clamp, rug\u201d?", "", "rug"),
    ],
)
def test_a_rule_gives_the_answer(rule: str, text: str, name: str, value: str) -> None:
    assert _gold(rule, text, name).value == value


def test_a_capital_may_be_written_without_its_accents() -> None:
    gold = _gold("capital_of_country", "The capital of Brazil?", "Brazil")
    assert answer_matches(gold, '"Bras\u00edlia"')
    assert answer_matches(gold, '"Brasilia"')


@pytest.mark.parametrize(
    ("rule", "text", "name", "says"),
    [
        ("word_at_ordinal", "What is the third word?", "", "quotes 0 lists"),
        ("word_at_ordinal", 'The third of "a b c" or "d e f"?', "", "quotes 2 lists"),
        ("word_at_ordinal", 'Which word of "first second"?', "", "0 ordinals"),
        ("word_at_ordinal", 'The first or the second of "a b"?', "", "2 ordinals"),
        ("word_at_ordinal", 'The third of "a b"?', "", "none is number 3"),
        ("word_at_ordinal", 'The 0th of "a b"?', "", "none is number 0"),
        ("larger_number", "Is 1,200 or 3 larger?", "", "states 1 numbers"),
        ("sum_of_numbers", "Add 3, 4 and 5.", "", "states 3 numbers"),
        ("capital_of_country", "The capital of Bolivia?", "Bolivia", "everybody agrees"),
        ("capital_of_country", "The capital of Peru?", "Chad", "does not name 'Chad'"),
        ("capital_of_country", "The capital of Nigeria?", "Niger", "does not name 'Niger'"),
        ("capital_of_country", "The capital of Peru?", "", "does not name ''"),
        ("capital_of_country", "The capital of Freedonia?", "Freedonia", "is 0 countries"),
        ("symbol_of_element", "The symbol of unobtainium?", "unobtainium", "no element"),
        ("code_of_airport", "The code of London?", "London", "airports with an IATA code"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(rule: str, text: str, name: str, says: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(says)):
        _gold(rule, text, name)
