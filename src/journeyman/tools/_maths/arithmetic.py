"""Exact arithmetic for ``calculate``: an expression is parsed, never executed, and decimals stay decimals."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from journeyman.errors import ToolError

MOST_BITS = 4096
"""Of a numerator or denominator: 9**9**9 must not take the machine down."""


def evaluated(text: str) -> Fraction:
    """The value of an expression in Python's signs.

    Raises:
        ToolError: No name, function or operation of ours, or too large.
        SyntaxError, MemoryError, RecursionError: Not an expression; ``ast.parse`` raises MemoryError on deep nesting.
        ZeroDivisionError, ValueError, OverflowError: It has no value.
    """
    return _value(ast.parse(text, mode="eval").body)


def plain(expression: str) -> str:
    """The expression in Python's signs: typeset operators, percent, currency and thousands marks rewritten."""
    text = expression.strip().rstrip("=").strip()
    for sign, python in _SIGNS.items():
        text = text.replace(sign, python)
    if not re.search(r"[a-z]\w*\s*\(", text):  # in max(1,200) the comma parts two arguments
        text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"%\s*of\b", "/100*", text)
    # A per cent sign with no operand after it; with one it is Python's remainder.
    return re.sub(r"%(?=\s*(?:[-+*/),]|$))", "/100", text)


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=bool() as word):
            raise ToolError(f"{word} is not a number")
        case ast.Constant(value=int() | float() as given):
            # repr, not the float: 0.1 is meant as one tenth.
            return bounded(Fraction(repr(given)) if math.isfinite(given) else _refuse("a number is too large"))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return bounded(power(_value(left), _value(right)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return bounded(Fraction(_OPERATORS[type(op)](_value(left), _value(right))))
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return bounded(called(name, [_value(arg) for arg in args]))
        case ast.Call(func=ast.Name(id=name)):
            raise ToolError(f"no function {name!r}; there is: {', '.join(sorted(FUNCTIONS))}")
        case ast.Name(id=name):
            raise ToolError(f"no name {name!r}; put the number in")
    raise ToolError(f"calculate cannot do {ast.unparse(node)!r}; it knows + - * / // % ** ( ) and functions")


def called(name: str, values: list[Fraction]) -> Fraction:
    """What the function ``name`` of ``FUNCTIONS`` gives; ToolError when it cannot take so many values."""
    try:
        return Fraction(FUNCTIONS[name](*values))
    except TypeError as exc:
        raise ToolError(f"{name} cannot take {len(values)} values like these") from exc


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """``base ** exponent``, exact for whole exponents; ToolError when too large or not real."""
    if exponent.denominator != 1:
        result = float(base) ** float(exponent)
        if isinstance(result, complex):
            raise ToolError(f"{base} ** {exponent} is not a real number")
        return Fraction(result)
    size = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
    if abs(exponent) * size > MOST_BITS and size > 1:
        raise ToolError("the result of ** is too large")
    if abs(base) == 1:  # stays small, and Fraction would still multiply it out a million times
        return base ** int(exponent % 2)
    return base ** int(exponent)


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise ToolError(f"sqrt of the negative number {number(value)}")
    exact = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return exact if exact * exact == value else Fraction(math.sqrt(value))


def _rounded(value: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    if digits.denominator != 1 or abs(digits) > 100:
        raise ToolError("round takes a whole number of digits, -100 to 100")
    step = Fraction(10) ** int(digits)
    # Half away from zero, as taught in school; Python's round(2.5) is 2.
    return math.floor(abs(value) * step + Fraction(1, 2)) / step * (1 if value >= 0 else -1)


def bounded(value: Fraction) -> Fraction:
    """``value``; ToolError when it is over ``MOST_BITS``."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
        return _refuse("a number is too large")
    return value


def _refuse(reason: str) -> Fraction:
    raise ToolError(f"{reason}; the limit is {MOST_BITS} bits")


def number(value: Fraction) -> int | float:
    """An int when ``value`` is whole, else the nearest float; OverflowError beyond 1.8e308."""
    return value.numerator if value.denominator == 1 else float(value)


_SIGNS: Mapping[str, str] = {
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "^": "**",
    "$": "",
    "\N{EURO SIGN}": "",
    "\N{POUND SIGN}": "",
}

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}

CONSTANTS: Mapping[str, Fraction] = {"pi": Fraction(math.pi), "e": Fraction(math.e)}

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "ln": math.log,
    "log": math.log,
    "log10": math.log10,
    "max": lambda *values: max(values),
    "mean": lambda *values: sum(values) / len(values) if values else _refuse("mean of nothing"),
    "min": lambda *values: min(values),
    "round": _rounded,
    "sin": math.sin,
    "sqrt": _root,
    "sum": lambda *values: sum(values),
    "tan": math.tan,
}
