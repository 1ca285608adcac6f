"""What is right and wrong with this machine and its settings, before a run is started on it."""

import asyncio
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from journeyman.errors import JourneymanError, SandboxError
from journeyman.settings import Settings

LEAST_FREE_GB = 2.0
LEAST_MEMORY_GB = 8.0
_IMPORT_SECONDS = 180
_LIBRARIES = {"torch": "tools,train", "transformers": "train", "deepspeed": "train", "prefect": "flows"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``journeyman doctor``."""

    subject: str
    grade: Literal["ok", "warning", "wrong"]
    """``warning``: works, or only a part of the product needs it; ``wrong``: a run would fail."""
    text: str


def examine(settings: Settings, report: Callable[[Finding], None]) -> tuple[Finding, ...]:
    """Check everything; each finding is reported as soon as it is known."""
    findings = []
    for check in (_python, _disk, _memory, _sandbox, _tools, _screens, _store, _teacher):
        findings.append(check(settings))
        report(findings[-1])
    for library, extra in _LIBRARIES.items():
        findings.append(_library(library, extra))
        report(findings[-1])
    return tuple(findings)


def _python(_settings: Settings) -> Finding:
    # pip refuses to install into one that is too old, so it can only be right.
    return Finding("python", "ok", f"{platform.python_version()} in {sys.prefix}")


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.home.absolute(), *settings.home.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1024**3
    if free < LEAST_FREE_GB:
        return Finding(
            "disk",
            "wrong",
            f"{free:.1f} GB free at {folder}; a run needs {LEAST_FREE_GB:.0f} GB: free some, or set JOURNEYMAN_HOME",
        )
    return Finding("disk", "ok", f"{free:.0f} GB free at {folder}")


def _memory(_settings: Settings) -> Finding:
    lines = Path("/proc/meminfo").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    available = kib / 1024**2
    if available < LEAST_MEMORY_GB:
        return Finding(
            "memory",
            "warning",
            f"{available:.1f} GB available; the demo takes up to {LEAST_MEMORY_GB:.0f} GB: end other programs",
        )
    return Finding("memory", "ok", f"{available:.1f} GB available")


def _tools(_settings: Settings) -> Finding:
    from journeyman.plugins import load_plugin, plugin_names
    from journeyman.tool import Tool

    tools = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]
    lacking = [f"{tool.name}: {tool.missing()}" for tool in tools if tool.missing()]
    broken = [words for words in lacking if "not configured" not in words]
    if broken:
        return Finding("tools", "warning", "; ".join(broken))
    return Finding("tools", "ok", f"{len(tools) - len(lacking)} are ready, {len(lacking)} want a model or an endpoint")


def _screens(_settings: Settings) -> Finding:
    from journeyman.environment import load_environment
    from journeyman.plugins import plugin_names

    names = plugin_names("journeyman.environments")
    lacking = {name: load_environment(name).missing() for name in names}
    words = "; ".join(f"{name}: {reason}" for name, reason in lacking.items() if reason)
    if words:
        return Finding("screens", "warning", words)
    return Finding("screens", "ok", f"a browser and the pages of {', '.join(names)} are there")


def _sandbox(settings: Settings) -> Finding:
    from journeyman.sandbox.sandbox import Sandbox

    async def start_once() -> None:
        # It tests itself while it starts: network, files, fork, mount.
        async with Sandbox.start(settings.home):
            pass

    try:
        asyncio.run(start_once())
    except SandboxError as exc:
        return Finding("sandbox", "wrong", str(exc))
    return Finding("sandbox", "ok", "bubblewrap starts, and its self-test found no way out")


def _store(settings: Settings) -> Finding:
    from journeyman.storage.store import Store

    try:
        url = settings.require_store()
        Store(url, settings.storage_options()).check()
    except JourneymanError as exc:
        return Finding("store", "wrong", str(exc))
    return Finding("store", "ok", f"{url} takes an object and gives it back")


def _teacher(settings: Settings) -> Finding:
    from journeyman.teacher.endpoint import Endpoint

    async def list_models(url: str) -> tuple[str, ...]:
        key = settings.openai_api_key
        endpoint = Endpoint(url, key.get_secret_value() if key else None, timeout_seconds=20.0)
        try:
            return await endpoint.models()
        finally:
            await endpoint.close()

    try:
        url = settings.require_teacher()
        models = asyncio.run(list_models(url))
    except JourneymanError as exc:
        return Finding("teacher", "wrong", str(exc))
    wanted = settings.teacher_model
    if wanted and wanted not in models:
        return Finding(
            "teacher",
            "wrong",
            f"{url} has no model {wanted!r}; set JOURNEYMAN_TEACHER_MODEL to one of: {', '.join(models)}",
        )
    return Finding("teacher", "ok", f"{url} serves {', '.join(models[:5])}")


def _library(library: str, extra: str) -> Finding:
    # In a process of its own: a library whose native part crashes must not take the doctor with it.
    code = f"import {library}; print({library}.__version__)"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_IMPORT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Finding(library, "warning", f"importing it took over {_IMPORT_SECONDS} s")
    if done.returncode == 0:
        return Finding(library, "ok", done.stdout.splitlines()[-1])
    reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return Finding(
        library, "warning", f"cannot be imported ({reason}); run `pip install -c constraints/cpu.txt -e '.[{extra}]'`"
    )
