"""Whether ``visit_page`` gives the words of pages that have not changed for years."""

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

_PAGES = (
    ("https://example.org/", "example domain"),
    ("https://www.rfc-editor.org/rfc/rfc2324.txt", "coffee pot"),
    ("https://www.gutenberg.org/files/11/11-h/11-h.htm", "rabbit"),
    ("https://en.wikipedia.org/wiki/Eiffel_Tower", "paris"),
    ("https://peps.python.org/pep-0020/", "beautiful is better than ugly"),
)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """A page counts as read when its known words stand in its first part; a refusal counts as not read."""
    read = 0
    for url, words in _PAGES:
        try:
            read += words in " ".join(call({}, url=url).value.lower().split())
        except ToolError:
            continue
    return (Accuracy("pages read", read / len(_PAGES), len(_PAGES)),)
