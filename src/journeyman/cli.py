"""The ``journeyman`` command: the stack, the checks and the lists that Prefect's own command has not.

Running and scheduling stay Prefect's. Every heavy import happens inside the command that needs it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import cyclopts

from journeyman import (
    catalogue_commands,
    compare_command,
    explain_commands,
    judge_commands,
    tool_commands,
    training_commands,
)
from journeyman.errors import ConfigError, JourneymanError

app = cyclopts.App(
    name="journeyman", help="Turn your tools into a vision-language model that can use them.", version="0.1.0"
)
app.command(tool_commands.app)
app.command(catalogue_commands.app)
app.command(explain_commands.explain)
app.command(compare_command.compare)
app.command(judge_commands.app)
app.command(training_commands.plan_training)
app.command(training_commands.push_model)

PartName = Literal["s3", "prefect", "teacher", "worker"]
LAST_RUN = "last-run.json"


def main() -> None:
    """Entry point: a named error is one line on stderr and exit code 1, never a traceback."""
    try:
        app()
    except JourneymanError as exc:
        print(f"error: {exc}", file=sys.stderr)
        raise SystemExit(1) from None


@app.command
def up(*, only: tuple[PartName, ...] = ()) -> int:
    """Start the local stack: S3 server, Prefect server, scripted teacher, worker.

    Parameters
    ----------
    only
        Start these parts only.
    """
    return _local_stack("up", *(word for part in only for word in ("--only", part)))


@app.command
def down(*, only: tuple[PartName, ...] = ()) -> int:
    """Stop the local stack; its data stays.

    Parameters
    ----------
    only
        Stop these parts only.
    """
    return _local_stack("down", *(word for part in only for word in ("--only", part)))


@app.command
def status() -> int:
    """Say which parts run, where, and where their logs are."""
    return _local_stack("status")


@app.command
def doctor() -> int:
    """Check this machine, the store and the teacher; exit code 1 when something needed is wrong."""
    from journeyman.doctor import Finding, examine
    from journeyman.settings import load_settings

    _enter_checkout()

    def show(finding: Finding) -> None:
        print(f"{finding.grade:7} {finding.subject:12} {finding.text}", flush=True)

    findings = examine(load_settings(), show)
    return int(any(finding.grade == "wrong" for finding in findings))


@app.command(name="sample-files")
def sample_files(folder: Path) -> int:
    """Write the pictures and documents of the demo to a folder.

    Parameters
    ----------
    folder
        Made when it is missing; files in it with the same names are replaced.
    """
    from journeyman.sample_files import sample_files as write_sample_files

    write_sample_files(folder)
    print(f"{sum(1 for path in folder.iterdir() if path.is_file())} files in {folder}")
    return 0


@app.command
def teacher(*, host: str = "127.0.0.1", port: int = 8900) -> None:
    """Run the scripted teacher: an OpenAI-compatible endpoint that needs no key and no model.

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    """
    # In place of this process, so that a signal sent to it reaches the server.
    os.execv(  # noqa: S606 - our own interpreter
        sys.executable,
        (sys.executable, "-m", "journeyman.teacher.scripted", "--host", host, "--port", str(port)),
    )


@app.command
def summary() -> int:
    """Print what the last finished run of `synth-and-tune` found, and where its page is."""
    from journeyman.settings import load_settings

    _enter_checkout()
    settings = load_settings()
    path = settings.home / LAST_RUN
    try:
        run = json.loads(path.read_text())
    except FileNotFoundError as exc:
        raise ConfigError(f"no run has ended here yet: there is no {path}; start one with `make demo`") from exc
    except ValueError as exc:
        raise ConfigError(f"{path} is damaged ({exc}); the next run writes it anew") from exc
    print(run.get("summary_markdown", ""))
    print(f"\nrun     {run.get('run_name', '')}")
    print(f"report  {run.get('report_url', '')}")
    if settings.prefect_api_url and run.get("flow_run_id"):
        print(f"page    {settings.prefect_api_url.removesuffix('/api')}/runs/flow-run/{run['flow_run_id']}")
    return 0


def checkout_root(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds prefect.yaml.

    Raises:
        ConfigError: There is none.
    """
    for folder in (start, *start.parents):
        if (folder / "prefect.yaml").is_file():
            return folder
    raise ConfigError(f"no prefect.yaml in {start} or above it; run this inside a checkout of Journeyman")


def _local_stack(*words: str) -> int:
    # infra/ belongs to the checkout and is not installed: its folder must be the working directory.
    command = [sys.executable, "-m", "infra.local", *words]
    root = checkout_root(Path.cwd())
    try:
        return subprocess.run(command, cwd=root, check=False).returncode
    except KeyboardInterrupt:
        return 130


def _enter_checkout() -> None:
    """Make the checkout the working directory, where its ``.journeyman`` is; elsewhere stay."""
    try:
        os.chdir(checkout_root(Path.cwd()))
    except ConfigError:
        return


if __name__ == "__main__":
    main()
