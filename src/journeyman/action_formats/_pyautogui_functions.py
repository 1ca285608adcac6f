"""Pluggable functions: what an environment offers beyond mouse and keyboard, and those that Aguvis publishes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from journeyman.action_formats._pyautogui_commands import RESERVED_NAMES, Call, check_name, in_ascii, short


@dataclass(frozen=True, slots=True)
class PluggableFunction:
    """A function that an environment declares; its line stands in the system prompt."""

    name: str
    """Without the ``mobile.`` or ``browser.`` it is written with."""
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """JSON schema of an object, whose properties stand in the order of positional arguments; empty for none."""

    def __post_init__(self) -> None:
        check_name("a function", self.name)
        if self.name in RESERVED_NAMES - {"wait"}:
            raise ValueError(f"{self.name} is a command of its own; name the function otherwise")
        if self.parameters and self.parameters.get("type") != "object":
            raise ValueError(f'parameters of {self.name} are no JSON schema of {{"type": "object"}}')

    @property
    def argument_names(self) -> tuple[str, ...]:
        """In the order of positional arguments."""
        return tuple(self.parameters.get("properties", ()))


def _of(name: str, description: str, **properties: Mapping[str, Any]) -> PluggableFunction:
    schema = {"type": "object", "properties": properties, "required": list(properties)} if properties else {}
    return PluggableFunction(name, description, schema)


def _number(description: str) -> Mapping[str, Any]:
    return {"type": "number", "description": description}


def _text(description: str) -> Mapping[str, Any]:
    return {"type": "string", "description": description}


def _point(description: str) -> Mapping[str, Any]:
    return {"type": "array", "items": {"type": "number"}, "description": description}


MOBILE_FUNCTIONS: tuple[PluggableFunction, ...] = (
    _of(
        "swipe",
        "Swipe on the screen",
        from_coord=_point("The starting coordinates of the swipe"),
        to_coord=_point("The ending coordinates of the swipe"),
    ),
    _of("home", "Press the home button"),
    _of("back", "Press the back button"),
    _of("wait", "wait for the change to happen", seconds=_number("The seconds to wait")),
    _of(
        "long_press",
        "Long press on the screen",
        x=_number("The x coordinate of the long press"),
        y=_number("The y coordinate of the long press"),
    ),
    _of("open_app", "Open an app on the device", app_name=_text("The name of the app to open")),
)
"""The functions of Aguvis' system prompt for phones, in its order and words."""

SELECT_OPTION = _of(
    "select_option",
    "Select an option from a dropdown menu",
    x=_number("The x coordinate of the dropdown menu"),
    y=_number("The y coordinate of the dropdown menu"),
    value=_text("The value of the option to select"),
)
TERMINATE = _of("terminate", "End the episode", status={"type": "string", "enum": ["success", "failure"]})
"""Aguvis' data has ``success`` alone; ``failure`` is what the word FAIL of a reply says."""
ANSWER = _of("answer", "Answer the question that was asked", answer=_text("The answer"))

_PUBLISHED = {function.name: function for function in (*MOBILE_FUNCTIONS, SELECT_OPTION, TERMINATE, ANSWER)}
_NAMESPACES = {"select_option": "browser.", **{function.name: "mobile." for function in MOBILE_FUNCTIONS}}


def called_name(name: str) -> str:
    """What a function is written as: Aguvis' own carry a namespace, ``mobile.swipe``; others stand bare."""
    return _NAMESPACES.get(name, "") + name


def function_line(function: PluggableFunction) -> str:
    """``- {"name": ..., "description": ..., "parameters": ...}``, as a system prompt lists it."""
    said: dict[str, Any] = {"name": called_name(function.name), "description": function.description}
    if function.parameters:
        said["parameters"] = dict(function.parameters)
    return f"- {json.dumps(said, ensure_ascii=False)}"


def function_named(name: str, functions: Sequence[PluggableFunction]) -> PluggableFunction | None:
    """The function ``name`` of those declared; where none are declared, the published one, or None.

    Raises:
        ValueError: Functions are declared and it is not among them.
    """
    if not functions:
        return _PUBLISHED.get(name)
    for function in functions:
        if function.name == name:
            return function
    there = ", ".join(called_name(function.name) for function in functions)
    raise ValueError(f"{name} is no function here; there are {there[:100]}")


def check_call(call: Call, function: PluggableFunction) -> None:
    """Compare a call with what its function declares.

    Raises:
        ValueError: An argument is missing, unknown, or not as the schema wants it.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    others = [name for name, _ in call.arguments if name not in function.argument_names]
    if others:
        raise ValueError(f"{call.name} has no argument {short(others[0])}; {_takes(function)}")
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in call.arguments}
    error = best_match(Draft202012Validator(dict(function.parameters)).iter_errors(said))
    if error is not None:
        raise ValueError(f"{call.name}: {in_ascii(error.message)[:80]}; {_takes(function)}")


def _takes(function: PluggableFunction) -> str:
    return f"it takes {', '.join(function.argument_names)[:60] or 'none'}"
