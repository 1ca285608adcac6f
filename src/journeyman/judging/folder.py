"""A benchmark's official files by name, wherever they lie: judges and benchmarks read them by the same rules."""

from pathlib import Path
from typing import Protocol

from journeyman.errors import ConfigError
from journeyman.judging._json_lines import bytes_of


class Files(Protocol):
    """Files by their path below the folder in which the benchmark's own paths begin."""

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def read(self, path: str) -> bytes:
        """Its bytes.

        Raises:
            ConfigError: Not there, too large or unreadable.
        """
        ...


class Folder:
    """The files of a folder that the user names."""

    def __init__(self, root: Path, *, benchmark: str, holds: str) -> None:
        """Look for the folder.

        Args:
            root: What the user named.
            benchmark: For messages, e.g. ``LLaVA-Bench``.
            holds: A file that tells that this is it, for messages.

        Raises:
            ConfigError: It is no folder.
        """
        if not root.is_dir():
            raise ConfigError(f"{benchmark} folder {str(root)!r} is not there; name the one that holds {holds}")
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self._root / path).is_file()

    def read(self, path: str) -> bytes:
        """Its bytes; errors are those of :meth:`Files.read`."""
        return bytes_of(self._root / path)
