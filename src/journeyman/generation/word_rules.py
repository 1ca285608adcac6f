"""Gold answers of queries without files: from their own words, or from tables that ship with packages.

A rule reads what was asked and not what the teacher meant to ask. The tables are those behind the tool
``look_up_facts``, read here without it; an entry that reasonable people would answer in two ways has
no gold answer.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from journeyman.errors import SchemaError
from journeyman.schema.query import Gold

WordRule = Callable[[str, str], Gold]
"""(words of the query, name in them) -> answer; raises SchemaError when the words do not hold what it needs."""

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

TWO_CAPITALS = frozenset(
    (
        # Several seats, or a seat of government elsewhere than the capital.
        *("BJ", "BO", "CH", "CI", "CL", "GE", "KR", "LK", "ME", "MY", "NL", "SZ", "TZ", "YE", "ZA"),
        # Contested, or none by law.
        *("EH", "IL", "KI", "MO", "HK", "NR", "PS", "TK", "TW"),
        # Moved or renamed since the table was last revised, about 2014.
        *("BI", "GQ", "ID", "KZ"),
    )
)
"""ISO 3166-1 codes of countries for which people give different capitals."""

_QUOTED = re.compile(r'["\u201c\u201d]([^"\u201c\u201d]+)["\u201c\u201d]')
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:\.\d+)?(?!\w|[.,]\d)")
_ORDINAL = re.compile(rf"\b(?:{'|'.join(ORDINALS)}|\d+(?:st|nd|rd|th))\b")
_BRITISH = {"aluminium": "aluminum", "caesium": "cesium", "sulphur": "sulfur"}


def _word_at_ordinal(text: str, _name: str) -> Gold:
    lists = _QUOTED.findall(text)
    if len(lists) != 1:
        raise SchemaError(f"the query quotes {len(lists)} lists of words; exactly one is needed")
    words = re.findall(r"[^\s,;]+", lists[0])
    places = _ORDINAL.findall(_QUOTED.sub("", text).casefold())
    if len(places) != 1:
        raise SchemaError(f"the query has {len(places)} ordinals outside its list; exactly one is needed")
    place = ORDINALS.index(places[0]) + 1 if places[0] in ORDINALS else int(places[0][:-2])
    if not 1 <= place <= len(words):
        raise SchemaError(f"the list has {len(words)} words, so none is number {place}")
    return Gold(kind="text", value=words[place - 1])


def _larger_number(text: str, _name: str) -> Gold:
    first, second = _two_numbers(text)
    if first == second:
        raise SchemaError(f"both numbers are {first}, so none is larger")
    return Gold(kind="number", value=str(max(first, second)))


def _sum_of_numbers(text: str, _name: str) -> Gold:
    return Gold(kind="number", value=str(sum(_two_numbers(text))))


def _two_numbers(text: str) -> tuple[Decimal, Decimal]:
    found = [Decimal(number) for number in _NUMBER.findall(text)]
    if len(found) != 2:
        raise SchemaError(f"the query states {len(found)} numbers; exactly two are needed")
    return found[0], found[1]


def _capital_of_country(text: str, name: str) -> Gold:
    import pycountry
    from countryinfo import CountryInfo

    _check_named(text, name)
    spellings = ("name", "common_name", "official_name")
    found = [c for c in pycountry.countries if name.casefold() in {getattr(c, s, "").casefold() for s in spellings}]
    if len(found) != 1:
        raise SchemaError(f"{name!r} is {len(found)} countries of ISO 3166; exactly one is needed")
    capital = str(CountryInfo(found[0].alpha_3).info().get("capital") or "")
    if found[0].alpha_2 in TWO_CAPITALS or not capital or re.search("[/,]", capital):
        raise SchemaError(f"{name} has no capital that everybody agrees on")
    plain = "".join(c for c in unicodedata.normalize("NFKD", capital) if not unicodedata.combining(c))
    return Gold(kind="text", value=capital, aliases=(plain,) if plain != capital else ())


def _symbol_of_element(text: str, name: str) -> Gold:
    return Gold(kind="text", value=_element(text, name)[0])


def _number_of_element(text: str, name: str) -> Gold:
    return Gold(kind="number", value=str(_element(text, name)[1]))


def _element(text: str, name: str) -> tuple[str, int]:
    _check_named(text, name)
    elements = _elements()
    key = name.casefold()
    if (key := _BRITISH.get(key, key)) not in elements:
        raise SchemaError(f"there is no element {name!r}; its English name is needed")
    return elements[key]


@lru_cache(maxsize=1)
def _elements() -> Mapping[str, tuple[str, int]]:
    """Symbol and atomic number by English name."""
    import periodictable

    # The table counts the neutron as element 0.
    return {e.name: (e.symbol, e.number) for e in periodictable.elements if e.number > 0}


def _code_of_airport(text: str, name: str) -> Gold:
    _check_named(text, name)
    codes = _airport_codes().get(name.casefold(), ())
    if len(codes) != 1:
        raise SchemaError(f"{name!r} is {len(codes)} airports with an IATA code; exactly one is needed")
    return Gold(kind="text", value=codes[0])


@lru_cache(maxsize=1)
def _airport_codes() -> Mapping[str, tuple[str, ...]]:
    """IATA codes by casefolded name; a city counts as a name of all its airports."""
    import airportsdata

    codes: dict[str, tuple[str, ...]] = {}
    for code, airport in sorted(airportsdata.load("IATA").items()):
        for name in {airport["name"].casefold(), airport["city"].casefold()}:
            codes[name] = (*codes.get(name, ()), code)
    return codes


def _check_named(text: str, name: str) -> None:
    if not name or not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
        raise SchemaError(f"the query does not name {name!r}, which its gold rule looks up")


WORD_RULES: Mapping[str, WordRule] = {
    "word_at_ordinal": _word_at_ordinal,
    "larger_number": _larger_number,
    "sum_of_numbers": _sum_of_numbers,
    "capital_of_country": _capital_of_country,
    "symbol_of_element": _symbol_of_element,
    "number_of_element": _number_of_element,
    "code_of_airport": _code_of_airport,
}
"""By name."""
