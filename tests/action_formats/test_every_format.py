"""What is true of every action format: what is written is read back, and any text is read or refused, never run."""

import ast
import builtins
import json
import os
import random
import subprocess
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.action_format import UnreadableActionError, load_action_format
from journeyman.action_formats.api_choice import MAX_APIS, Choice
from journeyman.action_formats.pyautogui_call import words_of
from journeyman.action_formats.python_block import Action
from journeyman.action_formats.skill_json import MAX_ACTIONS, MAX_CHARS, SkillCall, SkillTurn, write_turn
from journeyman.errors import UnknownPluginError
from journeyman.plugins import plugin_names
from tests.action_formats.screen_turns import EXAMPLES, TURNS

NAMES = plugin_names("journeyman.action_formats")
TEXTS = 10_000
LONGEST = 200_000

_WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200) | st.sampled_from(
    ['", "', "]}", "{'api_name': x}", "\\", "\u2028", "a" * 300, "\x00", "\U0001f600", "{{}}", "null", "NaN"]
)
_SAID = _WORDS.filter(lambda text: bool(text.strip()))
# A block is told by its fence, and blanks around a thought are not part of it.
_THOUGHTS = st.text(st.characters(exclude_characters="`", exclude_categories=("Cs", "Cc")), max_size=80).map(str.strip)
_LINES = st.text(st.characters(exclude_characters="`\r", exclude_categories=("Cs", "Cc")), max_size=80)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=6,
)
ACTIONS = {
    "aguvis_text": TURNS.filter(lambda turn: "<|" not in words_of(turn)),
    "api_choice": st.one_of(
        st.lists(_SAID.filter(lambda name: name != "unknown"), min_size=1, max_size=MAX_APIS, unique=True).map(
            lambda names: Choice(apis=tuple(names))
        ),
        _SAID.map(lambda text: Choice(question=text)),
        st.just(Choice(unknown=True)),
    ),
    "pyautogui_call": TURNS,
    "python_block": st.builds(
        Action,
        _THOUGHTS.filter(lambda text: not text.endswith("Code:") and not text.startswith("Thought:")),
        st.lists(_LINES, min_size=1, max_size=6).map("\n".join).filter(lambda code: bool(code.strip())),
    ),
    "skill_json": st.builds(
        SkillTurn,
        st.just("") | _WORDS,
        st.lists(st.builds(SkillCall, _SAID, st.dictionaries(_WORDS, _JSON, max_size=3)), max_size=MAX_ACTIONS).map(
            tuple
        ),
        st.just("") | _WORDS,
    ).filter(lambda turn: len(write_turn(turn)) <= MAX_CHARS),
}
BOMBS = {
    "lists": "[" * LONGEST,
    "objects": '{"apis":' * (LONGEST // 8),
    "short lists": "[" * 9_000 + "]" * 9_000,
    "fences": "```py\n" * (LONGEST // 6),
    "closed fences": "```py\nx\n```\n" * (LONGEST // 12),
    "blanks": " " * LONGEST,
    "blanks and a fence": "Thought:" + " \n" * (LONGEST // 2) + "```py",
    "digits": "9" * LONGEST,
    "few digits": '{"apis": [' + "9" * 5_000 + "]}",
    "exponent": '{"apis": [1e999]}',
    "quotes": '"' * LONGEST,
    "backslashes": '{"question": "' + "\\" * LONGEST,
    "one key twice": '{"apis": "unknown", "apis": ["a"]}',
    "keys": json.dumps({f"k{i}": i for i in range(1000)}),
    "many names": json.dumps({"apis": [str(i) for i in range(3000)]}),
    "nothing": "",
    "not a number": '{"apis": NaN}',
    "half a pair": '{"question": "\\ud83d"}',
    "halves": "\ud800" * 100,
    "deep parameters": '{"thoughts": "", "actions": [{"API_name": "a", "API_params": {"a": '
    + "[" * 900
    + "]" * 900
    + '}}], "value": ""}',
    "many calls": json.dumps({"thoughts": "", "actions": [{"API_name": "a", "API_params": {}}] * 500, "value": ""}),
    "nul": "\x00" * 100,
    "minuses": "click(x=" + "-" * 40_000 + "1, y=0)",
    "attributes": "a" + ".a" * 20_000 + "()",
    "sums": "click(1" + "+1" * 20_000 + ")",
    "calls": "click(" * 8_000 + ")" * 8_000,
    "many arguments": "answer(" + ", ".join(f"a{i}=1" for i in range(5_000)) + ")",
    "many statements": "click(0, 0);" * 4_000,
    "many labels": "Action:\n" * 6_000 + "click(0, 0)",
    "many lines": "x\n" * 24_000 + "click(",
    "huge number": "click(x=" + "9" * 4_000 + ", y=0)",
    "hidden call": "click(x=__import__('os').system('true'), y=0)",
    "formatted": "write(message=f'{open(0)}')",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_format_says_what_it_is(name):
    form = load_action_format(name)
    assert form.name == name
    assert form.instructions.endswith(".")


def test_there_is_no_other():
    assert set(NAMES) == set(ACTIONS)
    with pytest.raises(UnknownPluginError, match="api_choice"):
        load_action_format("api_choise")


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(name, data):
    form = load_action_format(name)
    action = data.draw(ACTIONS[name])
    assert isinstance(action, form.action)
    assert form.read(form.write(action)) == action


@contextmanager
def nothing_runs():
    """Fail where a text is evaluated; a tree of it may be made, which is no code."""

    def refuse(*_, **__):
        raise AssertionError("a text was run")

    compiled = compile

    def parse_only(source, filename, mode, flags=0, *args, **kwargs):
        if not flags & ast.PyCF_ONLY_AST:
            refuse()
        return compiled(source, filename, mode, flags, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for function in ("eval", "exec"):
            patch.setattr(builtins, function, refuse)
        patch.setattr(builtins, "compile", parse_only)
        patch.setattr(os, "system", refuse)
        patch.setattr(subprocess, "Popen", refuse)
        yield


SPOILERS = (
    *'"{}[],:\\`\n\t 0\x00\ud800',
    *("NaN", "-Infinity", "null", "1e999", "```", "```py\n", '"apis"', '{"apis":', "\\ud800"),
    *('"actions": []', '"API_params": {', '{"thoughts": "", ', "[" * 30),
    *("__import__('os').system('true')", "{{7*7}}", "!!python/object:x"),
)


def malformed(form, rng, examples):
    """A written action that is cut, doubled, stirred or spoilt, or pieces of such texts."""
    text = form.write(rng.choice(examples))
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(text))
        to = rng.randint(at, min(len(text), at + 9))
        piece = rng.choice((*SPOILERS, text[at:to]))
        text = rng.choice((text[:at], text[at:], text[:at] + text[to:], text[:at] + piece + text[to:], text + text))
    return text[:5_000]


@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_read_or_refused_and_none_is_run(name):
    form = load_action_format(name)
    examples = {
        "aguvis_text": EXAMPLES,
        "api_choice": [Choice(apis=("a/b", 'c"d', "\u00fc, x")), Choice(unknown=True), Choice(question="Which? {x}")],
        "pyautogui_call": EXAMPLES,
        "python_block": [Action("I look.", "print(1)"), Action("so", "x = '''\n  ``` \n'''\nprint(x)")],
        "skill_json": [
            SkillTurn("I look.", (SkillCall("ocr", {"image": "file_1.png"}),), "Wait."),
            SkillTurn("I see a sign. " * 20, (), "three"),
            SkillTurn(
                "{", tuple(SkillCall(f"s{i}", {"box": [0.1, i], "deep": {"a": [None, True]}}) for i in (1, 2)), ""
            ),
        ],
    }[name]
    rng = random.Random(0)
    kinds: Counter[str] = Counter()
    with nothing_runs():
        for _ in range(TEXTS):
            kinds[kind_read(form, malformed(form, rng, examples))] += 1
    assert kinds["an action"] + kinds["refused in a line"] == TEXTS, kinds
    assert min(kinds.values()) > TEXTS // 50, kinds


def kind_read(form, text):
    try:
        return "an action" if isinstance(form.read(text), form.action) else "something else"
    except UnreadableActionError as exc:
        return "refused in a line" if 0 < len(str(exc)) < 200 else "refused in other words"


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("name", NAMES)
def test_a_text_made_to_hurt_is_refused_in_no_time(name, text):
    read = load_action_format(name).read
    start = time.process_time()
    with nothing_runs(), pytest.raises(UnreadableActionError):
        read(text)
    assert time.process_time() - start < 1
