"""Look facts up in tables that ship with packages: countries, chemical elements, airports, public holidays."""

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._fact_tables import Facts, airport_facts, country_facts, element_facts, holiday_facts
from journeyman.tools._packages import missing_packages

Kind = Literal["country", "element", "airport", "holidays"]

LONGEST_NAME = 100

_TABLES: Mapping[Kind, Callable[[str], Facts]] = {
    "country": country_facts,
    "element": element_facts,
    "airport": airport_facts,
}


class LookUpFactsArguments(Arguments):
    """What to look up."""

    kind: Kind = Field(description="which table")
    name: str = Field(description="name or code, e.g. Kenya, Fe, MUC; for holidays a country or US-CA")
    year: int | None = Field(default=None, description="for holidays: which year")


def run(arguments: LookUpFactsArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool is called alike
    """The facts, with their source."""
    name = " ".join(arguments.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise ToolError(f"name has {len(name):,} characters; give 1 to {LONGEST_NAME}")
    if arguments.kind == "holidays":
        if arguments.year is None:
            raise ToolError(f"holidays needs a year: look_up_facts('holidays', {name!r}, 2025)")
        return ToolResult(value=holiday_facts(name, arguments.year))
    if arguments.year is not None:
        raise ToolError(f"year is for holidays; the {arguments.kind} table has no years")
    return ToolResult(value=_TABLES[arguments.kind](name))


TOOL = Tool(
    name="look_up_facts",
    version=1,
    summary="Facts from packages: pycountry, countryinfo (partly dated), periodictable, airportsdata, holidays.",
    description="Facts: country, element, airport, holidays.",
    arguments=LookUpFactsArguments,
    returns="kind, name, facts, source",
    result=Facts,
    example={"kind": "country", "name": "Kenya"},
    run=run,
    licence="LGPL-2.1 AND MIT",
    missing=missing_packages("pycountry", "countryinfo", "periodictable", "airportsdata", "holidays"),
    covers=(
        Covers("GTA", "GoogleSearch", "four offline tables; no web, no news"),
        Covers("MAT", "ask_search_agent", "four offline tables; no web, no news"),
    ),
)
