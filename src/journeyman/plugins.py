"""The whole plugin mechanism: a shelf is a package, a plugin is a module in it with one constant.

``tools/ocr.py`` holds ``TOOL = Tool(...)``; its file name is its name. Nothing is registered, and
a module is imported only when its plugin is asked for, so an unused tool costs nothing.
"""

import difflib
import importlib
import pkgutil
from typing import TypeVar

from journeyman.errors import UnknownPluginError

P = TypeVar("P")


def plugin_names(shelf: str) -> tuple[str, ...]:
    """Names that :func:`load_plugin` accepts for ``shelf``, sorted; ``_private`` modules are not plugins.

    Args:
        shelf: Dotted name of the package, e.g. ``journeyman.tools``.
    """
    path = importlib.import_module(shelf).__path__
    return tuple(sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_")))


def load_plugin(shelf: str, name: str, constant: str, kind: type[P]) -> P:
    """The ``constant`` of module ``name`` on ``shelf``.

    Raises:
        UnknownPluginError: No such module; the message names near misses, or all there are.
        TypeError: The module's constant is missing or not a ``kind``.
    """
    names = plugin_names(shelf)
    if name not in names:
        near = difflib.get_close_matches(name, names) or names
        raise UnknownPluginError(f"no {constant.lower()} {name!r} in {shelf}; there is: {', '.join(near)}")
    plugin: object = getattr(importlib.import_module(f"{shelf}.{name}"), constant, None)
    if not isinstance(plugin, kind):
        raise TypeError(f"{shelf}.{name}.{constant} must be a {kind.__name__}, not {plugin!r}")
    return plugin
