"""The screenshots of a benchmark, each once, with their sizes: a click is scored in fractions of them.

A problem about a screen cannot be asked without it, so what is missing is named and refused.
"""

import io
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from journeyman.benchmarks._official_files import OfficialFiles, media_file, named
from journeyman.errors import ConfigError
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef

_MEGABYTE = 1_000_000


class Screenshot(NamedTuple):
    """One screenshot."""

    ref: FileRef
    width: int
    """Pixels, as is ``height``."""
    height: int


class Screenshots:
    """Collects the screenshots of one benchmark's problems. All of them are held in memory."""

    def __init__(self, benchmark: str, *, licence: str, where: str) -> None:
        """Collect nothing yet.

        Args:
            benchmark: Plugin name, for sources and messages.
            licence: Of the pictures.
            where: Where they can be had, for messages.
        """
        self._benchmark, self._licence, self._where = benchmark, licence, where
        self._media: dict[str, MediaFile] = {}
        self._read: dict[str, Screenshot | None] = {}
        self._bytes = 0

    @property
    def media(self) -> tuple[MediaFile, ...]:
        """What was found, in the order in which it was first asked for."""
        return tuple(self._media.values())

    def find(self, files: OfficialFiles, folders: Sequence[str], name: str) -> Screenshot | None:
        """The picture ``name`` in the first of ``folders`` that has it; None where none has, or it does not open.

        Args:
            files: The official data.
            folders: Paths with a closing ``/``, or empty.
            name: Path that a row gives.
        """
        if name not in self._read:
            path = next((folder + name for folder in folders if files.has(folder + name)), "")
            self._read[name] = self._added(files.read(path), name) if path else None
        return self._read[name]

    def add(self, data: bytes, name: str) -> Screenshot | None:
        """The picture that a row holds itself; None where it does not open."""
        if name not in self._read:
            self._read[name] = self._added(data, name)
        return self._read[name]

    def require_all(self, folders: Sequence[str]) -> None:
        """Refuse data that lack a screenshot.

        Args:
            folders: Where they were looked for, for the message.

        Raises:
            ConfigError: One is missing, or is no picture that opens.
        """
        missing = [name for name, found in self._read.items() if found is None]
        if missing:
            places = " or ".join(folder or "the folder itself" for folder in folders)
            raise ConfigError(
                f"{len(missing)} of {self._benchmark}'s {len(self._read)} screenshots are missing or do not open: "
                f"{named(missing)}; get them from {self._where} and put them into {places}"
            )

    def facts(self) -> dict[str, str]:
        """How many there are, and how large."""
        return {"screenshots": f"{len(self._media):,} of {self._bytes / _MEGABYTE:,.1f} MB in all"}

    def _added(self, data: bytes, name: str) -> Screenshot | None:
        file = media_file(data, name, source=f"{self._benchmark}:{name}", licence=self._licence)
        if not file.media_type.startswith("image/"):
            return None
        width, height = _size(data)
        if file.sha256 not in self._media:
            self._media[file.sha256] = file
            self._bytes += file.size_bytes
        ref = FileRef(
            name=f"screen.{file.media_type.removeprefix('image/')}",
            sha256=file.sha256,
            media_type=file.media_type,
            origin=name,
        )
        return Screenshot(ref, width, height)


def _size(data: bytes) -> tuple[int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # whole pages are long
        with Image.open(io.BytesIO(data)) as image:
            return image.size
