"""Parsing Python from several threads: each gets its tree, whatever the others and libraries parse meanwhile."""

import ast
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from journeyman.python_syntax import parse_python

DEEP = "x = " + "[" * 60 + "1" + "]" * 60
LONG = "\n".join(f"y{n} = f({n}, a=[{n}, {{'b': {n}}}])" for n in range(300))


def test_threads_get_what_one_would() -> None:
    wanted = {code: ast.dump(ast.parse(code)) for code in (DEEP, LONG)}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            codes = [DEEP, LONG] * 40
            for code, tree in zip(codes, pool.map(parse_python, codes), strict=True):
                assert ast.dump(tree) == wanted[code]
    finally:
        sys.setswitchinterval(interval)


def test_a_parse_that_met_another_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real, said = ast.parse, []

    def meets_another(code: str) -> ast.Module:
        said.append(code)
        if len(said) < 3:
            raise SystemError("AST constructor recursion depth mismatch (before=72, after=68)")
        return real(code)

    monkeypatch.setattr(ast, "parse", meets_another)
    assert ast.dump(parse_python("f(1)")) == ast.dump(real("f(1)"))
    assert said == ["f(1)"] * 3


@pytest.mark.parametrize(("code", "error"), [("f(", SyntaxError), ("a\0b", (SyntaxError, ValueError))])
def test_what_is_no_python_is_refused_as_ever(code: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_python(code)
