import pytest

from journeyman.errors import ToolError
from tests.tools.folder import call


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", 0.3),
        ("15% of 1,280", 192),
        ("200 + 10%", 200.1),
        ("17 % 5", 2),
        ("(50 - 40) / 40 * 100", 25),
        ("2^10", 1024),
        ("$1,234.50 \N{MULTIPLICATION SIGN} 2 =", 2469),
        ("7 \N{DIVISION SIGN} 2 \N{MINUS SIGN} 1", 2.5),
        ("10 / 4", 2.5),
        ("1/3", 1 / 3),
        ("max(1,200)", 200),
        ("round(2.675, 2)", 2.68),
        ("round(-2.5)", -3),
        ("sqrt(144) + abs(-3)", 15),
        ("mean(1, 2, 6)", 3),
        ("2 ** -2", 0.25),
        ("0 ** 99999999", 0),
        ("(-1) ** 99999999", -1),
        ("-(3) + +4", 1),
        ("12_000 // 7", 1714),
        ("-" * 400 + "1", 1),
    ],
)
def test_arithmetic_is_exact(tmp_path, expression, value):
    result = call("calculate", tmp_path, expression=expression)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("1/0", "division by zero"),
        ("9**9**9", "too large"),
        ("(10**1000)**2", "too large"),
        ("1e999", "too large"),
        ("2 +", "cannot|not arithmetic"),
        ("", "not arithmetic"),
        ("price * 2", "no name 'price'"),
        ("open('x')", "no function 'open'"),
        ("__import__('os').system('id')", "calculate cannot do|no function"),
        ("[1, 2]", "calculate cannot do"),
        ("'a' * 3", "calculate cannot do"),
        ("True + 1", "not a number"),
        ("sqrt(-1)", "negative"),
        ("(-8) ** 0.5", "not a real number"),
        ("log(0)", "no value|log"),
        ("round(1, 10**9)", "-100 to 100"),
        ("max()", "no value|cannot take"),
        ("sqrt(1, 2)", "cannot take"),
        ("(" * 240 + "1" + ")" * 240, "not arithmetic"),
        ("1+" * 600 + "1", "characters"),
    ],
)
def test_what_has_no_value_is_refused_in_words(tmp_path, expression, words):
    with pytest.raises(ToolError, match=words) as refusal:
        call("calculate", tmp_path, expression=expression)
    assert "failed" not in str(refusal.value)
