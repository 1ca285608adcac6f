"""Whether words are English: the small words that each language is full of, and the letters."""

import re

_ENGLISH_WORDS = (
    "the a an and or of to in on at for with by from is are was be been this that it its i my me you your we not no so "
    "need want will should have has had can there now then which what after before first next click type press scroll "
    "open select choose as if but here all one would into button page field list"
)
_OTHER_WORDS = (
    "der das und ist nicht ich den dem des ein eine einen einem auf mit für zu zum zur wird sich noch jetzt dann als "
    "klicke klick öffne tippe drücke wähle schaltfläche feld seite muss möchte le la les une dans sur pour avec est je "
    "du au aux que qui pas clique cliquez cliquer ouvre ouvrir saisis appuie bouton dois veux el los las un una del "
    "para con por hago clic haz pulsa abre escribe selecciona botón quiero debo está il lo gli che di per sono"
)
_ENGLISH, _OTHERS = frozenset(_ENGLISH_WORDS.split()), frozenset(_OTHER_WORDS.split())
_MOST_FOREIGN_LETTERS = 0.2


def is_english(text: str) -> bool:
    """Whether ``text`` reads as English; nothing at all, and a name alone, does.

    Tells it from the languages of generated pages (German, French, Spanish) and from other scripts; no more is tried.
    """
    letters = [character for character in text if character.isalpha()]
    if sum(not character.isascii() for character in letters) > _MOST_FOREIGN_LETTERS * len(letters):
        return False
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return sum(word in _OTHERS for word in words) <= sum(word in _ENGLISH for word in words)
