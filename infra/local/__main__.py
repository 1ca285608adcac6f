"""``python -m infra.local up | down | status | exec COMMAND``."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.local.home import CHECKOUT_ROOT, Home
from infra.local.parts import PARTS
from infra.local.stack import PartState, Stack
from journeyman.errors import JourneymanError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        stack = Stack(Home.of(os.environ), os.environ, say=lambda line: print(line, flush=True))
        if options.command == "exec":
            return _execute(stack, options.words)
        if options.command == "up":
            stack.up(options.only or PARTS)
        elif options.command == "down":
            stack.down(options.only or PARTS)
        if options.command != "down":
            print(_table(stack.status()))
    except JourneymanError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted; what this command had started was stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="The local stack, on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("up", "start what does not run yet"), ("down", "stop what runs; data stays")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--only", action="append", choices=PARTS, help="this part only; may be given again")
    commands.add_parser("status", help="say what runs")
    execute = commands.add_parser("exec", help="run a command in the environment of the stack")
    execute.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def _execute(stack: Stack, words: Sequence[str]) -> int:
    command = list(words[1:] if words[:1] == ["--"] else words)
    if not command:
        print("error: exec needs a command", file=sys.stderr)
        return 2
    variables = stack.variables()
    # The console scripts of this environment stand beside its Python, which need not be on the user's PATH.
    variables["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), variables.get("PATH", os.defpath)))
    return subprocess.run(command, env=variables, cwd=CHECKOUT_ROOT, check=False).returncode


def _table(states: Sequence[PartState]) -> str:
    head = ("part", "address", "pid", "state", "log")
    rows = [head, *((s.part, s.address or "-", str(s.pid or "-"), s.state, s.log or "-") for s in states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


if __name__ == "__main__":
    raise SystemExit(main())
