"""Equations as sympy objects for ``solve_equation``, through a closed grammar.

Sympy's own ``sympify`` and ``parse_expr`` run their input as Python, so neither is called: the text becomes a
syntax tree, and of the tree only numbers, names, operators and listed functions are built, each checked for
size before sympy may work it out.
"""

import ast
import cmath
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from journeyman.errors import ToolError

MOST_CHARACTERS = 500
MOST_EQUATIONS = 6
MOST_DEGREE = 20
MOST_DIGITS = 40
MOST_BITS = 4096
LARGEST_ARGUMENT = 700
"""Of a function of a number: exp(709) is the last that a float holds."""

FUNCTIONS = (
    "abs", "acos", "asin", "atan", "cos", "cosh", "exp", "ln", "log", "log10", "sin", "sinh", "sqrt", "tan",
    "tanh",
)  # fmt: skip
_SIGNS: Mapping[str, str] = {
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{SQUARE ROOT}": "sqrt",
    "\N{GREEK SMALL LETTER PI}": "pi",
    "\N{SUPERSCRIPT TWO}": "**2",
    "\N{SUPERSCRIPT THREE}": "**3",
    "^": "**",
    "==": "=",
}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+(?![A-Za-z_]))?)|(?P<name>[^\W\d_]\w*)|(?P<sign>\*\*|[-+*/()=,]))"
)


def equations(text: str) -> list[Any]:
    """Left side minus right side of every equation, as sympy expressions; an expression alone equals nought.

    Equations are parted by commas, semicolons, line ends or ``and``.

    Raises:
        ToolError: Too long, not of the grammar, or a number, power or degree too large.
    """
    if len(text) > MOST_CHARACTERS:
        raise ToolError(f"the equation has {len(text):,} characters; the limit is {MOST_CHARACTERS}")
    if found := re.search(r"[<>\N{LESS-THAN OR EQUAL TO}\N{GREATER-THAN OR EQUAL TO}\N{NOT EQUAL TO}]|!=", text):
        raise ToolError(f"{found[0]!r} is an inequality; only equations with = are solved")
    for sign, python in _SIGNS.items():
        text = text.replace(sign, python)
    parts = [part for line in re.split(r"[;\n]|\band\b", text) for part in _parted(line) if part.strip()]
    if not parts:
        raise ToolError("there is no equation; write one such as 2*x + 3 = 7")
    if len(parts) > MOST_EQUATIONS:
        raise ToolError(f"there are {len(parts)} equations; the limit is {MOST_EQUATIONS}")
    return [_difference(part.strip()) for part in parts]


def _parted(text: str) -> list[str]:
    """Parted at commas that stand in no bracket: ``log(8, 2)`` is one."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _difference(text: str) -> Any:
    sides = text.split("=")
    text = text if len(text) <= 60 else f"{text[:60]}..."
    if len(sides) > 2:
        raise ToolError(f"{text!r} has {len(sides) - 1} signs of equality; write one equation for each, parted by ;")
    try:
        left, *right = (_built(ast.parse(_explicit(side), mode="eval").body) for side in sides)
    except (SyntaxError, MemoryError, RecursionError, ValueError) as exc:
        raise ToolError(f"{text!r} is no equation that can be read; write one such as 2*x + 3 = 7") from exc
    difference = left - right[0] if right else left
    if _degree(difference) > MOST_DEGREE:
        raise ToolError(f"{text!r} has a degree over {MOST_DEGREE}")
    return difference


def _explicit(text: str) -> str:
    """With every product written out: ``2x(x + 1)`` is ``2*x*(x+1)``."""
    tokens: list[str] = []
    at, text = 0, text.strip()
    before = ""
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ToolError(f"{text[at : at + 10].strip()!r} is no part of an equation")
        at = found.end()
        sign, kind = found[0].strip(), str(found.lastgroup)
        opens = kind in ("number", "name") or sign == "("
        is_call = sign == "(" and before == "name" and tokens[-1] in FUNCTIONS
        if opens and before in ("number", "name", ")") and not is_call:
            tokens.append("*")
        if kind == "number" and len(re.sub(r"\D", "", sign)) > MOST_DIGITS:
            raise ToolError(f"the number {sign[:20]}... has over {MOST_DIGITS} digits")
        tokens.append(sign)
        before = kind if kind != "sign" else sign
    return " ".join(tokens)


def _built(node: ast.expr) -> Any:
    import sympy

    match node:
        case ast.Constant(value=bool() | None):
            raise ToolError(f"{ast.unparse(node)} is not a number")
        case ast.Constant(value=int() | float() as given):
            # repr, not the float: 0.1 is meant as one tenth, and 1e999 has become inf.
            if given in (float("inf"),) or (isinstance(given, float) and abs(given) > 1e100):
                raise ToolError("a number is too large; the limit is 1e100")
            return sympy.Rational(repr(given))
        case ast.Name(id="pi"):
            return sympy.pi
        case ast.Name(id="e" | "E"):
            return sympy.E
        case ast.Name(id="i" | "I"):
            return sympy.I
        case ast.Name(id=name) if name in FUNCTIONS:
            raise ToolError(f"{name} is a function; write {name}(x)")
        case ast.Name(id="nan" | "inf" | "oo" as name):
            raise ToolError(f"{name} is not a number")
        case ast.Name(id=name) if len(name) <= 20:
            return sympy.Symbol(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_built(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _built(inner)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _built(left) + _built(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _built(left) - _built(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _built(left) * _built(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            divisor = _built(right)
            if divisor == 0:
                raise ToolError("the equation divides by zero")
            return _built(left) / divisor
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_built(left), _built(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return _called(name, [_built(arg) for arg in args])
    raise ToolError(f"{ast.unparse(node)[:60]!r} is no part of an equation; there is + - * / ^ ( ) and functions")


def _power(base: Any, exponent: Any) -> Any:
    if exponent.is_Rational:
        if exponent.q > 12:
            raise ToolError(f"the power {exponent} is too fine; write a root up to the 12th")
        if base.is_Rational:
            if base == 0 and exponent < 0:
                raise ToolError("the equation divides by zero")
            if abs(exponent) * max(abs(base.p).bit_length(), base.q.bit_length()) > MOST_BITS:
                raise ToolError("a power is too large")
        elif abs(exponent) > MOST_DEGREE:
            raise ToolError(f"the power {exponent} is too large; the limit is {MOST_DEGREE}")
    elif exponent.is_number:
        _small(exponent)
    elif not base.is_number and base.free_symbols & exponent.free_symbols:
        raise ToolError("an unknown raised to itself is too hard for solve_equation")
    return base**exponent


def _called(name: str, values: Sequence[Any]) -> Any:
    import sympy

    if len(values) != (2 if name == "log" and len(values) == 2 else 1):
        raise ToolError(f"{name} cannot take {len(values)} values")
    for value in values:
        if value.is_number and name not in ("sqrt", "abs"):
            _small(value)
    names = {"abs": "Abs", "ln": "log"}
    result = sympy.log(values[0], 10) if name == "log10" else getattr(sympy, names.get(name, name))(*values)
    if result.has(sympy.zoo, sympy.nan, sympy.oo):
        raise ToolError(f"{name}({', '.join(map(str, values))}) has no value")
    return result


def _small(value: Any) -> None:
    """Refuse what would make ``exp(exp(exp(9)))``: sympy would start to work it out."""
    if abs(complex(value.evalf(15))) > LARGEST_ARGUMENT:
        raise ToolError(f"{str(value)[:40]} is too large here; the limit is {LARGEST_ARGUMENT}")


def _degree(expression: Any) -> int:
    """An upper bound of the degree that multiplying out would give; nothing is multiplied out for it."""
    if expression.is_Symbol:
        return 1
    degrees = [_degree(argument) for argument in expression.args]
    if expression.is_Mul:
        return sum(degrees)
    if expression.is_Pow and expression.exp.is_Rational:
        return int(degrees[0] * max(1, abs(expression.exp)))
    return max(degrees, default=0)


def number_at(expression: Any, values: Mapping[Any, complex]) -> complex:
    """``expression`` in floating point, its symbols standing for ``values``.

    Raises:
        ArithmeticError, ValueError: It has no value there, or one beyond 1e308.
    """
    if expression.is_Symbol:
        return values[expression]
    if expression.is_number and not expression.args:
        return complex(expression)
    given = [number_at(argument, values) for argument in expression.args]
    if expression.is_Add:
        return sum(given)
    if expression.is_Mul:
        return math.prod(given)
    if expression.is_Pow:
        return complex(given[0] ** given[1])
    name = type(expression).__name__
    return complex(abs(given[0])) if name == "Abs" else complex(getattr(cmath, name)(*given))
