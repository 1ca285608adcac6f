import datetime as dt
import io
import zipfile

import pytest

from journeyman.errors import ToolError
from tests.tools.folder import call

docx = pytest.importorskip("docx")
openpyxl = pytest.importorskip("openpyxl")
pptx = pytest.importorskip("pptx")
pytest.importorskip("reportlab")


def write_pdf(path, pages, **options):
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen import canvas

    sheet = canvas.Canvas(str(path), pagesize=A4, **options)
    for text in pages:
        sheet.drawString(72, 720, text)
        sheet.showPage()
    sheet.save()


def write_table_pdf(path):
    from reportlab.lib import colors
    from reportlab.platypus import SimpleDocTemplate, Table

    rows = [["Item", "Price"], ["Pen", "1.20"], ["Book", "9.50"]]
    SimpleDocTemplate(str(path)).build([Table(rows, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])])


def test_pdf_pages_are_parts(tmp_path):
    write_pdf(tmp_path / "file_1.pdf", ["The harbour opened in 1962", "Tickets cost 12 euros"])
    whole = call("inspect_file", tmp_path, file="file_1.pdf")
    assert whole == "## page 1\nThe harbour opened in 1962\n\n## page 2\nTickets cost 12 euros"
    assert call("inspect_file", tmp_path, file="file_1.pdf", page=2) == "## page 2\nTickets cost 12 euros"


def test_a_ruled_pdf_table_keeps_its_columns(tmp_path):
    write_table_pdf(tmp_path / "file_1.pdf")
    assert "| Pen | 1.20 |" in call("inspect_file", tmp_path, file="file_1.pdf")


def test_docx_keeps_order_headings_and_tables(tmp_path):
    document = docx.Document()
    document.add_heading("Plan", 1)
    document.add_paragraph("Visitors rise to 900.")
    table = document.add_table(2, 2)
    for cell, text in zip([c for row in table.rows for c in row.cells], ["month", "sum", "May", "7|8"], strict=True):
        cell.text = text
    document.add_paragraph("End.")
    document.save(tmp_path / "file_1.docx")
    want = "# Plan\n\nVisitors rise to 900.\n\n| month | sum |\n| --- | --- |\n| May | 7\\|8 |\n\nEnd."
    assert call("inspect_file", tmp_path, file="file_1.docx") == want


def test_xlsx_sheets_are_parts_by_number_and_name(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    for row in (["month", "sum"], ["Jan", 10], ["Feb", 20.5], ["all", "=SUM(B2:B3)"]):
        book.active.append(row)
    book.create_sheet("Costs").append(["rent", 700])
    book.save(tmp_path / "file_1.xlsx")
    sales = "## sheet Sales\n| month | sum |\n| --- | --- |\n| Jan | 10 |\n| Feb | 20.5 |\n| all | =SUM(B2:B3) |"
    sales += "\n[formulas without a stored value, shown as they are written: 1]"
    costs = "## sheet Costs\n| rent | 700 |\n| --- | --- |"
    assert call("inspect_file", tmp_path, file="file_1.xlsx") == f"{sales}\n\n{costs}"
    assert call("inspect_file", tmp_path, file="file_1.xlsx", page="costs") == costs
    assert call("inspect_file", tmp_path, file="file_1.xlsx", page=1) == sales


def test_pptx_slides_have_titles_tables_charts_and_notes(tmp_path):
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Results"
    data = CategoryChartData()
    data.categories = ["north", "south"]
    data.add_series("units", (3, 4.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(4), Inches(3), data)
    slide.notes_slide.notes_text_frame.text = "say hello"
    deck.save(tmp_path / "file_1.pptx")
    text = call("inspect_file", tmp_path, file="file_1.pptx")
    assert text.startswith("## slide 1\n# Results")
    assert "| north | 3 |\n| south | 4.5 |" in text
    assert text.endswith("Notes: say hello")


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("file_1.csv", b"item;price\npen;1,20\n", "| item | price |\n| --- | --- |\n| pen | 1,20 |"),
        ("file_1.csv", "name\nJosé\n".encode("cp1252"), "| name |\n| --- |\n| José |"),
        ("file_1.txt", b"\xef\xbb\xbfhello", "hello"),
        ("file_1.json", b'{"a": [1, 2.5]}', '{\n "a": [\n  1,\n  2.5\n ]\n}'),
        (
            "file_1.html",
            (
                b"<html><script>var x=1</script><h2>Title</h2><p>one\ntwo &amp; three"
                b"<table><tr><th>a</th><td>b</td></tr></table>"
            ),
            "## Title\none two & three\n| a | b |",
        ),
    ],
)
def test_plain_files_are_read(tmp_path, name, data, text):
    (tmp_path / name).write_bytes(data)
    assert call("inspect_file", tmp_path, file=name) == text


def test_a_long_text_is_cut_and_says_so(tmp_path):
    (tmp_path / "file_1.txt").write_text("x" * 20_000)
    text = call("inspect_file", tmp_path, file="file_1.txt")
    assert text.endswith("[cut: 8000 of 20000 characters shown]")
    assert len(text) < 8100


def test_a_page_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    write_pdf(tmp_path / "file_1.pdf", ["one"])
    with pytest.raises(ToolError, match=r"no page 7; there is: page 1"):
        call("inspect_file", tmp_path, file="file_1.pdf", page=7)


def archive(members, **options):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, **options) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return data.getvalue()


def encrypted_pdf(tmp_path):
    from reportlab.lib.pdfencrypt import StandardEncryption

    write_pdf(tmp_path / "secret.pdf", ["secret"], encrypt=StandardEncryption("password"))
    return (tmp_path / "secret.pdf").read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("file_1.pdf", b"%PDF-1.4\n%garbage", "damaged pdf"),
        ("file_1.pdf", encrypted_pdf, "encrypted"),
        ("file_1.docx", b"PK\x03\x04 cut off", "damaged archive"),
        ("file_1.docx", archive({"word/document.xml": "<not-a-document/>"}), "damaged"),
        ("file_1.xlsx", archive({"xl/workbook.xml": "no xml"}), "damaged"),
        ("file_1.pptx", archive({"ppt/presentation.xml": "<a/>"}), "damaged"),
        ("file_1.docx", archive({"word/a.xml": bytes(201_000_000)}), "unpacks to 201,000,000"),
        ("file_1.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "encrypted or pre-2007"),
        ("file_1.csv", b"a,b\n1,\x002\n", "NUL"),
        ("file_1.csv", b"", "empty"),
        ("file_1.txt", b" \n ", "empty"),
        ("file_1.json", b"{not json", "not valid json"),
        ("file_1.json", b"[" * 100_000, "not valid json"),
        ("file_1.pdf", b"\x89PNG\r\n\x1a\n", "is a picture"),
    ],
)
def test_documents_that_cannot_be_read_are_refused_in_words(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data(tmp_path) if callable(data) else data)
    with pytest.raises(ToolError, match=words) as refusal:
        call("inspect_file", tmp_path, file=name)
    assert "failed" not in str(refusal.value)


def test_docx_headers_footers_and_merged_cells_are_there_once(tmp_path):
    document = docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = "Harbour office"
    section.footer.paragraphs[0].text = "Page 1"
    document.add_section()  # linked to the one before: its header is the same
    table = document.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(0, 2).merge(table.cell(1, 2)).text = "tall"
    table.cell(1, 0).text = "low"
    document.save(tmp_path / "file_1.docx")
    want = "Header: Harbour office\n\n| wide |  | tall |\n| --- | --- | --- |\n| low |  |  |\n\nFooter: Page 1"
    assert call("inspect_file", tmp_path, file="file_1.docx") == want


def test_xlsx_tells_merged_cells_dates_and_hidden_sheets(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Quarter", None, "start"])
    book.active.append([1.5, True, dt.datetime(2026, 5, 4)])  # noqa: DTZ001 - a sheet knows no time zone
    book.active.merge_cells("A1:B1")
    book.create_sheet("Notes").append(["draft"])
    book["Notes"].sheet_state = "hidden"
    book.save(tmp_path / "file_1.xlsx")
    text = call("inspect_file", tmp_path, file="file_1.xlsx")
    assert "| Quarter |  | start |\n| --- | --- | --- |\n| 1.5 | True | 2026-05-04 |\n[merged cells: A1:B1]" in text
    assert text.endswith("## sheet Notes\n[a hidden sheet]\n| draft |\n| --- |")


def test_a_formula_is_shown_as_its_stored_value(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "file_1.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", [2, 3])
        sheet.write_formula("C1", "=A1+B1", None, 5)
    assert call("inspect_file", tmp_path, file="file_1.xlsx").endswith("| 2 | 3 | 5 |\n| --- | --- | --- |")


def test_pptx_grouped_shapes_are_read(tmp_path):
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    outer = slide.shapes.add_group_shape()
    outer.shapes.add_group_shape().shapes.add_textbox(0, 0, 100, 100).text_frame.text = "deep inside"
    deck.save(tmp_path / "file_1.pptx")
    assert call("inspect_file", tmp_path, file="file_1.pptx") == "## slide 1\ndeep inside"


def test_pdf_pages_without_text_say_what_they_are(tmp_path):
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas

    sheet = canvas.Canvas(str(tmp_path / "file_1.pdf"))
    sheet.drawString(72, 720, "Cover")
    sheet.showPage()
    sheet.drawImage(ImageReader(Image.new("RGB", (40, 30), "red")), 72, 500, 300, 200)
    sheet.showPage()
    sheet.showPage()
    sheet.save()
    assert "page 2\n[no text layer: this page is a picture" in call("inspect_file", tmp_path, file="file_1.pdf")
    assert call("inspect_file", tmp_path, file="file_1.pdf", page=3) == "## page 3\n[blank page]"
    assert call("inspect_file", tmp_path, file="file_1.pdf", page="1") == "## page 1\nCover"


def test_xml_is_an_outline_with_attributes_and_mixed_text(tmp_path):
    (tmp_path / "file_1.xml").write_text(
        '<?xml version="1.0"?>\n<!-- no --><order id="7">\n <item n="2">Pen <b>red</b> &amp; fine</item><dc:x/></order>'
    )
    want = 'order id="7"\n  item n="2": Pen\n    b: red\n    & fine\n  dc:x'
    assert call("inspect_file", tmp_path, file="file_1.xml") == want


def test_a_zip_is_listed_and_its_documents_are_read_by_name(tmp_path):
    write_pdf(tmp_path / "a.pdf", ["one", "two"])
    inner = archive({"x.txt": "deep"})
    members = {"notes/a.txt": "Buy milk", "a.pdf": (tmp_path / "a.pdf").read_bytes(), "in.zip": inner, "d/": ""}
    (tmp_path / "file_1.zip").write_bytes(archive(members))
    text = call("inspect_file", tmp_path, file="file_1.zip")
    assert text.startswith("zip archive: 3 files, ")
    assert "| notes/a.txt | 8 | " in text
    assert call("inspect_file", tmp_path, file="file_1.zip", page="notes/a.txt") == "Buy milk"
    assert call("inspect_file", tmp_path, file="file_1.zip", page="a.pdf") == "## page 1\none\n\n## page 2\ntwo"
    assert "| x.txt | 4 | " in call("inspect_file", tmp_path, file="file_1.zip", page="in.zip")
    with pytest.raises(ToolError, match=r"no page 'b\.txt'; there is: notes/a\.txt, a\.pdf, in\.zip"):
        call("inspect_file", tmp_path, file="file_1.zip", page="b.txt")


def test_a_macro_word_file_and_a_template_are_read(tmp_path):
    from tests.tools.hostile import macro_docx

    (tmp_path / "file_1.docm").write_bytes(macro_docx())
    text = call("inspect_file", tmp_path, file="file_1.docm")
    assert text == "[has macros, which are not run]\n\nThe delivery date is 4 May."


def test_search_looks_into_zips_and_xml(tmp_path):
    write_pdf(tmp_path / "a.pdf", ["The harbour", "Tickets cost 12 euros"])
    (tmp_path / "file_1.zip").write_bytes(archive({"in/a.pdf": (tmp_path / "a.pdf").read_bytes()}))
    (tmp_path / "a.pdf").unlink()
    (tmp_path / "file_2.xml").write_text('<list><fee kind="boat">Ferry crossing</fee></list>')
    found = call("search_corpus", tmp_path, query="ticket")
    assert found == [{"file": "file_1.zip", "place": "in/a.pdf, page 2", "text": "Tickets cost 12 euros"}]
    assert call("search_corpus", tmp_path, query="boat fee")[0]["file"] == "file_2.xml"


def test_search_finds_the_file_and_the_place(tmp_path):
    write_pdf(tmp_path / "file_1.pdf", ["The harbour museum opened in 1962", "Tickets cost 12 euros"])
    (tmp_path / "file_2.txt").write_text("The railway was built by the council.\n" * 30)
    (tmp_path / "file_3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "file_4.pdf").write_bytes(b"%PDF-1.4 broken")
    found = call("search_corpus", tmp_path, query="price of the ticket")
    assert found == [{"file": "file_1.pdf", "place": "page 2", "text": "Tickets cost 12 euros"}]
    assert call("search_corpus", tmp_path, query="railways", top=2)[0]["file"] == "file_2.txt"
    assert call("search_corpus", tmp_path, query="zebra") == []


def test_search_with_no_document_says_so(tmp_path):
    (tmp_path / "file_3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ToolError, match="no document"):
        call("search_corpus", tmp_path, query="anything")
