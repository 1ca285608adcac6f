"""calculate on seeded arithmetic and conversions, against fractions and factors worked out here."""

import random
from fractions import Fraction

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

SEED = 20260909
CASES = 200
FACTORS = {
    # By definition: the international yard and pound of 1959, NIST SP 811.
    ("mile", "km"): Fraction("1.609344"), ("inch", "cm"): Fraction("2.54"), ("lb", "kg"): Fraction("0.45359237"),
    ("h", "s"): Fraction(3600), ("day", "min"): Fraction(1440), ("km/h", "m/s"): Fraction(5, 18),
    ("kWh", "J"): Fraction(3_600_000), ("l", "m**3"): Fraction(1, 1000), ("byte", "bit"): Fraction(8),
}  # fmt: skip


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of results that are the nearest float of the exact value."""
    chance = random.Random(SEED)
    plain = units = 0
    for _ in range(CASES):
        expression, value = _expression(chance, 3)
        plain += _value(call, expression) == (value.numerator if value.denominator == 1 else float(value))
    pairs = list(FACTORS)
    for _ in range(CASES):
        source, target = chance.choice(pairs)
        amount = Fraction(chance.randint(1, 10**6), 1000)
        found = _value(call, f"{float(amount)} {source} in {target}")
        exact = amount * FACTORS[source, target]
        units += isinstance(found, str) and float(found.split()[0]) == float(exact)
    return (
        Accuracy("arithmetic exact to the last digit", plain / CASES, CASES, reach=1.0),
        Accuracy("conversions exact to the last digit", units / CASES, CASES, reach=1.0),
    )


def _value(call: Call, expression: str) -> object:
    try:
        return call({}, expression=expression).value
    except ToolError:
        return None


def _expression(chance: random.Random, depth: int) -> tuple[str, Fraction]:
    if depth == 0 or chance.random() < 0.2:
        text = f"{chance.randint(1, 99999) / 100:.2f}" if chance.random() < 0.5 else str(chance.randint(1, 999))
        return text, Fraction(text)
    (left, a), (right, b) = _expression(chance, depth - 1), _expression(chance, depth - 1)
    sign = chance.choice("+-*/")
    if sign == "/" and b == 0:
        sign = "+"
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else a}[sign]
    return f"({left} {sign} {right})", value
