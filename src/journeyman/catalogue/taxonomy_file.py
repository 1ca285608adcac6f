"""The taxonomy as a file that people edit: leaf, class, and one line an API.

{
 "taxonomy": {
  "image/restoration": {
   "dehazing": {
    "owner/model": {"boundary": "hazy pictures", "differs_by": "quality"}
   }
  }
 },
 "unplaced": []
}
"""

import difflib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from journeyman.catalogue.placements import Leaf, fault_of, leaves, tidy_path, tidy_word
from journeyman.errors import ConfigError
from journeyman.schema.api import Ambiguity, Api, Placement

SHOWN_FAULTS = 5
MOST_GUESSED = 20
"""Faults up to which a near name is looked for."""
_TAXONOMY, _UNPLACED = "taxonomy", "unplaced"
_ENTRY = ("boundary", "differs_by")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_AMBIGUITIES: tuple[str, ...] = get_args(Ambiguity)


class _TwiceError(ValueError):
    """A key stands twice in one object; JSON would forget the first."""


def write_taxonomy(apis: Sequence[Api], placements: Sequence[Placement]) -> str:
    """The taxonomy as a file for people, one line an API; APIs without a place are named at the end."""
    placed = {one.name for one in placements}
    drawn = _drawn({"/".join(path): _drawn(_classes(members), 2) for path, members in leaves(placements).items()}, 1)
    unplaced = sorted(api.name for api in apis if api.name not in placed)
    return f'{{\n "taxonomy": {drawn},\n "unplaced": {json.dumps(unplaced, ensure_ascii=False)}\n}}\n'


def read_taxonomy(text: str, apis: Sequence[Api]) -> tuple[Placement, ...]:
    """The placements of a file that :func:`write_taxonomy` wrote and people edited, sorted by name.

    Raises:
        ConfigError: It cannot be used; the message has the first faults, each with its line and the fix.
    """
    placements, faults = _read(text, apis)
    if faults:
        more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise ConfigError(f"the taxonomy cannot be used: {'; '.join(faults[:SHOWN_FAULTS])}{more}")
    return placements


def find_faults(text: str, apis: Sequence[Api]) -> tuple[str, ...]:
    """Everything that keeps a taxonomy file from being used, each with its line and the fix; empty where it is fine."""
    return tuple(_read(text, apis)[1])


class _Reader:
    """Reads one file; what is wrong with it is gathered, so that all of it is told at once."""

    def __init__(self, text: str, apis: Sequence[Api]) -> None:
        self._text = text
        self._names = {api.name for api in apis}
        self._class_in: dict[str, Leaf] = {}
        self._lines: dict[str, list[int]] = defaultdict(list)
        """Quoted text -> the lines it stands in; filled when the first fault is found."""
        self._faulty: set[str] = set()
        self.placements: dict[str, Placement] = {}
        self.faults: list[str] = []

    def read(self) -> None:
        content = self._content()
        if content is None:
            return
        for path, members in self._objects(content, "the leaf"):
            leaf = tidy_path([path])
            for name, placed in self._objects(members, f"{path!r}: the class"):
                self._enter_class(tidy_word(name), leaf, name)
                for api, entry in self._objects(placed, f"{path!r}, {name!r}: the API"):
                    self._enter(api, entry, leaf, tidy_word(name))
        for name in sorted(self._names - self.placements.keys() - self._faulty):
            self._fault(name, f"{name!r} has no place; add it to a class of a leaf")

    def _content(self) -> dict[str, Any] | None:
        """What stands under ``taxonomy``."""
        try:
            content = json.loads(self._text, object_pairs_hook=_once)
        except _TwiceError as exc:
            self._fault(str(exc), f"{str(exc)!r} stands twice in one object; make them one", nth=2)
        except json.JSONDecodeError as exc:
            self.faults.append(
                f"line {exc.lineno}: it is not JSON: {exc.msg}; look for a comma or a quote there and above"
            )
        except (ValueError, RecursionError) as exc:
            self.faults.append(
                f"line 1: it is not JSON: {str(exc)[:100]}; write it anew with `journeyman catalogue taxonomy`"
            )
        else:
            if isinstance(content, dict) and isinstance(content.get(_TAXONOMY), dict):
                for key in sorted(content.keys() - {_TAXONOMY, _UNPLACED}):
                    self._fault(key, f"unknown key {key!r} beside {_TAXONOMY!r}; remove it or move it inside")
                return dict(content[_TAXONOMY])
            self.faults.append(
                f'line 1: there is no {_TAXONOMY!r}; the file is {{"{_TAXONOMY}": {{leaf: {{class: {{API: ...}}}}}}}}'
            )
        return None

    def _objects(self, value: Any, what: str) -> list[tuple[str, Any]]:
        """Keys and values of an object of objects."""
        found = []
        for key, inner in value.items():
            if isinstance(inner, dict):
                found.append((key, inner))
            else:
                self._fault(key, f"{what} {key!r} must be an object in braces")
        return found

    def _enter_class(self, name: str, leaf: Leaf, written: str) -> None:
        other = self._class_in.setdefault(name, leaf)
        if other != leaf:
            where = f"{'/'.join(other)!r} and {'/'.join(leaf)!r}"
            self._fault(written, f"the class {name!r} is in {where}; APIs of one class do the same: rename one", nth=2)

    def _enter(self, name: str, entry: Mapping[str, Any], leaf: Leaf, function_class: str) -> None:
        if name not in self._names:
            # Looking for a near name takes as long as the catalogue is; a file of another catalogue has no near ones.
            near = difflib.get_close_matches(name, self._names, n=1) if len(self.faults) < MOST_GUESSED else []
            meant = f"; is {near[0]!r} meant?" if near else "; remove it"
            self._fault(name, f"{name!r} is no API of the catalogue{meant}")
            return
        if name in self.placements:
            self._fault(name, f"{name!r} has two places; remove one", nth=2)
            return
        unknown = sorted(entry.keys() - set(_ENTRY))
        boundary, differs_by = (entry.get(key, "") for key in _ENTRY)
        if unknown:
            self._fault(name, f"{name!r} has the unknown key {unknown[0]!r}; known are {', '.join(_ENTRY)}")
        elif differs_by not in _AMBIGUITIES:
            known = ", ".join(f'"{word}"' for word in _AMBIGUITIES)
            self._fault(name, f"{name!r} has differs_by {differs_by!r}; it is one of {known}")
        elif not isinstance(boundary, str):
            self._fault(name, f"{name!r} has a boundary that is no text; write it in quotes")
        else:
            self._take(
                Placement(
                    name=name,
                    path=leaf,
                    function_class=function_class,
                    boundary=" ".join(boundary.split()),
                    differs_by=differs_by,
                )
            )

    def _take(self, placement: Placement) -> None:
        fault = fault_of(placement)
        if fault:
            self._fault(placement.name, f"{placement.name!r} cannot stand there: {fault}")
        else:
            self.placements[placement.name] = placement

    def _fault(self, key: str, words: str, *, nth: int = 1) -> None:
        self._faulty.add(key)
        line = self._line(key, nth)
        self.faults.append(f"line {line}: {words}" if line else words)

    def _line(self, key: str, nth: int) -> int:
        """Number of the line where ``key`` stands the ``nth`` time, or of the last; 0 where it does not stand."""
        if not self._lines:
            line, at = 1, 0
            for found in _QUOTED.finditer(self._text):
                line, at = line + self._text.count("\n", at, found.start()), found.start()
                self._lines[found.group()].append(line)
        lines = self._lines.get(json.dumps(key, ensure_ascii=False), [0])
        return lines[min(nth, len(lines)) - 1]


def _read(text: str, apis: Sequence[Api]) -> tuple[tuple[Placement, ...], list[str]]:
    reader = _Reader(text, apis)
    reader.read()
    return tuple(reader.placements[name] for name in sorted(reader.placements)), reader.faults


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _classes(members: Sequence[Placement]) -> dict[str, str]:
    found: dict[str, list[Placement]] = defaultdict(list)
    for one in members:
        found[one.function_class].append(one)
    return {name: _apis(same) for name, same in found.items()}


def _apis(members: Sequence[Placement]) -> str:
    entries = {
        one.name: json.dumps({"boundary": one.boundary, "differs_by": one.differs_by}, ensure_ascii=False)
        for one in members
    }
    return _drawn(entries, 3)


def _drawn(values: Mapping[str, str], depth: int) -> str:
    """A JSON object with a line for each key; ``values`` are JSON text already."""
    if not values:
        return "{}"
    lines = [f"{' ' * (depth + 1)}{json.dumps(key, ensure_ascii=False)}: {value}" for key, value in values.items()]
    return "{\n" + ",\n".join(lines) + f"\n{' ' * depth}}}"
