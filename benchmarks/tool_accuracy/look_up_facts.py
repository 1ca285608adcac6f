"""look_up_facts on facts that any atlas has, and on names as people write and misspell them."""

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

# Written by hand from general knowledge, none of it from the packages.
FACTS = (
    ("country", "France", None, "capital", "Paris"),
    ("country", "Japan", None, "currencies", ["JPY"]),
    ("country", "Australia", None, "capital", "Canberra"),
    ("country", "BRA", None, "languages", ["pt"]),
    ("country", "Portugal", None, "borders", ["ESP"]),
    ("country", "South Korea", None, "capital", "Seoul"),
    ("country", "Turkey", None, "capital", "Ankara"),
    ("country", "Czech Republic", None, "capital", "Prague"),
    ("country", "Burma", None, "capital", "Naypyidaw"),
    ("country", "England", None, "capital", "London"),
    ("country", "Croatia", None, "currencies", ["EUR"]),
    ("country", "Kazakhstan", None, "capital", "Astana"),
    ("element", "Au", None, "atomic number", 79),
    ("element", "Tungsten", None, "symbol", "W"),
    ("element", "92", None, "symbol", "U"),
    ("element", "helium", None, "atomic number", 2),
    ("airport", "JFK", None, "country", "US"),
    ("airport", "NRT", None, "country", "JP"),
    ("airport", "LFPG", None, "IATA", "CDG"),
    ("airport", "Zurich", None, "IATA", "ZRH"),
    ("holidays", "France", 2025, "2025-07-14", "National Day"),
    ("holidays", "US", 2026, "2026-07-04", "Independence Day"),
    ("holidays", "Italy", 2024, "2024-04-01", "Easter Monday"),
    ("holidays", "Canada", 2025, "2025-07-01", "Canada Day"),
)
MISSPELT = (
    ("country", "Argentinia", "argentina"),
    ("country", "Phillipines", "philippines"),
    ("country", "Columbia", "colombia"),
    ("element", "flourine", "fluorine"),
    ("element", "sillicon", "silicon"),
    ("airport", "Franckfurt", "frankfurt"),
)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of facts found and right, and of misspellings answered with the right name."""
    right = sum(_fact(call, kind, name, year, fact) == value for kind, name, year, fact, value in FACTS)
    helped = sum(meant in _refusal(call, kind, name) for kind, name, meant in MISSPELT)
    return (
        Accuracy("facts right", right / len(FACTS), len(FACTS), reach=0.8),
        Accuracy("misspelt names answered with the right one", helped / len(MISSPELT), len(MISSPELT), reach=0.8),
    )


def _fact(call: Call, kind: str, name: str, year: int | None, fact: str) -> object:
    try:
        return call({}, kind=kind, name=name, year=year).value["facts"].get(fact)
    except ToolError:
        return None


def _refusal(call: Call, kind: str, name: str) -> str:
    try:
        return str(call({}, kind=kind, name=name).value) and ""
    except ToolError as exc:
        return str(exc).casefold()
