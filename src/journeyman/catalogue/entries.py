"""The border of a catalogue: what a source says of an API becomes an ``Api``, or is dropped with a reason."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from journeyman.catalogue.task_media import MODALITIES, task_media
from journeyman.errors import ConfigError
from journeyman.schema.api import UNKNOWN, Api, Modality
from journeyman.schema.record import canonical_json

MOST_APIS = 100_000
NAME_CHARS = 200
TEXT_CHARS = 20_000
"""Of any text of an entry."""

KEYS: dict[str, str] = {
    "name": "name",
    "api_name": "name",
    "model_id": "name",
    "domain": "domain",
    "pipeline_tag": "domain",
    "call": "call",
    "api_call": "call",
    "arguments": "arguments",
    "arguments_json": "arguments",
    "api_arguments": "arguments",
    "example": "example",
    "example_code": "example",
    "description": "description",
    "licence": "licence",
    "license": "licence",
    "media_in": "media_in",
    "media_out": "media_out",
    "source": "source",
}
"""What an entry may be keyed by -> which of the fields it fills."""
_TEXTS = ("name", "domain", "call", "example", "description", "licence", "source")


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry of a source that is no API of the catalogue."""

    name: str
    """As the entry gives it; where it gives none, where the entry stands."""
    reason: str
    """Short, the same for all that are dropped for it."""
    evidence: str
    """JSON object: the whole entry, where it stands, and what it was held against."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a source gives it, with the keys of ``KEYS``."""

    where: str
    """For messages, e.g. ``apis.jsonl, entry 3``."""
    source: str
    """``Api.source`` where the entry itself names none."""
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CatalogueRead:
    """A source's APIs and what was dropped of it: every entry is in one of the two."""

    apis: tuple[Api, ...]
    """Sorted by name."""
    dropped: tuple[Dropped, ...]
    """In reading order."""


class _DropError(Exception):
    """Why an entry is dropped; its text is the reason."""


def take_entries(entries: Iterable[Entry], dropped: Iterable[Dropped] = (), *, where: str) -> CatalogueRead:
    """The APIs of ``entries``, the first of each name.

    Args:
        entries: In reading order.
        dropped: What the source itself could not make an entry of.
        where: The source, for messages.

    Raises:
        ConfigError: An entry has an unknown key, there are too many, or none is an API.
    """
    left = list(dropped)
    taken: dict[str, tuple[Api, str]] = {}
    for entry in entries:
        given = _by_field(entry)
        try:
            api = _api(given, entry.source)
        except _DropError as exc:
            left.append(drop(_name_of(given) or entry.where, str(exc), where=entry.where, entry=entry.given))
            continue
        if api.name in taken:
            other = {"where": entry.where, "entry": entry.given, "kept": taken[api.name][1]}
            left.append(drop(api.name, "name is taken", **other))
            continue
        taken[api.name] = (api, entry.where)
        if len(taken) > MOST_APIS:
            raise ConfigError(f"{where} has more than {MOST_APIS:,} APIs; bring a part of them")
    if not taken:
        raise ConfigError(f"{where} has no API that can be used: {_in_words(left)}")
    return CatalogueRead(apis=tuple(taken[name][0] for name in sorted(taken)), dropped=tuple(left))


def drop(name: str, reason: str, **evidence: Any) -> Dropped:
    """An entry that is left out; ``evidence`` is kept as JSON."""
    # Without a name's control characters the word in a table stays one line; the evidence has the name as it was.
    shown = "".join(sign if sign.isprintable() else " " for sign in name[:NAME_CHARS]).strip()
    try:
        written = json.dumps(evidence, sort_keys=True, default=str)
    except RecursionError:
        written = json.dumps({"entry": "nested too deep to be written"})
    return Dropped(shown, reason, written)


def reasons(dropped: Sequence[Dropped]) -> list[tuple[str, int]]:
    """Each reason and how many were dropped for it, the most frequent first."""
    counted = Counter(one.reason for one in dropped)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _in_words(dropped: Sequence[Dropped]) -> str:
    if not dropped:
        return "it is empty"
    counted = ", ".join(f"{count} x {reason}" for reason, count in reasons(dropped)[:5])
    return f"{len(dropped)} dropped ({counted}), the first is {dropped[0].name!r}"


def _by_field(entry: Entry) -> dict[str, Any]:
    """What is given for each field; a key that is null counts as not given."""
    given: dict[str, Any] = {}
    for key, value in entry.given.items():
        if key not in KEYS:
            raise ConfigError(f"{entry.where}: unknown key {key[:NAME_CHARS]!r}; known are {', '.join(KEYS)}")
        if value is None:
            continue
        if KEYS[key] in given:
            raise ConfigError(f"{entry.where}: {key!r} says again what another key says; leave one")
        given[KEYS[key]] = value
    return given


def _api(given: Mapping[str, Any], source: str) -> Api:
    texts = {field: _text(given.get(field, ""), field) for field in _TEXTS}
    _check_name(texts["name"])
    if not texts["description"]:
        raise _DropError("no description")
    taken, made = _media(given, texts["domain"])
    return Api(
        **texts | {"source": texts["source"] or source},
        arguments_json=_arguments(given.get("arguments", {})),
        media_in=taken,
        media_out=made,
    )


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _DropError(f"{field} is no text")
    if len(value) > TEXT_CHARS:
        raise _DropError(f"{field} is longer than {TEXT_CHARS:,} characters")
    if not _is_unicode(value):
        raise _DropError(f"{field} has half a character")
    return value.strip()


def _is_unicode(text: str) -> bool:
    # JSON can write half a surrogate pair, which no file can hold.
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _check_name(name: str) -> None:
    if not name:
        raise _DropError("no name")
    if name.lower() == UNKNOWN:
        raise _DropError("name is the word for no API")
    if len(name) > NAME_CHARS:
        raise _DropError(f"name is longer than {NAME_CHARS} characters")
    # A model writes names inside JSON strings: what would have to be escaped there is refused here.
    if not name.isprintable() or any(sign in name for sign in "\"'`\\"):
        raise _DropError("name has quotes, backslashes or control characters")


def _arguments(given: Any) -> str:
    """Canonical JSON of argument -> what it is, from an object, its JSON text, or a list of names."""
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else {}
        except (ValueError, RecursionError) as exc:
            raise _DropError("arguments are no JSON object") from exc
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        given = dict.fromkeys(given, "")
    if not isinstance(given, dict):
        raise _DropError("arguments are no JSON object")
    try:
        text = canonical_json(given)
    except (ValueError, RecursionError, TypeError) as exc:  # not a number, or nested without end
        raise _DropError("arguments are no JSON object") from exc
    return _text(text, "arguments")


def _media(given: Mapping[str, Any], domain: str) -> tuple[tuple[Modality, ...], tuple[Modality, ...]]:
    known = task_media(domain)
    taken, made = _modalities(given.get("media_in", ())), _modalities(given.get("media_out", ()))
    if known is not None:
        return taken or known.taken, made or known.given
    if not taken or not made:
        raise _DropError("media are not given and not known from the domain")
    return taken, made


def _modalities(given: Any) -> tuple[Modality, ...]:
    """The modalities named by a list or by a text with commas, each once, in the order of ``MODALITIES``."""
    words = given.split(",") if isinstance(given, str) else given
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise _DropError("unknown modality")
    named = {word.strip().lower() for word in words} - {""}
    if named - set(get_args(Modality)):
        raise _DropError("unknown modality")
    return tuple(kind for kind in MODALITIES if kind in named)


def _name_of(given: Mapping[str, Any]) -> str:
    name = given.get("name", "")
    return name if isinstance(name, str) else ""
