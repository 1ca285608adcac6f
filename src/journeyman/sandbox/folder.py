"""The folder of one trajectory: written by code nobody trusts, read by tools that trust nothing in it."""

import errno
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from journeyman.errors import SandboxError, ToolError
from journeyman.sandbox.limits import DEFAULT_LIMITS, Limits

JOB = "/job"
"""Where code in the sandbox sees the folder."""
MAX_ENTRIES = 4_000
"""Files and directories a folder may hold: what bounds every walk over it."""
MAX_DEPTH = 32
"""Directories within directories: a walk keeps one descriptor open for each level."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a pipe that code left here must not hang the host.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SessionFolder:
    """Files of one trajectory. Names are given, never host paths, and no link is ever followed."""

    def __init__(self, root: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self.root = root
        self._limits = limits

    @classmethod
    def create(cls, parent: Path, limits: Limits = DEFAULT_LIMITS) -> "SessionFolder":
        """A new empty folder in ``parent``, which must lie in the home of the sandbox that shall see it."""
        try:
            parent.mkdir(parents=True, exist_ok=True)
            return cls(Path(tempfile.mkdtemp(prefix="session-", dir=parent.resolve())), limits)
        except OSError as exc:
            raise SandboxError(f"cannot make a folder in {parent}: {exc.strerror}; choose another") from exc

    def put(self, name: str, data: bytes) -> None:
        """Place an input file.

        Raises:
            ToolError: The name is taken, is not one plain file name, or the file is too large.
        """
        self._check_room(name, data)
        if not self._write_new(_plain(name), data):
            raise ToolError(f"there is already a file {name!r}; use another name")

    def read(self, name: str) -> bytes:
        """Bytes of a file, ``name`` relative to the folder; ``/job/name`` is understood too.

        Raises:
            ToolError: It is missing, a link, outside the folder, not a plain file, or over ``file_bytes``.
        """
        parts = _parts(name)
        directory = self._open_root()
        try:
            for part in parts[:-1]:
                inner = _open_at(part, _DIRECTORY, directory, name)
                os.close(directory)
                directory = inner
            file = _open_at(parts[-1], _READ, directory, name)
        finally:
            os.close(directory)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise ToolError(f"{name!r} is not a plain file")
        with os.fdopen(file, "rb") as stream:
            data = stream.read(self._limits.file_bytes + 1)
        if len(data) > self._limits.file_bytes:
            raise ToolError(f"{name!r} is larger than {self._limits.file_bytes} bytes; work on a smaller part of it")
        return data

    def write(self, name: str, data: bytes) -> str:
        """Write a new file and return the name it got: ``chart.png``, or ``chart_2.png`` where that is taken.

        Raises:
            ToolError: The name is not one plain file name, or the file or the folder grows too large.
        """
        self._check_room(name, data)
        plain = PurePosixPath(_plain(name))
        for number in range(1, MAX_ENTRIES):
            candidate = plain.name if number == 1 else f"{plain.stem}_{number}{plain.suffix}"
            if self._write_new(candidate, data):
                return candidate
        raise ToolError(f"no free name like {name!r}; use another name")

    def names(self) -> tuple[str, ...]:
        """Plain files in the folder and below it, sorted; links, special files and unreadable names are left out.

        Raises:
            ToolError: As for ``size_bytes``.
        """
        files = [path for path, status in self._entries() if stat.S_ISREG(status.st_mode)]
        return tuple(sorted(path for path in files if _is_text(path)))

    def size_bytes(self) -> int:
        """Sum of the sizes of the plain files in the folder.

        Raises:
            ToolError: It holds more than ``MAX_ENTRIES`` entries, or directories that cannot be walked.
        """
        return sum(status.st_size for _, status in self._entries() if stat.S_ISREG(status.st_mode))

    def remove(self) -> None:
        """Delete the folder and all in it; call it when its worker is gone."""
        try:
            shutil.rmtree(self.root)
        except FileNotFoundError:
            return
        except (OSError, RecursionError):
            # Locked directories or endless nesting made by code: coreutils walks both, and follows no link.
            subprocess.run(["chmod", "-R", "u+rwX", "--", self.root], check=False, capture_output=True)
            removed = subprocess.run(["rm", "-rf", "--", self.root], check=False, capture_output=True)
            if removed.returncode:
                words = removed.stderr.decode(errors="replace").strip()
                raise SandboxError(f"cannot remove {self.root}: {words}") from None

    def _entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """Name relative to the folder and status of everything in it.

        By descriptors, not by paths: a directory swapped for a link while we walk would lead us outside.
        """
        budget = iter(range(MAX_ENTRIES))
        directory = self._open_root()
        try:
            yield from _walk(directory, "", MAX_DEPTH, budget)
        finally:
            os.close(directory)

    def _open_root(self) -> int:
        try:
            return os.open(self.root, _DIRECTORY)
        except OSError as exc:
            raise ToolError(f"the folder of this task cannot be opened: {exc.strerror}") from exc

    def _check_room(self, name: str, data: bytes) -> None:
        if len(data) > self._limits.file_bytes:
            raise ToolError(f"{name!r} would hold {len(data)} bytes; a file may hold {self._limits.file_bytes}")
        if self.size_bytes() + len(data) > self._limits.folder_bytes:
            raise ToolError(
                f"the folder may hold {self._limits.folder_bytes} bytes, no room for {name!r}; delete files"
            )

    def _write_new(self, name: str, data: bytes) -> bool:
        directory = self._open_root()
        try:
            file = os.open(name, _CREATE, 0o644, dir_fd=directory)
        except FileExistsError:
            return False
        except OSError as exc:
            raise ToolError(f"cannot write {name!r}: {exc.strerror}") from exc
        finally:
            os.close(directory)
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
        return True


def _walk(directory: int, above: str, depth: int, budget: Iterator[int]) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(directory) as found:
        for entry in found:
            if next(budget, None) is None:
                raise ToolError(f"the folder holds more than {MAX_ENTRIES} files; delete some")
            try:
                status = entry.stat(follow_symlinks=False)
                yield above + entry.name, status
                if not stat.S_ISDIR(status.st_mode):
                    continue
                if not depth:
                    raise ToolError(f"directories in the folder are nested deeper than {MAX_DEPTH}; delete some")
                inner = os.open(entry.name, _DIRECTORY, dir_fd=directory)
            except (FileNotFoundError, NotADirectoryError):
                continue  # code deleted or swapped it while we looked
            except OSError as exc:
                if exc.errno == errno.ELOOP:
                    continue
                raise ToolError(f"the folder holds a directory that cannot be read: {exc.strerror}") from exc
            try:
                yield from _walk(inner, f"{above}{entry.name}/", depth - 1, budget)
            finally:
                os.close(inner)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parts(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if path.is_relative_to(JOB):
        path = path.relative_to(JOB)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise ToolError(f"{name!r} is not a file of this task; give a name such as 'file_1.png'")
    return path.parts


def _plain(name: str) -> str:
    parts = _parts(name)
    if len(parts) != 1:
        raise ToolError(f"{name!r} is not a plain file name; give one without directories")
    return parts[0]


def _open_at(part: str, flags: int, directory: int, name: str) -> int:
    try:
        return os.open(part, flags, dir_fd=directory)
    except FileNotFoundError as exc:
        raise ToolError(f"there is no file {name!r}") from exc
    except OSError as exc:
        if exc.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise ToolError(f"{name!r} is a link or goes through one; give a plain file") from exc
        raise ToolError(f"cannot read {name!r}: {exc.strerror}") from exc
