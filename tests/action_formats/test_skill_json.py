"""The two forms of a turn, and what is none."""

import json
import random
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.skill_json import (
    MAX_ACTIONS,
    MAX_CHARS,
    MAX_DEPTH,
    PUBLISHED_NAMES,
    PUBLISHED_PARAMS,
    SkillCall,
    SkillTurn,
    content_spans,
    read_published,
    read_turn,
    without_thoughts,
    write_published,
    write_turn,
)
from tests.action_formats.test_every_format import ACTIONS, nothing_runs

CALL = SkillCall("ground_objects", {"image": "file_1.png", "phrases": "red circle . face"})
TURN = SkillTurn("I need the places.", (CALL,), "I ask ground_objects.")
TURN_TEXT = (
    '{"thoughts": "I need the places.", "actions": [{"API_name": "ground_objects", "API_params": '
    '{"image": "file_1.png", "phrases": "red circle . face"}}], "value": "I ask ground_objects."}'
)
ANSWER = SkillTurn("Thanks to it I know.", (), "Two \u00fc\nlines")
MARKS = ('"thoughts\N{THINKING FACE}" ', '"actions\N{ROCKET}" ', '"value\N{WHITE RIGHT POINTING BACKHAND INDEX}" ')


def actions(*params: str) -> str:
    calls = ", ".join(f'{{"API_name": "a", "API_params": {given}}}' for given in params)
    return f'{{"thoughts": "", "actions": [{calls}], "value": ""}}'


def nested(levels: int) -> str:
    """An object that holds ``levels - 1`` lists within each other."""
    return '{"a": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}" if levels > 1 else "{}"


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        (TURN, TURN_TEXT),
        (ANSWER, '{"thoughts": "Thanks to it I know.", "actions": [], "value": "Two \u00fc\\nlines"}'),
    ],
    ids=["calls", "answers"],
)
def test_a_turn_is_one_line_of_json(turn, text):
    assert write_turn(turn) == text
    assert read_turn(f"\n {text}\t") == turn


def leaves(value):
    """Texts, numbers and words within ``value``, in order, as JSON has them."""
    if isinstance(value, Mapping):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list | tuple):
        return [leaf for inner in value for leaf in leaves(inner)]
    text = json.dumps(value, ensure_ascii=False)
    return [text[1:-1] if isinstance(value, str) else text]


@settings(max_examples=300, deadline=None)
@given(turn=ACTIONS["skill_json"])
def test_content_is_what_calls_are_given_or_the_answer(turn):
    text = write_turn(turn)
    said = [text[first:last] for first, last in content_spans(text)]
    given = [leaf for call in turn.actions for leaf in leaves(call.params)]
    assert said == (given if turn.actions else leaves(turn.value))


def test_keys_and_names_are_no_content_wherever_they_stand():
    params = {"API_params": "value", "value": {"API_params": ["API_name", True]}, "n": -1.5e3, "e": {}}
    text = write_turn(SkillTurn('say "value": 3', (SkillCall("API_params", params), CALL), "wait"))
    text = f"\n{text}"
    said = [text[first:last] for first, last in content_spans(text)]
    assert said == ["value", "API_name", "true", "-1500.0", "file_1.png", "red circle . face"]
    with pytest.raises(UnreadableActionError):
        content_spans("no turn")


def test_keys_may_stand_in_any_order():
    assert read_turn('{"value": "3", "actions": [], "thoughts": "so"}') == SkillTurn("so", (), "3")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("I would rather talk.", "no JSON"),
        ("", "no JSON"),
        ("```json\n{}\n```", "no JSON"),
        ("{'thoughts': '', 'actions': [], 'value': ''}", "no JSON"),
        ('{"thoughts": "", "actions": [], "value": ""} done', "no JSON"),
        ('{"thoughts": "", "actions": [], "value": ""}{"thoughts": "", "actions": [], "value": ""}', "no JSON"),
        ("[]", "JSON object with the keys thoughts, actions, value"),
        ('"thoughts"', "JSON object with the keys"),
        ("{}", 'lacks "thoughts"'),
        ('{"thoughts": "", "value": ""}', 'lacks "actions"'),
        ('{"thoughts": "", "actions": []}', 'lacks "value"'),
        ('{"thoughts": "", "actions": [], "value": "", "plan": 1}', "has the key 'plan'"),
        ('{"thoughts": "", "actions": [], "value": "", "value": ""}', "key is given twice"),
        ('{"thoughts": null, "actions": [], "value": ""}', '"thoughts" must be a text, not a NoneType'),
        ('{"thoughts": "", "actions": [], "value": 3}', '"value" must be a text, not a int'),
        ('{"thoughts": "", "actions": {}, "value": ""}', '"actions" must be a list, not a dict'),
        ('{"thoughts": "", "actions": "[]", "value": ""}', "\"actions\" must be a list, not '\\[\\]'"),
        ('{"thoughts": "", "actions": ["ocr"], "value": ""}', "action 1 must be an object"),
        ('{"thoughts": "", "actions": [{"API_name": "a"}], "value": ""}', 'action 1 lacks "API_params"'),
        ('{"thoughts": "", "actions": [{"API_params": {}}], "value": ""}', 'action 1 lacks "API_name"'),
        (
            '{"thoughts": "", "actions": [{"API_name": "a", "API_params": {}, "id": 1}], "value": ""}',
            "action 1 has the key 'id'",
        ),
        ('{"thoughts": "", "actions": [{"API_name": 1, "API_params": {}}], "value": ""}', "must be a name, not a int"),
        ('{"thoughts": "", "actions": [{"API_name": " ", "API_params": {}}], "value": ""}', "must be a name"),
        (actions("[]"), '"API_params" of action 1 must be an object, not a list'),
        (actions("{}", "null"), '"API_params" of action 2 must be an object'),
        (actions('{"a": 1, "a": 2}'), "key is given twice"),
        (actions('{"a": {"b": 1, "b": 1}}'), "key is given twice"),
        (actions('{"a": NaN}'), "NaN is no JSON"),
        (actions('{"a": -Infinity}'), "-Infinity is no JSON"),
        (actions('{"a": 1e999}'), "too large a number"),
        (actions('{"a": "\\ud800"}'), "half of a surrogate pair"),
        (actions('{"\\ud800": 1}'), "half of a surrogate pair"),
        ('{"thoughts": "\\udc00", "actions": [], "value": ""}', "half of a surrogate pair"),
    ],
)
def test_what_is_no_turn_says_why(text, says):
    with pytest.raises(UnreadableActionError, match=says):
        read_turn(text)


def test_calls_depth_and_characters_have_limits():
    assert len(read_turn(actions(*["{}"] * MAX_ACTIONS)).actions) == MAX_ACTIONS
    with pytest.raises(UnreadableActionError, match=f"{MAX_ACTIONS + 1} actions are given; {MAX_ACTIONS} is the limit"):
        read_turn(actions(*["{}"] * (MAX_ACTIONS + 1)))
    assert read_turn(actions(nested(MAX_DEPTH))).actions[0].params["a"]
    with pytest.raises(UnreadableActionError, match=f"nested deeper than {MAX_DEPTH}"):
        read_turn(actions(nested(MAX_DEPTH + 1)))
    longest = SkillTurn("", (), "x" * (MAX_CHARS - len(write_turn(SkillTurn("", (), "")))))
    assert read_turn(write_turn(longest)) == longest
    with pytest.raises(UnreadableActionError, match=f"{MAX_CHARS + 1} characters; {MAX_CHARS} is the limit"):
        read_turn(write_turn(longest) + " ")


def test_what_json_does_not_have_is_not_written():
    for write in (write_turn, write_published):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write(SkillTurn("", (SkillCall("a", {"b": float("nan")}),), ""))


def test_thoughts_can_be_taken_out_of_a_turn_and_of_nothing_else():
    assert without_thoughts(write_turn(TURN)) == write_turn(SkillTurn("", TURN.actions, TURN.value))
    assert without_thoughts('{"thoughts": "x"}') == '{"thoughts": "x"}'


def test_the_published_form_is_three_keys_with_emoji_and_ascii_json():
    turn = SkillTurn("I look.", (SkillCall("ram", {"image": "\u00fc"}),), "Wait.")
    lines = (
        MARKS[0] + "I look.",
        MARKS[1] + '[{"API_name": "ram", "API_params": {"image": "\\u00fc"}}]',
        MARKS[2] + "Wait.",
    )
    assert write_published(turn) == "\n".join(lines)
    assert read_published("\n".join(lines)) == turn
    assert read_published(write_published(ANSWER)) == ANSWER


@given(turn=ACTIONS["skill_json"])
@settings(max_examples=200, deadline=None)
def test_what_is_written_in_the_published_form_is_read_back(turn):
    text = write_published(turn)
    if len(text) <= MAX_CHARS:
        assert read_published(text) == turn


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", 'begins with "thoughts"'),
        (write_turn(TURN), 'begins with "thoughts"'),
        (" " + write_published(TURN), 'begins with "thoughts"'),
        (f"{MARKS[0]}so", 'one line that begins with "actions", not 0'),
        (f"{MARKS[0]}\n{MARKS[1]}[]", 'one line that begins with "value", not 0'),
        (f"{MARKS[0]}\n{MARKS[1]}[]\n{MARKS[1]}[]\n{MARKS[2]}", 'begins with "actions", not 2'),
        (f"{MARKS[0]}\n{MARKS[2]}x\n{MARKS[1]}[]", "stands before"),
        (f"{MARKS[0]}\n{MARKS[1]}[{{'API_name': 'ram', 'API_params': {{}}}}]\n{MARKS[2]}", "no JSON"),
        (f"{MARKS[0]}\n{MARKS[1]}[] and\n{MARKS[2]}", "no JSON"),
        (f'{MARKS[0]}\n{MARKS[1]}[{{"API_name": "ram"}}]\n{MARKS[2]}', 'lacks "API_params"'),
        (f"{MARKS[0]}{'x' * MAX_CHARS}\n{MARKS[1]}[]\n{MARKS[2]}", "is the limit"),
    ],
)
def test_what_is_no_published_turn_says_why(text, says):
    with pytest.raises(UnreadableActionError, match=says):
        read_published(text)


def test_a_text_that_the_published_form_cannot_hold_is_not_written():
    with pytest.raises(ValueError, match="cannot escape it"):
        write_published(SkillTurn(f"x\n{MARKS[1]}[]", (), ""))
    with pytest.raises(ValueError, match="cannot escape it"):
        write_published(SkillTurn("", (), f"\n{MARKS[2]}"))


def kind_read(text):
    try:
        return "a turn" if isinstance(read_published(text), SkillTurn) else "something else"
    except UnreadableActionError as exc:
        return "refused in a line" if 0 < len(str(exc)) < 200 else "refused in other words"


def test_any_published_text_is_read_or_refused_and_none_is_run():
    rng = random.Random(1)
    turns = [write_published(TURN), write_published(ANSWER), write_published(SkillTurn("", (CALL, CALL), "so"))]
    pieces = (*MARKS, *(f"\n{mark}" for mark in MARKS), "[]", "'", '"', "\n", "{", "}", "__import__('os').system('x')")
    kinds: Counter[str] = Counter()
    with nothing_runs():
        for _ in range(10_000):
            text = rng.choice(turns)
            for _ in range(rng.randint(1, 3)):
                at = rng.randint(0, len(text))
                to = rng.randint(at, min(len(text), at + 9))
                text = text[:at] + rng.choice((*pieces, text[at:to])) + text[rng.choice((at, to)) :]
            kinds[kind_read(text)] += 1
    assert set(kinds) == {"a turn", "refused in a line"}, kinds
    assert min(kinds.values()) > 500, kinds


def test_published_names_stand_for_skills_and_parameters_are_named_for_skills_that_are_named():
    assert PUBLISHED_NAMES["grounding_dino"] == "ground_objects"
    assert PUBLISHED_NAMES["clip"] == PUBLISHED_NAMES["retrieval"] == "retrieve_knowledge"
    assert set(PUBLISHED_PARAMS) <= set(PUBLISHED_NAMES.values())
    assert PUBLISHED_PARAMS["ground_objects"]["caption"] == "phrases"
    assert json.loads(json.dumps(dict(PUBLISHED_NAMES))) == PUBLISHED_NAMES
