"""The debug bridge, played by a program that hands what `adb shell` gets to a real shell, as a phone does."""

import asyncio
import json
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.action_formats.pyautogui_call import Call, Click, DragTo, Press, Write
from journeyman.android.adapter import ANDROID_KEYS, AndroidAdapter
from journeyman.android.adb import KEY_CODES, AdbAdapter
from journeyman.android.executor import AndroidExecutor
from journeyman.errors import ConfigError, ScreenError, ToolError

# The words after `shell` are joined by blanks and read by the phone's shell: so does the real bridge.
ADB = """#!/usr/bin/python3
import json, os, subprocess, sys
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
with open(here + "/adb.log", "a") as log:
    log.write(json.dumps(words) + "\\n")
if words[:1] == ["-s"]:
    if words[1] != "emulator-5554":
        sys.exit(f"error: device '{words[1]}' not found")
    words = words[2:]
if os.path.exists(here + "/unplugged"):
    sys.exit("adb: no devices/emulators found")
if os.path.exists(here + "/hangs"):
    import time
    time.sleep(60)
if words[0] == "shell":
    line = ["/bin/sh", "-c", " ".join(words[1:])]
    sys.exit(subprocess.run(line, env={"PATH": here + "/bin:/usr/bin:/bin"}, cwd=here).returncode)
if words[:2] == ["exec-out", "screencap"]:
    with open(here + "/screen.png", "rb") as screen:
        sys.stdout.buffer.write(screen.read())
"""
STUB = """#!/usr/bin/python3
import json, os, sys
name = os.path.basename(__file__)
with open(os.path.dirname(os.path.abspath(__file__)) + "/../phone.log", "a") as log:
    log.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
if name == "monkey":
    known = "com.android.deskclock" in sys.argv
    print("Events injected: 1" if known else "** No activities found to run, monkey aborted.")
    sys.exit(0 if known else 252)
"""
HOSTILE = (
    "it's", 'a "b"', "; touch pwned", "$(touch pwned)", "`touch pwned`", "a && touch pwned", "a | touch pwned",
    "a\\b", "\\'; touch pwned; '", "%s", "100%sure", "%%s", "% s", "%", "%s%s %s", " two  blanks ", "*", "~", "$HOME",
    "> pwned", "-n", "--", "#x", "!x", "{a,b}", "'", '"', "\\", "''; touch pwned;''",
)  # fmt: skip


class Phone:
    """The fake program and what came through it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.adb = folder / "adb"
        (folder / "bin").mkdir()
        for name, text in (("adb", ADB), ("bin/input", STUB), ("bin/monkey", STUB)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self.turn(1080, 2400)

    def turn(self, width: int, height: int) -> None:
        header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height)
        (self._folder / "screen.png").write_bytes(header)

    def set(self, name: str, text: str = "") -> None:
        (self._folder / name).write_text(text)

    def adapter(self, serial: str = "emulator-5554", seconds: float = 20.0) -> AdbAdapter:
        apps = {"Clock": "com.android.deskclock", "Gone": "com.gone"}
        return AdbAdapter(serial, apps=apps, adb=str(self.adb), action_seconds=seconds)

    def calls(self) -> list[list[str]]:
        """What programs of the phone were started with, since the last look."""
        log = self._folder / "phone.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    @property
    def is_broken_into(self) -> bool:
        return (self._folder / "pwned").exists()


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    return Phone(tmp_path)


def shown(text: str) -> str:
    """What Android's `input text` types for its argument: the loop of InputShellCommand.sendText."""
    typed, place, escaped = list(text), 0, False
    while place < len(typed):
        if escaped:
            escaped = False
            if typed[place] == "s":
                typed[place] = " "
                place -= 1
                del typed[place]
        if typed[place] == "%":
            escaped = True
        place += 1
    return "".join(typed)


def typed_by(phone: Phone) -> str:
    """The text that the phone's field has after its calls."""
    keys = {"KEYCODE_ENTER": "\n", "KEYCODE_TAB": "\t"}
    text = ""
    for call in phone.calls():
        assert call[0] == "input"
        assert len(call) == 3, "one word reaches `input text`"
        text += shown(call[2]) if call[1] == "text" else keys[call[2]]
    return text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_typed_and_not_run(phone: Phone, text: str) -> None:
    asyncio.run(AndroidExecutor(phone.adapter()).perform(Write(text)))
    assert typed_by(phone) == text
    assert not phone.is_broken_into


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=st.text(st.sampled_from("%s '\"\\$`;&|\n\ta~*"), min_size=1, max_size=12))
def test_any_text_is_typed_as_it_is(phone: Phone, text: str) -> None:
    asyncio.run(phone.adapter().type_text(text))
    assert typed_by(phone) == text


def test_line_ends_and_tabs_are_keys(phone: Phone) -> None:
    asyncio.run(phone.adapter().type_text("a\r\nb\tc"))
    assert [call[2] for call in phone.calls()] == ["a", "KEYCODE_ENTER", "b", "KEYCODE_TAB", "c"]


def test_characters_that_the_phone_cannot_type_are_refused_by_name(phone: Phone) -> None:
    with pytest.raises(ToolError, match=r"cannot type '\\x00', '\\xe9', '\\u4f60'; write ASCII"):
        asyncio.run(phone.adapter().type_text("abc\u00e9\u4f60\x00"))
    assert phone.calls() == []


def test_touches_are_in_pixels_of_the_screenshot(phone: Phone) -> None:
    async def act() -> None:
        adapter: AndroidAdapter = phone.adapter()
        executor = AndroidExecutor(adapter)
        await executor.perform(Click(0.5, 0.5, clicks=2))
        await executor.perform(DragTo(1.0, 1.0, 0.0, 0.0))
        phone.turn(2400, 1080)
        await adapter.screenshot()
        await executor.perform(Call("long_press", (("x", 0.5), ("y", 0.5))))

    asyncio.run(act())
    assert phone.calls() == [
        ["input", "tap", "540", "1200"],
        ["input", "tap", "540", "1200"],
        ["input", "swipe", "0", "0", "1079", "2399", "1000"],
        ["input", "swipe", "1200", "540", "1200", "540", "800"],
    ]


def test_every_key_has_its_code(phone: Phone) -> None:
    assert set(KEY_CODES) == set(ANDROID_KEYS)
    asyncio.run(AndroidExecutor(phone.adapter()).perform(Press(("home", "backspace"))))
    asyncio.run(AndroidExecutor(phone.adapter()).perform(Call("back")))
    assert [call[2] for call in phone.calls()] == ["KEYCODE_HOME", "KEYCODE_DEL", "KEYCODE_BACK"]


def test_apps_are_opened_by_name_or_package(phone: Phone) -> None:
    for name in ("clock", "com.android.deskclock"):
        asyncio.run(phone.adapter().open_app(name))
        launcher = "android.intent.category.LAUNCHER"
        assert phone.calls() == [["monkey", "-p", "com.android.deskclock", "-c", launcher, "1"]]
    with pytest.raises(ToolError, match="there is no app 'Mail'; there is: Clock, Gone"):
        asyncio.run(phone.adapter().open_app("Mail"))
    with pytest.raises(ToolError, match=r"there is no app 'a\.b; touch pwned'"):
        asyncio.run(phone.adapter().open_app("a.b; touch pwned"))
    with pytest.raises(ToolError, match=r"the phone has no app com\.gone to open"):
        asyncio.run(phone.adapter().open_app("Gone"))
    assert not phone.is_broken_into


def test_a_program_that_the_phone_lacks_is_told(phone: Phone) -> None:
    (phone.adb.parent / "bin" / "input").unlink()
    with pytest.raises(ToolError, match=r"the phone refused 'input tap 1 2': .*not found"):
        asyncio.run(phone.adapter().tap(1, 2))


def test_a_phone_that_is_gone_loses_the_screen(phone: Phone) -> None:
    phone.set("unplugged")
    for act in (phone.adapter().screenshot(), phone.adapter().tap(1, 2)):
        with pytest.raises(ScreenError, match="crash: adb: no devices/emulators found"):
            asyncio.run(act)


def test_a_bridge_that_hangs_is_an_action_timeout_and_is_ended(phone: Phone) -> None:
    phone.set("hangs")
    with pytest.raises(ScreenError, match=r"action timeout: adb shell took longer than 0.5 s"):
        asyncio.run(phone.adapter(seconds=0.5).tap(1, 2))


def test_a_picture_that_is_none_is_told(phone: Phone) -> None:
    phone.set("screen.png", "screencap: error")
    with pytest.raises(ScreenError, match="16 bytes that are no PNG"):
        asyncio.run(phone.adapter().screenshot())


def test_check_says_what_is_missing(phone: Phone) -> None:
    asyncio.run(phone.adapter().check())
    with pytest.raises(ConfigError, match="no-such-adb is not installed; run `apt-get install adb`"):
        asyncio.run(AdbAdapter(adb="no-such-adb").check())
    with pytest.raises(ConfigError, match="no-such-adb does not start"):
        asyncio.run(AdbAdapter(adb="no-such-adb").tap(1, 2))
    with pytest.raises(ConfigError, match=r"the phone x does not answer .*'x' not found.*`adb devices` lists"):
        asyncio.run(phone.adapter("x").check())


def test_no_shell_of_this_machine_reads_a_text(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(phone.adb.parent)
    asyncio.run(phone.adapter().type_text("$(touch pwned)"))
    words = json.loads((phone.adb.parent / "adb.log").read_text().splitlines()[-1])
    assert words == ["-s", "emulator-5554", "shell", "input text '$(touch%spwned)'"]
    assert not phone.is_broken_into
