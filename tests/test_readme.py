"""What the README tells people to type exists: targets, deployments, variables, files."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from journeyman.recipe import load_recipe
from journeyman.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z]+)`", README))))
def test_a_make_target_exists(target: str) -> None:
    result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_every_deployment_named_exists() -> None:
    config = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    known = {f"{item['entrypoint'].split('.')[-1].replace('_', '-')}/{item['name']}" for item in config["deployments"]}
    bare = {name.split("/")[1] for name in known}
    named = set(re.findall(r"prefect deployment (?:run|schedule ls) (\S+)", README))
    assert named
    assert named <= known | bare


def test_every_variable_named_is_read() -> None:
    read = {str(info.validation_alias) for info in Settings.model_fields.values()}
    named = set(re.findall(r"`((?:JOURNEYMAN|AWS|OPENAI|PREFECT)_[A-Z_]+)`", README))
    assert named
    assert not {name for name in named if not any(name in alias for alias in read)}


def test_the_overrides_shown_are_valid() -> None:
    shown = re.findall(r"-p overrides='(\{.*?\})'", README)
    assert shown
    for text in shown:
        load_recipe("t3_agent", yaml.safe_load(text))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_a_linked_file_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_it_fits_two_screens() -> None:
    assert README.count("\n") <= 100
