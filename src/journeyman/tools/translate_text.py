"""Translate a text between languages with Apertium's hand-written rules, no neural model."""

import re
from functools import lru_cache

from pydantic import Field

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult
from journeyman.tools._program import missing_programs, run_program

MAX_CHARACTERS = 5000
MAX_TRANSLATED_BYTES = 200_000

_CODES = {"eng": "en", "spa": "es", "cat": "ca", "fra": "fr", "por": "pt", "ita": "it", "glg": "gl", "ron": "ro"}
"""ISO 639-1 codes of the ISO 639-3 codes in Apertium's names; older pairs are named by the former."""
_MODE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")
"""Name of a pair. ``eng-cat_valencia`` and ``eco-es-fr`` are variants of one."""
_GAP = re.compile(r" +(?=[.,;:!?](?:\s|$))")
_PIVOTS = ("es", "en")
"""Languages most pairs share; a pair that is not installed goes through the first that has both halves."""


class TranslateTextArguments(Arguments):
    """What to translate, from which language into which."""

    text: str = Field(description="text to translate", min_length=1, max_length=MAX_CHARACTERS)
    source: str = Field(description="language of the text as ISO 639-1 code, e.g. en", max_length=20)
    target: str = Field(description="language wanted as ISO 639-1 code, e.g. es", max_length=20)


def run(arguments: TranslateTextArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool's signature
    """The translation; words that the dictionaries lack stay as they are."""
    text = "".join(c if c.isprintable() or c in "\n\t" else " " for c in arguments.text)
    if not text.strip():
        raise ToolError("text is blank; give the words to translate")
    for mode in _route(arguments.source.strip().lower(), arguments.target.strip().lower()):
        # -u leaves the stars out that mark unknown words.
        text = run_program(["apertium", "-u", mode], text.encode(), most_bytes=MAX_TRANSLATED_BYTES).decode(
            errors="replace"
        )
    return ToolResult(value=_spaced_as(arguments.text, text.strip()))


def _spaced_as(given: str, text: str) -> str:
    """``text`` without the spaces Apertium leaves where rules moved words, unless ``given`` has the like."""
    if not _GAP.search(given):
        text = _GAP.sub("", text)
    return text if "  " in given else re.sub(r" {2,}", " ", text)


def _route(source: str, target: str) -> tuple[str, ...]:
    """Apertium's names of the pairs to run, one after the other.

    Raises:
        ToolError: The languages are the same, or no route leads from one to the other.
    """
    pairs = _pairs()
    if source == target:
        raise ToolError(f"source and target are both {source!r}")
    if (source, target) in pairs:
        return (pairs[source, target],)
    for pivot in _PIVOTS:
        if (source, pivot) in pairs and (pivot, target) in pairs:
            return pairs[source, pivot], pairs[pivot, target]
    known = ", ".join(f"{one} to {other}" for one, other in sorted(pairs)) or "none"
    raise ToolError(
        f"cannot translate {source!r} to {target!r}; pairs installed: {known}; two may be joined at es or en"
    )


@lru_cache(maxsize=1)
def _pairs() -> dict[tuple[str, str], str]:
    """Apertium's name of each installed pair by ISO 639-1 codes of source and target.

    Raises:
        ToolError: Apertium is not installed.
    """
    pairs = {}
    for mode in run_program(["apertium", "-l"], seconds=10).decode().split():
        if named := _MODE.fullmatch(mode):
            source, target = (_CODES.get(code, code) for code in named.groups())
            pairs[source, target] = mode
    return pairs


def _installed() -> str:
    """Which pairs answer, e.g. ``apertium en-es es-en``; nothing when it is not installed."""
    try:
        return " ".join(["apertium", *(f"{source}-{target}" for source, target in sorted(_pairs()))])
    except ToolError:
        return ""


def _missing() -> str:
    """The program is of no use without a pair, and pairs are packages of their own."""
    return missing_programs(apertium="apertium")() or (
        "" if _pairs() else "install pairs: apt-get install apertium-eng-spa"
    )


TOOL = Tool(
    name="translate_text",
    version=1,
    summary="Translates by rules (Apertium): en, es, ca, fr, pt, it as installed. Gist, not style; unknown words stay.",
    description="Translate a text into another language.",
    arguments=TranslateTextArguments,
    returns="str",
    result=str,
    example={"text": "The total price is forty dollars.", "source": "en", "target": "es"},
    run=run,
    licence="GPL-2.0-or-later (programs and dictionaries)",
    heavy=True,
    backing=_installed,
    missing=_missing,
)
