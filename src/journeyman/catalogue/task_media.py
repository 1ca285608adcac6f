"""What a task takes and gives by its name, for catalogues that say the task and not the media."""

import re
from typing import NamedTuple, get_args

from journeyman.schema.api import Modality

MODALITIES: tuple[Modality, ...] = get_args(Modality)


class Media(NamedTuple):
    """What an API takes and gives, each in the order of ``MODALITIES``."""

    taken: tuple[Modality, ...]
    given: tuple[Modality, ...]


_TEXT = Media(("text",), ("text",))
_IMAGE_TO_TEXT = Media(("image",), ("text",))
_IMAGE_AND_TEXT_TO_TEXT = Media(("text", "image"), ("text",))
_IMAGE = Media(("image",), ("image",))
_AUDIO_TO_TEXT = Media(("audio",), ("text",))
_VIDEO_TO_TEXT = Media(("video",), ("text",))

# The pipeline tags of model cards whose media do not follow from their words.
_TASKS: dict[str, Media] = {
    "audio-classification": _AUDIO_TO_TEXT,
    "audio-text-to-text": Media(("text", "audio"), ("text",)),
    "automatic-speech-recognition": _AUDIO_TO_TEXT,
    "conversational": _TEXT,
    "depth-estimation": _IMAGE,
    "document-question-answering": _IMAGE_AND_TEXT_TO_TEXT,
    "feature-extraction": _TEXT,
    "fill-mask": _TEXT,
    "image-classification": _IMAGE_TO_TEXT,
    "image-feature-extraction": _IMAGE_TO_TEXT,
    "image-segmentation": _IMAGE,
    "keypoint-detection": _IMAGE_TO_TEXT,
    "mask-generation": _IMAGE,
    "object-detection": _IMAGE_TO_TEXT,
    "question-answering": _TEXT,
    "sentence-similarity": _TEXT,
    "speech-recognition": _AUDIO_TO_TEXT,
    "summarization": _TEXT,
    "table-question-answering": _TEXT,
    "tabular-classification": _TEXT,
    "tabular-regression": _TEXT,
    "text-classification": _TEXT,
    "text-generation": _TEXT,
    "text-ranking": _TEXT,
    "token-classification": _TEXT,
    "translation": _TEXT,
    "unconditional-image-generation": Media(("text",), ("image",)),
    "video-classification": _VIDEO_TO_TEXT,
    "video-text-to-text": Media(("text", "video"), ("text",)),
    "visual-question-answering": _IMAGE_AND_TEXT_TO_TEXT,
    "voice-activity-detection": _AUDIO_TO_TEXT,
    "zero-shot-audio-classification": _AUDIO_TO_TEXT,
    "zero-shot-classification": _TEXT,
    "zero-shot-image-classification": _IMAGE_TO_TEXT,
    "zero-shot-object-detection": _IMAGE_TO_TEXT,
}
_WORDS: dict[str, Modality] = {"text": "text", "image": "image", "audio": "audio", "speech": "audio", "video": "video"}


def is_task(name: str) -> bool:
    """Whether ``name`` is a task whose media are known."""
    return task_media(name) is not None


def task_media(name: str) -> Media | None:
    """What the task takes and gives; None where its name does not tell.

    ``automatic-speech-recognition`` and ``Computer Vision Image Classification`` are known by a list,
    ``image-text-to-text`` and ``Text-to-Video`` by their words.
    """
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    # The longest ending that is known: some catalogues put a field's name before the task's.
    for start in range(len(words)):
        task = "-".join(words[start:])
        found = _TASKS.get(task) or _by_words(words[start:])
        if found is not None:
            return found
    return None


def _by_words(words: list[str]) -> Media | None:
    if words.count("to") != 1:
        return None
    to = words.index("to")
    taken, given = ([_WORDS.get(word) for word in side] for side in (words[:to], words[to + 1 :]))
    if not taken or not given or None in taken or None in given:
        return None
    return Media(*(tuple(kind for kind in MODALITIES if kind in side) for side in (taken, given)))
