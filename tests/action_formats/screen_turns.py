"""Strategies for commands and turns of a GUI agent, and a few by hand."""

from keyword import kwlist

from hypothesis import strategies as st

from journeyman.action_formats._pyautogui_commands import RESERVED_NAMES
from journeyman.action_formats.pyautogui_call import (
    NAMED_KEYS,
    Call,
    Click,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    ScreenTurn,
    Scroll,
    Wait,
    Write,
)

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200) | st.sampled_from(
    [
        "it's",
        'a "b"',
        "\\",
        "\\n",
        "a\nb",
        "\u2028",
        "\x00",
        "\U0001f600",
        "\U000e0001" * 300,
        "'''",
        "<|im_end|>",
        "```",
    ]
)
FRACTIONS = st.floats(0, 1) | st.sampled_from([0, 1, 0.5, -0.0, 1e-9, 0.99999])
_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: name not in RESERVED_NAMES and name not in kwlist
)
_ARGUMENTS = st.lists(
    st.tuples(
        _NAMES.filter(lambda name: name not in ("x", "y")),
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | TEXTS
        | st.tuples(FRACTIONS, FRACTIONS),
    )
    | st.tuples(st.sampled_from(("x", "y")), FRACTIONS),
    max_size=5,
    unique_by=lambda pair: pair[0],
).map(tuple)
KEYS = st.sampled_from(sorted(NAMED_KEYS)) | st.sampled_from("aA1+'\"\\\u00fc\u4f60")
COMMANDS = st.one_of(
    st.builds(Click, FRACTIONS, FRACTIONS, st.sampled_from(("left", "right", "middle")), st.integers(1, 3)),
    st.builds(Click, button=st.sampled_from(("left", "right", "middle")), clicks=st.integers(1, 3)),
    st.builds(MoveTo, FRACTIONS, FRACTIONS),
    st.builds(DragTo, FRACTIONS, FRACTIONS),
    st.builds(DragTo, FRACTIONS, FRACTIONS, FRACTIONS, FRACTIONS),
    st.builds(
        Scroll,
        st.floats(-10, 10).filter(lambda pages: round(pages, 4) != 0),
        st.sampled_from(("vertical", "horizontal")),
    ),
    st.builds(Write, TEXTS),
    st.builds(Press, st.lists(KEYS, min_size=1, max_size=5).map(tuple)),
    st.builds(Hotkey, st.lists(KEYS, min_size=2, max_size=4, unique=True).map(tuple)),
    st.builds(Wait, st.floats(0.001, 60)),
    st.builds(Call, _NAMES, _ARGUMENTS),
)
_WORDS = (
    st.just("")
    | TEXTS
    | st.sampled_from(
        [
            "Action: x",
            "Thought:",
            "assistantos",
            "all",
            "os",
            "click(1, 2)",
            "# note",
            "DONE",
            "a\n\nAction: b",
            "```python",
        ]
    )
)
TURNS = st.builds(ScreenTurn, COMMANDS, _WORDS, _WORDS, _WORDS)
EXAMPLES = [
    ScreenTurn(Click(0.8102, 0.9463), "Click the OK button.", "It is done, so I confirm it.", "A dialog is open."),
    ScreenTurn(Write("bread 'buns' \\ \n"), "Type the words."),
    ScreenTurn(DragTo(0.1, 0.2, 0.3, 0.4)),
    ScreenTurn(Hotkey(("ctrl", "c")), thought="I copy."),
    ScreenTurn(Call("swipe", (("from_coord", (0.5, 0.9)), ("to_coord", (0.5, 0.1)))), "Swipe up."),
    ScreenTurn(Scroll(-0.1)),
]
