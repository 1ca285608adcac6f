"""Prefect's command line finds the local stack's server in this folder, and never overrules the environment."""

from pathlib import Path
from typing import Any

import pytest

ABSENT: Any = None  # the hook does not look at its context


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return tmp_path


def test_the_local_server_is_named_where_none_is_set(home: Path) -> None:
    from journeyman_prefect import setup_environment

    (home / "stack.env").write_text("PREFECT_API_URL=http://127.0.0.1:4999/api\n")
    result = setup_environment(ctx=ABSENT)
    assert result is not None
    assert dict(result.env) == {"PREFECT_API_URL": "http://127.0.0.1:4999/api"}


def test_a_server_of_ones_own_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from journeyman_prefect import setup_environment

    (home / "stack.env").write_text("PREFECT_API_URL=http://127.0.0.1:4999/api\n")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:5000/api")
    assert setup_environment(ctx=ABSENT) is None


def test_without_a_stack_nothing_is_set(home: Path) -> None:
    from journeyman_prefect import setup_environment

    assert setup_environment(ctx=ABSENT) is None
