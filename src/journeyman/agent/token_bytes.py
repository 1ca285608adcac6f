"""What each token of a tokenizer adds to a text, in bytes: a token may hold a part of a character."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from journeyman.errors import ConfigError

_SPACE = "\u2581"
"""How SentencePiece vocabularies write a space."""
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""How they write a byte that stands alone."""


class Vocabulary:
    """Tokens by the bytes they add. Control tokens, and all that were added to a trained vocabulary, are left out."""

    def __init__(self, spelled: Mapping[int, bytes]) -> None:
        """Take ``spelled``, what each token adds; tokens that add nothing are not taken."""
        by_bytes: dict[bytes, list[int]] = {}
        for token, added in sorted(spelled.items()):
            if added:
                by_bytes.setdefault(added, []).append(token)
        self._bytes = {token: added for token, added in spelled.items() if added}
        self._tokens = {added: tuple(tokens) for added, tokens in by_bytes.items()}
        self._sorted = sorted(self._tokens)
        self.longest = max(map(len, self._sorted), default=0)
        """Bytes of the longest token."""

    @classmethod
    def of(cls, tokenizer: Any) -> "Vocabulary":
        """That of ``tokenizer``, a byte-level or SentencePiece one of transformers.

        Raises:
            ConfigError: It is neither, so what its tokens add is not known.
        """
        kinds = _decoder_kinds(tokenizer)
        spell = _spell_byte_level if "ByteLevel" in kinds else _spell_sentence_piece
        if not kinds & {"ByteLevel", "ByteFallback", "Metaspace"}:
            raise ConfigError(
                f"replies cannot be constrained with a {type(tokenizer).__name__} that decodes by "
                f"{', '.join(sorted(kinds)) or 'nothing'}; take a byte-level or SentencePiece tokenizer, "
                "or set catalogue.constrained to false"
            )
        left_out = {*tokenizer.get_added_vocab().values(), *tokenizer.all_special_ids}
        return cls({i: spell(piece) for piece, i in tokenizer.get_vocab().items() if i not in left_out})

    def tokens(self, added: bytes) -> tuple[int, ...]:
        """Tokens that add exactly these bytes; there may be several, e.g. a letter and the byte of it."""
        return self._tokens.get(added, ())

    def added(self, token: int) -> bytes | None:
        """What ``token`` adds; None of a control token, and of none of this vocabulary."""
        return self._bytes.get(token)

    def beginning(self, start: bytes) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """(bytes, tokens) of those that begin with ``start``, in order of bytes; all of them for no bytes."""
        for i in range(bisect_left(self._sorted, start), len(self._sorted)):
            added = self._sorted[i]
            if not added.startswith(start):
                return
            yield added, self._tokens[added]

    @cached_property
    def cuts_characters(self) -> bool:
        """Whether a token may hold a part of a character; such vocabularies spell any character byte by byte."""
        return any(not _is_text(added) for added in self._sorted)

    def spells(self, character: str) -> bool:
        """Whether the character can be written from wherever in it a token may have ended."""
        spelled = character.encode()
        parts = [spelled[i : i + 1] for i in range(len(spelled))] if self.cuts_characters else [spelled]
        return all(part in self._tokens for part in parts)


def _decoder_kinds(tokenizer: Any) -> set[str]:
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    if decoder is None:
        return set()
    state = json.loads(decoder.__getstate__())
    steps = state.get("decoders", [state])
    kinds = {step["type"] for step in steps}
    # Replacing the mark of a space is what Metaspace does too.
    if any(step["type"] == "Replace" and step.get("pattern") == {"String": _SPACE} for step in steps):
        kinds.add("Metaspace")
    return kinds


def _spell_byte_level(piece: str) -> bytes:
    try:
        return bytes(map(_BYTE_OF.__getitem__, piece))
    except KeyError:  # no bytes are written so: such a piece is never made from text
        return b""


def _spell_sentence_piece(piece: str) -> bytes:
    byte = _BYTE.fullmatch(piece)
    return bytes([int(byte[1], 16)]) if byte else piece.replace(_SPACE, " ").encode()


def _printable_bytes() -> Iterable[tuple[str, int]]:
    """GPT-2's alphabet: printable bytes are themselves, the others are the characters from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(256))
    for byte in range(256):
        yield (chr(byte) if byte in printable else chr(0x100 + next(others))), byte


_BYTE_OF = dict(_printable_bytes())


def _is_text(spelled: bytes) -> bool:
    try:
        spelled.decode()
    except UnicodeDecodeError:
        return False
    return True
