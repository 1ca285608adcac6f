"""The one way a command is written: keyword arguments, four decimals, Python's own quotes."""

from journeyman.action_formats._pyautogui_commands import (
    DECIMALS,
    Call,
    Click,
    Command,
    DragTo,
    Hotkey,
    MoveTo,
    Point,
    Press,
    Scroll,
    Value,
    Wait,
    Write,
)
from journeyman.action_formats._pyautogui_functions import called_name

_CLICKS = {
    ("left", 1): "click",
    ("left", 2): "doubleClick",
    ("left", 3): "tripleClick",
    ("right", 1): "rightClick",
    ("middle", 1): "middleClick",
}


def write_command(command: Command) -> str:
    """The command as one line; :func:`read_command` gives it back."""
    match command:
        case Click():
            return _click(command)
        case MoveTo(x, y):
            return f"pyautogui.moveTo({_at(x, y)})"
        case DragTo(x, y, None):
            return f"pyautogui.dragTo({_at(x, y)})"
        case DragTo(x, y, from_x, from_y):
            assert from_x is not None
            assert from_y is not None
            return f"pyautogui.dragTo(from_coord={_point((from_x, from_y))}, to_coord={_point((x, y))})"
        case Scroll(pages, axis):
            return f"pyautogui.{'scroll' if axis == 'vertical' else 'hscroll'}(page={_number(pages)})"
        case Write(message):
            return f"pyautogui.write(message={message!r})"
        case Press(keys):
            return f"pyautogui.press(keys={keys[0]!r})" if len(keys) == 1 else f"pyautogui.press(keys={list(keys)!r})"
        case Hotkey(keys):
            return f"pyautogui.hotkey(keys={list(keys)!r})"
        case Wait(seconds):
            return f"mobile.wait(seconds={_number(seconds)})"
        case Call(name, arguments):
            return f"{called_name(name)}({', '.join(f'{key}={_value(key, value)}' for key, value in arguments)})"


def _click(command: Click) -> str:
    at = [] if command.x is None or command.y is None else [_at(command.x, command.y)]
    name = _CLICKS.get((command.button, command.clicks))
    if name:
        return f"pyautogui.{name}({', '.join(at)})"
    return f"pyautogui.click({', '.join((*at, f'button={command.button!r}', f'clicks={command.clicks}'))})"


def _at(x: float, y: float) -> str:
    return f"x={x:.{DECIMALS}f}, y={y:.{DECIMALS}f}"


def _point(point: Point) -> str:
    return f"[{point[0]:.{DECIMALS}f}, {point[1]:.{DECIMALS}f}]"


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def _value(name: str, value: Value) -> str:
    if isinstance(value, tuple):
        return _point(value)
    if name in ("x", "y") and isinstance(value, float):
        return f"{value:.{DECIMALS}f}"
    return repr(value)
