"""Every way to call a command is read to one record, there is one way to write it, and what cannot be is refused."""

import ast
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import (
    MAX_CHARS,
    MAX_WORDS_CHARS,
    MOBILE_FUNCTIONS,
    NAMED_KEYS,
    Call,
    Click,
    DragTo,
    Hotkey,
    MoveTo,
    PluggableFunction,
    Press,
    ScreenTurn,
    Scroll,
    Wait,
    Write,
    content_spans,
    read_command,
    read_turn,
    write_command,
    write_turn,
)
from tests.action_formats.screen_turns import COMMANDS, EXAMPLES, TURNS
from tests.action_formats.test_every_format import kind_read, nothing_runs

PATH = {"type": "object", "properties": {"path": {"type": "string"}}}
OPEN_FILE = PluggableFunction("open_file", "Open a file", PATH)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Click(0.8102, 0.9463), "pyautogui.click(x=0.8102, y=0.9463)"),
        (Click(), "pyautogui.click()"),
        (Click(0.5, 1, clicks=2), "pyautogui.doubleClick(x=0.5000, y=1.0000)"),
        (Click(clicks=2), "pyautogui.doubleClick()"),
        (Click(0.5, 0.5, clicks=3), "pyautogui.tripleClick(x=0.5000, y=0.5000)"),
        (Click(0.5, 0.5, "right"), "pyautogui.rightClick(x=0.5000, y=0.5000)"),
        (Click(0.5, 0.5, "middle"), "pyautogui.middleClick(x=0.5000, y=0.5000)"),
        (Click(0.5, 0.5, "right", 2), "pyautogui.click(x=0.5000, y=0.5000, button='right', clicks=2)"),
        (MoveTo(0.04, 0.405), "pyautogui.moveTo(x=0.0400, y=0.4050)"),
        (DragTo(0.1, 0.2), "pyautogui.dragTo(x=0.1000, y=0.2000)"),
        (DragTo(0.1, 0.2, 0.3, 0.4), "pyautogui.dragTo(from_coord=[0.3000, 0.4000], to_coord=[0.1000, 0.2000])"),
        (Scroll(-0.1), "pyautogui.scroll(page=-0.1)"),
        (Scroll(1, "horizontal"), "pyautogui.hscroll(page=1)"),
        (Write("bread buns"), "pyautogui.write(message='bread buns')"),
        (Write("it's\na \\"), 'pyautogui.write(message="it\'s\\na \\\\")'),
        (Press(("enter",)), "pyautogui.press(keys='enter')"),
        (Press(("tab", "tab")), "pyautogui.press(keys=['tab', 'tab'])"),
        (Hotkey(("ctrl", "c")), "pyautogui.hotkey(keys=['ctrl', 'c'])"),
        (Wait(3), "mobile.wait(seconds=3)"),
        (Wait(0.5), "mobile.wait(seconds=0.5)"),
        (Call("home"), "mobile.home()"),
        (Call("terminate", (("status", "success"),)), "terminate(status='success')"),
        (
            Call("swipe", (("from_coord", (0.581, 0.898)), ("to_coord", (0.601, 0.518)))),
            "mobile.swipe(from_coord=[0.5810, 0.8980], to_coord=[0.6010, 0.5180])",
        ),
        (
            Call("select_option", (("x", 0.25), ("y", 0.5), ("value", "Red"))),
            "browser.select_option(x=0.2500, y=0.5000, value='Red')",
        ),
        (Call("set", (("a", None), ("b", True), ("c", 3), ("d", 1.5))), "set(a=None, b=True, c=3, d=1.5)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_command_is_written_in_one_way(command, text):
    assert write_command(command) == text
    assert read_command(text) == command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("click(0.1, 0.2)", Click(0.1, 0.2)),
        ("pyautogui.click(0.1, y=0.2)", Click(0.1, 0.2)),
        ("pyautogui.click(x=0.1, y=0.2, clicks=2)", Click(0.1, 0.2, clicks=2)),
        ("pyautogui.click(0.1, 0.2, 3, 0.25, 'middle')", Click(0.1, 0.2, "middle", 3)),
        ("pyautogui.click(x=0.1, y=0.2, button='right')", Click(0.1, 0.2, "right")),
        ("pyautogui.leftClick(0.1, 0.2)", Click(0.1, 0.2)),
        ("pyautogui.click(x=None, y=None)", Click()),
        ("pyautogui.doubleClick(0.1, 0.2, button='right')", Click(0.1, 0.2, "right", 2)),
        ("pyautogui.tripleClick(x=0, y=1)", Click(0.0, 1.0, clicks=3)),
        ("middleClick()", Click(button="middle")),
        ("pyautogui.moveTo(0.1, 0.2, duration=1.5)", MoveTo(0.1, 0.2)),
        ("pyautogui.dragTo(0.1, 0.2, 1, button='left')", DragTo(0.1, 0.2)),
        ("dragTo(to_coord=(0.1, 0.2), from_coord=(0.3, 0.4))", DragTo(0.1, 0.2, 0.3, 0.4)),
        ("pyautogui.moveTo(0.3, 0.4)\npyautogui.dragTo(0.1, 0.2)", DragTo(0.1, 0.2, 0.3, 0.4)),
        ("pyautogui.moveTo(x=0.3, y=0.4); pyautogui.dragTo(x=0.1, y=0.2)", DragTo(0.1, 0.2, 0.3, 0.4)),
        ("pyautogui.scroll(0.13)", Scroll(0.13)),
        ("pyautogui.scroll(-10)", Scroll(-10)),
        ("pyautogui.vscroll(page=+0.5)", Scroll(0.5)),
        ("pyautogui.hscroll(-0.1)", Scroll(-0.1, "horizontal")),
        ("pyautogui.write('a b')", Write("a b")),
        ("write(text='a b')", Write("a b")),
        ("pyautogui.write(content='a' 'b', interval=0.1)", Write("ab")),
        ("pyautogui.typewrite('C:\\d')", Write("C:\\d")),
        ("pyautogui.write(message='''two\nlines''')", Write("two\nlines")),
        ("pyautogui.press('Return')", Press(("enter",))),
        ("pyautogui.press(keys=['enter'])", Press(("enter",))),
        ("pyautogui.press(key='pgdn')", Press(("pagedown",))),
        ("pyautogui.press(button='esc')", Press(("esc",))),
        ("pyautogui.press(['a', 'left'], presses=2)", Press(("a", "left", "a", "left"))),
        ("pyautogui.press(' ', 3)", Press(("space", "space", "space"))),
        ("pyautogui.hotkey('ctrl', 'shift', 'T')", Hotkey(("ctrl", "shift", "T"))),
        ("pyautogui.hotkey(['Control', 'c'])", Hotkey(("ctrl", "c"))),
        ("pyautogui.hotkey(key2='v', key1='cmd', interval=0.1)", Hotkey(("command", "v"))),
        ("pyautogui.hotkey('enter')", Press(("enter",))),
        ("pyautogui.hotkey(keys='enter')", Press(("enter",))),
        ("mobile.wait()", Wait(1)),
        ("wait(2)", Wait(2)),
        ("time.sleep(0.5)", Wait(0.5)),
        ("WAIT", Wait(1)),
        ("DONE", Call("terminate", (("status", "success"),))),
        ("FAIL", Call("terminate", (("status", "failure"),))),
        ("mobile.terminate(status='success')", Call("terminate", (("status", "success"),))),
        ("answer('text')", Call("answer", (("answer", "text"),))),
        ("answer(answer='text')", Call("answer", (("answer", "text"),))),
        ("home()", Call("home")),
        ("mobile.long_press(0.1, 0.2)", Call("long_press", (("x", 0.1), ("y", 0.2)))),
        ("mobile.open_app(app_name='Clock')", Call("open_app", (("app_name", "Clock"),))),
        ("browser.select_option(0.1, 0.2, 'R')", Call("select_option", (("x", 0.1), ("y", 0.2), ("value", "R")))),
        ("browser.close_tab(number=-2)", Call("close_tab", (("number", -2),))),
    ],
)  # fmt: skip
def test_every_published_way_to_call_is_read(text, command):
    assert read_command(text) == command
    assert read_command(write_command(command)) == command


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no command was found"),
        ("I would rather talk.", "no command was found"),
        ("Action: pyautogui.click()", "no command was found"),
        ("I do pyautogui.click() now", "no command was found"),
        ("pyautogui.click(x=810, y=946)", "x is 810; coordinates are fractions"),
        ("pyautogui.click(x=0.5, y=-0.0001)", "y is -0.0001; coordinates are fractions"),
        ("pyautogui.click(x=1.00001, y=0)", "x is 1.00001; coordinates"),
        ("pyautogui.click(x=1e999, y=0)", "x is inf; coordinates"),
        ("pyautogui.click(x=nan, y=0)", "an argument is no literal"),
        ("pyautogui.click(x=True, y=0)", "x is True; coordinates"),
        ("pyautogui.click(x='0.5', y=0)", "x is '0.5'; coordinates"),
        ("pyautogui.click(x=0.5)", "x and y are given together"),
        ("pyautogui.click(0.5, 0.5, clicks=4)", "clicks is 4; it is 1, 2 or 3"),
        ("pyautogui.click(0.5, 0.5, button='primary')", "button is 'primary'; it is one of left"),
        ("pyautogui.click(0.5, 0.5, x=0.5)", "click is given x twice"),
        ("pyautogui.click(x=0.5, x=0.5, y=0)", "'click' is given an argument twice"),
        ("pyautogui.click(**{'x': 0.5})", r"by \*\*"),
        ("pyautogui.click(*[0.5, 0.5])", "an argument is no literal"),
        ("pyautogui.click(at=[0.5, 0.5])", "click has no argument 'at'; it takes x, y"),
        ("pyautogui.click(0.1, 0.2, 1, 0, 'left', 6)", "click takes 5 arguments by place, not 6"),
        ("pyautogui.moveTo(x=0.5)", "moveTo lacks y"),
        ("pyautogui.dragTo(0.5)", "dragTo lacks y"),
        ("pyautogui.dragTo(from_coord=[0.1, 0.2])", "dragTo lacks to_coord"),
        ("pyautogui.dragTo(from_coord=[0.1], to_coord=[0.1, 0.2])", r"from_coord is a tuple; it is a point"),
        ("pyautogui.dragTo(0.1, 0.2, from_coord=[0.1, 0.2], to_coord=[0.1, 0.2])", "not both"),
        ("pyautogui.dragTo(0.1, 0.2, button='right')", "dragTo holds the left button, not 'right'"),
        ("pyautogui.scroll(200)", "200 clicks of a wheel is no known distance"),
        ("pyautogui.scroll(-11)", "-11 clicks of a wheel"),
        ("pyautogui.scroll(clicks=3)", "3 clicks of a wheel"),
        ("pyautogui.scroll(page=10.5)", "page is 10.5; it is a share of the screen, at most 10"),
        ("pyautogui.scroll(0)", "page is 0; .* never 0"),
        ("pyautogui.scroll()", "scroll lacks page"),
        ("pyautogui.scroll(page=0.5, x=0.5)", "scroll has no argument 'x'; it takes page"),
        ("pyautogui.write(message='')", "message is ''; it is a text that is not empty"),
        ("pyautogui.write(['a'])", "message is a tuple"),
        ("pyautogui.write(message='" + "x" * 2_001 + "')", "message has 2001 characters; 2000 is the limit"),
        ("pyautogui.write(message='\\ud800')", "half of a surrogate pair"),
        ("pyautogui.write(message=f'{1}')", "an argument is no literal"),
        ("pyautogui.write(message=b'x')", "an argument is no literal"),
        ("pyautogui.write(message='x', interval='fast')", "interval of write is no number"),
        ("pyautogui.write(message='never closed)", "no call in Python: unterminated string"),
        ("pyautogui.press('retrun')", "there is no key 'retrun'; keys are such as return"),
        ("pyautogui.press('ab')", "there is no key 'ab'"),
        ("pyautogui.press(3)", "named by a text, not by a int"),
        ("pyautogui.press([])", "0 keys are pressed; 1 to 100"),
        ("pyautogui.press('a', presses=101)", "presses is 101; it is 1 to 100"),
        ("pyautogui.press(['a', 'b'], presses=51)", "102 keys are given; 100 is the limit"),
        ("pyautogui.hotkey()", "hotkey names its keys in 0 ways"),
        ("pyautogui.hotkey('ctrl', keys=['c'])", "hotkey names its keys in 2 ways"),
        ("pyautogui.hotkey('ctrl', 'ctrl')", "a key is held twice"),
        ("pyautogui.hotkey(keys='ctrl+c')", "there is no key 'ctrl\\+c'"),
        ("pyautogui.hotkey(first='ctrl')", "hotkey has no argument 'first'"),
        ("mobile.wait(seconds=0)", "seconds is 0; it is more than 0"),
        ("mobile.wait(seconds=61)", "at most 60"),
        ("pyautogui.click(0, 0)\npyautogui.click(0, 0)", "2 commands were found; write one a turn"),
        ("pyautogui.dragTo(0, 0)\npyautogui.moveTo(0, 0)", "2 commands were found"),
        ("moveTo(0, 0)\ndragTo(from_coord=[0, 0], to_coord=[1, 1])", "2 commands were found"),
        ("pyautogui.click(0, 0)\nThat should do.", "no call in Python: invalid syntax"),
        ("pyautogui.click(0, 0)\nThought: done", "no command was found"),
        ("pyautogui.mouseDown()", "'pyautogui.mouseDown' is no command; there are click"),
        ("pyautogui.answer('x')", "'pyautogui.answer' is no command"),
        ("mobile.click(0, 0)", "'mobile.click' is no command"),
        ("os.system('true')", "'os.system' is no command"),
        ("__import__('os').system('true')", "what is called is no name"),
        ("eval('1')", "'eval' takes 0 arguments by place, not 1; name them"),
        ("x.y.z()", "no command was found"),
        ("click(0, 0) + 1", "the command is no call"),
        ("click(0, 0)\nimport os", "no call but another statement"),
        ("click(x=[[0.5]], y=0)", "an argument is no literal"),
        ("swipe(from_coord=[0.1, 0.2, 0.3])", "from_coord is a list of 3; the only lists are points"),
        ("swipe(from_coord=[0.1, 2])", "y of from_coord is 2; coordinates"),
        ("tap(at=1e999)", "at is inf, which JSON does not have"),
        (f"tap(at={2**53 + 1})", "at is an integer beyond"),
        ("tap(" + ", ".join(f"a{n}=1" for n in range(9)) + ")", "tap is given 9 arguments; 8 is the limit"),
        ("Thought: a\nThought: b\nclick(0, 0)", "Thought: stands twice"),
        ("Thought: \ud800\nclick(0, 0)", "thought holds half of a surrogate pair"),
        ("Thought: " + "x" * 4_001 + "\nclick(0, 0)", "thought has 4001 characters; 4000 is the limit"),
    ],
    ids=lambda value: value[:40],
)  # fmt: skip
def test_what_is_no_command_says_why(text, says):
    with nothing_runs(), pytest.raises(UnreadableActionError, match=says) as refusal:
        read_command(text)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        (
            "Observation: A dialog\nis open.\n\nThought: I close it.\nAction: Click OK.\npyautogui.click(0.5, 0.5)",
            ScreenTurn(Click(0.5, 0.5), "Click OK.", "I close it.", "A dialog is open."),
        ),
        ("Action: Click OK.\nThought: so\nclick(0, 0)", ScreenTurn(Click(0, 0), "Click OK.", "so")),
        ("I look around.\nclick(0, 0)", ScreenTurn(Click(0, 0), thought="I look around.")),
        ("I look.\nThought: I see.\nclick(0, 0)", ScreenTurn(Click(0, 0), thought="I look. I see.")),
        (
            "Now:\n```python\n# Click the button\nclick(0, 0)  # here\n```\n",
            ScreenTurn(Click(0, 0), "Click the button", "Now:"),
        ),
        ("Action: Click it.\n# the button\nclick(0, 0)", ScreenTurn(Click(0, 0), "Click it.")),
        ("```\nDONE\n```", ScreenTurn(Call("terminate", (("status", "success"),)))),
        ("`WAIT`", ScreenTurn(Wait(1))),
        (
            "all\nThought: I see.\nAction: Click it.\nassistantos\npyautogui.click(0, 0)\n",
            ScreenTurn(Click(0, 0), "Click it.", "I see."),
        ),
        ("os\npyautogui.click(0, 0)", ScreenTurn(Click(0, 0))),
        ("Thought: I call\nf(x)\nassistantos\nclick(0, 0)", ScreenTurn(Click(0, 0), thought="I call f(x)")),
        ("Action: Click it.\r\nclick(0, 0)\r\n", ScreenTurn(Click(0, 0), "Click it.")),
    ],
)
def test_words_before_the_command_are_kept(text, turn):
    assert read_turn(text) == turn
    assert read_turn(write_turn(turn)) == turn


def test_lines_stand_in_one_order_and_those_without_words_are_left_out():
    turn = ScreenTurn(Press(("enter",)), "Confirm  it.", "I am\nsure.", "A form.")
    lines = ("Observation: A form.", "Thought: I am sure.", "Action: Confirm it.", "pyautogui.press(keys='enter')")
    assert write_turn(turn) == "\n".join(lines)
    assert write_turn(ScreenTurn(Wait(1), thought="Loading.")) == "Thought: Loading.\nmobile.wait(seconds=1)"
    assert write_turn(ScreenTurn(Click())) == "pyautogui.click()"


@given(command=COMMANDS)
@settings(max_examples=500)
def test_a_command_that_is_written_is_read_back(command):
    text = write_command(command)
    assert "\n" not in text
    assert read_command(text) == command
    assert read_command(text.replace("pyautogui.", "").replace("mobile.", "")) == command or "'" in text or '"' in text


def literals(command: str) -> list[str]:
    """Numbers and texts in the source of a call, in order, without quotation marks."""
    found = []
    for node in ast.walk(ast.parse(command)):
        signed = isinstance(node, ast.UnaryOp)
        constant = node.operand if signed else node
        if isinstance(constant, ast.Constant) and not isinstance(constant.value, bool | None):
            text = ast.get_source_segment(command, node)
            found.append((constant.col_offset, text.strip("'\"") if isinstance(constant.value, str) else text))
    return [text for _, text in sorted(dict(sorted(found, key=lambda item: len(item[1]))).items())]


@given(command=COMMANDS)
@settings(max_examples=500, deadline=None)
def test_content_is_the_instruction_and_every_number_and_text_of_the_command_and_no_other_word(command):
    text = write_turn(ScreenTurn(command, "Seen: f(3)", "I go on with 'it'", "Click at 0.5"))
    instruction, *said = [text[first:last] for first, last in content_spans(text)]
    assert instruction == "Seen: f(3)"
    assert [part.strip("'\"") for part in said] == literals(write_command(command))


def test_what_is_no_turn_has_no_content_and_fences_do_not_matter():
    with pytest.raises(UnreadableActionError):
        content_spans("I would click at 0.5.")
    text = "Thought: so\n```py\npyautogui.click(x=0.25, y=0.5)\n```"
    assert [text[first:last] for first, last in content_spans(text)] == ["0.25", "0.5"]


@given(turn=TURNS)
@settings(max_examples=300)
def test_the_longest_turn_is_short_enough_to_be_read(turn):
    assert len(write_turn(turn)) <= MAX_CHARS
    longest = Write("\U000e0001" * 2_000)
    full = ScreenTurn(longest, "x" * MAX_WORDS_CHARS, "x" * MAX_WORDS_CHARS, "x" * MAX_WORDS_CHARS)
    assert read_turn(write_turn(full)) == full


@given(text=st.text(max_size=300) | st.lists(st.sampled_from(
    ["Thought: ", "Action: ", "\n", "click(", "0.5", ", ", ")", "'", "write(", "keys=", "[", "]", "os", "assistantos"]
)).map("".join))  # fmt: skip
@settings(max_examples=500)
def test_writing_what_was_read_is_a_normal_form(text):
    try:
        turn = read_turn(text)
    except UnreadableActionError:
        return
    written = write_turn(turn)
    assert read_turn(written) == turn
    assert write_turn(read_turn(written)) == written


def test_coordinates_are_kept_as_they_are_written():
    assert Click(1 / 3, 2 / 3) == Click(0.3333, 0.6667)
    assert str(Click(-0.0, 0).x) == "0.0"
    assert DragTo(1, 1, 0, 0) == read_command("dragTo(from_coord=[0, 0], to_coord=[1, 1])")
    assert {Click(0.5, 0.5), Call("swipe", (("to_coord", (0.50001, 0.5)),))} >= {
        Call("swipe", (("to_coord", [0.5, 0.5]),))  # type: ignore[arg-type]
    }


def test_any_reply_made_of_code_is_read_or_refused_and_none_is_run(tmp_path):
    """A canary: a file that any of these texts would write."""
    canary = tmp_path / "canary"
    rng = random.Random(1)
    run = f"open({str(canary)!r}, 'w').write('x')"
    pieces = (
        run,
        f"x={run}",
        f"f'{{{run}}}'",
        f"(lambda: {run})()",
        f"[{run} for _ in (1,)]",
        f"write(message={run})",
        *("\n", ";", "(", ")", "'", '"', "**{}", "*[]", ":=", "@", "import os\n", "0.5", "-", "#", "```python\n"),
        *("Thought: ", "Action: ", "assistantos\n", "pyautogui.", "exec('", "eval("),
    )
    texts = [write_turn(turn) for turn in EXAMPLES]
    kinds: Counter[str] = Counter()
    form = Reader()
    assert form.read("open_file('a')").command == Call("open_file", (("path", "a"),))  # loads the schema's validator
    with nothing_runs():
        for _ in range(10_000):
            text = rng.choice(texts)
            for _ in range(rng.randint(1, 3)):
                at = rng.randint(0, len(text))
                to = rng.randint(at, min(len(text), at + 9))
                text = text[:at] + rng.choice((*pieces, text[at:to])) + text[rng.choice((at, to)) :]
            kinds[kind_read(form, text)] += 1
    assert set(kinds) == {"an action", "refused in a line"}, kinds
    assert min(kinds.values()) > 500, kinds
    assert not canary.exists()


class Reader:
    """The reader as one whose environment declares functions."""

    action = ScreenTurn

    @staticmethod
    def read(text):
        return read_turn(text, (*MOBILE_FUNCTIONS, OPEN_FILE))


def test_every_named_key_is_its_own_name():
    assert Press(tuple(sorted(NAMED_KEYS))[:50]).keys == tuple(sorted(NAMED_KEYS))[:50]
    assert Press(("ESC", "ArrowUp", "A", " ", "\t")).keys == ("esc", "up", "A", "space", "tab")
    for key in ("", "\u00a0", "\x07", "ctrl c"):
        with pytest.raises(ValueError, match="there is no key"):
            Press((key,))


def test_nothing_in_the_formats_calls_what_runs_code():
    for path in (Path(__file__).parents[2] / "src" / "journeyman" / "action_formats").glob("*.py"):
        called = {
            ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        }
        assert not called & {"eval", "exec", "compile", "__import__", "ast.literal_eval"}, path.name
