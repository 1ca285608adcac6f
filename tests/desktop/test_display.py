"""A desktop starts, shows what programs draw, says how it was lost, and leaves nothing behind."""

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from PIL import Image

from journeyman.action_formats.pyautogui_call import Click, Wait, Write
from journeyman.desktop.display import VirtualDesktop
from journeyman.desktop.executor import DesktopExecutor
from journeyman.desktop.wall import missing, own_python
from journeyman.errors import ConfigError, ScreenError
from tests.desktop.conftest import SIZE, Watched
from tests.desktop.event_window import PIECE

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a desktop")
GONE_SECONDS = 2.0


def processes_of(desktop: VirtualDesktop) -> list[psutil.Process]:
    """All that the desktop started, and all that those started."""
    own = [psutil.Process(pid) for pid in desktop.pids()]
    return own + [child for process in own for child in process.children(recursive=True)]


def are_gone(processes: list[psutil.Process]) -> bool:
    """Whether all end in time; a zombie is for its parent to bury."""
    _, alive = psutil.wait_procs(processes, timeout=GONE_SECONDS)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def named(desktop: VirtualDesktop, name: str) -> psutil.Process:
    return next(p for p in processes_of(desktop) if name in " ".join(p.cmdline()) and "bwrap" not in p.cmdline()[0])


async def left_by(block: Callable[[VirtualDesktop], Awaitable[None]]) -> tuple[list[psutil.Process], Path]:
    """What ran on a desktop when the block began, and its folder; the block's errors are dropped."""
    seen: list[psutil.Process] = []
    home = Path()
    try:
        async with VirtualDesktop.open(200, 100) as desktop:
            await desktop.start(["sleep", "600"])
            await desktop.start(["sh", "-c", "setsid sleep 600 & setsid sleep 600 & wait"])
            await asyncio.sleep(0.3)
            seen, home = processes_of(desktop), desktop.home
            await block(desktop)
    except (RuntimeError, ScreenError):
        pass
    return seen, home


async def leave(desktop: VirtualDesktop) -> None:
    await desktop.screenshot()


async def fail(desktop: VirtualDesktop) -> None:
    raise RuntimeError("the block failed")


async def lose_the_server(desktop: VirtualDesktop) -> None:
    named(desktop, "Xvfb").kill()
    await desktop.rest(5)


async def lose_the_hands(desktop: VirtualDesktop) -> None:
    named(desktop, "journeyman.desktop.hands").kill()
    await desktop.rest(5)


@pytest.mark.parametrize("block", [leave, fail, lose_the_server, lose_the_hands])
def test_nothing_is_left_however_the_block_ends(block: Callable[[VirtualDesktop], Awaitable[None]]) -> None:
    processes, home = asyncio.run(left_by(block))
    assert len(processes) >= 10
    assert are_gone(processes)
    assert not home.parent.exists()


def test_nothing_is_left_when_the_block_is_cancelled() -> None:
    async def cancelled() -> list[psutil.Process]:
        seen: list[psutil.Process] = []
        holds = asyncio.Event()

        async def hold(desktop: VirtualDesktop) -> None:
            seen.extend(processes_of(desktop))
            holds.set()
            await DesktopExecutor(desktop).perform(Wait(60))

        holding = asyncio.create_task(left_by(hold))
        await holds.wait()
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding
        return seen

    assert are_gone(asyncio.run(cancelled()))


def test_nothing_is_left_when_its_process_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from journeyman.desktop.display import VirtualDesktop
async def hold():
    async with VirtualDesktop.open(200, 100) as desktop:
        await desktop.start(["sleep", "600"])
        Path({str(tmp_path / "ready")!r}).touch()
        await asyncio.sleep(600)
asyncio.run(hold())
"""
    with subprocess.Popen([sys.executable, "-c", code], env={"TMPDIR": str(tmp_path)}) as holder:
        for _ in range(400):
            if (tmp_path / "ready").exists():
                break
            time.sleep(0.05)
        started = psutil.Process(holder.pid).children(recursive=True)
        holder.kill()
    assert len(started) >= 6
    assert are_gone(started)


@pytest.mark.parametrize("victim", ["Xvfb", "journeyman.desktop.hands"])
@pytest.mark.parametrize("command", [Click(0.5, 0.5), Wait(30), Write("a")], ids=lambda command: type(command).__name__)
def test_a_desktop_that_is_killed_says_so_within_two_seconds(victim: str, command: Click | Wait | Write) -> None:
    async def lose() -> float:
        async with VirtualDesktop.open(200, 100) as desktop:
            named(desktop, victim).send_signal(signal.SIGKILL)
            start = time.monotonic()
            with pytest.raises(ScreenError) as told:
                await DesktopExecutor(desktop).perform(command)
            seconds = time.monotonic() - start
            assert told.value.cause == "crash"
            with pytest.raises(ScreenError, match="crash"):
                await desktop.screenshot()
            return seconds

    assert asyncio.run(lose()) < 2


def test_hands_that_hang_are_an_action_timeout() -> None:
    async def hang() -> None:
        async with VirtualDesktop.open(200, 100, action_seconds=0.5) as desktop:
            named(desktop, "journeyman.desktop.hands").send_signal(signal.SIGSTOP)
            with pytest.raises(ScreenError, match=r"action timeout: move took longer than 0\.5 s"):
                await desktop.ask("move", x=1, y=1)
            with pytest.raises(ScreenError, match="action timeout"):
                await desktop.start(["sleep", "1"])

    asyncio.run(hang())


def test_a_cancelled_action_leaves_the_desktop_usable(watched: Watched) -> None:
    async def cancel() -> bytes:
        acting = asyncio.create_task(watched.desktop.ask("hold", 5, x=3, y=3, seconds=0.3))
        await asyncio.sleep(0.1)
        acting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await acting
        return await watched.desktop.screenshot()

    assert watched.run(cancel()).startswith(b"\x89PNG")
    acts = [event[0] for event in watched.events_of() if event[0] != "move"]
    assert acts == ["down", "up"], "what had begun is finished"


def test_the_screenshot_is_the_screen_pixel_by_pixel(watched: Watched) -> None:
    picture = Image.open(io.BytesIO(watched.run(watched.desktop.screenshot())))
    assert picture.size == SIZE
    left, top, width, height = PIECE
    for x, y in ((left, top), (left + width - 1, top + height - 1)):
        assert picture.getpixel((x, y)) == (255, 0, 0)
    for x, y in ((0, 0), (SIZE[0] - 1, SIZE[1] - 1), (left - 1, top), (left + width, top)):
        assert picture.getpixel((x, y)) == (0, 255, 0)


def test_two_desktops_do_not_meet() -> None:
    async def meet() -> None:
        async with VirtualDesktop.open(200, 100) as one, VirtualDesktop.open(300, 150) as other:
            sizes = [Image.open(io.BytesIO(await desktop.screenshot())).size for desktop in (one, other)]
            assert sizes == [(200, 100), (300, 150)]

    asyncio.run(meet())


def test_a_program_sees_no_network_no_file_of_ours_and_no_environment(watched: Watched) -> None:
    os.environ["JOURNEYMAN_TEST_SECRET"] = "a key"
    script = f"env; ls {__file__}; ls /sys/class/net; tail -n +3 /proc/net/dev; id -u; echo kept > file"

    async def look() -> str:
        program = await watched.desktop.start(["sh", "-c", f"({script}) > ~/seen 2>&1"])
        await program.wait()
        return (watched.desktop.home / "seen").read_text()

    try:
        seen = watched.run(look())
    finally:
        del os.environ["JOURNEYMAN_TEST_SECRET"]
    assert "DISPLAY=:0" in seen
    assert "a key" not in seen
    assert f"cannot access '{__file__}'" in seen
    assert [line.split(":")[0].strip() for line in seen.splitlines() if re.match(r" *\w+: +\d", line)] == ["lo"]
    assert "65534" in seen
    assert (watched.desktop.home / "file").read_text() == "kept\n"


def test_a_program_without_the_cookie_does_not_get_in(watched: Watched) -> None:
    code = "import os; os.environ['XAUTHORITY'] = '/dev/null'; import Xlib.display; Xlib.display.Display()"

    async def knock(code: str) -> tuple[int, str]:
        program = await watched.desktop.start([sys.executable, "-c", code], readable=own_python())
        status = await program.wait()
        await program.gone()
        return status, program.words

    status, words = watched.run(knock(code))
    assert status == 1
    assert "uthorization" in words
    assert watched.run(knock("import Xlib.display; Xlib.display.Display()"))[0] == 0


def test_what_cannot_be_started_is_said(watched: Watched) -> None:
    with pytest.raises(ConfigError, match="'no-such-program' is no program; give its name or path"):
        watched.run(watched.desktop.start(["no-such-program"]))

    async def open_small() -> None:
        async with VirtualDesktop.open(8, 100):
            pass

    with pytest.raises(ConfigError, match="a desktop of 8 x 100 cannot be; each is 16 to 8192 pixels"):
        asyncio.run(open_small())


def test_missing_says_what_to_install(tmp_path: Path) -> None:
    code = "from journeyman.desktop.wall import missing; print(missing())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Xvfb is not installed; run `apt-get install xvfb`"
    (tmp_path / "Xvfb").symlink_to("/bin/true")
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert "bubblewrap is not installed" in done.stdout
