"""define_word on common words, inflected and not: whether the sense that everyone means is among those given."""

from journeyman.errors import ToolError
from tool_accuracy import Accuracy, Call

# Word, part of speech, and a word that any definition of the meant sense must use; written by hand.
WORDS = (
    ("dogs", "noun", "canis"),
    ("ran", "verb", "feet"),
    ("better", "adjective", "good"),
    ("quickly", "adverb", "speed"),
    ("invoice", "noun", "bill"),
    ("carbon dioxide", "noun", "gas"),
    ("children", "noun", "young"),
    ("receipt", "noun", "acknowledgment"),
    ("wheat", "noun", "grain"),
    ("to swim", "verb", "water"),
    ("oak", "noun", "tree"),
    ("geese", "noun", "bird"),
    ("hexagon", "noun", "six"),
    ("photosynthesis", "noun", "plants"),
    ("blue", "adjective", "sky"),
    ("bought", "verb", "purchase"),
    ("New York", "noun", "city"),
    ("piano", "noun", "keyboard"),
    ("email", "noun", "computer"),
    ("smartphone", "noun", "telephone"),
    ("selfie", "noun", "photograph"),
)
NONSENSE = ("qwrtz", "blorpish", "xxyzzy", "asdfgh")


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of words with the meant sense, and of made-up words that are refused."""
    found = sum(_has(call, *case) for case in WORDS)
    refused = sum(not _senses(call, word) for word in NONSENSE)
    return (
        Accuracy("the meant sense is among those given", found / len(WORDS), len(WORDS), reach=0.8),
        Accuracy("made-up words refused", refused / len(NONSENSE), len(NONSENSE), reach=1.0),
    )


def _has(call: Call, word: str, part: str, meant: str) -> bool:
    return any(
        sense["part"] == part and meant in f"{sense['meaning']} {' '.join(sense['synonyms'])}".lower()
        for sense in _senses(call, word)
    )


def _senses(call: Call, word: str) -> list[dict[str, str]]:
    try:
        senses: list[dict[str, str]] = call({}, word=word).value["senses"]
    except ToolError:
        return []
    return senses
