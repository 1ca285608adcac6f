"""Golden files: what must not change by accident. ``pytest --update-golden`` rewrites them; review the diff."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def agrees_with_golden(text: str, name: Path, request: pytest.FixtureRequest) -> None:
    """Fail when ``text`` is not the golden file's."""
    path = FOLDER / name
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing; run pytest --update-golden and review it"
    assert text == path.read_text(encoding="utf-8")
