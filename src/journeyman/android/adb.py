"""A phone or emulator over Android's debug bridge, the program ``adb``.

No shell of this machine is involved. The phone's own shell reads what ``adb shell`` is given, so a model's words go
there quoted. Written for Android 7 and later, from its sources; it was tested with a stand-in for the program, not
with a phone.
"""

import asyncio
import re
import shlex
import shutil
import struct
from collections.abc import Mapping, Sequence

from journeyman.android.adapter import AndroidKey
from journeyman.errors import ConfigError, ScreenError, ToolError

KEY_CODES: Mapping[AndroidKey, str] = {
    "home": "KEYCODE_HOME",
    "back": "KEYCODE_BACK",
    "enter": "KEYCODE_ENTER",
    "backspace": "KEYCODE_DEL",
    "delete": "KEYCODE_FORWARD_DEL",
    "tab": "KEYCODE_TAB",
    "space": "KEYCODE_SPACE",
    "esc": "KEYCODE_ESCAPE",
    "up": "KEYCODE_DPAD_UP",
    "down": "KEYCODE_DPAD_DOWN",
    "left": "KEYCODE_DPAD_LEFT",
    "right": "KEYCODE_DPAD_RIGHT",
    "pageup": "KEYCODE_PAGE_UP",
    "pagedown": "KEYCODE_PAGE_DOWN",
    "end": "KEYCODE_MOVE_END",
    "apps": "KEYCODE_MENU",
}
INSTALL = "run `apt-get install adb`"
_LONG_PRESS_MILLISECONDS = 800
_SECONDS_A_CHARACTER = 0.05
_PNG = b"\x89PNG\r\n\x1a\n"
_SIZE_AT = 16
"""Where a PNG says its width and height, four bytes each."""
_KEYS_IN_TEXT: Mapping[str, AndroidKey] = {"\n": "enter", "\r\n": "enter", "\r": "enter", "\t": "tab"}
_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)
_GONE = re.compile(r"no devices|not found|offline|unauthorized|closed|more than one device|cannot connect")


class AdbAdapter:
    """An :class:`~journeyman.android.adapter.AndroidAdapter` over ``adb``.

    Its size is that of the last screenshot, of which a model's fractions are: turning the phone changes both.
    """

    def __init__(
        self, serial: str = "", *, apps: Mapping[str, str] | None = None, adb: str = "adb", action_seconds: float = 15.0
    ) -> None:
        """Say which phone.

        Args:
            serial: As ``adb devices`` lists it; empty takes the only one.
            apps: Packages by the names that users give apps, ``{"Clock": "com.android.deskclock"}``: a phone
                does not tell its apps' names over the bridge. Packages can always be named themselves.
            adb: The program, by name or path.
            action_seconds: What one action may take, beside what it lasts by itself.
        """
        self._serial = serial
        self._apps = {_folded(name): package for name, package in (apps or {}).items()}
        self._names = tuple(apps or ())
        self._adb = adb
        self._action_seconds = action_seconds
        self._size: tuple[int, int] | None = None

    async def check(self) -> None:
        """Return where the phone answers.

        Raises:
            ConfigError: ``adb`` is not installed, or no such phone answers; the message says what to do.
        """
        if shutil.which(self._adb) is None:
            raise ConfigError(f"{self._adb} is not installed; {INSTALL}")
        try:
            await self._run("get-state")
        except ScreenError as exc:
            which = f"the phone {self._serial}" if self._serial else "a phone"
            raise ConfigError(
                f"{which} does not answer ({exc}); connect it, allow USB debugging on it, "
                "and give the serial that `adb devices` lists"
            ) from exc

    async def size(self) -> tuple[int, int]:
        """Width and height of the last screenshot, which is taken where there is none yet."""
        if self._size is None:
            await self.screenshot()
        assert self._size is not None
        return self._size

    async def screenshot(self) -> bytes:
        """PNG of the screen, of the size that points then are in."""
        png = await self._run("exec-out", "screencap", "-p")
        if not png.startswith(_PNG):
            raise ScreenError(
                "crash", f"the phone gave {len(png)} bytes that are no PNG; run `adb exec-out screencap -p`"
            )
        self._size = struct.unpack(">II", png[_SIZE_AT : _SIZE_AT + 8])
        return png

    async def tap(self, x: int, y: int, times: int = 1) -> None:
        """Tap; several in one call of the bridge, which alone takes longer than a double tap may."""
        await self._shell("; ".join([f"input tap {x:d} {y:d}"] * times))

    async def long_press(self, x: int, y: int) -> None:
        """A swipe that goes nowhere."""
        await self.swipe((x, y), (x, y), _LONG_PRESS_MILLISECONDS / 1000)

    async def swipe(self, start: tuple[int, int], end: tuple[int, int], seconds: float) -> None:
        """Swipe."""
        places = " ".join(f"{pixel:d}" for pixel in (*start, *end))
        await self._shell(f"input swipe {places} {round(seconds * 1000):d}", seconds)

    async def type_text(self, text: str) -> None:
        """Type; ``input text`` has the characters of ASCII alone, and others are refused.

        Raises:
            ToolError: There is another character; nothing was typed.
        """
        others = sorted({c for c in text if not (" " <= c <= "~") and c not in "\r\n\t"})
        if others:
            raise ToolError(
                f"the phone's `input text` cannot type {', '.join(map(ascii, others[:10]))}; "
                "write ASCII, or tap the keys of the keyboard on the screen"
            )
        for part in re.split(r"(\r\n|\r|\n|\t)", text):
            if part in _KEYS_IN_TEXT:
                await self.press(_KEYS_IN_TEXT[part])
                continue
            for words in _without_escapes(part):
                await self._shell(f"input text {_for_input(words)}", len(words) * _SECONDS_A_CHARACTER)

    async def press(self, key: AndroidKey) -> None:
        """Press a key."""
        await self._shell(f"input keyevent {KEY_CODES[key]}")

    async def open_app(self, name: str) -> None:
        """Open an app by a name of ``apps``, whatever its case, or by its package.

        Raises:
            ToolError: There is none of that name, or the phone does not have it.
        """
        package = self._apps.get(_folded(name), name.strip())
        if not _PACKAGE.fullmatch(package):
            there = ", ".join(self._names) or "none by name, give its package"
            raise ToolError(f"there is no app {name[:60]!a}; there is: {there}")
        said = await self._shell(
            f"monkey -p {shlex.quote(package)} -c android.intent.category.LAUNCHER 1", failing=True
        )
        if "No activities found" in said or "Events injected: 1" not in said:
            raise ToolError(f"the phone has no app {package} to open; look for it on the screen")

    async def _shell(self, line: str, seconds: float = 0.0, *, failing: bool = False) -> str:
        """What a line for the phone's shell says; a status other than 0 is an error, or with ``failing`` is not."""
        said = await self._run("shell", line, seconds=seconds, failing=failing)
        return said.decode(errors="replace")

    async def _run(self, *arguments: str, seconds: float = 0.0, failing: bool = False) -> bytes:
        which = ["-s", self._serial] if self._serial else []
        try:
            process = await asyncio.create_subprocess_exec(
                self._adb,
                *which,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as exc:
            raise ConfigError(f"{self._adb} does not start ({exc.strerror}); {INSTALL}") from exc
        try:
            out, told = await asyncio.wait_for(process.communicate(), self._action_seconds + seconds)
        except TimeoutError as exc:
            raise ScreenError(
                "action timeout", f"adb {arguments[0]} took longer than {self._action_seconds + seconds:g} s"
            ) from exc
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            self._judge(arguments, process.returncode, told + out, failing=failing)
        return out

    def _judge(self, arguments: Sequence[str], status: int, told: bytes, *, failing: bool) -> None:
        words = " | ".join(told.decode(errors="replace").strip().splitlines()[-3:])
        if arguments[0] != "shell" or (words.startswith(("error:", "adb:")) and _GONE.search(words)):
            raise ScreenError("crash", words or f"adb {arguments[0]} ended with status {status}")
        if not failing:
            raise ToolError(f"the phone refused {arguments[-1][:80]!a}: {words[:200] or f'status {status}'}")


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _without_escapes(text: str) -> Sequence[str]:
    """``text`` in parts, none of which holds ``%s``: the phone takes that for a blank, and has no way to say it."""
    return [part for part in re.split(r"(?<=%)(?=s)", text) if part]


def _for_input(words: str) -> str:
    """One word for the phone's shell, which ``input text`` then reads as ``words``."""
    # Blanks are %s, since old versions of `input` fall apart at them even where the shell kept them together.
    return shlex.quote(words.replace(" ", "%s"))


__all__ = ["INSTALL", "KEY_CODES", "AdbAdapter"]
