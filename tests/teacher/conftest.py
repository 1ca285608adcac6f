"""Waits of the teacher's client, shortened."""

import pytest

from journeyman.teacher import retry


@pytest.fixture(autouse=True)
def short_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a wait lasts is never what is tested."""
    monkeypatch.setattr(retry, "FIRST_BACK_OFF_SECONDS", 0.001)
    monkeypatch.setattr(retry, "LONGEST_BACK_OFF_SECONDS", 0.01)
