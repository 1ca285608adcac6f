"""The files of a benchmark as its authors publish them: a folder, or the zip of it, read and never unpacked.

Such data come from the web, so that a path in them leads nowhere else and a small zip stays small.
"""

import io
import json
import lzma
import mimetypes
import re
import stat
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from PIL import Image
from pydantic import ValidationError

from journeyman.errors import ConfigError
from journeyman.schema.media import MediaFile
from journeyman.schema.record import sha256_hex

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_UNPACKED_BYTES = 4 * 1024**3
"""Most that a zip may unpack to, by its own account."""
MAX_ENTRIES = 50_000
PLAIN = "application/octet-stream"
"""What nothing is known of, and what is never shown as a picture."""

_SEARCH_DEPTH = 3
"""Levels of folders that are looked at, the named one included."""
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_BRANCH = re.compile(r"_|tuple\[")  # names that pydantic gives to the members of a union
_UNPACKING = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
_FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
# What mimetypes says of these depends on the machine.
_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".jsonl": "application/jsonl",
    ".jsonld": "application/ld+json",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".pdb": "chemical/x-pdb",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".py": "text/x-python",
    ".wav": "audio/wav",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


class OfficialFiles(Protocol):
    """Files by their path below the folder in which the benchmark's own paths begin."""

    def has(self, path: str) -> bool:
        """Whether there is such a file; False for a path that leads elsewhere."""
        ...

    def read(self, path: str) -> bytes:
        """Its bytes.

        Raises:
            ConfigError: Not there, too large, unreadable, or the path leads out of the data.
        """
        ...


def open_official(source: str, *, benchmark: str, wanted: Sequence[str]) -> OfficialFiles:
    """The data at ``source``: the folder that holds one of ``wanted``, a folder around it, or a zip of either.

    Args:
        source: What the user named.
        benchmark: For messages, e.g. ``GTA``.
        wanted: Paths of which one tells that this is the benchmark.

    Raises:
        ConfigError: Nothing is there, it is another folder, or a zip that is not read.
    """
    if not source.strip():
        raise ConfigError(f"no folder is named for {benchmark}; name its official folder or the zip of it")
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path, benchmark, wanted)
    if path.is_file():
        return _zip(path, benchmark, wanted)
    raise ConfigError(f"{benchmark} data {source!r} are not there; name the official folder or the zip of it")


def parse_json(data: bytes, name: str) -> Any:
    """The value of a JSON file; no key twice in one object, no NaN.

    Raises:
        ConfigError: It is no such JSON; says where.
    """
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse)
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{name} is not UTF-8 at byte {exc.start}; download it again") from exc
    except RecursionError as exc:
        raise ConfigError(f"{name} nests too deeply to be read; download it again") from exc
    except ValueError as exc:
        raise ConfigError(f"{name} is not JSON that can be used: {exc}; download it again") from exc


def first_problem(exc: ValidationError) -> str:
    """Where the first fault lies and what it is, on one line."""
    error = exc.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in error["loc"] if not _BRANCH.match(str(part))) or "item"
    what = re.sub(r"a valid dictionary or instance of \w+", "an object", error["msg"])
    value = repr(error.get("input"))
    return f"{where}: {what[:1].lower()}{what[1:]}, got {value if len(value) <= 60 else value[:57] + '...'}"


def media_file(data: bytes, path: str, *, source: str, licence: str) -> MediaFile:
    """The media row of an official file; a picture is called one only when Pillow reads it to its end."""
    return MediaFile(
        sha256=sha256_hex(data),
        media_type=_media_type(data, path),
        size_bytes=len(data),
        source=source,
        licence=licence,
        data=data,
    )


def extension(path: str, fallback: str = "bin") -> str:
    """The extension of an official file in lower case, without its dot; plain letters and digits only."""
    suffix = PurePosixPath(path).suffix[1:].lower()
    return suffix if suffix.isascii() and suffix.isalnum() else fallback


def named(items: Iterable[str], shown: int = 5) -> str:
    """``items``, at most ``shown`` of them, and how many more there are."""
    every = list(items)
    more = f" and {len(every) - shown} more" if len(every) > shown else ""
    return ", ".join(every[:shown]) + more


def is_inside(path: str) -> bool:
    """Whether ``path`` stays below where it begins, on every system."""
    parts = path.replace("\\", "/").split("/")
    return (
        bool(path) and "\0" not in path and ".." not in parts and not path.startswith(("/", "\\")) and ":" not in path
    )


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._roots = (root.resolve(), *_blobs(root))

    def has(self, path: str) -> bool:
        return self._inside(path) is not None

    def read(self, path: str) -> bytes:
        found = self._inside(path)
        if found is None:
            raise ConfigError(f"{path!r} is not a file in {self._root}; download the data again")
        try:
            with found.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        except OSError as exc:
            raise ConfigError(f"{path!r} in {self._root} cannot be read: {exc.strerror}") from exc
        if len(data) > MAX_FILE_BYTES:
            raise ConfigError(f"{path!r} is larger than {MAX_FILE_BYTES:,} bytes, which no official file is")
        return _no_pointer(data, path)

    def _inside(self, path: str) -> Path | None:
        if not is_inside(path):
            return None
        try:
            found = (self._root / path).resolve()
            inside = any(found.is_relative_to(root) for root in self._roots)
            return found if inside and found.is_file() else None
        except (OSError, RuntimeError):  # a name too long, a loop of links
            return None


class _Zip:
    def __init__(self, path: Path, prefix: str, sizes: dict[str, int]) -> None:
        self._path, self._prefix, self._sizes = path, prefix, sizes
        self._archive: zipfile.ZipFile | None = None

    def has(self, path: str) -> bool:
        return is_inside(path) and self._prefix + path in self._sizes

    def read(self, path: str) -> bytes:
        if not self.has(path):
            raise ConfigError(f"{path!r} is not in {self._path}; download the zip again")
        try:
            # Opened once: reading the list of 14,000 pictures anew for each of them takes hours.
            self._archive = self._archive or zipfile.ZipFile(self._path)
            with self._archive.open(self._prefix + path) as stream:
                return _no_pointer(stream.read(MAX_FILE_BYTES + 1), path)
        except _UNPACKING as exc:
            raise ConfigError(f"{path!r} in {self._path} cannot be unpacked: {exc}; download the zip again") from exc


def _folder(path: Path, benchmark: str, wanted: Sequence[str]) -> _Folder:
    level = [path]
    for _ in range(_SEARCH_DEPTH):
        found = [folder for folder in level if any((folder / name).is_file() for name in wanted)]
        if len(found) > 1:
            raise ConfigError(
                f"{path} holds {benchmark} {len(found)} times ({named(map(str, found))}); name one of them"
            )
        if found:
            return _Folder(found[0])
        level = [inner for folder in level for inner in _folders_in(folder)]
    raise ConfigError(_not_found(str(path), benchmark, wanted))


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink())
    except OSError:
        return []


def _zip(path: Path, benchmark: str, wanted: Sequence[str]) -> _Zip:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as exc:
        raise ConfigError(
            f"{path} is no zip that can be read: {exc}; name the official folder or download again"
        ) from exc
    files = [entry for entry in entries if not entry.is_dir()]
    _check_entries(path, files)
    sizes = {entry.filename: entry.file_size for entry in files}
    prefixes = {name[: -len(want)] for name in sizes for want in wanted if name == want or name.endswith(f"/{want}")}
    found = sorted(prefix for prefix in prefixes if prefix.count("/") < _SEARCH_DEPTH and "__MACOSX/" not in prefix)
    if not found:
        raise ConfigError(_not_found(str(path), benchmark, wanted))
    shallowest = [prefix for prefix in found if prefix.count("/") == min(other.count("/") for other in found)]
    if len(shallowest) > 1:
        raise ConfigError(f"{path} holds {benchmark} {len(shallowest)} times ({named(shallowest)}); pack one of them")
    return _Zip(path, shallowest[0], sizes)


def _check_entries(path: Path, files: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip for what it says of itself, before anything is unpacked."""
    if len(files) > MAX_ENTRIES:
        raise ConfigError(f"{path} holds {len(files):,} files, which no official zip does; is it a zip bomb?")
    total = sum(entry.file_size for entry in files)
    largest = max((entry.file_size for entry in files), default=0)
    if total > MAX_UNPACKED_BYTES or largest > MAX_FILE_BYTES:
        raise ConfigError(
            f"{path} unpacks to {total:,} bytes, its largest file to {largest:,}, the limits are "
            f"{MAX_UNPACKED_BYTES:,} and {MAX_FILE_BYTES:,}; is it a zip bomb?"
        )
    seen: set[str] = set()
    for entry in files:
        if not is_inside(entry.filename) or stat.S_ISLNK(entry.external_attr >> 16):
            raise ConfigError(f"{path} holds {entry.filename!r}, which leads out of the zip; do not use this file")
        if entry.flag_bits & 1:
            raise ConfigError(f"{path} is encrypted ({entry.filename!r}); unpack it and name the folder")
        if entry.filename in seen:
            raise ConfigError(f"{path} holds {entry.filename!r} twice; download the zip again")
        seen.add(entry.filename)


def _not_found(path: str, benchmark: str, wanted: Sequence[str]) -> str:
    looked = " or ".join(wanted)
    return f"{path} does not hold {benchmark}: looked for {looked} in it and in folders of it; name its official folder"


def _no_pointer(data: bytes, path: str) -> bytes:
    if data.startswith(_LFS_POINTER):
        raise ConfigError(f"{path!r} is a Git LFS pointer, not the file; run `git lfs pull` where the data are")
    return data


def _blobs(root: Path) -> tuple[Path, ...]:
    """Where the links of a Hugging Face snapshot lead: ``<repository>/blobs``, beside ``snapshots``."""
    return tuple(
        (parent.parent / "blobs").resolve() for parent in root.absolute().parents if parent.name == "snapshots"
    )


def _media_type(data: bytes, path: str) -> str:
    picture = _picture_type(data)
    if picture:
        return picture
    suffix = PurePosixPath(path).suffix.lower()
    guessed = _TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}")[0] or PLAIN
    return PLAIN if guessed.startswith("image/") else guessed


def _picture_type(data: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_FORMATS)) as image:
                image.draft("L", (1, 1))  # every byte of a JPEG is read, few pixels are made
                image.load()
                return _FORMATS[str(image.format)]
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error, Image.DecompressionBombError):
        return ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"the id or key {key!r} stands twice in one object")
        values[key] = value
    return values


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")
