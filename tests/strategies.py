"""Hypothesis strategies shared by all tests: any record type, from its own field types."""

import types
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st

from journeyman.schema.record import Record

_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, width=64),
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
}


def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Any value of a record type."""
    return st.builds(kind, **{name: _field(info.annotation) for name, info in kind.model_fields.items()})


def _field(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*(st.none() if a is types.NoneType else _field(a) for a in args))
    if origin is tuple:
        return st.lists(_field(args[0]), max_size=3).map(tuple)
    return records(annotation)
