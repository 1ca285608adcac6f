"""Prompts are text files beside the code that sends them; a missing value is an error, never a blank."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def render_prompt(package: str, name: str, **values: Any) -> str:
    """The text of ``<package>/prompts/<name>.j2`` with ``values`` filled in.

    Raises:
        jinja2.UndefinedError: The prompt names a value that was not given.
    """
    return _template(package, name).render(**values).strip()


@cache
def _template(package: str, name: str) -> Template:
    # Prompts are plain text for a model, not HTML: escaping would change what it reads.
    loader = PackageLoader(package, "prompts")
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=False).get_template(f"{name}.j2")  # noqa: S701
