"""Is a part ready, and can the user's own parts be reached?"""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.local.environment import LOCAL_STORE
from infra.local.processes import Process
from journeyman.errors import JourneymanError, StackError
from journeyman.storage.store import Store

LOG_LINES = 20
_REQUEST_SECONDS = 5.0
# Loopback and the user's own endpoints are asked directly; a proxy for the internet knows neither.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until_ready(
    name: str, process: Process, ready: Callable[[], bool], *, limit_seconds: float, log: Path
) -> float:
    """Wait for a part; returns the seconds it took.

    Raises:
        StackError: It died, or is not ready in time; the message ends with its last log lines.
    """
    start = time.monotonic()
    while not ready():
        waited = time.monotonic() - start
        if not process.is_alive():
            raise StackError(f"{name} ended while starting; the last lines of {log}:\n{last_lines(log)}")
        if waited > limit_seconds:
            raise StackError(
                f"{name} was not ready after {limit_seconds:.0f} s; the last lines of {log}:\n{last_lines(log)}"
            )
        time.sleep(0.2)
    return time.monotonic() - start


def answers(url: str) -> bool:
    """Whether a GET of ``url`` is answered with success."""
    status = _status(url)
    return status is not None and status < 400


def bucket_ready(variables: Mapping[str, str]) -> bool:
    """Whether the local bucket takes an object and gives it back; makes the bucket first.

    False while the server does not answer yet.
    """
    endpoint = variables["AWS_ENDPOINT_URL"]
    if _status(endpoint) is None:
        return False
    import fsspec

    options = {
        "key": variables["AWS_ACCESS_KEY_ID"],
        "secret": variables["AWS_SECRET_ACCESS_KEY"],
        "endpoint_url": endpoint,
    }
    bucket = LOCAL_STORE.removeprefix("s3://")
    try:
        # A failed look while the server started must not be remembered.
        files = fsspec.filesystem("s3", **options, use_listings_cache=False, skip_instance_cache=True)
        if not files.exists(bucket):
            files.mkdir(bucket)
        Store(LOCAL_STORE, options).check()
    except PermissionError as exc:
        raise StackError(
            f"the local S3 server refuses its own keys ({exc}); run `journeyman down`, then `journeyman up`, "
            "or remove credentials.json and s3/ in the stack's folder to start anew"
        ) from exc
    except (OSError, JourneymanError):
        return False
    return True


def log_says(log: Path, words: str) -> bool:
    """Whether ``words`` stand in the log."""
    return log.exists() and words in log.read_text(errors="replace")


def last_lines(log: Path) -> str:
    """The end of a log, for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  {line}" for line in lines[-LOG_LINES:]) or "  (the log is empty)"


def check_yours(part: str, environment: Mapping[str, str]) -> None:
    """Refuse a part of the user's own that cannot be reached, before anything is started on it.

    Raises:
        StackError: It cannot; the message names the variable.
    """
    if part == "s3":
        _check_store(environment)
    elif part == "prefect":
        _check_url("PREFECT_API_URL", environment["PREFECT_API_URL"], "/health")
    elif part == "teacher":
        _check_url("OPENAI_BASE_URL", environment["OPENAI_BASE_URL"], "/models")


def _check_store(environment: Mapping[str, str]) -> None:
    url = environment.get("JOURNEYMAN_STORE") or LOCAL_STORE
    options: dict[str, object] = {}
    if url.startswith("s3://"):
        endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
        found = {
            "key": environment.get("AWS_ACCESS_KEY_ID"),
            "secret": environment.get("AWS_SECRET_ACCESS_KEY"),
            "endpoint_url": endpoint,
        }
        options = {name: value for name, value in found.items() if value}
    try:
        Store(url, options).check()
    except JourneymanError as exc:
        raise StackError(
            f"your store cannot be used: {exc}; or unset JOURNEYMAN_STORE and AWS_ENDPOINT_URL to have one started"
        ) from exc


def _check_url(variable: str, base: str, path: str) -> None:
    # Any answer will do: 401 says that the address is right and a key is asked for, which is not ours to judge.
    if _status(base.rstrip("/") + path) is None:
        raise StackError(f"{variable}={base} does not answer; start it, or unset {variable} to have one started")


def _status(url: str) -> int | None:
    if not url.startswith(("http://", "https://")):
        raise StackError(f"{url!r} is not a web address; it must start with http:// or https://")
    try:
        with _direct.open(url, timeout=_REQUEST_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code
    except (OSError, ValueError):  # URLError is an OSError; a half-open server may talk no HTTP
        return None
