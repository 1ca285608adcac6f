"""Tests of the ``journeyman`` command."""

import json
import subprocess
import sys

import pytest

from journeyman import cli
from journeyman.errors import ConfigError
from journeyman.settings import load_settings


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "prefect.yaml").touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    for name in ("JOURNEYMAN_HOME", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def test_the_checkout_is_found_from_a_folder_inside_it(checkout):
    assert cli.checkout_root(checkout / "deep" / "er") == checkout


def test_outside_a_checkout_the_stack_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"no prefect\.yaml"):
        cli.checkout_root(tmp_path)


def test_an_error_is_one_line_and_exit_code_1(tmp_path):
    command = [sys.executable, "-m", "journeyman.cli", "status"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: no prefect.yaml in ")
    assert done.stderr.count("\n") == 1


def test_the_exit_code_of_the_stack_is_passed_on(checkout):
    package = checkout / "infra" / "local"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text("import sys; print(*sys.argv[1:]); sys.exit(3)")
    command = [sys.executable, "-m", "journeyman.cli", "up", "--only", "s3", "--only", "teacher"]
    done = subprocess.run(command, cwd=checkout / "deep", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "up --only s3 --only teacher\n")


def test_an_unknown_part_is_refused():
    command = [sys.executable, "-m", "journeyman.cli", "up", "--only", "s4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "s4" in done.stdout + done.stderr


def test_summary_shows_the_last_run_and_its_page(checkout, capsys, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    home = checkout / ".journeyman"
    home.mkdir()
    run = {
        "run_name": "t3_agent-60q",
        "report_url": "s3://b/r.html",
        "flow_run_id": "abc",
        "summary_markdown": "# untuned 0.1, tuned 0.8",
    }
    (home / cli.LAST_RUN).write_text(json.dumps(run))
    assert cli.summary() == 0
    shown = capsys.readouterr().out
    assert "# untuned 0.1, tuned 0.8" in shown
    assert "http://127.0.0.1:4200/runs/flow-run/abc" in shown
    assert "s3://b/r.html" in shown


def test_summary_without_a_run_says_how_to_start_one(checkout):
    with pytest.raises(ConfigError, match="make demo"):
        cli.summary()


def test_the_command_starts_without_torch_or_prefect():
    code = (
        "import sys, journeyman.cli; print([m for m in ('torch', 'prefect', 'pyarrow', 'openai') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
