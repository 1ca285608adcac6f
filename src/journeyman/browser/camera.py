"""Screenshots of a page as Playwright takes them, pixel for pixel, for two thirds of the work."""

import base64
from typing import TYPE_CHECKING, Any

from journeyman.browser.executor import DRAWN

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

# A sheet of the document's own, so that no element is added. A text cursor blinks.
_WITHOUT_CURSOR = """(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { caret-color: transparent !important }');
  document.adoptedStyleSheets = [sheet];
})()"""
_TRIES = 5
_NOTHING_DRAWN = "Unable to capture screenshot"
"""What Chromium says of a page that has just loaded and was not drawn once."""


class Camera:
    """Takes what is to be seen of one page, without the text cursor.

    Playwright's own screenshot goes through all frames before and after to hide the cursor. Here every document is
    told once, when it begins.
    """

    def __init__(self, page: "Page", session: "CDPSession", size: tuple[int, int]) -> None:
        """Args: page: Playwright's. session: With it. size: Of the viewport in CSS pixels."""
        self._page = page
        self._session = session
        self._size = size

    @classmethod
    async def of(cls, page: "Page", size: tuple[int, int, float]) -> "Camera":
        """Of a page that has not loaded anything yet; ``size`` is width and height in CSS pixels, and the scale."""
        width, height, scale = size
        session = await page.context.new_cdp_session(page)
        # Playwright's session has said so for itself; a picture that this one takes would have a scale of 1.
        same = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        await session.send("Emulation.setDeviceMetricsOverride", same)
        await page.add_init_script(_WITHOUT_CURSOR)
        return cls(page, session, (width, height))

    async def take(self, region: tuple[int, int]) -> bytes:
        """PNG of the top left part of the viewport, ``region`` CSS pixels wide and high."""
        # A third more bytes for half the time; the pixels are the same.
        asked: dict[str, Any] = {"format": "png", "optimizeForSpeed": True}
        if region != self._size:
            # Clips are told from the top of the document, however far it has scrolled.
            at = (await self._session.send("Page.getLayoutMetrics"))["cssVisualViewport"]
            width, height = region
            asked["clip"] = {"x": at["pageX"], "y": at["pageY"], "width": width, "height": height, "scale": 1}
        return base64.b64decode(await self._captured(asked))

    async def _captured(self, asked: dict[str, Any]) -> str:
        from playwright.async_api import Error

        for left in reversed(range(_TRIES)):
            try:
                return str((await self._session.send("Page.captureScreenshot", asked))["data"])
            except Error as exc:
                if _NOTHING_DRAWN not in str(exc) or not left:
                    raise
                await self._page.evaluate(DRAWN)
        raise AssertionError("the last try returns or raises")
