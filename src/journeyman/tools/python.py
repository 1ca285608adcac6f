"""Run Python code in a fresh worker of the sandbox, over copies of the trajectory's files."""

import re
import shutil
from pathlib import PurePosixPath
from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from journeyman.errors import ToolError
from journeyman.sandbox.bubblewrap import INSTALL
from journeyman.tool import Arguments, Covers, Tool, ToolFiles, ToolResult
from journeyman.tools._code_sandbox import run_code
from journeyman.tools._pictures.picture import read_picture

MAX_CODE_CHARACTERS = 100_000
MAX_FILES = 20
MAX_BYTES = 32 * 1024 * 1024
"""Of the files that come back from one call, in sum."""
MAX_PICTURES = 4
"""Pictures the agent is shown of one call; the rest are files."""
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")


class PythonArguments(Arguments):
    """What to run."""

    code: str = Field(
        description="Python code; files are in its directory, final_answer(value) gives a value back",
        min_length=1,
        max_length=MAX_CODE_CHARACTERS,
    )


class Run(TypedDict):
    """What the code did."""

    output: str
    """What it printed."""
    error: str
    """Its traceback, or what stopped it; empty when nothing did."""
    answer: Any
    """What it gave to ``final_answer``; null when it did not."""
    files: dict[str, str]
    """New and changed files: their names in the code, and the names they got in the folder."""


def run(arguments: PythonArguments, files: ToolFiles) -> ToolResult:
    """Output, error, answer and files of the code, which shares nothing with earlier calls."""
    ran = run_code(arguments.code, _given(files), most_files=MAX_FILES, most_bytes=MAX_BYTES)
    step = ran.step
    names = {name: files.write(_plain_name(name), data) for name, data in ran.files.items()}
    shown = [names[name] for name, data in ran.files.items() if _is_picture(name, data, files)]
    output = step.output
    if ran.lost:
        output = f"{output.rstrip()}\n[{ran.lost}]".lstrip()
    value: Run = {"output": output, "error": _of_one_call(step.error), "answer": step.answer, "files": names}
    return ToolResult(value=value, images=tuple(shown[:MAX_PICTURES]))


def _of_one_call(error: str) -> str:
    # The worker speaks of steps that share variables; a call is one step, and its worker ends with it.
    for words, here in {
        'File "<step 1>"': 'File "<code>"',
        "; variables are kept": "",
        ", all variables are lost": "",
    }.items():
        error = error.replace(words, here)
    return error


def _given(files: ToolFiles) -> dict[str, bytes]:
    given = {}
    for name in sorted(path.name for path in files.root.iterdir()):
        try:
            given[name] = files.read(name)
        except ToolError:  # a link, a folder, a file over the limit: not there for tools
            continue
    return given


def _plain_name(name: str) -> str:
    """A name as tools may write it: ``out/Sales v2.CSV`` becomes ``sales_v2.csv``."""
    path = PurePosixPath(name)
    stem = re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()).strip("_")[:60] or "file"
    extension = re.sub(r"[^a-z0-9]+", "", path.suffix.lower())[:10] or "bin"
    return f"{stem}.{extension}"


def _is_picture(name: str, data: bytes, files: ToolFiles) -> bool:
    if PurePosixPath(name).suffix.lower() not in _PICTURES:
        return False
    try:
        read_picture(ToolFiles(files.root, lambda _: data, files.write), name)
    except ToolError:
        return False
    return True


def _missing() -> str:
    return "" if shutil.which("bwrap") else f"install bubblewrap: {INSTALL}"


TOOL = Tool(
    name="python",
    version=1,
    summary=(
        "Runs Python (numpy, pandas, Pillow, matplotlib, sympy, openpyxl) in a fresh worker of our sandbox: "
        "bubblewrap, namespaces and a seccomp filter; no network, 20 s, 3 GiB. Random numbers are seeded."
    ),
    description="Run Python code on the files.",
    arguments=PythonArguments,
    returns='{"output", "error", "answer", "files"}',
    result=Run,
    example={"code": "import csv\nprint(sum(int(row['sales']) for row in csv.DictReader(open('file_1.csv'))))"},
    run=run,
    # Media in, but no file argument: code sees the whole folder (toolbox.py).
    media_in=("*/*",),
    media_out=("*/*",),
    heavy=True,
    missing=_missing,
    covers=(Covers("MAT", "python", "no network, nothing kept between calls, the clock of the recording"),),
)
