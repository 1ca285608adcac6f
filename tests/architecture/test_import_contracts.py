"""The import-linter contracts of pyproject.toml hold, and each is shown to bite in a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("flows", "tasks", "deployments", "infra")

VIOLATIONS = [
    ("src/journeyman/recipe.py", "import tasks.policies", "flows order tasks"),
    ("src/journeyman/recipe.py", "import prefect", "the domain never imports Prefect"),
    ("src/journeyman/generation/plan.py", "import journeyman.evaluation.metrics", "stages never import each other"),
    ("src/journeyman/storage/store.py", "import journeyman.agent.prompt", "arrows point down"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source tree alone, importable from its own folder."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignore)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    path = f"{folder / 'src'}:{folder}"
    environment = {"PYTHONPATH": path, "PATH": str(Path(sys.executable).parent), "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("file", "line", "contract"), VIOLATIONS, ids=[v[2] for v in VIOLATIONS])
def test_each_contract_bites(copy: Path, file: str, line: str, contract: str) -> None:
    path = copy / file
    path.write_text(f"{path.read_text()}\n{line}  # planted\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [text for text in done.stdout.splitlines() if "BROKEN" in text]
    assert any(contract in text for text in broken), done.stdout
