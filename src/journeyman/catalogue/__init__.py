"""Catalogues of APIs as data: read, placed in a taxonomy of tasks, searched."""
