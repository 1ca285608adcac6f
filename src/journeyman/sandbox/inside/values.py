"""Python values on their way out of the sandbox, as JSON."""

import decimal
import fractions
import math
import pathlib
from typing import Any

_DEPTH = 40
_TEXT_CHARS = 100_000


def to_answer(value: Any) -> Any:
    """The JSON value nearest to ``value``; what has none becomes its text, so that an answer is never lost."""
    return _convert(value, _DEPTH, _text)


def to_argument(tool: str, value: Any) -> Any:
    """The JSON value equal to ``value``, for a tool's argument.

    Raises:
        TypeError: There is none, such as for an open picture.
    """

    def refuse(unknown: Any) -> Any:
        kind = f"{type(unknown).__module__}.{type(unknown).__qualname__}".removeprefix("builtins.")
        raise TypeError(f"{tool}() takes plain values, not {kind}; save it to a file and pass the name")

    return _convert(value, _DEPTH, refuse)


def _convert(value: Any, depth: int, other: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, int):
        # json refuses numbers of over 4300 digits.
        return int(value) if value.bit_length() < 10_000 else other(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else other(value)
    if depth == 0:
        return other(value)
    if isinstance(value, dict):
        return {_text(key): _convert(item, depth - 1, other) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_convert(item, depth - 1, other) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_convert(item, depth - 1, other) for item in value), key=repr)
    if isinstance(value, pathlib.PurePath):
        return str(value)
    # numpy's scalars and arrays, torch's tensors: told by what they offer, none of them is imported here.
    if type(value).__module__.split(".")[0] in ("numpy", "torch") and hasattr(value, "tolist"):
        return _convert(value.tolist(), depth - 1, other)
    if isinstance(value, decimal.Decimal | fractions.Fraction):
        if not math.isfinite(value):
            return other(value)
        return _convert(int(value) if value == int(value) else float(value), depth - 1, other)
    return other(value)


def _text(value: Any) -> str:
    return str(value)[:_TEXT_CHARS].encode("utf-8", "replace").decode()
