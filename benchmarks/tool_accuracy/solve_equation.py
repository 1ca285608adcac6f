"""solve_equation on seeded equations made from their own solutions."""

import random

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

SEED = 20260910
CASES = 25
NEAR = 1e-9


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of equations all of whose solutions were found, and no others."""
    chance = random.Random(SEED)
    polynomial = system = transcendental = 0
    for _ in range(CASES):
        roots = sorted({chance.randint(-12, 12) for _ in range(chance.randint(1, 4))})
        equation = "*".join(f"(x - ({root}))" for root in roots) + f"*{chance.randint(1, 9)} = 0"
        polynomial += _same([one["x"] for one in _found(call, equation)], roots)
        x, y = chance.randint(-20, 20), chance.randint(-20, 20)
        a, b = chance.randint(1, 9), chance.randint(1, 9)
        found = _found(
            call, f"{a}x + {b}y = {a * x + b * y}; x*y = {x * y}" if a != b else f"x + y = {x + y}; x - y = {x - y}"
        )
        system += any(_same([one["x"], one["y"]], [x, y]) for one in found)
        root = chance.randint(1, 5)
        form = chance.choice(("2^x = {}", "ln(x) = ln({})", "sqrt(x) = {}", "e^x + x = e^{0} + {0}", "x^3 + x = {}"))
        value = {"2^x": 2**root, "sqr": root, "x^3": root**3 + root}.get(form[:3], root)
        target = root**2 if form.startswith("sqrt") else root
        found = _found(call, form.format(value))
        transcendental += any(_same([one["x"]], [target]) for one in found)
    return (
        Accuracy("polynomials: all roots and no others", polynomial / CASES, CASES, reach=1.0),
        Accuracy("systems of two: the solution is among those given", system / CASES, CASES, reach=0.95),
        Accuracy("powers, roots and logarithms: the solution is given", transcendental / CASES, CASES, reach=0.9),
    )


def _found(call: Call, equation: str) -> list[dict[str, object]]:
    try:
        solutions = call({}, equation=equation).value["solutions"]
    except ToolError:
        return []
    return [{name: root["decimal"] for name, root in one.items()} for one in solutions]


def _same(found: list[object], true: list[int]) -> bool:
    pairs = zip(found, true, strict=False)
    return len(found) == len(true) and all(isinstance(f, float | int) and abs(f - t) <= NEAR for f, t in pairs)
