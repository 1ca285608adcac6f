"""What make_barcode writes, read_barcode reads: every symbology, any text it can hold."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from journeyman.errors import ToolError
from tests.tools.folder import call

PRINTED = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=80)


def _round_trip(text, kind):
    with tempfile.TemporaryDirectory() as folder:
        name = call("make_barcode", Path(folder), text=text, kind=kind)
        return call("read_barcode", Path(folder), image=name)


@settings(deadline=None, max_examples=60)
@given(WORDS)
def test_a_qr_code_says_any_text(text):
    assert _round_trip(text, "QR") == text


@settings(deadline=None, max_examples=40)
@given(PRINTED)
def test_a_code_128_says_printable_ascii(text):
    assert _round_trip(text, "Code 128") == text


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**12 - 1))
def test_an_ean_13_gets_its_check_digit(number):
    digits = f"{number:012d}"
    check = -sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10
    assert _round_trip(digits, "EAN-13") == digits + str(check)
    assert _round_trip(digits + str(check), "EAN-13") == digits + str(check)
    with pytest.raises(ToolError, match="EAN-13"):
        _round_trip(digits + str((check + 1) % 10), "EAN-13")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("EAN-8", "96385074"),
        ("Code 39", "PART-42/7"),
        ("ITF", "00123456789012"),
        ("Data Matrix", "h\N{LATIN SMALL LETTER E WITH ACUTE}llo \N{SNOWMAN}"),
        ("Aztec", "seat 12A\nrow 3"),
        ("PDF417", "a ticket " * 50),
        ("QR", "https://example.org/?a=1&b=2"),
        ("QR", "7" * 1000),
        ("QR", "\N{SNOWMAN}" * 500),
    ],
)
def test_the_other_symbologies_read_back(kind, text):
    assert _round_trip(text, kind) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("QR", ""),
        ("QR", "x" * 1_000_000),
        ("QR", "a\x00b"),
        ("QR", "\N{PILE OF POO}" * 1000),
        ("QR", "\ud800"),
        ("EAN-13", "40063813339"),
        ("EAN-13", "400638133393\N{ARABIC-INDIC DIGIT ONE}"),
        ("EAN-13", "4006381333932"),
        ("EAN-8", "nan"),
        ("Code 128", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("Code 128", "x" * 81),
        ("Code 39", "small"),
        ("ITF", "12345"),
        ("Aztec", "\x1b[31m"),
    ],
)
def test_what_a_symbology_cannot_hold_is_refused_in_words(tmp_path, kind, text):
    with pytest.raises(ToolError) as refusal:
        call("make_barcode", tmp_path, text=text, kind=kind)
    assert "failed" not in str(refusal.value)
    assert len(str(refusal.value)) < 300
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(ToolError, match="Code 39"):
        call("make_barcode", tmp_path, text="1", kind="MaxiCode")


def test_the_same_text_gives_the_same_bytes_and_a_picture_of_bounded_size(tmp_path):
    pictures = set()
    for _ in range(2):
        name = call("make_barcode", tmp_path, text="z" * 1000)
        pictures.add((tmp_path / name).read_bytes())
        (tmp_path / name).rename(tmp_path / "kept.png")
    assert len(pictures) == 1
    assert max(Image.open(tmp_path / "kept.png").size) <= 1600
