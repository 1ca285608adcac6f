"""The tables behind ``look_up_facts``, each read whole once and searched by name and code."""

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Any

from typing_extensions import TypedDict

from journeyman.errors import ToolError

MOST_SUGGESTIONS = 5
EARLIEST_YEAR, LATEST_YEAR = 1950, 2100
FEET_TO_METRES = 0.3048

_LOADING = Lock()

Fact = str | int | float | list[str]


class Facts(TypedDict):
    """What a table says of one name."""

    kind: str
    name: str
    facts: dict[str, Fact]
    """By name of the fact; what the table does not have is left out."""
    source: str


def country_facts(name: str) -> Facts:
    """Of a country by its name or ISO 3166-1 code; areas in square kilometres."""
    from countryinfo import CountryInfo

    country = _country(name)
    info = CountryInfo(country.alpha_3).info()
    facts = _known(
        {
            "official name": getattr(country, "official_name", None),
            "codes": [country.alpha_2, country.alpha_3, country.numeric],
            "capital": info.get("capital"),
            "region": info.get("region"),
            "subregion": info.get("subregion"),
            "area in km2": info.get("area"),
            # The table was last revised around 2014 (India: 1.26 billion), and a reader must see that.
            "population, dated (about 2014)": info.get("population"),
            "currencies": info.get("currencies"),
            "languages": info.get("languages"),
            "borders": info.get("borders"),
            "calling codes": info.get("callingCodes"),
            "demonym": info.get("demonym"),
            "internet domains": info.get("tld"),
            "timezones": info.get("timezoneNames"),
        }
    )
    return Facts(
        kind="country", name=getattr(country, "common_name", country.name), facts=facts,
        source="ISO 3166 (pycountry); countryinfo, partly dated",
    )  # fmt: skip


def element_facts(name: str) -> Facts:
    """Of a chemical element by its English name, symbol or atomic number."""
    elements = _elements()
    # fe is iron, but CO is no cobalt: of two letters, both upper, only a formula is written.
    element = elements.get(name) or (elements.get(name.casefold()) if len(name) > 2 or name.islower() else None)
    if element is None:
        raise _unknown("element", name, (key for key in elements if len(key) > 2))
    facts = _known(
        {
            "symbol": element.symbol,
            "atomic number": element.number,
            "atomic mass in u": element.mass,
            "density in g/cm3": element.density,
            "density is of": str(element.density_caveat or "") if element.density else "",
            "covalent radius in angstrom": element.covalent_radius,
            "crystal structure": (getattr(element, "crystal_structure", None) or {}).get("symmetry"),
        }
    )
    return Facts(kind="element", name=element.name, facts=facts, source="periodictable (NIST and CRC tables)")


def airport_facts(name: str) -> Facts:
    """Of an airport by its IATA or ICAO code, its name, or its city when the city has one."""
    airport = _airport(name)
    facts = _known(
        {
            "IATA": airport["iata"],
            "ICAO": airport["icao"],
            "city": airport["city"],
            "subdivision": airport["subd"],
            "country": airport["country"],
            "latitude": airport["lat"],
            "longitude": airport["lon"],
            "elevation in m": round(airport["elevation"] * FEET_TO_METRES),
            "timezone": airport["tz"],
        }
    )
    return Facts(kind="airport", name=airport["name"], facts=facts, source="airportsdata")


def holiday_facts(name: str, year: int) -> Facts:
    """Public holidays by date, of a country or of a subdivision such as ``US-CA``."""
    import holidays

    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ToolError(f"no holidays of the year {year}; the table has {EARLIEST_YEAR} to {LATEST_YEAR}")
    country, part = _country(name), None
    if name[2:3] == "-":
        country, part = _country(name[:2]), name[3:].upper()
    known = holidays.list_supported_countries()
    if country.alpha_2 not in known:
        raise ToolError(f"the table has no holidays of {country.name}")
    if part is not None and part not in known[country.alpha_2]:
        parts = ", ".join(known[country.alpha_2][:60]) or "none"
        raise ToolError(f"the table has no part {part[:10]!r} of {country.name}; there is: {parts}")
    days = holidays.country_holidays(country.alpha_2, subdiv=part, years=year, language="en_US")
    if not days:
        raise ToolError(f"the table has no holidays of {country.name} in {year}")
    facts: dict[str, Fact] = {date.isoformat(): day for date, day in sorted(days.items())}
    shown = f"{getattr(country, 'common_name', country.name)}{f' ({part})' if part else ''} {year}"
    return Facts(kind="holidays", name=shown, facts=facts, source="holidays")


def _known(facts: Mapping[str, Any]) -> dict[str, Fact]:
    return {name: fact for name, fact in facts.items() if fact not in (None, "", [])}


def _unknown(kind: str, name: str, names: Iterable[str]) -> ToolError:
    near = difflib.get_close_matches(name.casefold(), list(names), n=MOST_SUGGESTIONS, cutoff=0.7)
    return ToolError(f"no {kind} {name!r}" + (f"; near it: {', '.join(near)}" if near else " in the table"))


def _country(name: str) -> Any:
    names = _countries()
    key = name.casefold()
    if key[2:3] == "-" and key[:2] in names:
        key = key[:2]
    if key not in names:
        raise _unknown("country", name, (known for known in names if len(known) > 3))
    return names[key]


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, Any]:
    """Countries of ISO 3166-1 by each casefolded name and code; ISO's own win over other spellings."""
    import pycountry
    from countryinfo import CountryInfo

    names: dict[str, Any] = {}
    for field in ("alpha_2", "alpha_3", "numeric", "name", "common_name", "official_name"):
        for country in pycountry.countries:
            if hasattr(country, field):
                names.setdefault(getattr(country, field).casefold(), country)
    for country in pycountry.countries:
        info = CountryInfo(country.alpha_3).info()
        for spelling in (info["name"], info.get("nativeName"), *info.get("altSpellings", ())):
            if spelling:
                names.setdefault(spelling.casefold(), country)
    return names


@lru_cache(maxsize=1)
def _elements() -> Mapping[str, Any]:
    """Elements by symbol, casefolded name and number; British spellings too."""
    import periodictable

    with _LOADING:
        # The package reads a table when one of its columns is first asked for, and takes the column away meanwhile:
        # another thread that asks then is told that there is none.
        for column in ("mass", "density", "covalent_radius", "crystal_structure"):
            getattr(periodictable.Fe, column)
    names: dict[str, Any] = {}
    for element in periodictable.elements:
        if element.number > 0:  # it counts the neutron as element 0
            names |= {element.symbol: element, element.name: element, str(element.number): element}
    for element in list(names.values()):
        names.setdefault(element.symbol.casefold(), element)
    return names | {
        "aluminium": names["aluminum"], "caesium": names["cesium"], "sulphur": names["sulfur"],
    }  # fmt: skip


def _airport(name: str) -> Mapping[str, Any]:
    codes, places = _airports()
    if airport := codes.get(name.upper()):
        return airport
    found = places.get(name.casefold(), ())
    if not found:
        raise _unknown("airport", name, places)
    if len(found) > 1:
        listed = ", ".join(f"{airport['iata']} ({airport['name']})" for airport in found[:12])
        raise ToolError(f"{name!r} is {len(found)} airports; give a code: {listed}")
    return found[0]


@lru_cache(maxsize=1)
def _airports() -> tuple[Mapping[str, Mapping[str, Any]], Mapping[str, tuple[Mapping[str, Any], ...]]]:
    """Airports by IATA and ICAO code, and those with an IATA code by casefolded city and name."""
    import airportsdata

    codes: dict[str, Mapping[str, Any]] = dict(airportsdata.load("ICAO"))
    places: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for code, airport in sorted(airportsdata.load("IATA").items()):
        codes[code] = airport
        for place in {airport["city"].casefold(), airport["name"].casefold()} - {""}:
            places[place] = (*places.get(place, ()), airport)
    return codes, places
