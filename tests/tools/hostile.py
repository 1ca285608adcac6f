"""Files made to hurt a reader: corrupt, encrypted, too large, too deep, growing, pointing outside, or active."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

GIGABYTE = 1_000_000_000
MARK = "The delivery date is 4 May."
"""Text that a file which can be read must yield."""


@dataclass(frozen=True)
class Hostile:
    """One file, and how its reading must end."""

    name: str
    build: Callable[[], bytes]
    says: str
    """Words of the text; where ``refused``, of the refusal."""
    refused: bool = False
    page: int | str | None = None


def zeros(size: int) -> bytes:
    """A raw deflate stream of ``size`` zeros, about a thousandth as long; ``size`` is a multiple of ten million."""
    block = bytes(10_000_000)
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (size // len(block)) + packer.flush()


def pdf(
    content: bytes = b"", *, pages: int = 1, box: str = "0 0 612 792", catalog: str = "", packed: bytes | None = None
) -> bytes:
    """A pdf written by hand; all its pages share one content stream."""
    text = b"BT /F1 12 Tf 72 720 Td (" + MARK.encode() + b") Tj ET\n" + content
    stream = packed if packed is not None else zlib.compress(text)
    kids = " ".join(f"{number + 5} 0 R" for number in range(pages))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(stream) + stream + b"\nendstream",
    ]
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    objects += [page.encode()] * pages
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def ruled_lines(count: int) -> bytes:
    """Drawing instructions of ``count`` horizontal lines."""
    return b"".join(b"10 %d m 200 %d l S\n" % (number % 700, number % 700) for number in range(count))


def locked_pdf(user: str, owner: str) -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption(user, owner, canCopy=0, strength=128))
    canvas.drawString(72, 720, MARK)
    canvas.save()
    return out.getvalue()


def archive(members: dict[str, bytes | str], *, attributes: dict[str, int] | None = None) -> bytes:
    """A zip; ``attributes`` are Unix modes of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2026, 5, 4, 10, 30, 0))
            info.external_attr = (attributes or {}).get(name, 0o100644) << 16
            target.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def bomb(name: str, size: int = GIGABYTE) -> bytes:
    """A zip of one member that unpacks to ``size`` zeros, built without packing as many."""
    packed = zeros(size)
    crc = 0  # of zeros; only who unpacks all would find it wrong
    path = name.encode()
    head = b"\x14\x00\x00\x00\x08\x00\x00\x00\x21\x5c" + crc.to_bytes(4, "little")
    sizes = len(packed).to_bytes(4, "little") + size.to_bytes(4, "little") + len(path).to_bytes(2, "little")
    local = b"PK\x03\x04" + head + sizes + b"\0\0" + path + packed
    entry = b"PK\x01\x02\x14\x00" + head + sizes + bytes(2 + 2 + 2 + 2 + 4 + 4) + path
    end = b"PK\x05\x06" + bytes(4) + b"\x01\0\x01\0" + len(entry).to_bytes(4, "little")
    return local + entry + end + len(local).to_bytes(4, "little") + b"\0\0"


def changed(office: bytes, parts: dict[str, Callable[[str], str]], extra: dict[str, bytes] | None = None) -> bytes:
    """An office file with some of its XML parts edited, and parts added."""
    with zipfile.ZipFile(io.BytesIO(office)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    for name, edit in parts.items():
        members[name] = edit(members[name].decode()).encode()
    return archive({**members, **(extra or {})})


def docx_file(text: str = MARK) -> bytes:
    import docx

    out = io.BytesIO()
    document = docx.Document()
    document.add_paragraph(text)
    document.save(out)
    return out.getvalue()


def xlsx_file(rows: list[list[object]] | None = None) -> bytes:
    import openpyxl

    out = io.BytesIO()
    book = openpyxl.Workbook()
    for row in rows or [[MARK]]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def pptx_file() -> bytes:
    import pptx

    out = io.BytesIO()
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = MARK
    deck.save(out)
    return out.getvalue()


def laughs(root: str = "lolz") -> str:
    """A document type whose last entity would grow to a billion words."""
    entities = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    return f'<!DOCTYPE {root} [<!ENTITY l0 "lol">{entities}]>'


def with_dtd(xml: str, words: str) -> str:
    """``xml`` with ``laughs`` before its root, and its first text replaced by the largest entity."""
    declaration, _, rest = xml.partition("?>")
    return f"{declaration}?>{laughs()}{rest.replace(words, '&l9;')}"


def million_rows() -> bytes:
    """An xlsx of a million rows of two numbers."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>7</v></c></row>' for n in range(1, 1_000_001)
    )
    return changed(xlsx_file([[1]]), {"xl/worksheets/sheet1.xml": lambda xml: _with_rows(xml, rows)})


def million_texts() -> bytes:
    """An xlsx whose table of texts is over the limit."""
    texts = "".join(f"<si><t>text number {n} of very many others</t></si>" for n in range(1_200_000))
    table = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{texts}</sst>'
    return changed(xlsx_file(), {}, {"xl/sharedStrings.xml": table.encode()})


def far_cell() -> bytes:
    """An xlsx with a text in its first cell and a number in the last that there can be."""
    row = '<row r="1048576"><c r="XFD1048576"><v>9</v></c></row></sheetData>'
    return changed(xlsx_file(), {"xl/worksheets/sheet1.xml": lambda xml: xml.replace("</sheetData>", row)})


def external_links() -> bytes:
    """An xlsx whose formulas start programs, fetch pages and look into other files."""
    return xlsx_file([[MARK], ["=cmd|'/c calc'!A0"], ['=WEBSERVICE("http://127.0.0.1:9/")'], ["='[/etc/passwd]S'!A1"]])


def macro_docx() -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    return changed(
        docx_file(), {"[Content_Types].xml": lambda xml: xml.replace(kind, macro)}, {"word/vbaProject.bin": b"\xd0\xcf"}
    )


def macro_xlsx() -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    return changed(
        xlsx_file(), {"[Content_Types].xml": lambda xml: xml.replace(kind, macro)}, {"xl/vbaProject.bin": b"\xd0\xcf"}
    )


def fetching_docx() -> bytes:
    """A docx that names a template and a picture on a server, and a file of this machine."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    links = "".join(
        f'<Relationship Id="x{n}" Type="{kind}{what}" Target="{target}" TargetMode="External"/>'
        for n, (what, target) in enumerate(
            [
                ("attachedTemplate", "http://127.0.0.1:9/t.dotm"),
                ("image", "file:///etc/passwd"),
                ("oleObject", "\\\\h\\s"),
            ]
        )
    )
    return changed(
        docx_file(),
        {"word/_rels/document.xml.rels": lambda xml: xml.replace("</Relationships>", links + "</Relationships>")},
    )


def nested_tables(depth: int) -> bytes:
    table = "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc>"
    end = "<w:p/></w:tc></w:tr></w:tbl>"
    body = f"{table * depth}{end * depth}"
    return changed(docx_file(), {"word/document.xml": lambda xml: xml.replace("<w:sectPr", f"{body}<w:sectPr", 1)})


def _with_rows(xml: str, rows: str) -> str:
    start = xml.index("<sheetData>") + len("<sheetData>")
    return xml[:start] + rows + xml[xml.index("</sheetData>") :]


def nested_json(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


_XXE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
_ACTIONS = (
    "/OpenAction << /S /Launch /F (/bin/touch) "
    "/Next << /S /JavaScript /JS (app.launchURL\\('http://127.0.0.1:9'\\)) >> >>"
)
_PAGE = (
    "<html><head><script>document.title='run'</script></head><body onload=\"fetch('/x')\"><iframe src=file:///etc/passwd>"
    "inner</iframe><img src='http://127.0.0.1:9/a.png'><a href='file:///etc/shadow'>link</a><p>"
    + MARK
    + "</body></html>"
)

DOCUMENTS = [
    # pdf
    Hostile("garbage.pdf", lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged pdf", refused=True),
    Hostile("half.pdf", lambda: pdf()[:300], "damaged pdf", refused=True),
    Hostile("no_xref.pdf", lambda: pdf().replace(b"0000000", b"9999999"), MARK),
    Hostile("user_password.pdf", lambda: locked_pdf("secret", "owner"), "encrypted", refused=True),
    Hostile("owner_password.pdf", lambda: locked_pdf("", "owner"), MARK),
    Hostile("many_pages.pdf", lambda: pdf(pages=10_000), MARK, page=150),
    Hostile("many_pages_end.pdf", lambda: pdf(pages=10_000), "9800 more pages not read", page="end"),
    Hostile("huge_page.pdf", lambda: pdf(ruled_lines(10), box="0 0 1000000000 1000000000"), MARK),
    Hostile("absurd_page.pdf", lambda: pdf(ruled_lines(10), box="-1e38 1e38 1e300 -5"), ""),
    Hostile("no_page.pdf", lambda: pdf(ruled_lines(10), box="0 0 0 0"), ""),
    Hostile("active.pdf", lambda: pdf(catalog=_ACTIONS), MARK),
    Hostile("drawing.pdf", lambda: pdf(ruled_lines(100_000)), MARK),
    Hostile("bomb.pdf", lambda: pdf(packed=b"\x78\x9c" + zeros(GIGABYTE)), "nothing to read", refused=True),
    Hostile("loop.pdf", lambda: pdf().replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]"), "", refused=True),
    Hostile("deep.pdf", lambda: pdf(catalog=f"/A {'[' * 100_000}"), ""),
    # archives
    Hostile("bomb.zip", lambda: bomb("zeros.txt"), "1,000,000,000 bytes unpacked"),
    Hostile("bomb_member.zip", lambda: bomb("zeros.txt"), "the limit is 20,000,000", refused=True, page="zeros.txt"),
    Hostile("nested_bomb.zip", lambda: archive({"in.zip": bomb("zeros.txt")}), "1,000,000,000", page="in.zip"),
    Hostile("bomb.docx", lambda: bomb("word/document.xml"), "unpacks to 1,000,000,000", refused=True),
    Hostile("climbing.zip", lambda: archive({"../../evil.txt": MARK}), "a path out of the archive"),
    Hostile("link.zip", lambda: archive({"a": "/etc/passwd"}, attributes={"a": 0o120777}), "a link, not followed"),
    Hostile(
        "link_member.zip",
        lambda: archive({"a": "/etc/passwd"}, attributes={"a": 0o120777}),
        "a link",
        refused=True,
        page="a",
    ),
    Hostile("crowd.zip", lambda: archive({f"{n}.txt": "" for n in range(30_000)}), "30000 files"),
    Hostile("half.zip", lambda: archive({"a.txt": MARK})[:60], "damaged archive", refused=True),
    Hostile("no_member.zip", lambda: b"PK\x05\x06" + bytes(18), "0 files"),
    # office files
    Hostile("million_rows.xlsx", million_rows, "were read]"),
    Hostile("million_texts.xlsx", million_texts, "the limit is 50,000,000", refused=True),
    Hostile("far_cell.xlsx", far_cell, MARK),
    Hostile("external.xlsx", external_links, "=cmd\\|'/c calc'!A0"),
    Hostile("macros.xlsm", macro_xlsx, "[has macros, which are not run]"),
    Hostile("macros.docm", macro_docx, "[has macros, which are not run]"),
    Hostile("fetching.docx", fetching_docx, MARK),
    Hostile("nested_tables.docx", lambda: nested_tables(80), MARK),
    Hostile("endless_tables.docx", lambda: nested_tables(20_000), "damaged", refused=True),
    Hostile(
        "laughs.docx",
        lambda: changed(docx_file(), {"word/document.xml": lambda x: with_dtd(x, MARK)}),
        "DTD",
        refused=True,
    ),
    Hostile(
        "laughs.xlsx",
        lambda: changed(
            xlsx_file(), {"xl/worksheets/sheet1.xml": lambda x: with_dtd("<?xml version='1.0'?>" + x, MARK)}
        ),
        "DTD",
        refused=True,
    ),
    Hostile(
        "laughs.pptx",
        lambda: changed(pptx_file(), {"ppt/slides/slide1.xml": lambda x: with_dtd(x, MARK)}),
        "DTD",
        refused=True,
    ),
    Hostile("old.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "pre-2007", refused=True),
    # tables
    Hostile("nul.csv", lambda: b"a,b\n1,\x002\n", "NUL", refused=True),
    Hostile("formulas.csv", lambda: b"a\n=cmd|'/c calc'!A0\n", "=cmd\\|'/c calc'!A0"),
    Hostile("wide.csv", lambda: b",".join([b"7"] * 1_000_000), "[999950 more columns not shown]"),
    Hostile("long.csv", lambda: b"7,8\n" * 2_000_000, "[1999499 more rows not shown]"),
    Hostile("utf16.csv", lambda: "a;b\ncafé;2\n".encode("utf-16"), "| café | 2 |"),
    Hostile("utf16_bare.csv", lambda: "a;b\ncafé;2\n".encode("utf-16-le"), "| café | 2 |"),
    Hostile("latin1.csv", lambda: "a;b\ncafé;2\n".encode("latin-1"), "| café | 2 |"),
    Hostile("mixed.csv", lambda: "a;b\ncafé;1\n".encode("latin-1") + "naïve;2\n".encode(), "| naïve | 2 |"),
    Hostile("unclosed.csv", lambda: b'a,b\n"' + b"x" * 500_000, "not a csv", refused=True),
    Hostile("quotes.csv", lambda: b'"' * 2_000_000, "not a csv", refused=True),
    # pages
    Hostile("active.html", _PAGE.encode, MARK),
    Hostile("comments.html", lambda: b"<html>" + b"<!--" * 500_000, ""),
    Hostile("brackets.html", lambda: b"<html><p>" + MARK.encode() + b"<" * 2_000_000, MARK),
    Hostile("tags.html", lambda: b"<html>" + b"<a b='" * 500_000, ""),
    Hostile("deep.html", lambda: b"<html><p>" + MARK.encode() + b"<div>" * 300_000, MARK),
    # json
    Hostile("deep.json", lambda: nested_json(100_000), "nested too deep", refused=True),
    Hostile("nearly_deep.json", lambda: nested_json(900), "", refused=False),
    Hostile("twice.json", lambda: b'{"a": 1, "a": 2}', "keys given twice, of which the last value is shown: a"),
    Hostile("nan.json", lambda: b"[NaN, Infinity, 1e999]", "NaN"),
    Hostile("number.json", lambda: b"[" + b"9" * 100_000 + b"]", "not valid json", refused=True),
    Hostile("surrogate.json", lambda: json.dumps(["\ud800", MARK]).encode(), MARK),
    Hostile("long.json", lambda: b"[" + b"1," * 5_000_000 + b"1]", "[cut: 8000 of"),
    # xml
    Hostile("laughs.xml", (laughs() + "<lolz>&l9;</lolz>").encode, "declares the XML entity", refused=True),
    Hostile("xxe.xml", _XXE.encode, "declares the XML entity", refused=True),
    Hostile("xxe_utf16.xml", lambda: _XXE.encode("utf-16"), "declares the XML entity", refused=True),
    Hostile("outside.xml", f'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/d"><a>{MARK}</a>'.encode, MARK),
    Hostile("deep.xml", lambda: b"<a>" * 200_000 + b"</a>" * 200_000, "deeper than", refused=True),
    Hostile("half.xml", lambda: b"<a><b>", "not valid xml", refused=True),
    # texts and names
    Hostile("long.txt", lambda: (MARK + "\n").encode() * 2_140_000, MARK),
    Hostile("one_line.txt", lambda: b"word " * 2_000_000, "[cut: 8000 of"),
    Hostile("empty.docx", lambda: b"", "empty", refused=True),
    Hostile("spaces.csv", lambda: b" \n" * 1000, "empty", refused=True),
    Hostile("really_a_pdf.docx", pdf, MARK),
    Hostile("really_a_docx.pdf", docx_file, MARK),
    Hostile("really_a_picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "is a picture", refused=True),
    Hostile("really_a_text.zip", f"PK is a code. {MARK}".encode, MARK),
    Hostile("really_a_text.pdf", f"BMW and %PDF-1.7: {MARK}".encode, MARK),
    Hostile("-rf $(id);' \u202e ü\n.txt", MARK.encode, MARK),
]
