"""An action that is written is read back as it was; text without one says what is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.python_block import Action, read_action, write_action

_THOUGHTS = st.text(st.characters(blacklist_characters="`", blacklist_categories=("Cs", "Cc")), max_size=80).map(
    str.strip
)
_CODE = st.lists(
    st.text(st.characters(blacklist_characters="`\r", blacklist_categories=("Cs", "Cc")), min_size=1), min_size=1
)


@given(thought=_THOUGHTS.filter(lambda t: not t.endswith("Code:") and not t.startswith("Thought:")), lines=_CODE)
def test_what_is_written_is_read_back(thought: str, lines: list[str]) -> None:
    code = "\n".join(lines)
    if not code.strip():
        return
    assert read_action(write_action(Action(thought, code))) == Action(thought, code)


def test_three_backticks_inside_a_string_do_not_end_the_code() -> None:
    code = 'plot("""\n  a ```py b```\n""")\nprint(1)'
    assert read_action(write_action(Action("I draw.", code))) == Action("I draw.", code)


def test_a_last_fence_need_not_stand_alone() -> None:
    assert read_action("Thought: so\nCode:\n```py\nprint(1)```\n").code == "print(1)"


def test_a_thought_of_blanks_is_read_in_no_time() -> None:
    blanks = " " * 200_000
    assert read_action(f"Thought:{blanks}x{blanks}\nCode:\n```py\nprint(1)\n```").thought == "x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("I would rather talk.", "no code block"),
        ("```py\n\n```", "empty"),
        ("```py\na\n```\n```py\nb\n```", "2 code blocks"),
        ("```py\nnever closed", "no code block"),
    ],
    ids=["talk", "empty", "two", "open"],
)
def test_text_without_one_action_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(UnreadableActionError, match=says):
        read_action(text)
