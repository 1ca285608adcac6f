"""Take the clock out of Office files: they store times in the zip directory and in ``docProps/core.xml``."""

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def without_clock(package: bytes) -> bytes:
    """The same Office package with every time set to 1980-01-01T00:00:00Z."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        for path in source.namelist():
            content = source.read(path)
            if path == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", content)
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = 0o644 << 16
            target.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=6)
    return out.getvalue()
