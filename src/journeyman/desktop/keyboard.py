"""The keys of the X server's keyboard; runs in the hands' process.

pyautogui takes the American layout for granted and yet types ``>`` for ``<``, since the first key that has a ``<``
is another one; of a character that no key has it types nothing and says nothing. Here its table of keys is
corrected from the server's own, and characters without a key get one that has none.
"""

import time
from collections.abc import Iterable
from typing import Any

from journeyman.errors import ToolError

_SHIFT_COLUMN = 1
_MEDIA_KEYS = range(0x1008_0000, 0x1009_0000)
"""Key symbols such as volume and browser keys, which no command names."""
_LATIN_1, _UNICODE = 0x100, 0x0100_0000
_TYPED_AS_KEYS = "\n\r\t"
_SETTLE_SECONDS = 0.2


class Keyboard:
    """Corrects pyautogui's table of keys and gives keys to characters that have none."""

    def __init__(self, pyautogui: Any) -> None:
        """Args: pyautogui: The module; its table is changed in place."""
        self._table: dict[str, int | None] = pyautogui.platformModule.keyboardMapping
        self._display = pyautogui.platformModule._display  # noqa: SLF001 - it has no public name
        self._needs_shift = pyautogui.isShiftCharacter
        lowest, highest = self._display.display.info.min_keycode, self._display.display.info.max_keycode
        rows = self._display.get_keyboard_mapping(lowest, highest - lowest + 1)
        self._rows = {lowest + place: tuple(row) for place, row in enumerate(rows)}
        self._free = [code for code, row in self._rows.items() if all(not sym or sym in _MEDIA_KEYS for sym in row)]
        self._given: dict[str, int] = {}
        """Characters that were given a key, the one asked for longest ago first."""
        for character in map(chr, range(0x20, 0x7F)):
            self._table[character] = self._code_of(character)

    def names(self, known: Iterable[str]) -> tuple[str, ...]:
        """Those of ``known`` that the keyboard has, sorted."""
        return tuple(sorted(name for name in known if self._table.get(name)))

    def learn(self, text: str) -> None:
        """Make every character of ``text`` one that pyautogui can type.

        Raises:
            ToolError: A control character, or more different characters without a key than there are keys to give.
        """
        refused = sorted({c for c in text if _is_control(c) and c not in _TYPED_AS_KEYS})
        if refused:
            raise ToolError(f"no key types {', '.join(map(ascii, refused[:10]))}; press keys by name instead")
        wanted = [c for c in dict.fromkeys(text) if not self._table.get(c) or c in self._given]
        room = len(self._free) + len(self._given)
        if len(wanted) > room:
            raise ToolError(
                f"{len(wanted)} different characters have no key, and {room} can be given one at a time; "
                f"write the text in parts: {''.join(wanted[room:])[:20]!a} are too many"
            )
        for character in wanted:
            self._given[character] = self._given.pop(character, 0)
        fresh = [c for c in wanted if not self._given[c]]
        if len(fresh) > len(self._free):
            time.sleep(_SETTLE_SECONDS)  # programs look up late what a key means: the last text must have been read
        for character in fresh:
            self._given[character] = self._table[character] = self._give(_symbol_of(character))
        if fresh:
            self._display.sync()

    def plain_keys(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Keys to hold together, each by a name that pyautogui presses without adding a shift of its own.

        A capital letter is its key, as in Ctrl+C; a sign that stands above another brings its shift.
        """
        held: list[str] = []
        for key in keys:
            character = key.lower() if len(key) == 1 and key.isascii() else key
            if len(character) > 1:
                held.append(character)
                continue
            self.learn(character)
            if character not in self._given and self._needs_shift(character) and "shift" not in held:
                held.append("shift")
            name = f"key {self._table[character]}"
            self._table[name] = self._table[character]
            held.append(name)
        return tuple(dict.fromkeys(held))

    def _code_of(self, character: str) -> int | None:
        column = _SHIFT_COLUMN if self._needs_shift(character) else 0
        symbol = _symbol_of(character)
        return next((code for code, row in self._rows.items() if row[column] == symbol), None)

    def _give(self, symbol: int) -> int:
        """The key that has ``symbol`` from now on: a free one, or that of the character asked for longest ago."""
        if self._free:
            code: int = self._free.pop()
        else:
            oldest = next(character for character, given in self._given.items() if given)
            code = self._given.pop(oldest)
            self._table[oldest] = None
        # With and without shift: pyautogui holds it for capitals.
        self._display.change_keyboard_mapping(code, [(symbol, symbol)])
        return code


def _symbol_of(character: str) -> int:
    code = ord(character)
    return code if code < _LATIN_1 else _UNICODE + code


def _is_control(character: str) -> bool:
    return ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0
