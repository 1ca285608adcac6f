import math
import re
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from journeyman.metrics.gta import (
    GoldStep,
    PredictedStep,
    answer_score,
    final_answer,
    picture_score,
    similarity_score,
    whitelist_match,
    whitelist_match_official,
    whitelist_match_substring,
)

WORD_ALIASES = st.from_regex(r"[a-z0-9]([a-z0-9 .$-]{0,4}[a-z0-9])?", fullmatch=True)


def embed(texts: Sequence[str]) -> NDArray[np.float64]:
    """Letter counts: equal texts are equal rows, texts without a common letter are orthogonal."""
    return np.array([[float(text.lower().count(chr(97 + i))) for i in range(26)] for text in texts])


def opposite(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[1.0 if i == 0 else -1.0] for i in range(len(texts))])


@pytest.mark.parametrize(
    ("alias", "text", "official", "corrected", "substring"),
    [
        ("$5", "It costs $5.", False, True, True),
        ("$5", "$5", False, True, True),
        ("$5", "It costs US$5", True, True, True),
        ("$5", "It costs $50", False, False, True),
        ("5$", "It costs 5$ each", False, True, True),
        ("-3", "x = -3", False, True, True),
        ("-3", "10-3", True, False, True),
        ("42%", "It is 42%.", False, True, True),
        ("42%", "It is 142%", False, False, True),
        ("1", "There are 10", False, False, True),
        ("cat", "two cats", False, False, True),
        ("cat", "A CAT!", True, True, True),
        ("1", "1.5", True, True, True),
        ("a.c", "abc", False, False, False),
        (".*", "anything", False, False, False),
        ("C++", "written in C++ and C", False, True, True),
    ],
)
def test_one_alias_under_the_three_rules(
    alias: str, text: str, official: bool, corrected: bool, substring: bool
) -> None:
    assert whitelist_match_official(text, [[alias]], None) is official
    assert whitelist_match(text, [[alias]], None) is corrected
    assert whitelist_match_substring(text, [[alias]], None) is substring


@pytest.mark.parametrize("match", [whitelist_match_official, whitelist_match])
def test_every_group_must_be_there_and_no_forbidden_alias(match: Any) -> None:
    groups = [["red", "crimson"], ["two", "2"]]
    assert match("2 crimson cars", groups, None)
    assert not match("crimson cars", groups, None)
    assert not match("2 crimson cars, or 3", groups, [["3"], ["4"]])
    assert match("2 crimson cars", groups, [["3"], ["4"]])


def test_the_substring_rule_ignores_the_blacklist() -> None:
    assert whitelist_match_substring("2 or 3", [["2"]], [["3"]])
    assert not whitelist_match("2 or 3", [["2"]], [["3"]])


def test_empty_lists_and_aliases_match_everything_officially_and_nothing_here() -> None:
    for whitelist in ([], [[]], [[""]]):
        assert whitelist_match_official("anything", whitelist, None)
        assert not whitelist_match("anything", whitelist, None)
    assert not whitelist_match_official("two", [["two"]], [[]])
    assert whitelist_match("two", [["two"]], [[], [""]])


@given(WORD_ALIASES, st.text("ab1 .-$x", max_size=12), st.text("ab1 .-$x", max_size=12))
def test_both_rules_agree_on_aliases_with_word_edges(alias: str, before: str, after: str) -> None:
    text = before + alias + after
    assert whitelist_match(text, [[alias]], None) == whitelist_match_official(text, [[alias]], None)


@given(st.text(min_size=1, max_size=8).filter(lambda alias: alias.strip()), st.sampled_from(["{}", "so {} it is"]))
def test_an_alias_that_stands_alone_is_found_whatever_its_characters(alias: str, sentence: str) -> None:
    assert whitelist_match(sentence.format(alias), [[alias]], None)
    assert not whitelist_match(sentence.format(alias), [[alias]], [[alias]])


HOSTILE = [None, math.nan, [], {"a": [1]}, 10**5000, b"\xff", "(" * 1000, "\\b[", "\ud800"]


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda value: type(value).__name__)
def test_no_answer_makes_a_rule_raise(answer: object) -> None:
    for match in (whitelist_match, whitelist_match_official, whitelist_match_substring):
        assert match(answer, [["qqq"]], [["zzz"]]) is False


def test_a_list_is_read_as_its_text() -> None:
    assert whitelist_match(["red", 2], [["red"], ["2"]], None)


def test_long_answers_take_little_time() -> None:
    start = time.process_time()
    for unit in ("a", "$", "1.", "- ", "ab "):
        for match in (whitelist_match, whitelist_match_official):
            match(unit * (100_000 // len(unit)), [["abc", "$5", "-3"]], [["zz"]])
    assert time.process_time() - start < 3


def test_a_list_of_references_scores_the_most_similar_one_floored_at_zero() -> None:
    assert similarity_score("abc", ["xyz", "cab"], embed=embed) == pytest.approx(1)
    assert similarity_score("abc", ["xyz"], embed=embed) == 0
    assert similarity_score("abc", ["anything"], embed=opposite) == 0
    assert 0 < similarity_score("abx", ["abc"], embed=embed) < 1
    assert similarity_score("", ["abc"], embed=embed) == similarity_score(None, ["abc"], embed=embed) == 0


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=4))
def test_similarity_is_a_share_and_never_falls_with_more_references(answer: str, references: list[str]) -> None:
    scores = [similarity_score(answer, references[:n], embed=embed) for n in range(len(references) + 1)]
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores)


def test_a_reference_is_scored_by_its_form() -> None:
    lists = {"whitelist": [["$5"]], "blacklist": None}
    assert answer_score("$5", lists, embed=embed) == 1
    assert answer_score("$5", lists, embed=embed, match=whitelist_match_official) == 0
    assert answer_score("abc", ["abc"], embed=embed) == pytest.approx(1)
    assert answer_score("abc", None, embed=embed) == answer_score(None, lists, embed=embed) == 0
    with pytest.raises(TypeError, match="a reference is"):
        answer_score("abc", "abc", embed=embed)


def test_only_a_last_turn_that_answers_is_an_answer() -> None:
    call, answer = PredictedStep("tool", "OCR"), PredictedStep("answer", answer="42")
    assert final_answer([call, answer]) == "42"
    assert final_answer([answer, call]) is final_answer([]) is final_answer([PredictedStep("answer")]) is None


BOX = {"image": "a", "bbox": "b"}


def drawn(*arguments: dict[str, Any], error: bool = False) -> list[PredictedStep]:
    return [PredictedStep("tool", "DrawBox", one, error) for one in arguments]


def test_a_picture_is_judged_by_the_last_call_of_each_drawing_tool() -> None:
    gold = [GoldStep("tool", "OCR"), GoldStep("tool", "DrawBox", BOX), GoldStep("answer")]
    other = {"zzz": "qqq"}
    assert picture_score(gold, drawn(BOX), embed=embed) == pytest.approx(1)
    assert picture_score(gold, drawn(other, BOX), embed=embed) == pytest.approx(1)
    assert picture_score(gold, drawn(BOX, other), embed=embed) < 0.5
    assert picture_score(gold, [*drawn(BOX), *drawn(other, error=True)], embed=embed) == pytest.approx(1)
    assert picture_score(gold, drawn(BOX, error=True), embed=embed) == 0
    assert picture_score(gold, [], embed=embed) == 0


def test_pictures_multiply_and_a_missing_tool_makes_zero() -> None:
    gold = [GoldStep("tool", "DrawBox", BOX), GoldStep("tool", "AddText", {"text": "hello"})]
    half = [*drawn(BOX), PredictedStep("tool", "AddText", {"text": "hex"})]
    alone = picture_score(gold[1:], half, embed=embed)
    assert 0 < alone < 1
    assert picture_score(gold, half, embed=embed) == pytest.approx(alone)
    assert picture_score([*gold, gold[1]], half, embed=embed) == pytest.approx(alone**2)
    assert picture_score(gold, drawn(BOX), embed=embed) == 0


def test_a_query_without_a_drawing_call_scores_one_as_in_the_script() -> None:
    assert picture_score([GoldStep("tool", "OCR")], [], embed=embed) == 1


def test_arguments_that_are_no_json_are_compared_as_text() -> None:
    gold = [GoldStep("tool", "Plot", {"x": {1, 2}, "y": math.nan})]
    predicted = [PredictedStep("tool", "Plot", {"x": {1, 2}, "y": math.nan})]
    assert picture_score(gold, predicted, embed=embed) == pytest.approx(1)


def test_the_patterns_are_built_from_escaped_text() -> None:
    for nasty in ("(", "[a", "a|b", "\\", "(?i)", "x{9}"):
        assert whitelist_match(f"so {nasty} there", [[nasty]], None)
        assert whitelist_match_official("so there", [[nasty]], None) is bool(
            re.search(rf"\b{re.escape(nasty)}\b", "so there")
        )
