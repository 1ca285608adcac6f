"""How well and how fast every tool works, on test sets rendered here; each tool in a process of its own.

Figures to reach: OCR word recall 0.95 on clean pages and 0.7 on noisy receipts, word error rate of
transcription under 0.15. ``--write`` puts the figures into docs/tools.md.
"""

import argparse
import importlib
import json
import pkgutil
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tool_accuracy
from tool_accuracy import Accuracy, Answer
from tools_page import MEASURED, PAGE, tools_page

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin
from journeyman.tool import Tool
from journeyman.tool_run import run_tool


def main() -> None:
    """Measure the named tools, or all that have an accuracy module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tools", nargs="*")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/tools.md")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.tools[0])))
        return
    modules = [module.name for module in pkgutil.iter_modules(tool_accuracy.__path__)]
    names = options.tools or sorted(name for name in modules if not name.startswith("_"))
    measured = json.loads(MEASURED.read_text()) if MEASURED.is_file() else {}
    print(f"{'tool':18} {'CPU s/call':>10} {'peak MB':>8}  accuracy")
    for name in names:
        child = subprocess.run([sys.executable, __file__, "--child", name], capture_output=True, text=True, check=False)
        if child.returncode:
            print(f"{name:18} {'-':>10} {'-':>8}  {child.stderr.strip().splitlines()[-1]}")
            continue
        measured[name] = json.loads(child.stdout.splitlines()[-1])
        print(_line(name, measured[name]), flush=True)
    if options.write:
        MEASURED.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n")
        PAGE.write_text(tools_page(measured))
        print(f"wrote {PAGE}")


def measure(name: str) -> dict[str, Any]:
    """Accuracy, CPU seconds a call (median) and peak memory of one tool."""
    tool = load_plugin("journeyman.tools", name, "TOOL", Tool)
    if tool.missing():
        raise SystemExit(tool.missing())
    if tool.warm_up is not None:
        tool.warm_up()
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:

        def call(files: Mapping[str, bytes], **arguments: Any) -> Answer:
            root = Path(folder)
            for old in root.iterdir():
                old.unlink()
            for file, data in files.items():
                (root / file).write_bytes(data)  # tools without a file argument list the folder
            bound = tool.bind((), arguments)
            start = _cpu_seconds()
            outcome = run_tool(tool, bound, files, root)
            seconds.append(_cpu_seconds() - start)
            if outcome.error:
                raise ToolError(outcome.error)
            return Answer(json.loads(outcome.value_json), dict(outcome.files))

        found = importlib.import_module(f"tool_accuracy.{name}").measure(call)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "accuracy": [asdict(item) for item in found],
        "cpu_seconds": round(statistics.median(seconds), 4),
        "calls": len(seconds),
        "peak_mb": peak // 1024,
    }


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def _line(name: str, measured: Mapping[str, Any]) -> str:
    figures = [Accuracy(**item) for item in measured["accuracy"]]
    words = [
        f"{f.measure} {f.score:.3f} (n={f.cases}{f', to reach: {f.reach:g}' if f.reach is not None else ''})"
        for f in figures
    ]
    return f"{name:18} {measured['cpu_seconds']:10.4f} {measured['peak_mb']:8}  {'; '.join(words)}"


if __name__ == "__main__":
    main()
