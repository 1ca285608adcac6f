"""What a page may not do, seen from outside: nobody hears of it, and it stays where it is."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from journeyman.action_formats.pyautogui_call import Click
from journeyman.browser.page import INCIDENTS, GuardedPage
from journeyman.browser.served import ORIGIN
from journeyman.browser.wall import find_executable
from journeyman.errors import ConfigError, ScreenError
from tests.browsers import Browsers, needs_browser

ATTEMPTS = """<title>home</title><p id=here>here</p><img src="http://{host}/img"><iframe src="http://{host}/frame">
</iframe><link rel=stylesheet href="http://{host}/css"><link rel=prefetch href="http://{host}/prefetch">
<link rel=preload as=image href="http://{host}/preload"><link rel=preconnect href="http://{host}">
<script src="http://{host}/script"></script><script>
fetch('http://{host}/fetch', {{method: 'POST', body: 'secret', mode: 'no-cors'}}).catch(() => 0);
const asked = new XMLHttpRequest(); asked.open('GET', 'http://{host}/xhr'); asked.send();
new WebSocket('ws://{host}/socket'); new EventSource('http://{host}/events');
navigator.sendBeacon('http://{host}/beacon', 'secret');
new Worker(URL.createObjectURL(new Blob(["fetch('http://{host}/worker', {{mode: 'no-cors'}})"])));
const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{host}'}}]}});
peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));
</script>"""


class Listener:
    """Counts who comes to a port of this machine, by TCP and by UDP."""

    def __init__(self) -> None:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.host = f"127.0.0.1:{self.tcp.getsockname()[1]}"
        self.udp.bind(("127.0.0.1", self.tcp.getsockname()[1]))
        self.heard: list[str] = []
        for listen in (self._listen_tcp, self._listen_udp):
            threading.Thread(target=listen, daemon=True).start()

    def _listen_tcp(self) -> None:
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(0.2)
                try:
                    self.heard.append(connection.recv(100).decode(errors="replace").partition("\r")[0])
                except OSError:
                    self.heard.append("a connection")

    def _listen_udp(self) -> None:
        while True:
            try:
                self.udp.recv(100)
            except OSError:
                return
            self.heard.append("a datagram")


@pytest.fixture
def listener() -> Iterator[Listener]:
    there = Listener()
    yield there
    there.tcp.close()
    there.udp.close()


@needs_browser
def test_the_attempts_are_heard_without_the_guard(listener: Listener) -> None:
    """The control: else the silence of the next test would say nothing."""
    from playwright.async_api import async_playwright

    async def visit() -> None:
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=find_executable(), args=["--no-sandbox"])
            page = await browser.new_page()
            await page.set_content(ATTEMPTS.format(host=listener.host), wait_until="commit")
            await asyncio.sleep(2)
            await browser.close()

    asyncio.run(visit())
    heard = " ".join(listener.heard)
    for attempt in (
        "/img",
        "/frame",
        "/css",
        "/prefetch",
        "/script",
        "/fetch",
        "/xhr",
        "/socket",
        "/beacon",
        "/worker",
    ):
        assert attempt in heard
    assert "a datagram" in heard


def test_a_page_reaches_nobody(browsers: Browsers, listener: Listener) -> None:
    async def wait(page: GuardedPage) -> tuple[int, int, str]:
        await asyncio.sleep(2)
        refused = {Path(detail).name for kind, detail in page.incidents if kind == "request"}
        assert {"img", "frame", "css", "script", "fetch", "xhr", "events"} <= refused
        return page.counts["request"], page.counts["socket"], await page.evaluate("here.textContent")

    requests, sockets, text = browsers.on_page(wait, ATTEMPTS.format(host=listener.host))
    assert listener.heard == []
    assert requests >= 7
    assert sockets == 1
    assert text == "here"


def test_the_wall_holds_without_the_guard(browsers: Browsers, listener: Listener) -> None:
    """Past every route: not even Playwright's own navigation gets out, or sees a file of this machine."""
    browsers.let_go()

    async def escape() -> list[str]:
        from playwright.async_api import Error

        said = []
        async with browsers.pool.page(200, 200) as page:
            await page.page.context.unroute_all()
            await page.page.context.set_offline(offline=False)
            for url in (f"http://{listener.host}/", "file:///etc/passwd", f"file://{Path(__file__)}"):
                try:
                    await page.page.goto(url, timeout=5000)
                    said.append(f"went to {url}")
                except Error as exc:
                    said.append(str(exc).partition("\n")[0])
        return said

    network, *files = browsers.run(escape())
    assert "ERR_" in network
    assert all("ERR_FILE_NOT_FOUND" in words for words in files)
    assert listener.heard == []


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes soon, or on a busy machine later."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what it waits for is another process's
            await asyncio.sleep(0.05)


LEAVING = {
    "location": "location.href = 'https://example.com/'",
    "own": "location.href = '/other'",
    "reload": "location.reload()",
    "form": "document.querySelector('form').submit()",
    "link": "document.querySelector('a').click()",
}


@pytest.mark.parametrize("script", LEAVING.values(), ids=LEAVING)
def test_a_page_that_would_leave_stays(browsers: Browsers, script: str) -> None:
    async def leave(page: GuardedPage) -> tuple[Any, ...]:
        before = len(page.incidents)
        await page.evaluate(f"() => {{ window.mark = 7; {script} }}")
        await until(lambda: len(page.incidents) > before)
        return [kind for kind, _ in page.incidents][-1], await page.evaluate("window.mark"), page.page.url

    html = "<form action='/sent'><input name=a></form><a href='/next'>next</a>"
    assert browsers.on_page(leave, html) == ("navigation", 7, f"{ORIGIN}/")


def test_moving_inside_the_page_is_no_incident(browsers: Browsers) -> None:
    async def move(page: GuardedPage) -> tuple[int, str]:
        before = len(page.incidents)
        await page.evaluate("() => { location.hash = 'part'; history.pushState({}, '', '/there'); }")
        await asyncio.sleep(0.2)
        return len(page.incidents) - before, await page.evaluate("location.pathname")

    assert browsers.on_page(move, "<p id=part>x") == (0, "/there")


@pytest.mark.parametrize("url", ["about:blank", "data:text/html,elsewhere"])
def test_a_page_that_is_gone_fails_with_its_cause(browsers: Browsers, url: str) -> None:
    async def leave(page: GuardedPage) -> None:
        if url == "about:blank":
            await page.evaluate("() => { setTimeout(() => { location.href = 'about:blank' }, 0) }")
        else:
            await page.page.goto(url)
        await until(lambda: page.cause is not None)
        with pytest.raises(ScreenError, match="navigation"):
            await page.screenshot()
        with pytest.raises(ScreenError) as caught:
            await page.show("too late")
        assert caught.value.cause == page.cause == "navigation"

    browsers.on_page(leave, "<p>x")


def test_a_closed_page_fails_with_its_cause(browsers: Browsers) -> None:
    async def close(page: GuardedPage) -> None:
        await page.page.close()
        with pytest.raises(ScreenError) as caught:
            await page.elements()
        assert caught.value.cause == "closed"

    browsers.on_page(close, "<p>x")


def test_dialogs_are_dismissed_and_windows_shut(browsers: Browsers) -> None:
    browsers.let_go()
    html = """<button style="width:100%;height:100%" onclick="
      window.said = [confirm('Sure?'), prompt('Name?')]; alert('done'); window.open('/new'); window.open('about:blank')
    ">go</button>"""

    async def click(page: GuardedPage) -> tuple[Any, ...]:
        await page.perform(Click(0.5, 0.1))
        await until(lambda: page.counts["window"] == 2 and len(page.page.context.pages) == 1)
        kinds = [kind for kind, _ in page.incidents if kind in ("dialog", "window")]
        return await page.evaluate("said"), kinds, page.incidents[0].detail, len(page.page.context.pages)

    said, kinds, first, pages = browsers.on_page(click, html)
    assert said == [False, None]
    assert kinds == ["dialog", "dialog", "dialog", "window", "window"]
    assert first == "confirm: Sure?"
    assert pages == 1


def test_only_the_first_incidents_are_told_but_all_are_counted(browsers: Browsers) -> None:
    browsers.let_go()

    async def flood(page: GuardedPage) -> tuple[int, int]:
        script = "n => { for (let i = 0; i < n; i++) fetch('/x' + i).catch(() => 0); }"
        await page.evaluate(script, INCIDENTS + 50)
        await until(lambda: page.counts["request"] >= INCIDENTS + 50)
        return len(page.incidents), page.counts["request"]

    assert browsers.on_page(flood, "<p>x") == (INCIDENTS, INCIDENTS + 50)


def test_a_folder_is_served_and_nothing_beside_it(browsers: Browsers, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "pages").mkdir(parents=True)
    (site / "pages/index.html").write_text("<script src='../code.js'></script><p id=p>ä</p>")
    (site / "code.js").write_text("var loaded = 1")
    (tmp_path / "secret.txt").write_text("secret")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")

    async def look(page: GuardedPage) -> Any:
        await page.open_file(site / "pages/index.html", site)
        script = """async () => {
          const ask = url => fetch(url).then(answer => answer.text(), () => null);
          return [loaded, p.textContent, await ask('/code.js'), await ask('/../secret.txt'),
                  await ask('/%2e%2e/secret.txt'), await ask('/link.txt')];
        }"""
        return await page.evaluate(script)

    assert browsers.on_page(look) == [1, "ä", "var loaded = 1", None, None, None]
    with pytest.raises(ConfigError, match="is no file below"):
        browsers.on_page(lambda page: page.open_file(tmp_path / "secret.txt", site))


def test_a_screenshot_waits_for_pictures_of_the_folder(browsers: Browsers, tmp_path: Path) -> None:
    import io

    from PIL import Image

    Image.new("RGB", (2000, 2000), (200, 10, 10)).save(tmp_path / "red.png")
    (tmp_path / "index.html").write_text("<body style='margin:0'><p id=p style='width:100px;height:100px;margin:0'>")

    async def change_and_shoot(page: GuardedPage) -> Any:
        await page.open_file(tmp_path / "index.html")
        await page.evaluate("() => { p.style.background = 'url(/red.png)'; }")
        return Image.open(io.BytesIO(await page.screenshot())).convert("RGB").getpixel((50, 50))

    assert browsers.on_page(change_and_shoot) == (200, 10, 10)


def test_elements_are_looked_for_when_pictures_have_their_size(browsers: Browsers, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 20), (200, 10, 10)).save(tmp_path / "red.png")
    (tmp_path / "index.html").write_text("<body style='margin:0'>")

    async def change_and_look(page: GuardedPage) -> Any:
        await page.open_file(tmp_path / "index.html")
        await page.evaluate("() => { document.body.innerHTML = '<img src=/red.png>'; }")
        (found,) = await page.elements()
        return found.role, round(found.right * page.size[0]), round(found.bottom * page.size[1])

    assert browsers.on_page(change_and_look) == ("image", 40, 20)


def test_a_page_that_breaks_our_scripts_is_lost_and_says_so(browsers: Browsers) -> None:
    async def look(page: GuardedPage) -> None:
        with pytest.raises(ScreenError, match=r"crash: .*TypeError") as caught:
            await page.elements()
        assert caught.value.cause == page.cause == "crash"

    browsers.on_page(look, "<button>x</button><script>document.elementFromPoint = null</script>")


def test_a_page_that_never_loads_is_given_up(browsers: Browsers) -> None:
    browsers.let_go()
    pool = browsers.pool
    patience, pool._patience = pool._patience, pool._patience._replace(load_seconds=3.0)

    async def load() -> str:
        async with pool.page(200, 200) as page:
            with pytest.raises(ScreenError) as caught:
                await page.show("<script>for (;;);</script>")
            return caught.value.cause

    try:
        assert browsers.run(load()) == "load timeout"
    finally:
        pool._patience = patience


def test_the_screenshot_has_the_size_that_is_told(browsers: Browsers) -> None:
    import io

    from PIL import Image

    async def shoot(page: GuardedPage) -> tuple[Any, ...]:
        whole = Image.open(io.BytesIO(await page.screenshot())).size
        assert whole == page.size
        page.crop(100, 50)
        part = Image.open(io.BytesIO(await page.screenshot())).size
        assert part == page.size
        return whole, part

    assert browsers.on_page(shoot, "<p>x", 200, 120, 2.0) == ((400, 240), (200, 100))
    browsers.let_go()
