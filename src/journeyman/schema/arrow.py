"""Record type -> Arrow schema, and rows to and fro. The list of field types is closed on purpose."""

import types
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import pyarrow as pa

from journeyman.errors import SchemaError
from journeyman.schema.record import Record

R = TypeVar("R", bound=Record)

_SCALARS: Mapping[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
}


def arrow_schema(record: type[Record]) -> pa.Schema:
    """The schema of a table of ``record`` rows, with its name and version in the metadata.

    Raises:
        SchemaError: A field type outside the closed list (str, int, float, bool, bytes, Literal of
            str, tuple of one type, nested Record, optional). Free-form JSON is stored as text.
    """
    fields = [_field(name, info.annotation) for name, info in record.model_fields.items()]
    metadata = {"record": record.__name__, "schema_version": str(record.SCHEMA_VERSION)}
    return pa.schema(fields, metadata=metadata)


def records_to_table(rows: Iterable[R], record: type[R]) -> pa.Table:
    """Stack records into a table, in order."""
    return pa.Table.from_pylist([row.model_dump() for row in rows], schema=arrow_schema(record))


def table_to_records(table: pa.Table, record: type[R]) -> list[R]:
    """The rows of ``table`` as records.

    Raises:
        SchemaError: The table is not what :func:`arrow_schema` says.
    """
    check_schema(table.schema, record)
    return [record.model_validate(row) for row in table.to_pylist()]


def check_schema(schema: pa.Schema, record: type[Record]) -> None:
    """Refuse a table of another record or version.

    Raises:
        SchemaError: Names the first difference.
    """
    want = arrow_schema(record)
    if schema.equals(want):
        return
    version = (schema.metadata or {}).get(b"schema_version", b"?").decode()
    if version != str(record.SCHEMA_VERSION):
        raise SchemaError(
            f"{record.__name__} rows have schema version {version}, this program reads {record.SCHEMA_VERSION}"
        )
    for field in want:
        index = schema.get_field_index(field.name)
        found = schema.field(index) if index >= 0 else None
        if found is None or not found.equals(field):
            raise SchemaError(
                f"{record.__name__}.{field.name}: expected {field.type}, found {found.type if found else 'nothing'}"
            )
    extra = sorted(set(schema.names) - set(want.names))
    if extra:
        raise SchemaError(f"{record.__name__} has no column {extra[0]!r}")


def _field(name: str, annotation: Any) -> pa.Field:
    inner, nullable = _unwrap_optional(annotation)
    return pa.field(name, _arrow_type(inner, name), nullable=nullable)


def _unwrap_optional(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not types.NoneType]
        if len(inner) == 1:
            return inner[0], True
    return annotation, False


def _arrow_type(annotation: Any, name: str) -> pa.DataType:
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal and all(isinstance(a, str) for a in args):
        return pa.string()
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return pa.list_(pa.field("item", _arrow_type(args[0], name), nullable=False))
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return pa.struct([_field(n, i.annotation) for n, i in annotation.model_fields.items()])
    raise SchemaError(
        f"field {name!r} has type {annotation!r}, which no column can hold; store it as canonical JSON text"
    )
