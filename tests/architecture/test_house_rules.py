import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "flows", "tasks", "deployments", "infra", "tests", "benchmarks")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "handler"}
MAX_LINES = 400
IMPORT_CPU_SECONDS = 0.3
ENVIRONMENT_READERS = {
    "settings.py",
    "host_pool.py",  # builds a tool host's environment
    "_program.py",  # builds a program's environment: PATH and nothing of ours
    "mlflow.py",  # whether its own address is set, which it reads itself
    "wandb.py",  # the same
    "mcp_config.py",  # fills ${NAME} in the user's own server settings
    "engine.py",  # rank and threads, which the launcher tells through the environment
    "worker.py",  # the same
    "zygote.py",  # runs inside the sandbox, whose environment the host wrote
}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_module_is_short_and_named_for_what_it_holds(path: Path) -> None:
    assert path.read_text().count("\n") <= MAX_LINES
    assert path.stem.strip("_") not in VAGUE
    assert not {part.strip("_") for part in path.relative_to(ROOT).parts[:-1]} & VAGUE


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("[!_]*.py")), ids=lambda p: p.stem)
def test_no_flow_file_shadows_a_library(path: Path) -> None:
    """Prefect and ``python flows/x.py`` both put flows/ first on ``sys.path``."""
    assert importlib.util.find_spec(path.stem) is None


@pytest.mark.parametrize("path", [p for p in SOURCES if "tests" not in p.parts], ids=relative)
def test_imports_are_absolute_and_exceptions_are_not_swallowed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("[!_]*.py")), ids=lambda p: p.stem)
def test_flows_order_tasks_and_reach_past_them_for_nothing_that_computes(path: Path) -> None:
    allowed = ("tasks.", "flows.", "prefect", "typing", "journeyman.recipe", "journeyman.errors", "journeyman.schema")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert str(node.module).startswith(allowed), f"{node.module} in line {node.lineno}"


@pytest.mark.parametrize("path", sorted((ROOT / "src" / "journeyman").rglob("*.py")), ids=relative)
def test_only_settings_reads_the_environment(path: Path) -> None:
    """``os.environ`` may be copied for a subprocess; reading a setting belongs in settings.py."""
    if path.name in ENVIRONMENT_READERS:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr == "getenv":
            pytest.fail(f"os.getenv in line {node.lineno}")
        if (
            isinstance(node, ast.Subscript)
            and ast.unparse(node.value) == "os.environ"
            and isinstance(node.ctx, ast.Load)
        ):
            pytest.fail(f"os.environ[...] in line {node.lineno}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get":
            pytest.fail(f"os.environ.get in line {node.lineno}")


def test_importing_the_package_is_quick_and_loads_neither_prefect_nor_torch() -> None:
    code = (
        "import sys, time; start = time.process_time(); import journeyman; spent = time.process_time() - start; "
        "print(spent); print([m for m in ('prefect', 'torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    spent, loaded = done.stdout.splitlines()
    assert float(spent) < IMPORT_CPU_SECONDS
    assert loaded == "[]"


@pytest.mark.parametrize("module", ["journeyman.recipe", "journeyman.toolbox", "journeyman.storage.store"])
def test_what_tool_workers_import_loads_no_prefect(module: str) -> None:
    code = f"import sys, {module}; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
