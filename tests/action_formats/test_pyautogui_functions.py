"""What an environment declares is what can be called, and how it is told to the agent."""

import pytest

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import (
    ANSWER,
    MOBILE_FUNCTIONS,
    SELECT_OPTION,
    TERMINATE,
    Call,
    Click,
    PluggableFunction,
    function_line,
    read_command,
)

OPEN_FILE = PluggableFunction(
    "open_file",
    "Open a file",
    {"type": "object", "properties": {"path": {"type": "string"}, "line": {"type": "integer"}}, "required": ["path"]},
)


def test_declared_functions_are_the_only_ones_and_take_what_they_declare():
    functions = (OPEN_FILE, ANSWER)
    assert read_command("open_file('a.txt', line=3)", functions) == Call("open_file", (("path", "a.txt"), ("line", 3)))
    assert read_command("pyautogui.click(0, 0)", functions) == Click(0, 0)
    for text, says in (
        ("mobile.home()", "home is no function here; there are open_file, answer"),
        ("DONE", "terminate is no function here"),
        ("open_file(line=3)", "open_file: 'path' is a required property; it takes path, line"),
        ("open_file('a', line='3')", "open_file: '3' is not of type 'integer'"),
        ("open_file('a', mode='r')", "open_file has no argument 'mode'; it takes path, line"),
        ("open_file('a', 3, 4)", "'open_file' takes 2 arguments by place, not 3"),
        ("open_file('a', path='b')", "an argument of open_file is given twice"),
    ):
        with pytest.raises(UnreadableActionError) as refusal:
            read_command(text, functions)
        assert says in str(refusal.value)
    assert read_command("FAIL", (TERMINATE,)) == Call("terminate", (("status", "failure"),))
    with pytest.raises(UnreadableActionError, match="is not one of"):
        read_command("terminate(status='maybe')", (TERMINATE,))
    swipe = "mobile.swipe(from_coord=[0.5, 0.9], to_coord=[0.5, 0.1])"
    assert read_command(swipe, MOBILE_FUNCTIONS) == read_command(swipe)


def test_a_function_is_listed_in_one_line_of_json():
    assert function_line(MOBILE_FUNCTIONS[1]) == '- {"name": "mobile.home", "description": "Press the home button"}'
    assert function_line(OPEN_FILE) == (
        '- {"name": "open_file", "description": "Open a file", "parameters": {"type": "object", "properties": '
        '{"path": {"type": "string"}, "line": {"type": "integer"}}, "required": ["path"]}}'
    )
    assert function_line(SELECT_OPTION).startswith('- {"name": "browser.select_option", ')


@pytest.mark.parametrize("name", ["click", "two words", "", "class", "\u00e9", "a.b", "x" * 65])
def test_a_function_cannot_have_a_name_that_could_not_be_called(name):
    with pytest.raises(ValueError, match="name"):
        PluggableFunction(name, "")
    with pytest.raises(ValueError, match=r"name|command of its own"):
        Call(name)


def test_parameters_are_an_object():
    with pytest.raises(ValueError, match="no JSON schema"):
        PluggableFunction("f", "", {"type": "string"})
