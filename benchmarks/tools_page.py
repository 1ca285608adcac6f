"""docs/tools.md, made from the shelf and from what bench_tools.py last measured.

``python benchmarks/tools_page.py`` writes it anew without measuring.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool

MEASURED = Path(__file__).with_name("measured_tools.json")
PAGE = Path(__file__).parents[1] / "docs" / "tools.md"

GTA = (
    "OCR", "ImageDescription", "RegionAttributeDescription", "TextToBbox", "CountGivenObject", "MathOCR", "DrawBox",
    "AddText", "GoogleSearch", "Calculator", "Plot", "Solver", "TextToImage", "ImageStylization",
)  # fmt: skip
"""GTA's fourteen tools (arXiv:2407.08713, table 9)."""
MAT = (
    "visualizer", "inspect_file_as_text", "ask_search_agent", "objectlocation", "facedetection", "segmentation",
    "image_generator", "image_edit", "python",
)  # fmt: skip
"""MAT's nine (arXiv:2412.15606)."""

_HEAD = """# The tools

Made by `benchmarks/tools_page.py` from the shelf (`src/journeyman/tools/`). The figures are those of
`python benchmarks/bench_tools.py --write` on 2 cores without a GPU, over test sets that it renders itself; CPU seconds
are the median of a call with the model loaded.

Call one by hand with `journeyman tools try ocr image=receipt.jpg`; `journeyman tools list -v` says what is ready here.
"""

_CONFIGURED = """
## Bigger models behind the same names

A tool whose model is not part of any package says `not configured` and what to set, and no generator is told of it.
It never makes a result up. `MODEL` is a local folder or a hub name that was downloaded before; `URL` an endpoint;
`API_KEY` its key; `PYTHON` the interpreter of a virtual environment of its own, where pins clash.
What answers is part of the key under which a result is recorded, so another model never replays this one's results.
What the endpoints must speak is in [picture-models.md](picture-models.md).
"""


def tools_page(measured: Mapping[str, Any]) -> str:
    """The whole page as Markdown."""
    tools = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]
    set_up = [tool for tool in tools if tool.missing().startswith("not configured")]
    ready = [tool for tool in tools if tool not in set_up]
    parts = [
        _HEAD,
        "## What is there",
        _table(("tool", "how it is called", "what backs it", "licence"), map(_backing_row, ready)),
        "",
        "## How well, how fast",
        _table(("tool", "accuracy", "CPU s a call", "peak MB"), (_measured_row(t, measured) for t in ready)),
        _CONFIGURED,
        _table(("tool", "how it is called", "what can back it", "set"), map(_setting_row, set_up)),
        "",
        "## GTA's fourteen and MAT's nine",
        _table(("benchmark", "its tool", "ours", "what ours lacks"), _coverage(tools)),
    ]
    return "\n".join(parts) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _backing_row(tool: Tool) -> tuple[str, ...]:
    return (f"`{tool.name}`", f"`{tool.signature()}`", tool.summary, tool.licence)


def _setting_row(tool: Tool) -> tuple[str, ...]:
    names = tool.missing().removeprefix("not configured: set ")
    return (f"`{tool.name}`", f"`{tool.signature()}`", tool.summary, f"`{names}`")


def _measured_row(tool: Tool, measured: Mapping[str, Any]) -> tuple[str, ...]:
    figures = measured.get(tool.name)
    if figures is None:
        return (f"`{tool.name}`", "not measured", "", "")
    words = [f"{item['measure']}: {item['score']:.3g} (n={item['cases']})" for item in figures["accuracy"]]
    return (f"`{tool.name}`", "; ".join(words), f"{figures['cpu_seconds']:.3g}", str(figures["peak_mb"]))


def _coverage(tools: Iterable[Tool]) -> Iterable[tuple[str, ...]]:
    claims = [(claim, tool) for tool in tools for claim in tool.covers]
    for benchmark, names in (("GTA", GTA), ("MAT", MAT)):
        for name in names:
            ours = [(c, tool) for c, tool in claims if (c.benchmark, c.tool) == (benchmark, name)]
            limits = "; ".join(f"{tool.name}: {claim.limits}" for claim, tool in ours if claim.limits)
            yield (benchmark, name, ", ".join(f"`{tool.name}`" for _, tool in ours) or "none", limits)


if __name__ == "__main__":
    PAGE.write_text(tools_page(json.loads(MEASURED.read_text())))
