"""An action that is written is read back as it was; text without one says what is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.agent.python_block import Action, UnreadableActionError, read_action, write_action

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
