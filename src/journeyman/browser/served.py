"""What a page may ask for, the text it is or the files of one folder, and what it has asked for."""

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from journeyman.errors import ConfigError

if TYPE_CHECKING:
    from playwright.async_api import Page, Request

ORIGIN = "https://screen.invalid"
"""Where every page says it is; ``.invalid`` is nobody's (RFC 2606)."""


class Served(NamedTuple):
    """A page's content."""

    html: str = ""
    folder: Path | None = None
    """Whose files may be asked for; None where the page is ``html`` and nothing else."""

    def file_of(self, url: str) -> Path | None:
        """The file that ``url`` asks for, if it may be given."""
        parts = urlsplit(url)
        if self.folder is None or f"{parts.scheme}://{parts.netloc}" != ORIGIN:
            return None
        path = (self.folder / unquote(parts.path).lstrip("/")).resolve()
        return path if path.is_relative_to(self.folder) and path.is_file() else None


def place_of(path: Path, root: Path) -> tuple[Path, str]:
    """``root`` itself and the path below it at which ``path`` is asked for.

    Raises:
        ConfigError: ``path`` is no file below ``root``.
    """
    folder, file = root.resolve(), path.resolve()
    if not file.is_file() or not file.is_relative_to(folder):
        raise ConfigError(f"{path} is no file below {folder}; give one that is")
    return folder, file.relative_to(folder).as_posix()


def content_type_of(path: Path) -> str:
    """What a browser is told that ``path`` is; texts are UTF-8."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


class Asked:
    """Requests of one page, whatever becomes of them."""

    def __init__(self, page: "Page") -> None:
        """Args: page: Playwright's; counted from now on."""
        self.count = 0
        """All that were begun."""
        self.pending: set[Request] = set()
        """Those without an answer yet."""
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def _begin(self, request: "Request") -> None:
        self.pending.add(request)
        self.count += 1

    def _end(self, request: "Request") -> None:
        self.pending.discard(request)
