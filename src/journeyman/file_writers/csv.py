"""Comma-separated table in UTF-8, quoted where needed; read back with pandas."""

import csv
import io

import pandas as pd

from journeyman.file_writer import FileWriter
from journeyman.file_writers._tables import Table, cell_text, table_facts


def _write(table: Table, _mark: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([cell_text(c) for c in row] for row in table.rows)
    return out.getvalue().encode()


def _reopen(data: bytes) -> str:
    frame = pd.read_csv(
        io.BytesIO(data), header=None, dtype=str, keep_default_na=False, na_filter=False, skip_blank_lines=False
    )
    return "\n".join("\t".join(row) for row in frame.itertuples(index=False, name=None))


WRITER = FileWriter("csv", "text/csv", "csv", Table, _write, _reopen, table_facts)
