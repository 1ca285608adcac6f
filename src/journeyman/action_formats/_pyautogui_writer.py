"""The one way a command is written: keyword arguments, four decimals or fewer, Python's own quotes."""

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


def write_command(command: Command, decimals: int = DECIMALS) -> str:
    """The command as one line; :func:`read_command` gives it back, coordinates to ``decimals`` places (1 to 4)."""
    match command:
        case Click():
            return _click(command, decimals)
        case MoveTo(x, y):
            return f"pyautogui.moveTo({_at(x, y, decimals)})"
        case DragTo(x, y, None):
            return f"pyautogui.dragTo({_at(x, y, decimals)})"
        case DragTo(x, y, from_x, from_y):
            assert from_x is not None
            assert from_y is not None
            ends = (_point(point, decimals) for point in ((from_x, from_y), (x, y)))
            return f"pyautogui.dragTo(from_coord={next(ends)}, to_coord={next(ends)})"
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
            said = (f"{key}={_value(key, value, decimals)}" for key, value in arguments)
            return f"{called_name(name)}({', '.join(said)})"


def _click(command: Click, decimals: int) -> str:
    at = [] if command.x is None or command.y is None else [_at(command.x, command.y, decimals)]
    name = _CLICKS.get((command.button, command.clicks))
    if name:
        return f"pyautogui.{name}({', '.join(at)})"
    return f"pyautogui.click({', '.join((*at, f'button={command.button!r}', f'clicks={command.clicks}'))})"


def _at(x: float, y: float, decimals: int) -> str:
    return f"x={x:.{decimals}f}, y={y:.{decimals}f}"


def _point(point: Point, decimals: int) -> str:
    return f"[{point[0]:.{decimals}f}, {point[1]:.{decimals}f}]"


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def _value(name: str, value: Value, decimals: int) -> str:
    if isinstance(value, tuple):
        return _point(value, decimals)
    if name in ("x", "y") and isinstance(value, float):
        return f"{value:.{decimals}f}"
    return repr(value)
