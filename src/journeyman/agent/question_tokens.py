"""The text of a question as JSON spells it, and which tokens go on with it."""

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from journeyman.agent.token_bytes import Vocabulary
from journeyman.model_family import IntArray

MAX_QUESTION_CHARS = 300
"""Of a question that a constrained model asks."""

# What json.dumps(ensure_ascii=False) writes of a character, and the beginnings of it. UTF-8 as RFC 3629 has it.
_CHARACTER = (
    rb'[\x20\x21\x23-\x5b\x5d-\x7f]|\\["\\bfnrt]|\\u00(?:0[0-7bef]|1[0-9a-f])|[\xc2-\xdf][\x80-\xbf]'
    rb"|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_BEGINNING = (
    rb"\\|\\u0{0,2}|\\u00[01]|[\xc2-\xf4]|\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]?|[\xf1-\xf3][\x80-\xbf]{1,2}|\xf4[\x80-\x8f][\x80-\xbf]?"
)
_CHARACTERS = re.compile(_CHARACTER)
_TEXT = re.compile(b"((?:" + _CHARACTER + b")*)(?:(" + _BEGINNING + b')|("\\}?))?')
_BLANKS = tuple(json.dumps(c, ensure_ascii=False)[1:-1].encode() for c in map(chr, range(0x3001)) if c.isspace())
"""Every character that ``str.strip`` takes away."""
_BLANK_TEXT = re.compile(b"(?:" + b"|".join(map(re.escape, _BLANKS)) + b")*")


class Asked(NamedTuple):
    """A question that is not at its end."""

    blank: bool = True
    """Whether all that is written so far is blank; such a question may not end."""
    pending: bytes = b""
    """Beginning of a character."""
    left: int = MAX_QUESTION_CHARS
    """Characters that may still begin."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Tokens that go on behind a beginning of a character; T in all, by their ids."""

    tokens: IntArray
    """[T]"""
    begun: IntArray
    """[T]: characters that begin in each."""
    blank: npt.NDArray[np.bool_]
    """[T]: whether it adds nothing but blanks, or the beginning of one."""
    closes: npt.NDArray[np.bool_]
    """[T]: whether it ends the question."""
    whole: npt.NDArray[np.bool_]
    """[T]: whether no character is left unfinished."""


class QuestionTokens:
    """Questions in one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        # Where a byte cannot stand alone, a character that was begun might never be finished.
        self._may_cut = all(vocabulary.tokens(bytes([byte])) for byte in range(0x80, 0xC0))
        self._kept: dict[bytes, _Tokens] = {}

    def walk(self, asked: Asked, added: bytes) -> tuple[Asked | None, bytes] | None:
        """The question with ``added``, or None and what follows the quote where it ends; None where it cannot go on."""
        read = self._read(asked.pending, added)
        if read is None:
            return None
        pending, begun, blank, closing = read
        blank, left = blank and asked.blank, asked.left - begun
        if closing:
            return None if blank or left < 0 else (None, closing[1:])
        if left < 0 or (blank and not left and not pending):
            return None
        return Asked(blank, pending if blank else _representative(pending), left), b""

    def tokens(self, asked: Asked) -> IntArray:
        """Tokens that go on from ``asked``, by their ids."""
        found = self._kept.get(asked.pending)
        if found is None:
            found = self._kept[asked.pending] = self._tokens(asked.pending)
        fits = found.begun <= asked.left
        if asked.blank:
            fits &= ~(found.blank & (found.closes | (found.whole & (found.begun == asked.left))))
        return found.tokens[fits]

    def _tokens(self, pending: bytes) -> _Tokens:
        rows = []
        for first in range(256):
            if _TEXT.fullmatch(pending + bytes([first])) is None:
                continue
            for added, tokens in self._vocabulary.beginning(bytes([first])):
                read = self._read(pending, added)
                if read is not None:
                    behind, begun, blank, closing = read
                    rows += [(token, begun, blank, bool(closing), not behind) for token in tokens]
        table = np.asarray(sorted(rows), dtype=np.int64).reshape(-1, 5).T
        flags = table[2:] == 1
        return _Tokens(table[0].copy(), table[1].astype(np.int16), *flags)

    def _read(self, pending: bytes, added: bytes) -> tuple[bytes, int, bool, bytes] | None:
        """(unfinished character at its end, characters begun, whether it is blank, closing quote and brace)."""
        match = _TEXT.fullmatch(pending + added)
        if match is None:
            return None
        written, behind, closing = match[1], match[2] or b"", match[3] or b""
        if behind >= b"\x80" and not self._may_cut:
            return None
        begun = len(_CHARACTERS.findall(written)) + bool(behind) - bool(pending)
        return behind, begun, _is_blank(written, behind), closing


def _is_blank(written: bytes, behind: bytes) -> bool:
    if behind and not any(blank.startswith(behind) for blank in _BLANKS):
        return False
    return _BLANK_TEXT.fullmatch(written) is not None


def _representative(pending: bytes) -> bytes:
    """A beginning of a character that the same bytes finish, so that few are told apart."""
    if pending < b"\x80" or pending in (b"\xe0", b"\xed", b"\xf0", b"\xf4"):
        return pending
    size = 2 if pending < b"\xe0" else 3 if pending < b"\xf0" else 4
    return (b"\xc3", b"\xe1", b"\xf1")[size - len(pending) - 1]
