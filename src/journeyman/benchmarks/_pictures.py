"""The pictures of a benchmark, each once.

One that is missing or does not open is named, and its problem is asked by its words: it is no excuse, and stays in
every denominator.
"""

from collections.abc import Sequence

from journeyman.benchmarks._official_files import OfficialFiles, extension, media_file, named
from journeyman.errors import ConfigError
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}


class Pictures:
    """Collects the pictures of one benchmark's problems."""

    def __init__(self, benchmark: str, *, licence: str) -> None:
        self._benchmark = benchmark
        self._licence = licence
        self._media: dict[str, MediaFile] = {}
        self._refs: dict[str, FileRef | None] = {}
        self._missing: list[str] = []

    @property
    def media(self) -> tuple[MediaFile, ...]:
        """What was found, in the order in which it was first asked for."""
        return tuple(self._media.values())

    def refs(self, files: OfficialFiles, path: str, name: str) -> tuple[FileRef, ...]:
        """The file of a query: one picture, or none where it is missing.

        Args:
            files: Where the picture lies.
            path: Its path there; empty where it is not there.
            name: What the benchmark calls it.
        """
        if name not in self._refs:
            self._refs[name] = self._read(files, path, name)
        found = self._refs[name]
        return () if found is None else (found,)

    def facts(self) -> dict[str, str]:
        """How many there are, and which are missing."""
        facts = {"pictures": str(len(self._refs) - len(self._missing))}
        if self._missing:
            facts["missing pictures"] = (
                f"{len(self._missing)}, whose questions are asked by their words alone: {named(self._missing)}"
            )
        return facts

    def require_some(self, places: Sequence[str]) -> None:
        """Refuse a benchmark without any picture.

        Args:
            places: Where they were looked for, for the message.

        Raises:
            ConfigError: No picture was found.
        """
        if not self._media:
            raise ConfigError(
                f"none of {self._benchmark}'s {len(self._refs)} pictures is there, the first is "
                f"{next(iter(self._refs), '')}; put them into {' or '.join(places)}"
            )

    def _read(self, files: OfficialFiles, path: str, name: str) -> FileRef | None:
        file = (
            media_file(files.read(path), path, source=f"{self._benchmark}:{name}", licence=self._licence)
            if path
            else None
        )
        suffix = _EXTENSIONS.get(file.media_type, "") if file else ""
        if file is None or not suffix:
            self._missing.append(name)
            return None
        self._media.setdefault(file.sha256, file)
        # The extension tells the type, which an official name may lack.
        return FileRef(
            name=f"file_1.{extension(name, suffix)}", sha256=file.sha256, media_type=file.media_type, origin=name
        )
