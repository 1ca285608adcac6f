"""solve_equation: answers against known roots, and texts made to run code, to hang or to fill the memory."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from journeyman.errors import ToolError
from journeyman.tools.solve_equation import SolveEquationArguments, run
from tests.tools.folder import call


def _exact(found):
    return [{name: root["exact"] for name, root in one.items()} for one in found["solutions"]]


@pytest.mark.parametrize(
    ("equation", "solutions"),
    [
        ("2x + 3 = 7", [{"x": "2"}]),
        ("0.1x + 0.2 = 0.3", [{"x": "1"}]),
        ("x^2 - 5x + 6 = 0", [{"x": "2"}, {"x": "3"}]),
        ("x\N{SUPERSCRIPT TWO} = 2", [{"x": "-sqrt(2)"}, {"x": "sqrt(2)"}]),
        ("x \N{MINUS SIGN} 1", [{"x": "1"}]),
        ("3(x + 1) = 2(x - 4)", [{"x": "-11"}]),
        ("x^2 + 2x + 1 = 0", [{"x": "-1"}]),
        ("x^2 + 1 = 0", [{"x": "-i"}, {"x": "i"}]),
        ("x^4 - 10x^2 + 9 = 0", [{"x": "-3"}, {"x": "-1"}, {"x": "1"}, {"x": "3"}]),
        ("(x^2 - 1)/(x - 1) = 0", [{"x": "-1"}]),
        ("1/x = 2", [{"x": "1/2"}]),
        ("sqrt(x + 3) = x - 3", [{"x": "6"}]),
        ("abs(x - 3) = 2", [{"x": "1"}, {"x": "5"}]),
        ("2^x = 8", [{"x": "3"}]),
        ("log(x, 2) = 5", [{"x": "32"}]),
        ("e^(2x) - 3e^x + 2 = 0", [{"x": "0"}, {"x": "log(2)"}]),
        ("x + y = 3; x - y = 1", [{"x": "2", "y": "1"}]),
        ("x + y = 7, x^2 + y^2 = 25", [{"x": "3", "y": "4"}, {"x": "4", "y": "3"}]),
        ("x = 2 and y = 3x", [{"x": "2", "y": "6"}]),
        ("-" * 490 + "x", [{"x": "0"}]),
        ("5 = 5", []),
        ("x = x + 1", []),
    ],
)
def test_solutions_are_exact(tmp_path, equation, solutions):
    assert _exact(call("solve_equation", tmp_path, equation=equation)) == solutions


@pytest.mark.parametrize(
    ("equation", "roots"),
    [
        ("x^3 - 3x + 1 = 0", [-1.879385241571817, 0.347296355333861, 1.532088886237956]),
        ("cos(x) = x", [0.739085133215161]),
        ("x * e^x = 1", [0.567143290409784]),
        ("\N{GREEK SMALL LETTER PI} r^2 = 10", [-1.78412411615277, 1.78412411615277]),
    ],
)
def test_what_has_no_short_formula_is_solved_by_numbers(tmp_path, equation, roots):
    found = call("solve_equation", tmp_path, equation=equation)["solutions"]
    assert [root["decimal"] for one in found for root in one.values()] == pytest.approx(roots, abs=1e-12)


def test_a_letter_among_letters_is_solved_for(tmp_path):
    found = call("solve_equation", tmp_path, equation="v = s / t", variable="t")
    assert found["solutions"] == [{"t": {"exact": "s/v", "decimal": None}}]
    assert call("solve_equation", tmp_path, equation="x^2 + x + 1 = 0")["solutions"][0]["x"]["decimal"] == (
        "-0.5 - 0.866025403784439i"
    )


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("sin(x) = 1/2", "repeat"),
        ("cos(x) = x", "by numbers"),
        ("x = x", "every value"),
        ("1 = 2", "contradict"),
        ("x*0 = 1", "contradict"),
        ("cos(x) = x^2 + 3", r"none found|no solution"),
    ],
)
def test_a_note_says_what_the_list_cannot(tmp_path, equation, words):
    assert re.search(words, call("solve_equation", tmp_path, equation=equation)["note"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.fractions(-20, 20, max_denominator=12), min_size=1, max_size=4, unique=True))
def test_the_roots_of_a_product_are_those_of_its_factors(roots):
    equation = "*".join(f"(x - ({root}))" for root in roots) + " = 0"
    value = run(SolveEquationArguments(equation=equation), None).value
    assert [one["x"]["exact"] for one in value["solutions"]] == [str(root) for root in sorted(roots)]


@settings(deadline=None, max_examples=40)
@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(-9, 9), st.integers(-9, 9))
def test_a_linear_system_gives_back_what_it_was_made_of(x, y, a, b):
    assume(a != b)
    equation = f"{a}*x + y = {a * x + y}; {b}*x + y = {b * x + y}"
    value = run(SolveEquationArguments(equation=equation, variable="x, y"), None).value
    assert [{name: root["decimal"] for name, root in one.items()} for one in value["solutions"]] == [{"x": x, "y": y}]


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("", "no equation"),
        (" ; ", "no equation"),
        ("x" * 1_000_000, "1,000,000 characters"),
        ("x\x00 = 1", "no part"),
        ("x = \x1b[31m", "no part"),
        ("(" * 240 + "x" + ")" * 240, "can be read"),
        ("9**9**9**9 = x", "too large"),
        ("((x + 1)^20)^20 = 0", "degree"),
        ("x^21 = 1", "too large"),
        ("exp(exp(exp(9))) = x", "too large"),
        ("2^(10^9) = x", "too large"),
        ("x = 1e300", "too large"),
        ("x = " + "9" * 50, "digits"),
        ("x/0 = 1", "by zero"),
        ("0^(-1) = x", "by zero"),
        ("log(0) = x", "no value"),
        ("x^x = 2", "too hard"),
        ("2x < 3", "inequality"),
        ("x = y = z", "equality"),
        ("x + y = 2", "for which variable"),
        ("nan = x", "not a number"),
        ("inf * x = 1", "not a number"),
        ("True = x", "not a number"),
        ("sin = x", "is a function"),
        ("sqrt(1, 2) = x", "cannot take"),
        ("__import__('os').system('id') = x", "no part"),
        ("().__class__ = x", "no part"),
        ("[x for x in y] = 1", "no part"),
        ("x if x else y = 1", "no equation"),
        ("lambda x: 1", "no part"),
        ("x.diff(x) = 1", "no part"),
        ("x = 'a'", "no part"),
        ("a=1;" * 7, "7 equations"),
        ("y = sin(\ud800)", "no part"),
    ],
)
def test_what_cannot_be_solved_is_refused_in_words(tmp_path, equation, words):
    with pytest.raises(ToolError, match=words) as refusal:
        call("solve_equation", tmp_path, equation=equation)
    assert "failed" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_a_variable_that_does_not_occur_is_named(tmp_path):
    with pytest.raises(ToolError, match="'z' does not occur; there is: x"):
        call("solve_equation", tmp_path, equation="x = 1", variable="z")


def test_a_search_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr("journeyman.tools.solve_equation.CPU_SECONDS", 0.2)

    def endless(_given, _unknowns):
        while True:
            pass

    monkeypatch.setattr("journeyman.tools.solve_equation._solved", endless)
    with pytest.raises(ToolError, match="too hard"):
        run(SolveEquationArguments(equation="x = 1"), None)
