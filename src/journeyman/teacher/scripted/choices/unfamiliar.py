"""APIs that are not in the embedded catalogue: a user's own, known by what is said of them alone."""

import re
from collections.abc import Mapping
from typing import Any

from journeyman.schema.api import Modality
from journeyman.teacher.scripted.choices.draws import draws
from journeyman.teacher.scripted.choices.payloads import make_payload
from journeyman.teacher.scripted.choices.wording import dress

Told = Mapping[str, Any]
"""An API as a prompt tells of it."""

_LEAST_OVERLAP = 0.5
_BOUNDARY_WORDS = 12
_NOUNS: dict[Modality, tuple[str, ...]] = {
    "image": ("this picture", "the attached picture"),
    "audio": ("this recording", "the attached recording"),
    "video": ("this video", "the attached video"),
}
_MEDIA_WORDS = frozenset(
    ["picture", "image", "photo", "photograph", "recording", "sound", "audio", "video", "clip", "file", "attached"]
)
"""Said of every file, and so of none in particular."""
_FOR_A_VERB = "handle"
_FOR_A_WORD = "something"
"""What stands in a request for words of the name."""
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be by can do does each every file files for from given gives has have in into is it "
        "its of on one or out such than that the their them then there these this to us what where which with you your",
    )
)


def place_unfamiliar(api: Told) -> dict[str, Any]:
    """A place from its own fields: a class of its own, under what it takes and its domain."""
    takes = next((kind for kind in api.get("media_in") or () if kind != "text"), "text")
    words = re.findall(r"\w[\w'-]*", api["description"])
    own = api["name"].rpartition("/")[2].strip()
    return {
        "name": api["name"],
        "path": [takes, (api.get("domain") or "").strip() or "general"],
        "function_class": own or " ".join(words[:3]) or api["name"],
        # A taxonomy takes no empty boundary, and what it is for is all that is known.
        "boundary": " ".join(words[:_BOUNDARY_WORDS]) or "anything",
        "differs_by": "",
    }


def word_unfamiliar(api: Told, modality: Modality, number: int, style: str) -> str:
    """A request made of the description's first sentence that says something without the words of the name."""
    rng = draws("unfamiliar", number)
    order = _order(_telling_sentence(api), _stems(_name_words(api["name"])))
    if modality in _NOUNS:
        order = f"{order}, using {rng.choice(_NOUNS[modality])}"
    else:
        order = f'{order}, for "{make_payload("", rng)["payload"]}"'
    return dress(f"can you {order}", order, number, style)


def satisfies_unfamiliar(api: Told, text: str, modality: Modality) -> bool:
    """Whether the API takes the modality, and at least half of what its description's sentence says is in ``text``."""
    if modality not in (api.get("media_in") or ("text",)):
        return False
    said = _content_words(_telling_sentence(api)) - _stems(_name_words(api["name"]))
    return bool(said) and len(said & _content_words(text)) >= _LEAST_OVERLAP * len(said)


def _telling_sentence(api: Told) -> str:
    """The description's first sentence with a word that is no word of the name; the first where there is none."""
    sentences = [one.rstrip(".!?;: ") for one in re.split(r"(?<=[.!?])\s|\n", api["description"].strip())]
    names = _stems(_name_words(api["name"]))
    return next((one for one in sentences if _content_words(one) - names), sentences[0])


def _name_words(name: str) -> frozenset[str]:
    """The words of a name in lower case, short ones too."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return frozenset(re.findall(r"[^\W\d_]+", spaced.casefold())) - _STOP_WORDS


def _order(sentence: str, names: set[str]) -> str:
    """The sentence as an order: ``Reads the time`` becomes ``read the time``; words of the name are replaced."""
    words = []
    for place, word in enumerate(sentence.split()):
        if _stems(re.findall(r"[^\W\d_]+", word.casefold())) & names:
            filler = _FOR_A_VERB if place == 0 else _FOR_A_WORD
            words.append(filler + ("," if word.endswith(",") else ""))
        else:
            words.append(_stem(word.casefold()) if place == 0 and word.istitle() else word)
    return " ".join(words).replace(f"{_FOR_A_WORD} {_FOR_A_WORD}", _FOR_A_WORD)


def _content_words(text: str) -> set[str]:
    return _stems(set(re.findall(r"[^\W\d_]{3,}", text.casefold())) - _STOP_WORDS) - _MEDIA_WORDS


def _stems(words: Any) -> set[str]:
    return {_stem(word) for word in words}


def _stem(word: str) -> str:
    """A verb's or noun's plain form, by its last letters."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
