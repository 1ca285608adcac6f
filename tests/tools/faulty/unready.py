"""A tool whose package is absent."""

from typing import Any

from journeyman.tool import Tool
from journeyman.tools._packages import missing_packages
from tests.tools.faulty.crash import NoArguments, run

TOOL = Tool(
    name="unready",
    version=1,
    summary="unready",
    description="unready",
    arguments=NoArguments,
    returns="None",
    result=Any,
    example={},
    run=run,
    missing=missing_packages("json", "no_such_package_at_all"),
)
