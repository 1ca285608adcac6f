"""A page that reaches nobody, cannot leave, and says how it was lost."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from journeyman.action_formats.pyautogui_call import Command
from journeyman.browser.camera import Camera
from journeyman.browser.elements import EXTRACTION, elements_of, look
from journeyman.browser.executor import DRAWN, Executor, seconds_of
from journeyman.browser.served import ORIGIN, Asked, Served, content_type_of, place_of
from journeyman.errors import ConfigError, ScreenError, ScreenFault
from journeyman.schema.screen import Element

if TYPE_CHECKING:
    from playwright.async_api import Browser, Dialog, Page, Request, Route, WebSocketRoute

logger = logging.getLogger(__name__)
T = TypeVar("T")

INCIDENTS = 100
"""Incidents that are told one by one; all are counted."""
_DETAIL = 200
_CLOSE_SECONDS = 1.0
_POLL_SECONDS = 0.005
_GRACE_SECONDS = 0.5
"""What the news of a crash may take after the call that it broke."""
_WITHOUT_CONTEXT = "Frame for this navigation request is not available"


class Patience(NamedTuple):
    """What a page may take, in seconds."""

    load_seconds: float = 10.0
    action_seconds: float = 5.0


class Incident(NamedTuple):
    """Something a page tried that it may not."""

    kind: str
    """``dialog``, ``window``, ``navigation``, ``request``, ``socket``, ``download`` or ``file chooser``."""
    detail: str


class GuardedPage:
    """One page of a :class:`~journeyman.browser.pool.BrowserPool`.

    Its content is one HTML string or the files of one folder. Every other request is refused, windows are shut,
    dialogs dismissed, and attempts to go elsewhere come to nothing; each is an incident. What loses the page itself
    raises :class:`ScreenError`, now and on every later call.
    """

    def __init__(
        self, browser: "Browser", page: "Page", camera: Camera, size: tuple[int, int, float], patience: Patience
    ) -> None:
        """Args: browser: Whose page it is. page: Playwright's. size: Width and height in CSS pixels, and the scale."""
        self.page = page
        self.incidents: list[Incident] = []
        """The first 100, in order."""
        self.counts: Counter[str] = Counter()
        """All of them, by kind."""
        self.location = ""
        """URL of what is shown; empty before the first load, and where it is to be loaded anew all the same."""
        self._browser = browser
        self._camera = camera
        self._patience = patience
        self.viewport = size
        """Width and height in CSS pixels, and the scale."""
        self._region = (size[0], size[1])
        self._executor = Executor(page, size[0], size[1])
        self._lost: asyncio.Future[ScreenFault] = asyncio.get_running_loop().create_future()
        self._served = Served()
        self._asked = Asked(page)
        self._loading = False
        self._closing = False
        self._hung = False

    @classmethod
    async def create(
        cls, browser: "Browser", width: int, height: int, scale: float, patience: Patience
    ) -> "GuardedPage":
        """An empty page of ``browser`` in a fresh context; sizes as for ``BrowserPool.page``."""
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            accept_downloads=False,
            service_workers="block",
            offline=True,
            locale="en-US",
            timezone_id="UTC",
            color_scheme="light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        size = width, height, scale
        guarded = cls(browser, page, await Camera.of(page, size), size, patience)
        await guarded._guard()
        return guarded

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the screenshot in pixels."""
        return round(self._region[0] * self.viewport[2]), round(self._region[1] * self.viewport[2])

    @property
    def cause(self) -> ScreenFault | None:
        """How the page was lost; None where it is not."""
        return self._lost.result() if self._lost.done() else None

    @property
    def is_whole(self) -> bool:
        """Whether it can be used further: neither lost nor with a call of ours that still waits in it."""
        return not self._lost.done() and not self._hung and not self._closing

    def crop(self, width: int, height: int) -> None:
        """Make the screen the top left part of the viewport, in CSS pixels: its picture, its elements, its actions."""
        self._region = (width, height)
        self._executor = Executor(self.page, width, height)

    def renew(self) -> None:
        """For who comes next: no incidents, the whole viewport; what is shown stays."""
        self.incidents.clear()
        self.counts.clear()
        self.crop(*self.viewport[:2])

    async def show(self, html: str) -> None:
        """Load a page that is this text.

        Raises:
            ScreenError: It did not load in time, or was lost while it did.
        """
        self._served = Served(html)
        await self._load(f"{ORIGIN}/")

    async def open_file(self, path: Path, root: Path | None = None) -> None:
        """Load a file; it may ask for the files of ``root`` and for nothing else.

        Args:
            path: HTML below ``root``.
            root: Folder that is served; None takes the file's own.

        Raises:
            ConfigError: There is no such file below ``root``.
            ScreenError: It did not load in time, or was lost while it did.
        """
        folder, name = place_of(path, root or path.parent)
        self._served = Served(folder=folder)
        await self._load(f"{ORIGIN}/{name}")

    async def screenshot(self) -> bytes:
        """PNG of the screen, with no text cursor: it blinks. Pictures that the page asks its folder for are waited for.

        Raises:
            ScreenError: The page is lost.
        """
        return await self._seen(lambda: self._camera.take(self._region))

    async def elements(self, within: str = "body", without: str = "") -> tuple[Element, ...]:
        """What can be hit inside the first match of the CSS selector ``within``, in document order.

        Args:
            within: CSS selector.
            without: CSS selector of what is left out, with all it holds; empty for nothing.

        Raises:
            ConfigError: Nothing matches.
            ScreenError: The page is lost.
        """
        width, height = self._region
        found = await self.observe(EXTRACTION, look(within, without, width, height))
        if found is None:
            raise ConfigError(f"nothing on the page matches {within!r}; give another selector")
        return elements_of(found, width, height)

    async def perform(self, command: Command, functions: Mapping[str, Any] | tuple[str, ...] = ()) -> None:
        """Do what ``command`` says by mouse and keyboard.

        Args:
            command: Coordinates are fractions of the screen.
            functions: Names of the functions the environment declares; a call of any other is refused.

        Raises:
            ToolError: A key or function that this browser does not know.
            ScreenError: The page is lost.
        """
        work = self._executor.perform(command, tuple(functions))
        await self._bounded(work, self._patience.action_seconds + seconds_of(command))

    async def evaluate(self, script: str, argument: Any = None) -> Any:
        """The JSON value of a JavaScript function or expression of ours.

        Raises:
            ScreenError: The page is lost.
        """
        return await self._bounded(self.page.evaluate(script, argument), self._patience.action_seconds)

    async def observe(self, script: str, argument: Any = None) -> Any:
        """What :meth:`evaluate` gives of a script that only reads, once the pictures it meets are there.

        Raises:
            ScreenError: The page is lost.
        """
        return await self._seen(lambda: self.page.evaluate(script, argument))

    async def settle(self) -> None:
        """Draw the page, and wait for all that it asks for then.

        Raises:
            ScreenError: The page is lost.
        """
        await self._bounded(self._draw(), self._patience.load_seconds)

    async def release(self) -> None:
        """Forget where the pointer is: as on a page that was just opened."""
        await self._bounded(self._executor.release(), self._patience.action_seconds)

    async def close(self) -> bool:
        """Shut the page; whether its browser is still good for another."""
        from playwright.async_api import Error

        self._closing = True
        self._browser.remove_listener("disconnected", self._end_browser)
        if self._hung or (self._lost.done() and self._lost.result() in ("crash", "load timeout", "action timeout")):
            return False
        try:
            await asyncio.wait_for(self.page.context.close(), _CLOSE_SECONDS)
        except (Error, TimeoutError) as exc:
            logger.debug("the page did not close: %s", exc)
            return False
        return True

    async def _seen(self, look: Callable[[], Awaitable[T]]) -> T:
        """What ``look`` gives; where the page asks for something meanwhile, once it has it."""
        count = self._asked.count
        found = await self._bounded(look(), self._patience.action_seconds)
        if self._asked.pending or self._asked.count > count:
            await self.settle()
            found = await self._bounded(look(), self._patience.action_seconds)
        return found

    async def _draw(self) -> None:
        # What a style asks for is asked when it is drawn: draw, wait, and draw again.
        await self.page.evaluate(DRAWN)
        while self._asked.pending:
            await asyncio.sleep(_POLL_SECONDS)
            if not self._asked.pending:
                await self.page.evaluate(DRAWN)

    def _note(self, kind: str, detail: str) -> None:
        self.counts[kind] += 1
        if len(self.incidents) < INCIDENTS:
            self.incidents.append(Incident(kind, detail[:_DETAIL]))

    def _lose(self, cause: ScreenFault) -> None:
        if not self._lost.done() and not self._closing:
            self._lost.set_result(cause)

    async def _load(self, url: str) -> None:
        self._require()
        self._loading, self.location = True, url
        try:
            # Twice the time, since the limit that counts is ours.
            loading = self.page.goto(url, wait_until="load", timeout=2000 * self._patience.load_seconds)
            await self._bounded(loading, self._patience.load_seconds, "load timeout", "navigation")
        finally:
            self._loading = False
        self._executor.forget()

    def _require(self) -> None:
        if self._lost.done():
            raise ScreenError(self._lost.result())

    async def _bounded(
        self, work: Awaitable[T], seconds: float, late: ScreenFault = "action timeout", broken: ScreenFault = "crash"
    ) -> T:
        from playwright.async_api import Error

        task = asyncio.ensure_future(work)
        waited: set[asyncio.Future[Any]] = {task, self._lost}
        try:
            self._require()
            await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._lose(late)
            elif isinstance(task.exception(), Error):
                await asyncio.wait({self._lost}, timeout=_GRACE_SECONDS)
            self._require()
            return task.result()
        except Error as exc:
            # Also where a page has changed what scripts of ours rest on.
            self._lose(broken)
            raise ScreenError(broken, str(exc).partition("\n")[0]) from exc
        finally:
            if not task.done():
                self._hung = True
                task.cancel()
                task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def _guard(self) -> None:
        page, context = self.page, self.page.context
        self._browser.on("disconnected", self._end_browser)
        page.on("crash", lambda _: self._lose("crash"))
        page.on("close", lambda _: self._shut())
        page.on("dialog", self._dismiss)
        page.on("download", lambda download: self._note("download", download.url))
        page.on("filechooser", lambda _: self._note("file chooser", ""))
        page.on("framenavigated", lambda frame: self._moved(frame.url) if frame == page.main_frame else None)
        context.on("page", self._shut_window)
        await context.route("**/*", self._answer)
        await context.route_web_socket("**/*", self._refuse_socket)

    def _end_browser(self, _browser: "Browser") -> None:
        self._lose("crash")

    def _shut(self) -> None:
        # A browser that dies shuts its pages first and says so later.
        asyncio.get_running_loop().call_later(_GRACE_SECONDS / 2, self._lose, "closed")

    def _moved(self, url: str) -> None:
        if not url.startswith(f"{ORIGIN}/") and not self._closing:
            self._note("navigation", url)
            self._lose("navigation")

    async def _dismiss(self, dialog: "Dialog") -> None:
        from playwright.async_api import Error

        self._note("dialog", f"{dialog.type}: {dialog.message}")
        try:
            await dialog.dismiss()
        except Error as exc:
            logger.debug("the dialog went with its page: %s", exc)

    async def _shut_window(self, window: "Page") -> None:
        from playwright.async_api import Error

        self._note("window", window.url)
        try:
            await window.close()
        except Error as exc:
            logger.debug("the window went with its page: %s", exc)

    async def _refuse_socket(self, socket: "WebSocketRoute") -> None:
        self._note("socket", socket.url)
        await socket.close()

    async def _answer(self, route: "Route", request: "Request") -> None:
        from playwright.async_api import Error

        try:
            if request.is_navigation_request():
                await self._answer_navigation(route, request)
            else:
                await self._answer_part(route, request.url)
        except Error as exc:
            logger.debug("a request went with its page: %s", exc)

    async def _answer_navigation(self, route: "Route", request: "Request") -> None:
        own = self._is_of_this_page(request)
        if own and self._loading and request.url == self.location:
            if self._served.folder is None:
                await route.fulfill(body=self._served.html, content_type="text/html; charset=utf-8")
            else:
                await self._answer_part(route, request.url)
        elif own:
            self._note("navigation", request.url)
            await route.fulfill(status=204)  # no content: the page stays; an error would replace it
        else:
            await self._answer_part(route, request.url)

    async def _answer_part(self, route: "Route", url: str) -> None:
        path = self._served.file_of(url)
        if path is None:
            self._note("request", url)
            await route.abort()
        else:
            body = await asyncio.to_thread(path.read_bytes)
            await route.fulfill(body=body, content_type=content_type_of(path))

    def _is_of_this_page(self, request: "Request") -> bool:
        from playwright.async_api import Error

        try:
            return request.frame == self.page.main_frame
        except Error as exc:
            if _WITHOUT_CONTEXT not in str(exc):
                raise
            return False  # another window's, which is being shut
