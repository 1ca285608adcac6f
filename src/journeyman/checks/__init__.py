"""One check a file: keep, or drop with a reason."""
