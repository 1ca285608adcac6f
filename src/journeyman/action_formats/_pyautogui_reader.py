"""Read a command: Python's own grammar gives a tree of calls and literals, and nothing in it is ever run."""

import ast
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats._pyautogui_commands import (
    MAX_KEYS,
    MAX_PAGES,
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Press,
    Scroll,
    Wait,
    Write,
    in_ascii,
    short,
)
from journeyman.action_formats._pyautogui_functions import (
    PluggableFunction,
    called_name,
    check_call,
    function_named,
)
from journeyman.python_syntax import parse_python

WORDS = ("WAIT", "DONE", "FAIL")
"""OSWorld's words for a turn without a call."""
DEFAULT_SECONDS = 1.0
"""Of a wait that does not say how long."""
MAX_ARGUMENTS = 20
"""Written in one call."""

# A backslash that escapes nothing, which Python keeps, or a digit and a letter: the parser may warn of either.
_WARNS = re.compile(r"\\[^\\'\"\nabfnrtvxuUN0-3]|\d[A-Za-z_]")

Given = Mapping[str, Any]
"""Arguments by name; a literal list is a tuple here."""


def read_code(code: str, functions: Sequence[PluggableFunction] = ()) -> Command:
    """The one command in ``code``; ``moveTo`` and ``dragTo`` behind each other are one drag.

    Args:
        code: Python calls of literals, or a word of :data:`WORDS`.
        functions: Those declared: no other may be called, and arguments must be theirs. Where none are,
            any may be.

    Raises:
        UnreadableActionError: It is something else, or more than one command.
    """
    try:
        commands = [_command(expression, functions) for expression in _expressions(code)]
    except UnreadableActionError:
        raise
    except ValueError as exc:
        raise UnreadableActionError(str(exc)) from exc
    match commands:
        case [command]:
            return command
        case [MoveTo(x, y), DragTo(to_x, to_y, None)]:
            return DragTo(to_x, to_y, x, y)
    raise UnreadableActionError(f"{len(commands)} commands were found; write one a turn")


class _Signature(NamedTuple):
    """How a function of pyautogui is called."""

    positional: tuple[str, ...]
    build: Callable[[Given], Command]
    named: tuple[str, ...] = ()
    """Arguments that have no place, only a name."""
    aliases: Mapping[str, str] = {}


def _expressions(code: str) -> list[ast.expr]:
    try:
        statements = _parsed(code.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        # The parser says MemoryError where a text nests too deeply, and has freed what it took.
        why = exc.msg if isinstance(exc, SyntaxError) else "it nests too deeply"
        raise UnreadableActionError(f"the command is no call in Python: {in_ascii(why)[:80]}") from exc
    expressions = [statement.value for statement in statements if isinstance(statement, ast.Expr)]
    if len(expressions) < len(statements):
        raise UnreadableActionError(
            "the command is no call but another statement; write one call such as pyautogui.click"
        )
    return expressions


def _parsed(code: str) -> ast.Module:
    if not _WARNS.search(code):
        return parse_python(code)
    # Looking away has a price, every warning shown once is shown again, so it is done where there may be one.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse_python(code)


def _command(expression: ast.expr, functions: Sequence[PluggableFunction]) -> Command:
    if isinstance(expression, ast.Name) and expression.id in WORDS:
        return _word(expression.id, functions)
    if not isinstance(expression, ast.Call):
        raise ValueError("the command is no call; write one such as pyautogui.click(x=0.5, y=0.5)")
    if len(expression.args) + len(expression.keywords) > MAX_ARGUMENTS:
        raise ValueError(f"a call has at most {MAX_ARGUMENTS} arguments")
    namespace, name = _called(expression.func)
    positional = [_literal(value) for value in expression.args]
    named: dict[str, Any] = {}
    for keyword in expression.keywords:
        if keyword.arg is None or keyword.arg in named:
            raise ValueError(f"{short(name)} is given an argument twice, or by **")
        named[keyword.arg] = _literal(keyword.value)
    if name == "hotkey" and namespace in ("", "pyautogui"):
        return _hotkey(positional, named)
    signature = _SIGNATURES.get(name)
    if signature is not None and namespace in _namespaces(name):
        return signature.build(_bound(name, signature, positional, named))
    if signature is not None or name == "hotkey" or namespace not in ("", "mobile", "browser"):
        raise ValueError(f"{short(f'{namespace}.{name}')} is no command; there are {_COMMANDS}")
    return _call(name, positional, named, functions)


def _namespaces(name: str) -> tuple[str, ...]:
    """Before which dots a command may stand: pyautogui's own bare too, a wait wherever Aguvis and others put it."""
    if name in ("wait", "sleep"):
        return "", "pyautogui", "mobile", "browser", "time"
    return "", "pyautogui"


def _word(word: str, functions: Sequence[PluggableFunction]) -> Command:
    if word == "WAIT":
        return Wait(DEFAULT_SECONDS)
    return _call("terminate", [], {"status": "success" if word == "DONE" else "failure"}, functions)


def _called(function: ast.expr) -> tuple[str, str]:
    match function:
        case ast.Name(id=name):
            return "", name
        case ast.Attribute(value=ast.Name(id=namespace), attr=name):
            return namespace, name
    raise ValueError("what is called is no name; write one call such as pyautogui.click(x=0.5, y=0.5)")


def _literal(node: ast.expr) -> Any:
    """The value of a literal: a constant, a number with its sign, or a list of those."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as number)):
            if not isinstance(number, bool):
                return -number if isinstance(sign, ast.USub) else number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            if len(items) > MAX_KEYS:
                raise ValueError(f"a list has {len(items)} items; {MAX_KEYS} is the limit")
            if not any(isinstance(item, ast.List | ast.Tuple) for item in items):
                return tuple(_literal(item) for item in items)
    raise ValueError("an argument is no literal; write a text, a number, or a list of those")


def _bound(name: str, signature: _Signature, positional: Sequence[Any], named: Given) -> Given:
    """Every argument by its own name, those left out or None absent."""
    takes = (*signature.positional, *signature.named)
    if len(positional) > len(signature.positional):
        raise ValueError(f"{name} takes {len(signature.positional)} arguments by place, not {len(positional)}")
    bound = dict(zip(signature.positional, positional, strict=False))
    for given, value in named.items():
        own = signature.aliases.get(given, given)
        if own not in takes:
            raise ValueError(f"{name} has no argument {short(given)}; it takes {', '.join(takes)}")
        if own in bound:
            raise ValueError(f"{name} is given {own} twice")
        bound[own] = value
    for speed in ("duration", "interval"):  # says how fast, which no command keeps
        if isinstance(bound.pop(speed, 0), str | tuple):
            raise ValueError(f"{speed} of {name} is no number of seconds")
    return {key: value for key, value in bound.items() if value is not None}


def _needed(given: Given, name: str, call: str) -> Any:
    if name not in given:
        raise ValueError(f"{call} lacks {name}")
    return given[name]


def _click(button: str | None, clicks: int | None) -> Callable[[Given], Command]:
    def build(given: Given) -> Command:
        return Click(
            given.get("x"),
            given.get("y"),
            button or given.get("button", "left"),  # type: ignore[arg-type]
            clicks or given.get("clicks", 1),  # type: ignore[arg-type]
        )

    return build


def _move(given: Given) -> Command:
    return MoveTo(_needed(given, "x", "moveTo"), _needed(given, "y", "moveTo"))


def _drag(given: Given) -> Command:
    if given.get("button", "left") != "left":
        raise ValueError(f"dragTo holds the left button, not {short(given['button'])}")
    if "from_coord" not in given and "to_coord" not in given:
        return DragTo(_needed(given, "x", "dragTo"), _needed(given, "y", "dragTo"))
    if "x" in given or "y" in given:
        raise ValueError("dragTo takes x and y, or from_coord and to_coord, not both")
    start, end = (_point(_needed(given, name, "dragTo"), name) for name in ("from_coord", "to_coord"))
    return DragTo(*end, *start)


def _point(value: Any, name: str) -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise ValueError(f"{name} is {short(value)}; it is a point, [x, y]")
    return value


def _scroll(axis: Any) -> Callable[[Given], Command]:
    def build(given: Given) -> Command:
        # Pyautogui's own unit is a click of the wheel, positive up, and nobody knows how far one goes: it is
        # refused, not guessed. An integer that is small is a share, as in Aguvis' data.
        page = given.get("page", given.get("clicks"))
        is_clicks = "clicks" in given or (isinstance(page, int) and abs(page) > MAX_PAGES)
        if is_clicks:
            raise ValueError(
                f"scrolling by {short(page)} clicks of a wheel is no known distance; give a share of the screen: "
                "page=0.5 is half a screen down, -0.5 up"
            )
        return Scroll(_needed(given, "page", "scroll"), axis)

    return build


def _write(given: Given) -> Command:
    return Write(_needed(given, "message", "write"))


def _press(given: Given) -> Command:
    keys, presses = _needed(given, "keys", "press"), given.get("presses", 1)
    if type(presses) is not int or not 1 <= presses <= MAX_KEYS:
        raise ValueError(f"presses is {short(presses)}; it is 1 to {MAX_KEYS}")
    return Press((keys if isinstance(keys, tuple) else (keys,)) * presses)


def _hotkey(positional: Sequence[Any], named: Given) -> Command:
    numbered = {f"key{number}": number for number in range(1, MAX_ARGUMENTS)}
    others = [name for name in named if name not in (*numbered, "keys", "interval")]
    if others:
        raise ValueError(f"hotkey has no argument {short(others[0])}; it takes keys")
    by_number = [named[name] for name in sorted(named.keys() & numbered.keys(), key=numbered.__getitem__)]
    ways = [way for way in (positional, by_number, named.get("keys")) if way]
    if len(ways) != 1:
        raise ValueError(f"hotkey names its keys in {len(ways)} ways; write keys=['ctrl', 'c']")
    keys = ways[0]
    if isinstance(keys, list) and len(keys) == 1 and isinstance(keys[0], tuple):
        keys = keys[0]
    held = (keys,) if isinstance(keys, str) else tuple(keys) if isinstance(keys, list | tuple) else ()
    return Press(held) if len(held) == 1 else Hotkey(held)


def _wait(given: Given) -> Command:
    return Wait(given.get("seconds", DEFAULT_SECONDS))


def _call(name: str, positional: Sequence[Any], named: Given, functions: Sequence[PluggableFunction]) -> Command:
    function = function_named(name, functions)
    places = function.argument_names if function else ()
    if len(positional) > len(places):
        raise ValueError(f"{short(name)} takes {len(places)} arguments by place, not {len(positional)}; name them")
    bound = dict(zip(places, positional, strict=False))
    if bound.keys() & named.keys():
        raise ValueError(f"an argument of {called_name(name)[:40]} is given twice")
    call = Call(name, (*bound.items(), *named.items()))
    if function is not None and functions:
        check_call(call, function)
    return call


_AT = ("x", "y")
_SIGNATURES: Mapping[str, _Signature] = {
    "click": _Signature((*_AT, "clicks", "interval", "button"), _click(None, None), ("duration",)),
    "leftClick": _Signature((*_AT, "interval"), _click("left", 1), ("duration",)),
    "rightClick": _Signature((*_AT, "interval"), _click("right", 1), ("duration",)),
    "middleClick": _Signature((*_AT, "interval"), _click("middle", 1), ("duration",)),
    "doubleClick": _Signature((*_AT, "interval", "button"), _click(None, 2), ("duration",)),
    "tripleClick": _Signature((*_AT, "interval", "button"), _click(None, 3), ("duration",)),
    "moveTo": _Signature((*_AT, "duration"), _move),
    "dragTo": _Signature((*_AT, "duration"), _drag, ("from_coord", "to_coord", "button")),
    "scroll": _Signature(("page",), _scroll("vertical"), ("clicks",)),
    "vscroll": _Signature(("page",), _scroll("vertical"), ("clicks",)),
    "hscroll": _Signature(("page",), _scroll("horizontal"), ("clicks",)),
    "write": _Signature(("message", "interval"), _write, aliases={"text": "message", "content": "message"}),
    "typewrite": _Signature(("message", "interval"), _write, aliases={"text": "message", "content": "message"}),
    "press": _Signature(("keys", "presses", "interval"), _press, aliases={"key": "keys", "button": "keys"}),
    "wait": _Signature(("seconds",), _wait),
    "sleep": _Signature(("seconds",), _wait),
}
_COMMANDS = "click, doubleClick, rightClick, moveTo, dragTo, scroll, hscroll, write, press, hotkey, mobile.wait"
