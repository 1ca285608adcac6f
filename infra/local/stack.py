"""Bring the parts up in order, take them down in reverse, and say what runs."""

import hashlib
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local import environment as env
from infra.local import readiness
from infra.local.home import CHECKOUT_ROOT, Home, write_private
from infra.local.parts import PARTS, choose_ports, launch
from infra.local.ports import Ports
from infra.local.processes import Process, Record, start, stop
from journeyman.errors import StackError

LEAST_FREE_BYTES = 2 * 1024**3
_REGISTER_SECONDS = 300
_PATIENCE_SECONDS = {"s3": 30.0, "prefect": 15.0, "teacher": 5.0, "worker": 15.0}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PartState:
    """One row of ``journeyman status``."""

    part: str
    address: str
    pid: int | None
    state: str
    """``running``, ``stopped``, ``died`` (it ended without `journeyman down`) or ``yours``."""
    log: str


class Stack:
    """The local stack of one home folder."""

    def __init__(self, home: Home, environment: Mapping[str, str], say: Say) -> None:
        self._home = home
        self._environment = environment
        self._say = say
        self._ports = Ports(home.ports, random.Random())  # noqa: S311 - picks ports, no secrets
        self._yours = env.Yours.of(environment, self._ports)

    def up(self, parts: Sequence[str] = PARTS) -> None:
        """Start what does not run yet; what fails takes down all that this call started.

        Raises:
            StackError: A part cannot start; the message says how to mend it.
        """
        wanted = [part for part in PARTS if part in parts]
        with self._home.locked():
            missing = [part for part in wanted if not self._yours.address(part) and self._running(part) is None]
            if not missing:
                self._say("already running")
                self._register_what_changed()
                return
            self._check_disk()
            for part in wanted:
                if address := self._yours.address(part):
                    readiness.check_yours(part, self._environment)
                    self._say(f"{part}: yours, {address}")
            started: list[str] = []
            try:
                for part in missing:
                    started.append(part)
                    self._start(part)
                self._refresh_worker(missing)
                self._register_what_changed()
            except BaseException:
                # Also on Ctrl-C: half a stack is worse than none.
                for part in reversed(started):
                    self._stop(part)
                self._write_stack_env()
                raise

    def down(self, parts: Sequence[str] = PARTS) -> None:
        """Stop what runs; data, logs, keys and ports stay."""
        with self._home.locked():
            records = [part for part in reversed(PARTS) if part in parts and self._home.record(part).exists()]
            for part in records:
                self._stop(part)
            self._write_stack_env()
            if not records:
                self._say("nothing was running")

    def status(self) -> tuple[PartState, ...]:
        """Every part, as it is now."""
        return tuple(self._state(part) for part in PARTS)

    def variables(self) -> dict[str, str]:
        """The environment of a command that works with the stack.

        Raises:
            StackError: Nothing of ours runs, and the user's environment names nothing.
        """
        local = self._local()
        if not local and self._yours == env.Yours():
            raise StackError("the stack is not running; run `journeyman up`")
        return env.worker_environment(self._environment, env.stack_variables(self._home, self._ports, local))

    def _start(self, part: str) -> None:
        choose_ports(part, self._environment, self._ports)
        variables = env.stack_variables(self._home, self._ports, (*self._local(), part))
        if part == "s3" and (
            warning := env.clashing_keys(self._environment, self._yours, variables["AWS_ACCESS_KEY_ID"])
        ):
            self._say(f"warning: {warning}")
        if part == "worker":
            self._register(variables)
        plan = launch(part, self._home, self._ports, self._environment, variables)
        log = self._home.log(part)
        self._say(f"{part}: starting")
        process = start(plan.arguments, environment=plan.environment, folder=CHECKOUT_ROOT, log=log)
        Record(process, plan.address).write(self._home.record(part))
        seconds = readiness.wait_until_ready(part, process, plan.ready, limit_seconds=plan.limit_seconds, log=log)
        self._write_stack_env()
        self._say(f"{part}: ready after {seconds:.1f} s, {plan.address}")

    def _register(self, variables: Mapping[str, str]) -> None:
        log = self._home.log("register")
        self._say("registering blocks, the work pool, limits and deployments")
        begin = time.monotonic()
        with log.open("wb") as output:
            command = [sys.executable, "-m", "deployments.register"]
            environment = env.worker_environment(self._environment, variables)
            try:
                done = subprocess.run(
                    command,
                    env=environment,
                    cwd=CHECKOUT_ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=_REGISTER_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as exc:
                raise StackError(
                    f"registering took over {_REGISTER_SECONDS} s; the last lines of {log}:\n"
                    f"{readiness.last_lines(log)}"
                ) from exc
        if done.returncode != 0:
            raise StackError(f"registering failed; the last lines of {log}:\n{readiness.last_lines(log)}")
        write_private(self._home.registered, _deployments_digest())
        self._say(f"registered after {time.monotonic() - begin:.1f} s")

    def _register_what_changed(self) -> None:
        """Register again after prefect.yaml or deployments/ was edited under a running stack."""
        if self._running("worker") is None:
            return
        known = self._home.registered.read_text() if self._home.registered.exists() else ""
        if known != _deployments_digest():
            self._register(env.stack_variables(self._home, self._ports, self._local()))

    def _refresh_worker(self, started: Sequence[str]) -> None:
        """Restart a worker that was started with addresses that have changed since; else leave its runs alone."""
        if "worker" in started or (process := self._running("worker")) is None:
            return
        variables = env.stack_variables(self._home, self._ports, self._local())
        known = _environment_of(process)
        if any(known.get(name) != value for name, value in variables.items()):
            self._say("worker: restarting, since an address has changed")
            self._stop("worker")
            self._start("worker")

    def _stop(self, part: str) -> None:
        path = self._home.record(part)
        record = Record.read(path)
        if record is None or not record.process.is_alive():
            if path.exists():
                self._say(f"{part}: was not running; removed its stale pid file {path}")
        elif stop(record.process, patience_seconds=_PATIENCE_SECONDS[part]):
            self._say(f"{part}: stopped")
        else:
            self._say(f"{part}: killed, since it did not end by itself in {_PATIENCE_SECONDS[part]:.0f} s")
        path.unlink(missing_ok=True)

    def _running(self, part: str) -> Process | None:
        """The live process of ``part``; a pid file that names none is removed with a sentence."""
        path = self._home.record(part)
        record = Record.read(path)
        if record is not None and record.process.is_alive():
            return record.process
        if path.exists():
            self._say(
                f"{part}: its pid file names no running process (it died, or the machine was restarted); removed {path}"
            )
            path.unlink()
        return None

    def _local(self) -> tuple[str, ...]:
        return tuple(
            part for part in PARTS if (record := Record.read(self._home.record(part))) and record.process.is_alive()
        )

    def _state(self, part: str) -> PartState:
        path, log = self._home.record(part), self._home.log(part)
        record = Record.read(path)
        shown_log = str(log) if log.exists() else ""
        if record is not None and record.process.is_alive():
            return PartState(part, record.address, record.process.pid, "running", shown_log)
        if address := self._yours.address(part):
            return PartState(part, address, None, "yours", "")
        return PartState(part, "", None, "died" if path.exists() else "stopped", shown_log)

    def _write_stack_env(self) -> None:
        local = self._local()
        if local:
            env.write_stack_env(self._home.stack_env, env.stack_variables(self._home, self._ports, local))
        else:
            # Addresses of servers that are gone would turn "run `journeyman up`" into "connection refused".
            self._home.stack_env.unlink(missing_ok=True)

    def _check_disk(self) -> None:
        self._home.path.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._home.path).free
        if free < LEAST_FREE_BYTES:
            raise StackError(
                f"only {free / 1024**3:.1f} GB are free on the disk of {self._home.path}, "
                f"and a run needs {LEAST_FREE_BYTES / 1024**3:.0f} GB; free some, "
                "or set JOURNEYMAN_HOME to a folder on another disk"
            )


def _environment_of(process: Process) -> dict[str, str]:
    entries = Path(f"/proc/{process.pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def _deployments_digest() -> str:
    """Of all that says which deployments there are."""
    files = [CHECKOUT_ROOT / "prefect.yaml", *sorted((CHECKOUT_ROOT / "deployments").rglob("*.*"))]
    digest = hashlib.sha256()
    for path in files:
        if path.suffix in (".yaml", ".json", ".py"):
            digest.update(path.read_bytes())
    return digest.hexdigest()
