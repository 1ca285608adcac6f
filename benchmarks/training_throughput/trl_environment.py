"""TRL in a virtual environment of its own, with the product's versions of everything that both need."""

import subprocess
import sys
from pathlib import Path

VERSION = "1.16.0"
# torch is pinned by constraints/cpu.txt; pydantic is for our own processor, which TRL is given.
PACKAGES = ("torch", f"trl=={VERSION}", "peft", "pillow", "pydantic")


def trl_python(folder: Path, constraints: Path) -> Path:
    """Its interpreter; installs 1.5 GB in about a minute the first time."""
    python = folder / "bin" / "python"
    installed = folder / f"trl-{VERSION}.installed"
    if not installed.exists():
        print(f"installing TRL {VERSION} in {folder}")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-c", str(constraints), *PACKAGES], check=True)
        installed.touch()
    return python
