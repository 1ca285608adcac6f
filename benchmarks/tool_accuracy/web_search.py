"""Whether the first five results of ``web_search`` hold the answer to questions whose answer does not change."""

from tool_accuracy import Accuracy, Call

_QUESTIONS = (
    ("capital of Australia", "canberra"),
    ("author of Pride and Prejudice", "austen"),
    ("chemical symbol of tungsten", "wolfram"),
    ("first person on the Moon", "armstrong"),
    ("year the Berlin Wall fell", "1989"),
    ("largest planet of the solar system", "jupiter"),
    ("painter of Guernica", "picasso"),
    ("inventor of the World Wide Web", "berners-lee"),
)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """The answer counts as found when its word stands in a title or an excerpt."""
    found = 0
    for query, answer in _QUESTIONS:
        results = call({}, query=query, top=5).value
        found += any(answer in f"{result['title']} {result['text']}".lower() for result in results)
    return (Accuracy("answers in the first five results", found / len(_QUESTIONS), len(_QUESTIONS)),)
