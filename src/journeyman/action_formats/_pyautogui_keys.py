"""Names of keys: pyautogui's own, with one name a key; what else the key is called is read as that name."""

import difflib
from collections.abc import Mapping

NAMED_KEYS: frozenset[str] = frozenset(
    {
        *("enter", "tab", "space", "backspace", "delete", "insert", "esc"),
        *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
        *("ctrl", "shift", "alt", "win", "command", "fn"),
        *("capslock", "numlock", "scrolllock", "printscreen", "pause", "apps"),
        *(f"f{number}" for number in range(1, 25)),
    }
)
"""Keys whose name is a word; every other key's name is the one character it types."""

_NAMES_OF: Mapping[str, tuple[str, ...]] = {
    "enter": ("return", "\n", "\r"),
    "tab": ("\t",),
    "space": ("spacebar", " "),
    "backspace": ("back_space", "\b"),
    "esc": ("escape",),
    "delete": ("del",),
    "insert": ("ins",),
    "up": ("arrowup", "uparrow"),
    "down": ("arrowdown", "downarrow"),
    "left": ("arrowleft", "leftarrow"),
    "right": ("arrowright", "rightarrow"),
    "pageup": ("pgup", "page_up"),
    "pagedown": ("pgdn", "pgdown", "page_down"),
    "ctrl": ("control", "ctrlleft", "ctrlright"),
    "shift": ("shiftleft", "shiftright"),
    "alt": ("altleft", "altright", "option", "optionleft", "optionright"),
    "win": ("winleft", "winright", "windows", "super", "meta"),
    "command": ("cmd",),
    "printscreen": ("prntscrn", "prtsc", "prtscr", "print_screen"),
    "capslock": ("caps_lock",),
    "numlock": ("num_lock",),
    "scrolllock": ("scroll_lock",),
    "apps": ("menu",),
}
_OTHER_NAMES = {other: name for name, others in _NAMES_OF.items() for other in others}


def key_name(key: object) -> str:
    """The one name of ``key``: a word of :data:`NAMED_KEYS`, whatever its case, or one printable character.

    Raises:
        ValueError: There is no such key; the message names near misses.
    """
    if not isinstance(key, str):
        raise ValueError(f"a key is named by a text, not by a {type(key).__name__}")
    if len(key) == 1 and key.isprintable() and not key.isspace():
        return key
    word = key.lower()
    name = _OTHER_NAMES.get(word, word)
    if name in NAMED_KEYS:
        return name
    near = difflib.get_close_matches(word[:30], (*NAMED_KEYS, *_OTHER_NAMES)) or ["enter", "tab", "ctrl", "a"]
    raise ValueError(f"there is no key {key[:30]!r}; keys are such as {', '.join(near)}")
