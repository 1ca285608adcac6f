"""Small catalogues for tests."""

from typing import Any

from journeyman.schema.api import Api, Placement


def api(name: str, **changes: Any) -> Api:
    """An API that takes pictures and gives text."""
    said: dict[str, Any] = {
        "name": name,
        "domain": "image-classification",
        "call": "",
        "arguments_json": "{}",
        "example": "",
        "description": f"what {name} does",
        "licence": "mit",
        "media_in": ("image",),
        "media_out": ("text",),
        "source": "test",
    }
    return Api(**said | changes)


def placement(name: str, **changes: Any) -> Placement:
    """A place in a leaf of the pictures' branch."""
    said: dict[str, Any] = {
        "name": name,
        "path": ("image", "restoration"),
        "function_class": "dehazing",
        "boundary": "hazy pictures",
        "differs_by": "quality",
    }
    return Placement(**said | changes)
