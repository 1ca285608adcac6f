"""Where the local stack keeps its state."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from journeyman.errors import StackError
from journeyman.settings import STACK_ENV

DEFAULT_HOME = ".journeyman"
CHECKOUT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one stack; two stacks in two folders do not meet."""

    path: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Home":
        """``JOURNEYMAN_HOME``, or ``.journeyman`` in the checkout."""
        return cls((CHECKOUT_ROOT / environment.get("JOURNEYMAN_HOME", DEFAULT_HOME)).resolve())

    def data(self, part: str) -> Path:
        """The folder a part keeps its data in; other users of the machine cannot read it."""
        return _private_folder(self.path / part)

    def log(self, part: str) -> Path:
        """The log of a part's present or last run."""
        return _private_folder(self.path / "logs") / f"{part}.log"

    def record(self, part: str) -> Path:
        """The file that says which process a part is."""
        return _private_folder(self.path / "run") / f"{part}.json"

    @property
    def stack_env(self) -> Path:
        """Addresses and keys of what runs; read by ``journeyman.settings``."""
        return self.path / STACK_ENV

    @property
    def credentials(self) -> Path:
        """The key pair of the local S3 server."""
        return self.path / "credentials.json"

    @property
    def registered(self) -> Path:
        """Digest of the deployments that the server knows."""
        return _private_folder(self.path / "run") / "registered"

    @property
    def ports(self) -> Path:
        """Ports chosen earlier, so that addresses stay the same over restarts."""
        return self.path / "ports.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the stack alone, so that two `up` at once do not start two of a part.

        Raises:
            StackError: Another command holds it.
        """
        with (_private_folder(self.path) / "stack.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise StackError(
                    f"another `journeyman up` or `down` is at work in {self.path}; wait for it to end"
                ) from exc
            yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _private_folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise StackError(
            f"cannot make the folder {path}: {exc.strerror}; set JOURNEYMAN_HOME to one you may write"
        ) from exc
    return path
