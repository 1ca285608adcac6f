"""pdfium keeps global state: two threads of one process inside it at once crash the process."""

import threading

PDFIUM_LOCK = threading.Lock()
"""Held while any pdfium object is open; everything that opens PDFs with pypdfium2 takes it."""
