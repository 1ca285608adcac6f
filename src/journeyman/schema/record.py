"""What every stored record is: frozen, closed, versioned, and written as canonical JSON."""

import hashlib
import json
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A value that is stored. Fields may not change meaning without a new ``SCHEMA_VERSION``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    SCHEMA_VERSION: ClassVar[int] = 1


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text, whatever their key order.

    Raises:
        ValueError: NaN or infinity, which JSON does not have.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(value: Any) -> str:
    """sha256, in hex, of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def sha256_hex(data: bytes) -> str:
    """sha256 of ``data``, in hex."""
    return hashlib.sha256(data).hexdigest()
