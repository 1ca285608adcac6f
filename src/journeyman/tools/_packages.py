"""Whether the optional packages that a tool stands on are there, told without importing them."""

import importlib.util
from collections.abc import Callable


def missing_packages(*modules: str) -> Callable[[], str]:
    """A ``Tool.missing`` that names the absent ones among ``modules`` (import names) and how to get them."""

    def missing() -> str:
        absent = [module for module in modules if importlib.util.find_spec(module) is None]
        return f"install {', '.join(absent)}: pip install 'journeyman[tools]'" if absent else ""

    return missing
