"""Contents of files as the writers take them, by wish and content or by modality alone."""

from collections.abc import Callable
from typing import Any

from journeyman.schema.api import Modality
from journeyman.schema.record import canonical_json
from journeyman.teacher.scripted.choices.clips import make_clip
from journeyman.teacher.scripted.choices.draws import draws
from journeyman.teacher.scripted.choices.knowledge import KNOWN_BY_NAME, WISH_BY_KEY
from journeyman.teacher.scripted.choices.pictures import make_picture
from journeyman.teacher.scripted.choices.sounds import make_sound

WRITERS: dict[Modality, str] = {"image": "jpg", "audio": "wav", "video": "mp4"}
_MAKERS: dict[Modality, Callable[[str, str, int], dict[str, Any]]] = {
    "image": make_picture,
    "audio": make_sound,
    "video": make_clip,
}
_PLAIN: dict[Modality, tuple[str, str]] = {
    "image": ("describe", "photograph"),
    "audio": ("timeline", "speech"),
    "video": ("happens", "mover"),
}
"""A wish and a content whose files are nothing special."""


def make_media(wish: str, content: str, number: int) -> str:
    """Canonical JSON of a file that has ``content`` for ``wish``; equal arguments give equal text."""
    return canonical_json(_MAKERS[WISH_BY_KEY[wish].modality](wish, content, number))


def make_any_media(modality: Modality, number: int) -> str:
    """Canonical JSON of a file of the modality, for words that no file makes possible."""
    wishes = [known for known in KNOWN_BY_NAME.values() if WISH_BY_KEY[known.wish].modality == modality]
    rng = draws("any media", modality, number)
    known = rng.choice(wishes)
    return make_media(known.wish, rng.choice(known.contents), number)


def make_plain_media(modality: Modality, number: int, salt: int = 0) -> str:
    """Canonical JSON of an ordinary picture, sound or video; files of other ``salt`` are others.

    Held-out numbers stay held-out ones.
    """
    wish, content = _PLAIN[modality]
    return canonical_json(_MAKERS[modality](wish, content, number + salt * 1_000_000))
