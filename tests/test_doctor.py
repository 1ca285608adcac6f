"""Tests of ``journeyman doctor``: each finding names what is wrong and the fix."""

from types import SimpleNamespace

import pytest

from journeyman import doctor
from journeyman.settings import Settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "JOURNEYMAN_TEACHER_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path))
    monkeypatch.setenv("JOURNEYMAN_STORE", f"file://{tmp_path}/store")
    return Settings()


def test_a_store_that_works_is_ok(settings):
    assert doctor._store(settings).grade == "ok"


def test_a_store_that_cannot_be_written_is_wrong(settings):
    finding = doctor._store(settings.model_copy(update={"store": "file:///proc/nothing"}))
    assert (finding.grade, "file:///proc/nothing" in finding.text) == ("wrong", True)


def test_no_store_and_no_teacher_say_what_to_set(settings):
    assert "JOURNEYMAN_STORE" in doctor._store(settings.model_copy(update={"store": ""})).text
    assert "OPENAI_BASE_URL" in doctor._teacher(settings).text


def test_a_teacher_that_does_not_answer_is_wrong(settings):
    finding = doctor._teacher(settings.model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1"}))
    assert finding.grade == "wrong"


def test_a_full_disk_is_wrong(settings, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: SimpleNamespace(free=2**30))
    finding = doctor._disk(settings)
    assert (finding.grade, "1.0 GB free" in finding.text) == ("wrong", True)


def test_a_library_that_cannot_be_imported_is_a_warning_with_the_command():
    finding = doctor._library("no_such_library", "train")
    assert finding.grade == "warning"
    assert "'.[train]'" in finding.text


def test_a_library_that_crashes_does_not_take_the_doctor_with_it(monkeypatch):
    assert doctor._library("os, ctypes; ctypes.string_at(0)", "train").text.startswith("cannot be imported")


def test_screens_say_what_they_lack(settings, monkeypatch):
    monkeypatch.setenv("PATH", "")
    finding = doctor._screens(settings)
    assert finding.grade == "warning"
    assert "miniwob: " in finding.text
    assert "apt-get install chromium-headless-shell" in finding.text or "pip install" in finding.text
