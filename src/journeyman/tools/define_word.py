"""Look an English word up in WordNet 3.0 through the ``wn`` program that Debian's package carries."""

import re
import shutil
import subprocess

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult

MOST_SENSES = 10
"""Of each part of speech; wn puts the most frequent first, and the verb ``break`` has 59."""
SECONDS = 10.0
"""A call takes 4 ms; more is a machine in trouble."""

# A letter or digit first: wn takes what starts with a dash for an option.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'./ -]{0,59}")
_HEADING = re.compile(r"The (noun|verb|adj|adv) (.+) has (\d+) senses?")
_SENSE = re.compile(r"\d+\. (?:\(\d+\) )?(.+?) -- \((.*)\)")
_EXAMPLE = re.compile(r'"([^"]*)"')
_PARTS = {"noun": "noun", "verb": "verb", "adj": "adjective", "adv": "adverb"}


class Sense(TypedDict):
    """One meaning."""

    word: str
    """Base form it is a meaning of: ``see`` for ``saw``."""
    part: str
    """``noun``, ``verb``, ``adjective`` or ``adverb``."""
    meaning: str
    examples: list[str]
    synonyms: list[str]


class Definition(TypedDict):
    """What WordNet says of a word."""

    word: str
    senses: list[Sense]
    """Most frequent first within a part of speech."""
    total: int
    """How many senses there are, those left out included."""
    source: str


class DefineWordArguments(Arguments):
    """What to look up."""

    word: str = Field(description="English word or phrase, e.g. bank or carbon dioxide")


def run(arguments: DefineWordArguments, files: ToolFiles) -> ToolResult:  # noqa: ARG001 - every tool is called alike
    """The senses of the word, at most ``MOST_SENSES`` of each part of speech."""
    word = " ".join(arguments.word.split())
    if _WORD.fullmatch(word) is None:
        shown = word if len(word) <= 60 else f"{word[:60]}... ({len(word):,} characters)"
        raise ToolError(
            f"{shown!r} is no English word: up to 60 of A-Z a-z 0-9 ' . / - and spaces are, a letter or digit first"
        )
    senses, total = _senses(_printed(word))
    if not senses:
        raise ToolError(f"{word!r} is not in WordNet 3.0, which has English only; check the spelling or try a synonym")
    return ToolResult(value=Definition(word=word, senses=senses, total=total, source="WordNet 3.0"))


def _printed(word: str) -> str:
    program = shutil.which("wn")
    if program is None:
        raise ToolError(_missing())
    try:
        # Its status is the number of senses, so it says nothing of success. WordNet's files are Latin.
        done = subprocess.run(
            [program, word.replace(" ", "_"), "-over"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
            env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as exc:
        raise ToolError(f"WordNet did not answer within {SECONDS:.0f} s") from exc
    return done.stdout.decode("latin-1")


def _senses(printed: str) -> tuple[list[Sense], int]:
    """The senses to give, and how many there are."""
    senses: list[Sense] = []
    lemma, part, given, total = "", "", 0, 0
    for line in printed.splitlines():
        if heading := _HEADING.match(line):
            part, lemma, given = _PARTS[heading[1]], heading[2].replace("_", " "), 0
            total += int(heading[3])
        elif (sense := _SENSE.fullmatch(line.strip())) and given < MOST_SENSES:
            given += 1
            words = sense[1].split(", ")
            senses.append(
                Sense(
                    word=lemma,
                    part=part,
                    meaning=sense[2].split('; "')[0].strip(" ;"),
                    examples=_EXAMPLE.findall(sense[2]),
                    synonyms=[other for other in words if other.casefold() != lemma.casefold()],
                )
            )
    return senses, total


def _missing() -> str:
    return "" if shutil.which("wn") else "install wordnet: apt-get install wordnet"


TOOL = Tool(
    name="define_word",
    version=1,
    summary="Senses, examples and synonyms of an English word from WordNet 3.0 (Debian's wn program).",
    description="Define an English word.",
    arguments=DefineWordArguments,
    returns="word, senses with part and meaning",
    result=Definition,
    example={"word": "invoice"},
    run=run,
    licence="WordNet-3.0",
    missing=_missing,
)
