"""Load a model that the user set for a tool, from a folder or from what was downloaded of the hub."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from journeyman.errors import ToolError
from journeyman.settings import load_settings

Loaded = TypeVar("Loaded")


def loaded(model: str, load: Callable[[], Loaded]) -> Loaded:
    """What ``load`` gives.

    Tool hosts are offline (``HF_HUB_OFFLINE=1``), so a hub model must have been downloaded before.

    Raises:
        ToolError: The model is not there, or is none of the kind that the tool takes.
    """
    try:
        return load()
    except MemoryError:
        raise
    except Exception as exc:  # loaders of many libraries: no common class, and all of it says the model is unusable
        words = str(exc).strip().splitlines()
        reason = words[0] if words else type(exc).__name__
        raise ToolError(
            f"model {model!r} cannot be loaded: {reason}; set a folder, or download it first: hf download {model}"
        ) from exc


def warm_up_of(tool: str, load: Callable[[str], object]) -> Callable[[], None]:
    """A ``Tool.warm_up`` that loads the model set for ``tool``; nothing where an endpoint answers or none is set."""

    def warm_up() -> None:
        backing = load_settings().tool_backings.get(tool)
        if backing is not None and backing.model and not backing.url:
            with suppress(ToolError):  # the first call says it to the agent
                load(backing.model)

    return warm_up
