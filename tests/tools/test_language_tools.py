import shutil
import sys
import time
from pathlib import Path

import pytest

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin
from journeyman.tool import Tool
from journeyman.tools import translate_text
from journeyman.tools._program import MOST_ERROR_BYTES, TooMuchOutputError, missing_programs, run_program
from tests.tools.folder import call


def python(code, given=b"", **bounds):
    return run_program([sys.executable, "-c", code], given, **bounds)


def translate(tmp_path, text, source="en", target="es"):
    return call("translate_text", tmp_path, text=text, source=source, target=target)


@pytest.mark.parametrize(
    ("text", "source", "target", "translation"),
    [
        ("The house is red.", "en", "es", "La casa es roja."),
        ("La casa es roja.", "es", "en", "The house is red."),
        ("The house is big.", "en", "ca", "La casa és gran."),
        ("La maison est rouge.", "fr", "es", "La casa es roja."),
        ("La casa es roja.", "es", "pt", "A casa é vermelha."),
        ("La casa è rossa.", "it", "es", "La casa es roja."),
        ("The house is red.", "en", "fr", "La maison est rouge."),
        ("The house is red.", "en", "it", "La casa è rossa."),
        ("La casa és vermella.", "ca", "es", "La casa es roja."),
    ],
)
def test_a_plain_sentence_is_translated_directly_or_through_one_language(tmp_path, text, source, target, translation):
    assert translate(tmp_path, text, source, target) == translation


def test_unknown_words_and_line_breaks_stay_as_they_are(tmp_path):
    answer = translate(tmp_path, "The Zorbax is red.\n\nThe house is red.")
    assert answer == "El Zorbax es rojo.\n\nLa casa es roja."


def test_no_space_is_left_before_a_full_stop_that_had_none(tmp_path):
    assert translate(tmp_path, "The price is forty dollars. We pay.") == "El precio es cuarenta dólares. Pagamos."


@pytest.mark.parametrize(
    "text", ["^house$ [x] <b> @ \\ / {y}", "-u --help", "$(touch x); `id`", "a\x00house", "\ufeffhouse"]
)
def test_signs_that_mean_something_to_apertium_or_a_shell_are_text(tmp_path, text):
    answer = translate(tmp_path, text)
    assert answer
    assert not list(tmp_path.iterdir())
    for sign in "^$[]<>@\\{}":
        assert answer.count(sign) == text.count(sign)


def test_the_longest_text_is_translated_whole(tmp_path):
    text = "The house is red. " * 277
    assert translate(tmp_path, text).count("La casa es roja.") == 277


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"source": "en", "target": "xx"}, "cannot translate 'en' to 'xx'; pairs installed: .*en to es"),
        ({"source": "de", "target": "en"}, "cannot translate 'de'"),
        ({"source": "en", "target": "en"}, "both 'en'"),
        ({"source": "english", "target": "es"}, "cannot translate 'english'.*es to en"),
        ({"source": "-l", "target": "es"}, "cannot translate"),
        ({"text": " \n"}, "blank"),
        ({"text": ""}, "at least 1"),
        ({"text": "a" * 5001}, "at most 5000"),
        ({"text": ["a"]}, "string"),
    ],
)
def test_what_cannot_be_translated_is_refused_in_words(tmp_path, given, words):
    with pytest.raises(ToolError, match=words):
        call("translate_text", tmp_path, **{"text": "house", "source": "en", "target": "es"} | given)


def test_a_pair_is_named_by_either_standard_and_variants_are_no_pairs(monkeypatch):
    listed = b"eng-spa\nspa-ita\n  es-fr\neng-cat_valencia\neco-es-fr\n"
    monkeypatch.setattr(translate_text, "run_program", lambda *_, **__: listed)
    translate_text._pairs.cache_clear()
    try:
        pairs = translate_text._pairs()
        assert pairs == {("en", "es"): "eng-spa", ("es", "it"): "spa-ita", ("es", "fr"): "es-fr"}
        assert translate_text._route("en", "fr") == ("eng-spa", "es-fr")
        with pytest.raises(ToolError, match="cannot translate 'fr' to 'en'"):
            translate_text._route("fr", "en")
    finally:
        translate_text._pairs.cache_clear()


def test_codes_may_be_written_in_capitals(tmp_path):
    assert translate(tmp_path, "The house is red.", "EN", " Es ") == "La casa es roja."


@pytest.mark.parametrize("name", ["translate_text", "speak_text"])
def test_its_identity_names_what_is_installed(name):
    card = load_plugin("journeyman.tools", name, "TOOL", Tool).card()
    assert card.identity.startswith({"translate_text": "1 apertium ", "speak_text": "1 espeak-ng 1."}[name])


def test_a_program_reads_bytes_and_writes_bytes():
    assert (
        python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])", b"\x00abc\xff") == b"\xffcba\x00"
    )


def test_more_than_a_pipe_holds_passes_both_ways():
    data = bytes(range(256)) * 4096
    assert python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", data) == data


def test_a_program_sees_no_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    seen = python("import os; print(sorted(os.environ))").decode()
    assert "OPENAI_API_KEY" not in seen
    assert "PATH" in seen


def test_a_failing_program_says_why():
    with pytest.raises(ToolError, match="failed with status 3: no such voice"):
        python("import sys; sys.stderr.write('no such\\n voice'); sys.exit(3)")
    with pytest.raises(ToolError, match="failed with status -9: it does not say why"):
        python("import os; os.kill(os.getpid(), 9)")


def test_what_it_says_is_cut():
    with pytest.raises(ToolError) as refused:
        python("import sys; sys.stderr.write('x' * 10**6); sys.exit(1)")
    assert len(str(refused.value)) < MOST_ERROR_BYTES + 200


def test_a_program_that_hangs_is_stopped_with_its_children(tmp_path):
    pid = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {pid}; wait"
    with pytest.raises(ToolError, match="took longer than 0"):
        run_program(["sh", "-c", script], seconds=0.5)
    child = int(pid.read_text())
    assert ended(child)


def test_a_child_that_outlives_its_program_is_stopped(tmp_path):
    pid = tmp_path / "pid"
    run_program(["sh", "-c", f"sleep 600 >/dev/null 2>&1 & echo $! > {pid}"])
    assert ended(int(pid.read_text()))


def ended(pid):
    """Whether the process is gone, or waits only to be reaped, within five seconds."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


def test_a_program_that_writes_without_end_is_stopped():
    with pytest.raises(TooMuchOutputError, match="wrote more than 1,000 bytes"):
        python("while True: print('x' * 1000)", most_bytes=1000, seconds=20)


def test_a_program_that_closes_its_output_and_sleeps_is_stopped():
    with pytest.raises(ToolError, match="took longer"):
        python("import os, time; os.close(1); os.close(2); time.sleep(600)", seconds=0.5)


def test_an_absent_program_is_named():
    with pytest.raises(ToolError, match="no-such-program cannot be started"):
        run_program(["no-such-program"])
    assert (
        missing_programs(**{"no-such-program": "its-package"})() == "install its-package: apt-get install its-package"
    )
    assert missing_programs(sh="dash")() == ""


def test_without_a_pair_it_says_which_package_brings_one(monkeypatch):
    monkeypatch.setattr(translate_text, "_pairs", dict)
    assert translate_text.TOOL.missing() == "install pairs: apt-get install apertium-eng-spa"
    assert translate_text.TOOL.card().identity == "1 apertium"
    with pytest.raises(ToolError, match="pairs installed: none"):
        translate_text._route("en", "es")


def test_without_the_programs_the_tools_say_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    for name, package in {"translate_text": "apertium", "speak_text": "espeak-ng"}.items():
        assert f"apt-get install {package}" in load_plugin("journeyman.tools", name, "TOOL", Tool).missing()
