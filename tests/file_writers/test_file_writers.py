import io
import json
import warnings
import zipfile
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from journeyman.errors import ConfigError, SchemaError, UnknownPluginError
from journeyman.file_writer import SHELF, load_file_writer, write_file
from journeyman.file_writers._waveforms import render
from journeyman.plugins import plugin_names
from journeyman.schema.query import FileSpec
from journeyman.schema.record import sha256_hex

soundfile = pytest.importorskip("soundfile", reason="wav files are read back with soundfile, of journeyman[tools]")
av = pytest.importorskip("av", reason="mp4 files are written with av, of journeyman[tools]")

TABLE = {"columns": ["Item", "Price"], "rows": [["Lamp & shade <b>", 24.5], ["Pen", 3], ["=1+1", 0.1], ["#N/A", 12.0]]}
DOCUMENT = {
    "title": "Stock list",
    "paragraphs": ["Counted by Ana Marin.\nSecond line.", "All prices in euros"],
    "table": TABLE,
}
SCENE = {
    "width": 320,
    "height": 224,
    "background": "#cfe8ff",
    "noise": 0.2,
    "items": [
        {"kind": "panel", "left": 0, "top": 0, "width": 200, "height": 30, "colour": "yellow"},
        {"kind": "text", "text": "Gate B12", "left": 4, "top": 4, "size": 18},
        {"kind": "barcode", "symbology": "qr", "payload": "TICKET-88121", "left": 4, "top": 40, "width": 64},
        {"kind": "photograph", "name": "coffee", "left": 80, "top": 40, "width": 90, "mirror": True, "brightness": 1.1},
        {"kind": "shape", "shape": "star", "colour": "red", "left": 4, "top": 120, "size": 40},
        {
            "kind": "bars",
            "values": [3, 7.5],
            "labels": ["Mon", "Tue"],
            "left": 180,
            "top": 60,
            "width": 120,
            "height": 120,
        },
    ],
}
SPECS: dict[str, Any] = {
    "csv": TABLE,
    "docx": DOCUMENT,
    "jpg": SCENE,
    "mp4": {"scene": {"width": 64, "height": 48, "background": "blue", "noise": 0.2}, "frames": 5, "motion": "shake"},
    "pdf": DOCUMENT,
    "png": SCENE,
    "pptx": {"slides": [{"title": "Stock", "bullets": ["one", "two"], "table": TABLE}, {"title": "End"}]},
    "txt": DOCUMENT,
    "wav": {
        "parts": [
            {"kind": "melody", "notes": [60, 64], "seconds_each": 0.2},
            {"kind": "beat", "per_minute": 90, "seconds": 1},
        ],
        "damage": "hiss",
    },
    "xlsx": {"sheets": [{"name": "Stock", **TABLE}, {"name": "Rest", "columns": ["n"], "rows": [[1], [-2.25]]}]},
}
MARK = "journeyman=7f3a"
WITHOUT_METADATA = ("csv", "txt")


def file_spec(writer: str, content: Any) -> FileSpec:
    return FileSpec(name=f"file_1.{writer}", writer=writer, spec_json=json.dumps(content))


def test_every_writer_has_an_example_here():
    assert tuple(sorted(SPECS)) == plugin_names(SHELF)


@pytest.mark.parametrize("name", SPECS)
def test_a_writer_is_named_for_its_file(name):
    writer = load_file_writer(name)
    assert (writer.name, writer.extension) == (name, name)


@pytest.mark.parametrize("name", SPECS)
def test_equal_specs_give_equal_bytes_whatever_the_clock_says(name, monkeypatch):
    first = write_file(file_spec(name, SPECS[name]), MARK)
    render.cache_clear()  # a sound is else rendered once for its file and its facts
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert sha256_hex(write_file(file_spec(name, SPECS[name]), MARK)) == sha256_hex(first)


@pytest.mark.parametrize("name", ["docx", "pptx", "xlsx"])
def test_an_office_file_carries_no_date_but_the_first(name):
    data = write_file(file_spec(name, SPECS[name]))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = package.read("docProps/core.xml").decode()
    assert core.count("1980-01-01T00:00:00Z") == core.count("<dcterms:") > 0


@pytest.mark.parametrize("name", SPECS)
def test_a_reopened_file_shows_every_fact(name):
    writer = load_file_writer(name)
    facts = writer.facts(writer.spec.model_validate(SPECS[name]))
    found = "".join(writer.reopen(write_file(file_spec(name, SPECS[name]))).split())
    assert facts
    assert all("".join(fact.split()) in found for fact in facts)


@pytest.mark.parametrize("name", SPECS)
def test_a_lost_fact_is_refused(name, monkeypatch):
    writer = load_file_writer(name)
    other = {**SPECS[name]}
    key = next(k for k in ("title", "columns", "slides", "sheets", "width", "frames", "parts") if k in other)
    other[key] = {
        "title": "Other title",
        "columns": ["Item", "Cost"],
        "slides": [{"title": "Other"}],
        "sheets": [{"name": "Other", **TABLE}],
        "width": 330,
        "frames": 6,
        "parts": [{"kind": "noise", "colour": "pink", "seconds": 1.5}],
    }[key]
    wrong = writer.write(writer.spec.model_validate(other), "")
    # slots keep a frozen writer from being patched, so a second one with a faulty hand stands in
    faulty = type(writer)(
        writer.name, writer.media_type, writer.extension, writer.spec, lambda *_: wrong, writer.reopen, writer.facts
    )
    monkeypatch.setattr("journeyman.file_writer.load_file_writer", lambda _: faulty)
    with pytest.raises(SchemaError, match="does not contain the planted"):
        write_file(file_spec(name, SPECS[name]))


@pytest.mark.parametrize("name", [n for n in SPECS if n not in WITHOUT_METADATA])
def test_the_mark_is_in_the_metadata_and_not_in_the_content(name):
    plain, marked = write_file(file_spec(name, SPECS[name])), write_file(file_spec(name, SPECS[name]), MARK)
    assert MARK in metadata(name, marked)
    assert MARK not in metadata(name, plain)
    writer = load_file_writer(name)
    assert writer.reopen(plain) == writer.reopen(marked)
    assert MARK not in writer.reopen(marked)


@pytest.mark.parametrize("name", ["png", "jpg"])
def test_the_mark_changes_no_pixel(name):
    plain, marked = write_file(file_spec(name, SPECS[name])), write_file(file_spec(name, SPECS[name]), MARK)
    assert Image.open(io.BytesIO(plain)).tobytes() == Image.open(io.BytesIO(marked)).tobytes()


@pytest.mark.parametrize("name", WITHOUT_METADATA)
def test_a_file_without_metadata_goes_without_the_mark(name):
    assert write_file(file_spec(name, SPECS[name]), MARK) == write_file(file_spec(name, SPECS[name]))


@pytest.mark.parametrize("name", SPECS)
def test_an_unknown_field_is_refused(name):
    with pytest.raises(SchemaError, match=rf"file_1.{name} has no valid {name} spec: colour_scheme"):
        write_file(file_spec(name, {**SPECS[name], "colour_scheme": 1}))


def test_a_misspelt_writer_names_its_neighbour():
    with pytest.raises(UnknownPluginError, match=r"there is: .*xlsx"):
        write_file(file_spec("xslx", TABLE))


def test_a_name_of_another_type_is_refused():
    with pytest.raises(SchemaError, match=r"file_1.png is written as csv"):
        write_file(FileSpec(name="file_1.png", writer="csv", spec_json=json.dumps(TABLE)))


def test_a_long_mark_is_refused():
    with pytest.raises(ConfigError, match="has 201 characters"):
        write_file(file_spec("csv", TABLE), "m" * 201)


def test_a_pdf_embeds_a_font_for_letters_helvetica_lacks():
    text = "Заказ принят, Łódź, τέλος"
    data = write_file(file_spec("pdf", {"title": text, "paragraphs": [text]}))
    assert text in load_file_writer("pdf").reopen(data)


def test_a_pdf_that_loses_letters_is_refused():
    with pytest.raises(SchemaError, match="does not contain the planted '注文'"):
        write_file(file_spec("pdf", {"title": "注文"}))


def test_a_pdf_row_taller_than_a_page_is_refused():
    tall = {"columns": ["a"], "rows": [["word\n" * 150]]}
    with pytest.raises(SchemaError, match="taller than a page"):
        write_file(file_spec("pdf", {"title": "t", "table": tall}))


def metadata(name: str, data: bytes) -> str:
    if name == "png":
        return str(Image.open(io.BytesIO(data)).info.get("Comment", ""))
    if name == "jpg":
        return str(Image.open(io.BytesIO(data)).info.get("comment", b""))
    if name == "wav":
        return str(soundfile.SoundFile(io.BytesIO(data)).comment)
    if name == "mp4":
        with av.open(io.BytesIO(data)) as container:
            return str(container.metadata.get("comment", ""))
    if name == "pdf":
        with warnings.catch_warnings(), pypdfium2.PdfDocument(data) as pdf:
            return pdf.get_metadata_value("Keywords")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read("docProps/core.xml").decode()
