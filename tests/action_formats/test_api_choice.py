"""The three forms of a choice, and what is none."""

import pytest

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.api_choice import MAX_APIS, MAX_CHARS, Choice, read_choice, write_choice


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (Choice(apis=("a/b", "c")), '{"apis": ["a/b", "c"]}'),
        (Choice(apis=('q"\u00fc',)), '{"apis": ["q\\"\u00fc"]}'),
        (Choice(unknown=True), '{"apis": "unknown"}'),
        (Choice(question="Which one?"), '{"question": "Which one?"}'),
    ],
    ids=["names", "quotes", "unknown", "question"],
)
def test_each_form_is_one_line_of_json(choice, text):
    assert write_choice(choice) == text
    assert read_choice(f"\n {text}\t") == choice


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("facebook/detr", "no JSON"),
        ("{'api_name': a}", "no JSON"),
        ('["a"]', "JSON object with one key"),
        ('{"apis": ["a"], "question": "b"}', "one key"),
        ('{"name": "a"}', "one key"),
        ("{}", "one key"),
        ('{"apis": []}', "not empty"),
        ('{"apis": "a"}', "list of names"),
        ('{"apis": null}', "list of names"),
        ('{"apis": [" "]}', "list of names"),
        ('{"apis": [["a"]]}', "list of names"),
        ('{"apis": [1]}', "list of names"),
        ('{"apis": ["\\udc00"]}', "list of names"),
        ('{"apis": ["a", "a"]}', "twice"),
        ('{"apis": ["a", "unknown"]}', "stands alone"),
        ('{"apis": ["a"], "apis": ["b"]}', "key is given twice"),
        ('{"apis": ["a"]} and more', "no JSON"),
        ('{"apis": [NaN]}', "NaN is no JSON"),
        ('{"question": -Infinity}', "Infinity is no JSON"),
        ('{"question": ""}', "asks something"),
        ('{"question": " \\u2003"}', "asks something"),
        ('{"question": "\\ud83d"}', "asks something"),
        ('{"question": ["a"]}', "asks something"),
    ],
)
def test_what_is_no_choice_says_why(text, says):
    with pytest.raises(UnreadableActionError, match=says):
        read_choice(text)


def test_names_and_characters_have_limits():
    names = tuple(f"n{i}" for i in range(MAX_APIS + 1))
    assert read_choice(write_choice(Choice(apis=names[:-1]))).apis == names[:-1]
    with pytest.raises(UnreadableActionError, match=f"{MAX_APIS} is the limit"):
        read_choice(write_choice(Choice(apis=names)))
    frame = len(write_choice(Choice(question="x"))) - 1
    longest = Choice(question="x" * (MAX_CHARS - frame))
    assert read_choice(write_choice(longest)) == longest
    with pytest.raises(UnreadableActionError, match=f"{MAX_CHARS} is the limit"):
        read_choice(write_choice(longest) + " ")
