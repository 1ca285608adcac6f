"""Ports on loopback: set by the user, remembered, or free."""

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from infra.local.home import write_private
from journeyman.errors import StackError

LOOPBACK = "127.0.0.1"
# Below the kernel's own range for outgoing connections (32768 and up), which could take a port between our look
# and the start of its server; and port + 10000, where SeaweedFS puts gRPC, lies below it too.
FIRST, LAST = 12_000, 22_700
_TRIES = 200


def is_free(port: int) -> bool:
    """Whether nothing listens on ``port`` of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of an earlier server that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class Ports:
    """Ports by name, e.g. ``s3`` or ``s3.filer``; a choice is remembered in a file."""

    def __init__(self, file: Path, rng: random.Random) -> None:
        self._file = file
        self._rng = rng
        self._remembered = _read(file)

    def remembered(self, name: str) -> int | None:
        """The port chosen for ``name`` earlier."""
        return self._remembered.get(name)

    def choose(
        self,
        name: str,
        *,
        fixed: str = "",
        variable: str = "",
        prefer: int | None = None,
        offsets: Iterable[int] = (0,),
    ) -> int:
        """A free port for ``name``.

        Args:
            name: What the port is for.
            fixed: The user's choice, as text from the environment; empty means none.
            variable: The environment variable ``fixed`` came from, for the message.
            prefer: Tried after the remembered port and before any other.
            offsets: Distances from the port that must be free too, 0 among them.

        Raises:
            StackError: ``fixed`` is no port or is taken, or no port is free.
        """
        distances = tuple(offsets)
        if fixed:
            port = _fixed(fixed, variable, part=name)
        else:
            tries = [self._remembered.get(name), prefer, *(self._rng.randint(FIRST, LAST) for _ in range(_TRIES))]
            taken = {port for other, port in self._remembered.items() if other != name}
            free = (p for p in tries if p and p not in taken and all(is_free(p + d) for d in distances))
            found = next(free, None)
            if found is None:
                raise StackError(f"no free port for {name} between {FIRST} and {LAST} on {LOOPBACK}; end some servers")
            port = found
        if self._remembered.get(name) != port:
            self._remembered[name] = port
            write_private(self._file, json.dumps(self._remembered, indent=1, sort_keys=True))
        return port


def _fixed(text: str, variable: str, *, part: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise StackError(f"{variable}={text!r} is not a port; give a number from 1 to 65535")
    if not is_free(int(text)):
        raise StackError(
            f"port {text} for {part} ({variable}) is taken or not allowed; set {variable} to a free one, "
            "or unset it to have one chosen"
        )
    return int(text)


def _read(file: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError):
        # Only a memory of choices: new ones are as good.
        return {}
