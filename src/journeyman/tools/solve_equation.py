"""Solve equations and systems with sympy, exactly where it can be done and else by numbers."""

import math
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._maths.algebra import equations, number_at
from journeyman.tools._packages import missing_packages

CPU_SECONDS = 15.0
"""Of one call; a tool host's own limit would cost the process and the models in it."""
MOST_SOLUTIONS = 40
LONGEST_EXACT = 80
"""Characters; Cardano's formulas fill a screen and tell nobody anything."""
SCAN = 100
"""Equations without a formula are searched for roots from -SCAN to SCAN, eight points to the unit."""
_SCAN_STEPS = 16 * SCAN
_BISECTIONS = 60


class Root(TypedDict):
    """The value of one unknown."""

    exact: str | None
    """``sqrt(2)``; null when there is no short formula."""
    decimal: float | str | None
    """15 digits; text such as ``1 + 2i`` when it is complex; null when other unknowns stand in it."""


class Solutions(TypedDict):
    """What satisfies all equations at once."""

    solutions: list[dict[str, Root]]
    """A value for each unknown; real ones first, smallest first."""
    note: str
    """What the list does not say: that there is none, that every value holds, that there are more."""


class SolveEquationArguments(Arguments):
    """What to solve, and for what."""

    equation: str = Field(description="one or several parted by ;, e.g. x^2 = 2 or x + y = 3; x - y = 1")
    variable: str = Field(default="", description="unknowns, e.g. x or x, y; empty: all that occur")


class _OutOfTimeError(BaseException):
    """Not an Exception: sympy tries methods in turn and takes any Exception for a method that failed."""


def run(arguments: SolveEquationArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool is called alike
    """All solutions that sympy finds, real and complex."""
    try:
        with _cpu_limit(CPU_SECONDS):
            given = equations(arguments.equation)
            unknowns = _unknowns(given, arguments.variable)
            return ToolResult(value=_solved(given, unknowns))
    except (_OutOfTimeError, RecursionError) as exc:
        raise ToolError("the equation is too hard: no solution was found in time; simplify it") from exc
    except (NotImplementedError, ZeroDivisionError, ArithmeticError, ValueError, TypeError, AttributeError) as exc:
        # What sympy's solvers raise on what they cannot do; the input has passed our own grammar.
        raise ToolError(
            f"the equation is too hard for sympy: {str(exc).splitlines()[0][:120] if str(exc) else ''}"
        ) from exc


@contextmanager
def _cpu_limit(seconds: float) -> Iterator[None]:
    """Stop the block after so many CPU seconds of this process; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise _OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, stop)
    # Again every second: one raised inside a destructor is lost.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _unknowns(given: Sequence[Any], variable: str) -> list[Any]:
    import sympy

    occurring = sorted(set().union(*(one.free_symbols for one in given)), key=str)
    names = ", ".join(map(str, occurring)) or "none"
    wanted = [name for name in variable.replace(",", " ").split() if name]
    for name in wanted:
        if sympy.Symbol(name) not in occurring:
            raise ToolError(f"the variable {name[:20]!r} does not occur; there is: {names}")
    if not wanted and len(occurring) > len(given):
        raise ToolError(
            f"{len(occurring)} unknowns and {len(given)} equations: say for which variable; there is: {names}"
        )
    return [sympy.Symbol(name) for name in dict.fromkeys(wanted)] or occurring


def _solved(given: Sequence[Any], unknowns: list[Any]) -> Solutions:
    import sympy

    left = [one for one in map(sympy.simplify, given) if one != 0]
    if not left:
        return Solutions(solutions=[], note="true for every value for which it is defined")
    if any(one.is_number for one in left):
        return Solutions(solutions=[], note="no solution: the equations contradict each other")
    periodic = any(one.has(sympy.sin, sympy.cos, sympy.tan) for one in given)
    note = "sin, cos and tan repeat: more solutions lie whole periods away" if periodic else ""
    # From the equation as given: simplify may cancel a factor that is nought in a denominator.
    only = given[0] if len(left) == 1 and len(unknowns) == 1 else None
    if only is not None and only.free_symbols == set(unknowns):
        values, more = _univariate(only, unknowns[0])
        found = [{unknowns[0]: value} for value in values]
        note = more or note
    else:
        found = [dict(one) for one in sympy.solve(list(given), unknowns, dict=True)]
    found = [one for one in found if one]
    if not found:
        return Solutions(solutions=[], note=note if note.startswith("none") else "no solution")
    if len(found) > MOST_SOLUTIONS:
        note = f"the first {MOST_SOLUTIONS} of {len(found)} solutions"
    found.sort(key=lambda one: [_order(value) for _, value in sorted(one.items(), key=str)])
    shown = [{str(name): _root(value) for name, value in sorted(one.items(), key=str)} for one in found]
    return Solutions(solutions=shown[:MOST_SOLUTIONS], note=note)


def _univariate(expression: Any, unknown: Any) -> tuple[list[Any], str]:
    """Solutions of ``expression = 0`` in its only symbol, and a note when they may not be all."""
    import sympy

    top, bottom = sympy.fraction(sympy.together(expression))
    if top.is_polynomial(unknown) and bottom.is_polynomial(unknown):
        roots = _polynomial_roots(sympy.Poly(top, unknown), unknown)
        return [r for r in roots if abs(complex(bottom.subs(unknown, r).evalf(15))) > 1e-9], ""
    if expression.has(sympy.Abs):
        # Of a complex x, abs(x) = 2 is a circle; people mean the line.
        line = sympy.Symbol(unknown.name, real=True)
        return list(sympy.solve(expression.subs(unknown, line), line)), ""
    try:
        return list(sympy.solve(expression, unknown)), ""
    except NotImplementedError:  # how sympy says that it knows no formula
        found = _scanned(expression, unknown)
        if found:
            return found, f"found by numbers between -{SCAN} and {SCAN}; there may be more"
        return [], f"none found by numbers between -{SCAN} and {SCAN}; there is no formula"


def _polynomial_roots(polynomial: Any, unknown: Any) -> list[Any]:
    """All roots, each once: exact for factors with a short formula, else 15 digits."""
    import sympy

    if not all(coefficient.is_Rational for coefficient in polynomial.coeffs()):
        if polynomial.degree() <= 2:
            return list(sympy.solve(polynomial.as_expr(), unknown))
        return list(polynomial.nroots(n=15, maxsteps=200))
    roots: list[Any] = []
    for factor, _ in polynomial.factor_list()[1]:
        terms = len(factor.terms())
        if factor.degree() <= 2 or (terms == 2 and factor.degree() <= 6):
            roots += list(sympy.roots(factor))
        else:
            roots += list(factor.nroots(n=15, maxsteps=200))
    return roots


def _scanned(expression: Any, unknown: Any) -> list[Any]:
    """Real roots where the sign changes between neighbouring points, by bisection."""
    import sympy

    def value(at: float) -> float | None:
        try:
            result = number_at(expression, {unknown: complex(at)})
        except (ArithmeticError, ValueError):
            return None
        return result.real if abs(result.imag) < 1e-9 and math.isfinite(result.real) else None

    points = [SCAN * (2 * n / _SCAN_STEPS - 1) for n in range(_SCAN_STEPS + 1)]
    values = [value(point) for point in points]
    roots = [sympy.Float(point, 15) for point, v in zip(points, values, strict=True) if v == 0]
    for n in range(_SCAN_STEPS):
        low, high, at_low, at_high = points[n], points[n + 1], values[n], values[n + 1]
        if at_low is None or at_high is None or at_low * at_high >= 0 or len(roots) >= MOST_SOLUTIONS:
            continue
        step = max(abs(at_low), abs(at_high))
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            at_middle = value(middle)
            if at_middle is None:
                break
            low, high = (middle, high) if at_middle * at_low > 0 else (low, middle)
        # At a pole the sign changes too, but the values grow.
        at_end = value(low)
        if at_end is not None and abs(at_end) < 1e-6 * max(1.0, step):
            roots.append(sympy.Float(low, 15))
    return roots


def _order(value: Any) -> tuple[int, float, float, str]:
    if value.free_symbols:
        return (2, 0.0, 0.0, str(value))
    number = complex(value.evalf(15))
    is_complex = abs(number.imag) > 1e-12 * max(1.0, abs(number))
    return (int(is_complex), number.real, number.imag, "")


def _root(value: Any) -> Root:
    import sympy

    # The imaginary unit is written as it is read.
    exact = str(sympy.nsimplify(value) if value.is_Integer else value.subs(sympy.I, sympy.Symbol("i")))
    short = exact if len(exact) <= LONGEST_EXACT and not value.has(sympy.Float, sympy.CRootOf) else None
    if value.free_symbols:
        return Root(exact=exact, decimal=None)
    number = complex(value.evalf(17))
    if abs(number.imag) <= 1e-12 * max(1.0, abs(number)):
        return Root(exact=short, decimal=float(f"{number.real:.15g}"))
    real = f"{number.real:.15g} " if abs(number.real) > 1e-12 * abs(number) else ""
    sign = "-" if number.imag < 0 else "+" if real else ""
    return Root(exact=short, decimal=f"{real}{sign}{' ' if real else ''}{abs(number.imag):.15g}i")


TOOL = Tool(
    name="solve_equation",
    version=1,
    summary="Solves equations and systems with sympy, exactly or by numbers; the text is parsed, never executed.",
    description="Solve equations.",
    arguments=SolveEquationArguments,
    returns="solutions (exact, decimal), note",
    result=Solutions,
    example={"equation": "x^2 - 5x + 6 = 0"},
    run=run,
    licence="BSD-3-Clause",
    # Loads no model, but a hard equation must take no more than a tool host.
    heavy=True,
    missing=missing_packages("sympy"),
    covers=(Covers("GTA", "Solver", "equations only; no inequalities, limits or optimisation"),),
)
