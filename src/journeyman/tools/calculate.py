"""Exact arithmetic with units: the expression is parsed, never executed, and decimals stay decimals."""

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._maths.arithmetic import evaluated, number, plain
from journeyman.tools._maths.quantity import quantity_tokens, with_units
from journeyman.tools._packages import missing_packages

MOST_CHARACTERS = 500


class CalculateArguments(Arguments):
    """What to work out."""

    expression: str = Field(description="arithmetic, e.g. (3 + 4.5) * 2, 15% of 80 or 3 km / 20 min in km/h")


def run(arguments: CalculateArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool is called alike
    """An int when the result is whole, else the nearest float; of quantities the text ``9 km/h``."""
    expression = arguments.expression
    if len(expression) > MOST_CHARACTERS:
        raise ToolError(f"the expression has {len(expression)} characters; the limit is {MOST_CHARACTERS}")
    try:
        text = plain(expression)
        tokens = quantity_tokens(text)
        return ToolResult(value=with_units(tokens) if tokens else number(evaluated(text)))
    except ZeroDivisionError as exc:
        raise ToolError(f"division by zero in {expression!r}") from exc
    except (SyntaxError, MemoryError, RecursionError) as exc:  # ast.parse raises MemoryError on deep nesting
        raise ToolError(f"{expression!r} is not arithmetic that can be read") from exc
    except (ValueError, OverflowError) as exc:
        raise ToolError(f"{expression!r} has no value: {exc}") from exc


TOOL = Tool(
    name="calculate",
    version=2,
    summary="Exact arithmetic on decimals, fractions and quantities with units (pint's table); no code is run.",
    description="Work out arithmetic, with units.",
    arguments=CalculateArguments,
    returns="number, or str with its unit",
    result=int | float | str,
    example={"expression": "12.5 % * 480"},
    run=run,
    licence="BSD-3-Clause",
    missing=missing_packages("pint"),
    covers=(Covers("GTA", "Calculator"),),
)
