"""Arithmetic on quantities for ``calculate``: a closed grammar of its own over pint's table of units.

A unit stands right behind a number, a bracket or another unit and binds tighter than any operator:
``3 km / 20 min`` divides two quantities, ``60 km/h`` is one. Numbers stay exact fractions.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from journeyman.errors import ToolError
from journeyman.tools._maths.arithmetic import CONSTANTS, FUNCTIONS, bounded, called, number, power

MOST_EXPONENT = 9
"""Of a unit; no quantity anyone measures has m**10."""
_LONGEST_UNIT = 30

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xXbBoO]\w+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>\N{DEGREE SIGN}?[^\W\d]+|\N{DEGREE SIGN})(?P<power>[23\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}]?)"
    r"|(?P<sign>->|\N{RIGHTWARDS ARROW}|\*\*|//|[-+*/%(),]))"
)
_TARGET_WORDS = frozenset({"in", "to", "as", "->", "\N{RIGHTWARDS ARROW}"})
_SPELT = {
    "\N{DEGREE SIGN}": "degree", "\N{DEGREE SIGN}C": "degC", "\N{DEGREE SIGN}F": "degF", "kmh": "kph",
    "degrees": "degree", "sqm": "m**2",
}  # fmt: skip
_SUPERSCRIPTS = {"\N{SUPERSCRIPT TWO}": "2", "\N{SUPERSCRIPT THREE}": "3"}


def quantity_tokens(text: str) -> list[str]:
    """The tokens of an expression that names units; none when it is plain arithmetic, or nothing this grammar has."""
    tokens: list[str] = []
    at, named = 0, False
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return []
        at = found.end()
        if found["name"] in ("True", "False", "None"):
            return []
        if found["name"]:
            is_call = text[at:].lstrip().startswith("(") and found["name"] in FUNCTIONS
            named = named or not (is_call or found["name"] in CONSTANTS)
            tokens.append(found["name"])
            if found["power"]:
                tokens += ["**", _SUPERSCRIPTS.get(found["power"], found["power"])]
        else:
            tokens.append(found["number"] or found["sign"])
    return tokens if named else []


def with_units(tokens: Sequence[str]) -> int | float | str:
    """The value, as a number or as the text of a number and its unit.

    Raises:
        ToolError: An unknown unit, or units that do not go together.
        SyntaxError: Not an expression of this grammar.
        ZeroDivisionError, ValueError, OverflowError: It has no value.
    """
    import pint

    try:
        return _solved(tokens)
    except pint.DimensionalityError as exc:
        raise ToolError(f"{_named(exc.units1)} and {_named(exc.units2)} do not go together") from exc
    except pint.OffsetUnitCalculusError as exc:
        raise ToolError(
            "degrees Celsius and Fahrenheit can only be converted; to add or multiply, use kelvin or delta_degC"
        ) from exc


def _solved(tokens: Sequence[str]) -> int | float | str:
    for at in range(len(tokens) - 2, 0, -1):
        if tokens[at] in _TARGET_WORDS and _is_unit(tokens[at + 1 :]):
            target, names = _Parser(["1", *tokens[at + 1 :]]).whole()
            value, _ = _Parser(tokens[:at]).whole()
            if target.magnitude != 1:
                raise ToolError(f"{' '.join(tokens[at + 1 :])!r} is not a unit to convert to")
            return _shown(_quantity(value).to(target.units), names)
    value, names = _Parser(tokens).whole()
    value = _quantity(value)
    if _is_offset(value):
        return _shown(value, names)
    reduced = value.to_base_units() if value.dimensionless else value.to_reduced_units()
    return _shown(reduced, names)


def _is_unit(tokens: Sequence[str]) -> bool:
    """Whether they can be a unit alone: names, ``*``, ``/``, ``per`` and whole powers, a name first."""
    pattern = r"N(?:\*\*-?D)?(?:[*/]?N(?:\*\*-?D)?)*"
    kinds = "".join("N" if _is_name(t) else "D" if t.isdigit() else t for t in tokens)
    return re.fullmatch(pattern, kinds) is not None


def _is_name(token: str) -> bool:
    return token[0].isalpha() or token[0] in "_\N{DEGREE SIGN}"


class _Parser:
    """Recursive descent over the tokens; every rule gives a pint quantity with a ``Fraction`` for magnitude."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = list(tokens)
        self._at = 0
        self._names: dict[str, str] = {}

    def whole(self) -> tuple[Any, dict[str, str]]:
        """The value of all tokens, and for each unit the name it was written with."""
        value = self._sum()
        if self._at < len(self._tokens):
            raise SyntaxError(f"{self._tokens[self._at]!r} is not expected here")
        return value, self._names

    def _next(self, *tokens: str) -> str:
        """The next token when it is one of ``tokens`` (it is then consumed), else an empty text."""
        if self._at < len(self._tokens) and self._tokens[self._at] in tokens:
            self._at += 1
            return self._tokens[self._at - 1]
        return ""

    def _peek(self, offset: int = 0) -> str:
        at = self._at + offset
        return self._tokens[at] if at < len(self._tokens) else ""

    def _sum(self) -> Any:
        value = self._product()
        while sign := self._next("+", "-"):
            other = _quantity(self._product())
            value = _checked(_quantity(value) + other if sign == "+" else _quantity(value) - other)
        return value

    def _product(self) -> Any:
        value = self._signed()
        while sign := self._next("*", "/", "//", "%"):
            other = self._signed()
            if sign == "*":
                value = value * other
            elif sign == "/":
                value = value / other
            else:
                # Whole times and remainder have a meaning only within one dimension.
                like = other.to(value.units)
                whole = Fraction(value.magnitude // like.magnitude)
                value = _quantity(whole) if sign == "//" else value - whole * like
            value = _checked(value)
        return value

    def _signed(self) -> Any:
        if sign := self._next("+", "-"):
            value = self._signed()
            return value if sign == "+" else _quantity(-value.magnitude, value.units)
        return self._powered()

    def _powered(self) -> Any:
        value = self._measured()
        if not self._next("**"):
            return value
        exponent = self._signed()
        if not exponent.dimensionless:
            raise ToolError("an exponent cannot have a unit")
        exact = Fraction(exponent.to_base_units().magnitude)
        if value.unitless:
            return _quantity(power(Fraction(value.magnitude), exact))
        if exact.denominator != 1 or abs(exact) > MOST_EXPONENT:
            raise ToolError(f"a quantity can be raised to whole powers up to {MOST_EXPONENT}, not {number(exact)}")
        return _quantity(power(value.magnitude, exact), value.units ** int(exact))

    def _measured(self) -> Any:
        """A number with its unit, or several in a row that add up: ``2 h 30 min``."""
        value = self._with_unit(self._primary())
        while not value.unitless and self._peek()[:1].isdigit():
            value = _checked(value + self._with_unit(self._primary()))
        return value

    def _primary(self) -> Any:
        if self._next("("):
            value = self._sum()
            self._closed()
            return value
        token = self._peek()
        if token[:1].isdigit() or token[:1] == ".":
            self._at += 1
            text = token.replace("_", "")
            return _quantity(bounded(Fraction(int(text, 0)) if text[1:2].isalpha() and text[1] in "xXbBoO"
                                     else _exact(text)))  # fmt: skip
        if token in FUNCTIONS and self._peek(1) == "(":
            return self._call()
        if token in CONSTANTS:
            self._at += 1
            return _quantity(CONSTANTS[token])
        if token and _is_name(token):
            raise ToolError(f"no name {token!r}; put the number in")
        raise SyntaxError("a number is missing")

    def _closed(self) -> None:
        if not self._next(")"):
            raise SyntaxError("a bracket is not closed")

    def _call(self) -> Any:
        name = self._peek()
        self._at += 2
        values = []
        while not self._next(")"):
            values.append(self._sum())
            if not self._next(",") and self._peek() != ")":
                raise SyntaxError("a bracket is not closed")
        if all(value.unitless for value in values):
            return _quantity(bounded(called(name, [Fraction(value.magnitude) for value in values])))
        if name == "sqrt" and len(values) == 1:
            units = {unit: exponent / 2 for unit, exponent in values[0].unit_items()}
            return _quantity(called(name, [values[0].magnitude]), _registry().Unit(_registry().UnitsContainer(units)))
        if name not in ("abs", "max", "min", "mean", "sum") or any(_is_offset(value) for value in values):
            if all(value.dimensionless for value in values):  # radians, and ratios such as km/m
                return _quantity(called(name, [Fraction(v.to_base_units().magnitude) for v in values]))
            raise ToolError(f"{name} takes plain numbers, not quantities with units")
        alike = [value.to(values[0].units).magnitude for value in values]
        return _quantity(called(name, alike), values[0].units)

    def _with_unit(self, value: Any) -> Any:
        """``value`` with the unit that follows it, if one does."""
        units: Any = None
        while True:
            token = self._peek()
            divides = token in ("/", "per")
            # `5 * kg` is refused like any `5 * price`; within a unit, as in N * m, it is a product of units.
            skip = 1 if divides or (token == "*" and units is not None) else 0  # noqa: S105 - no password
            name = self._peek(skip)
            if not name or not _is_name(name) or name == "per" or self._peek(skip + 1) == "(" or name in CONSTANTS:
                break
            if name in _TARGET_WORDS and units is not None and not skip:  # `5 km in` is no product of km and inch
                break
            self._at += skip + 1
            unit = self._unit(name) ** self._unit_exponent()
            units = unit if units is None and not divides else _joined(units, unit, divides)
        return value if units is None else value.__class__(value.magnitude, value.units * units)

    def _unit(self, name: str) -> Any:
        import pint

        try:
            if len(name) > _LONGEST_UNIT:
                raise pint.UndefinedUnitError(name)
            unit = _registry().parse_units(_SPELT.get(name, name))
        except (pint.UndefinedUnitError, ValueError, TypeError, AttributeError) as exc:
            raise ToolError(f"no name {name[:_LONGEST_UNIT]!r}, and no unit; put the number in") from exc
        items = list(_registry().Quantity(1, unit).unit_items())
        if len(items) == 1 and items[0][1] == 1:
            self._names.setdefault(items[0][0], name)
        return unit

    def _unit_exponent(self) -> int:
        negative = self._peek(1) == "-"
        digits = self._peek(2 if negative else 1)
        if self._peek() != "**" or not digits.isdigit():
            return 1
        self._at += 3 if negative else 2
        if len(digits) > 1:
            raise ToolError(f"a unit can be raised to powers up to {MOST_EXPONENT}, not {digits[:20]}")
        return -int(digits) if negative else int(digits)


def _joined(units: Any, unit: Any, divides: bool) -> Any:
    if units is None:
        return unit**-1
    return units / unit if divides else units * unit


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Pint's own table of units with exact factors; takes 0.7 s to build."""
    import pint

    return pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)


def _quantity(value: Any, units: Any = "") -> Any:
    return value if hasattr(value, "magnitude") else _registry().Quantity(value, units)


def _is_offset(value: Any) -> bool:
    """Whether its unit starts elsewhere than at nought, as degrees Celsius do."""
    return any(name in ("degree_Celsius", "degree_Fahrenheit", "degree_Reaumur") for name, _ in value.unit_items())


def _exact(text: str) -> Fraction:
    digits, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > 400:
        raise ToolError("a number is too large")
    return Fraction(digits) * Fraction(10) ** int(exponent or 0)


def _checked(value: Any) -> Any:
    if any(abs(exponent) > MOST_EXPONENT for _, exponent in value.unit_items()):
        raise ToolError(f"the unit of the result has a power over {MOST_EXPONENT}")
    bounded(Fraction(value.magnitude))
    return value


def _shown(value: Any, names: dict[str, str]) -> int | float | str:
    magnitude = number(bounded(Fraction(value.magnitude)))
    up = [_power_text(names.get(name, name), e) for name, e in sorted(value.unit_items()) if e > 0]
    down = [_power_text(names.get(name, name), -e) for name, e in sorted(value.unit_items()) if e < 0]
    if not up and not down:
        return magnitude
    return f"{magnitude} {'*'.join(up)}" + "".join(f"/{unit}" for unit in down)


def _named(units: Any) -> str:
    """Pint's own words fail on exponents that are fractions."""
    if isinstance(units, str):
        return units
    items = dict(getattr(units, "_units", units)).items()
    return "*".join(_power_text(name, exponent) for name, exponent in items) or "a number without a unit"


def _power_text(name: str, exponent: Any) -> str:
    return name if exponent == 1 else f"{name}**{exponent}"
