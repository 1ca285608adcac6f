"""Python text as a tree, from any thread."""

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
_TRIES = 5


def parse_python(code: str) -> ast.Module:
    """``ast.parse`` that may be called by several threads at once.

    CPython before 3.11.8 counts how deep it is in one counter for all threads, and raises SystemError where one
    parses while another does (gh-106905). Our own calls wait for each other; one that meets a library's is made again.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: As ``ast.parse``.
    """
    with _ONE_AT_A_TIME:
        for _ in range(_TRIES - 1):
            try:
                return ast.parse(code)
            except SystemError:
                continue
        return ast.parse(code)
