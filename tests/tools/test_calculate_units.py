"""calculate with units: conversions known by definition, and what must not be taken for a unit."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ToolError
from journeyman.tools.calculate import CalculateArguments, run
from tests.tools.folder import call


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3 km / 20 min in km/h", "9 km/h"),
        ("60 km/h * 30 min", "30 km"),
        ("5 mile in km", "8.04672 km"),
        ("10 in to cm", "25.4 cm"),
        ("10 in in cm", "25.4 cm"),
        ("5 ft 3 in in cm", "160.02 cm"),
        ("2 h 30 min in min", "150 min"),
        ("25 \N{DEGREE SIGN}C in \N{DEGREE SIGN}F", "77 \N{DEGREE SIGN}F"),
        ("-40 degC in degF", "-40 degF"),
        ("9.8 m/s^2 * 70 kg in N", "686 N"),
        ("12 m\N{SUPERSCRIPT THREE} in l", "12000 l"),
        ("sqrt(9 m^2)", "3 m"),
        ("(3 m)**2", "9 m**2"),
        ("3 m ** 2", "3 m**2"),
        ("0.1 kg + 0.2 kg", "0.3 kg"),
        ("15% of 80 kg", "12 kg"),
        ("$3 / kg * 2 kg", 6),
        ("3 km / 20 m", 150),
        ("7 m // 2 m", 3),
        ("7 m % 2 m", "1 m"),
        ("1 kWh in MJ", "3.6 MJ"),
        ("sum(1 m, 2 cm) in mm", "1020 mm"),
        ("max(3 km, 2 mile)", "3.218688 km"),
        ("sin(90 degree)", 1),
        ("0x10 + 1", 17),
        ("2e3 m in km", "2 km"),
    ],
)
def test_quantities_are_exact(tmp_path, expression, value):
    result = call("calculate", tmp_path, expression=expression)
    assert result == value
    assert type(result) is type(value)


@settings(deadline=None, max_examples=50)
@given(st.decimals(-1000, 1000, places=3), st.sampled_from(["m", "km", "mile", "inch", "ft", "cm"]))
def test_a_conversion_and_its_way_back_change_nothing(amount, unit):
    there = run(CalculateArguments(expression=f"{amount} {unit} in yard"), None).value
    back = run(CalculateArguments(expression=f"{there} in {unit}"), None).value
    assert float(back.split()[0]) == pytest.approx(float(Fraction(str(amount))), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("5 kg + 3 m", "kilogram and meter do not go together"),
        ("3 km in kg", "kilometer and kilogram do not go together"),
        ("5 m/s + 1", r"meter.*second.*and a number without a unit do not go together"),
        ("0C20", "do not go together"),
        ("5 apples * 2", "no name 'apples', and no unit"),
        ("5 * a", "no name 'a'"),
        ("a * 2", "no name 'a'"),
        ("20 degC + 3 degC", "kelvin"),
        ("5 m**99", "up to 9"),
        ("(5 m)**99", "up to 9"),
        ("(5 m)**0.5", "whole powers"),
        ("2 ** (3 m)", "cannot have a unit"),
        ("sin(3 m)", "plain numbers"),
        ("5 km in", "not arithmetic"),
        ("(2 m", "not arithmetic"),
        ("2 m)", "not arithmetic"),
        ("() m", "not arithmetic"),
        ("5 m / 0 s", "division by zero"),
        ("5 EUR in USD", "no name"),
        ("(9**9**9**9) m", "too large"),
        ("1e999999999 m", "too large"),
        ("nan m", "no name 'nan'"),
        ("inf km in m", "no name 'inf'"),
        ("(" * 240 + "1 m" + ")" * 240, "not arithmetic"),
        ("1 " + "m" * 400, "no unit"),
        ("1 m\x00", "not arithmetic|no value"),
        ("m" * 1_000_000, "characters"),
        ("open('x') m", "not arithmetic"),
        ("1 m .__class__", "not arithmetic|no name"),
    ],
)
def test_what_is_no_quantity_is_refused_in_words(tmp_path, expression, words):
    with pytest.raises(ToolError, match=words) as refusal:
        call("calculate", tmp_path, expression=expression)
    assert "failed" not in str(refusal.value)


@settings(deadline=None, max_examples=300)
@given(st.text("0123456789.+-*/%()^ ,=eminkghC\N{DEGREE SIGN}\N{MINUS SIGN}", max_size=24))
def test_no_text_breaks_it(expression):
    try:
        value = run(CalculateArguments(expression=expression), None).value
    except ToolError:
        return
    assert isinstance(value, int | float | str)
