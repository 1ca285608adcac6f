"""Pictures that rows of the user's data name by a relative path: found beside the data, opened, and refused by name."""

from collections.abc import Sequence

import fsspec

from journeyman.file_reader import MAX_FILE_BYTES, MAX_PIXELS, UserFileError, inspect
from journeyman.generation.given_files import size_of
from journeyman.schema.media import MediaFile
from journeyman.schema.record import sha256_hex
from journeyman.storage.store import translated

_MAX_NAME = 255  # bytes of one part of a path, on every file system that matters; a longer one is an error there
_MAX_PATH = 1000


class UnfitError(Exception):
    """Something of the user's cannot be used and is put aside."""

    def __init__(self, reason: str, evidence: str) -> None:
        """Say why.

        Args:
            reason: Short and countable: no values.
            evidence: The values looked at.
        """
        super().__init__(f"{reason}: {evidence}")
        self.reason = reason
        self.evidence = evidence


class GivenPictures:
    """Pictures below some folders; each is read once, however many rows name it."""

    def __init__(self, filesystem: fsspec.AbstractFileSystem, folders: Sequence[str]) -> None:
        """Look into ``folders``, the first one first; nothing is read yet."""
        self._filesystem = filesystem
        self._folders = folders
        self._read: dict[str, str | UnfitError] = {}
        self._files: dict[str, MediaFile] = {}

    def read(self, path: str) -> MediaFile:
        """The picture at ``path`` below one of the folders.

        Raises:
            UnfitError: The path leads out of the folders, nothing is there, it is too large, or it does not decode.
            TransientError: The file system does not answer.
            StorageError: It refuses.
        """
        if path not in self._read:
            try:
                file = self._opened(path)
                self._files.setdefault(file.sha256, file)
                self._read[path] = file.sha256
            except UnfitError as exc:
                self._read[path] = exc
        known = self._read[path]
        if isinstance(known, UnfitError):
            raise UnfitError(known.reason, known.evidence)
        return self._files[known]

    def files(self) -> list[MediaFile]:
        """All that were read, by sha256; two paths with the same content are one file."""
        return [self._files[digest] for digest in sorted(self._files)]

    def _opened(self, path: str) -> MediaFile:
        if not _stays_inside(path):
            raise UnfitError("the picture's path leads out of its folder", path)
        place, size = self._place(path)
        if size > MAX_FILE_BYTES:
            raise UnfitError("the picture is too large", f"{path}: {size:,} bytes, the limit is {MAX_FILE_BYTES:,}")
        with translated("read", place):
            data = bytes(self._filesystem.cat_file(place))
        name = path.rpartition("/")[2]
        try:
            facts = inspect(data, name)
        except UserFileError as exc:
            # Both messages about a picture's size name the limit.
            large = f"{MAX_PIXELS:,}" in str(exc)
            raise UnfitError(
                "the picture is too large" if large else "the picture does not decode", f"{path}: {exc}"
            ) from exc
        if facts.kind != "picture":
            raise UnfitError("the picture does not decode", f"{path} is {facts.media_type}")
        return MediaFile(
            sha256=sha256_hex(data),
            media_type=facts.media_type,
            size_bytes=len(data),
            source=f"user:{name}",
            licence="unknown",
            data=data,
        )

    def _place(self, path: str) -> tuple[str, int]:
        """Where the file is, and its bytes."""
        for folder in self._folders:
            place = f"{folder}/{path}"
            size = size_of(self._filesystem, place)
            if size is not None:
                return place, size
        raise UnfitError("the picture is missing", path)


def _stays_inside(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return (
        ".." not in parts
        and parts[0] != ""
        and ":" not in path
        and "\0" not in path
        and len(path.encode()) <= _MAX_PATH
        and all(len(part.encode()) <= _MAX_NAME for part in parts)
    )
