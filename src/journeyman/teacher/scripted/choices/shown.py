"""What a file shows, told from the spec it was made from, in the words of ``knowledge``."""

from collections.abc import Mapping
from typing import Any

from journeyman.teacher.scripted.choices.knowledge import CONDITIONS, DAMAGES, FAULTS, LANGUAGES, WISH_BY_KEY

LABELLED = {
    "chelsea": "animal",
    "coffee": "food",
    "rocket": "vehicle",
    "motorcycle_left": "vehicle",
    "moon": "sky",
    "hubble_deep_field": "sky",
}
"""Photograph -> what one label set names on it."""
PAGES = ("page",)
"""Photographs of printed text."""
_PAGE_LINES = 3
"""Lines of text that make a picture without a photograph a page."""
_CAMERA = ("pan_left", "pan_right", "zoom_in", "zoom_out")
_WRITERS = {"jpg": "image", "png": "image", "wav": "audio", "mp4": "video"}


def shown_contents(wish: str, media: Mapping[str, Any] | None) -> frozenset[str]:
    """Keys of the contents that ``media`` has for ``wish``; empty where it has none that counts.

    Args:
        wish: Key of a wish.
        media: The file's spec with its ``writer``; None where there is no file.
    """
    modality = WISH_BY_KEY[wish].modality
    if modality == "text":
        return frozenset({wish}) if media is None else frozenset()
    if media is None or _WRITERS.get(media.get("writer", "")) != modality:
        return frozenset()
    return frozenset(_READERS[wish](media))


def _kinds(scene: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [item for item in scene.get("items") or () if item.get("kind") == kind]


def _treatment(scene: Mapping[str, Any]) -> str:
    return scene.get("treatment") or "none"


def _guides(scene: Mapping[str, Any]) -> set[str]:
    if _treatment(scene) == "none":
        return {"figure"} if _kinds(scene, "figure") else set()
    return {_treatment(scene)} & set(CONDITIONS)


def _spoilt_by(scene: Mapping[str, Any]) -> set[str]:
    return {_treatment(scene)} & set(DAMAGES)


def _described(scene: Mapping[str, Any]) -> set[str]:
    if _treatment(scene) != "none" or _kinds(scene, "figure"):
        return set()
    if _kinds(scene, "bars"):
        return {"chart"}
    names = {item["name"] for item in _kinds(scene, "photograph")}
    if names:
        return {"page"} if names <= set(PAGES) else {"photograph"}
    return {"page"} if len(_kinds(scene, "text")) >= _PAGE_LINES else set()


def _labelled(scene: Mapping[str, Any]) -> set[str]:
    if _treatment(scene) != "none":
        return set()
    return {LABELLED[item["name"]] for item in _kinds(scene, "photograph") if item["name"] in LABELLED}


def _parts(sound: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    return [part for part in sound.get("parts") or () if part.get("kind") == kind]


def _languages(sound: Mapping[str, Any]) -> set[str]:
    return {str(part.get("voice") or "en-us").partition("-")[0] for part in _parts(sound, "speech")} & set(LANGUAGES)


def _faults(sound: Mapping[str, Any]) -> set[str]:
    return {sound.get("damage") or "none"} & set(FAULTS)


def _heard(sound: Mapping[str, Any]) -> set[str]:
    return {kind for kind in ("speech", "melody", "beat") if _parts(sound, kind)}


def _happening(clip: Mapping[str, Any]) -> set[str]:
    motion = clip.get("motion") or "still"
    found = {"mover"} if clip.get("mover") else set()
    if motion in _CAMERA:
        found.add("camera")
    if motion == "cuts":
        found.add("cuts")
    return found


def _unsteady(clip: Mapping[str, Any]) -> set[str]:
    return ({str(clip.get("motion"))} & {"shake", "flicker"}) | ({_treatment(clip["scene"])} & {"grain", "dark"})


_READERS = {
    "guided": _guides,
    "restore": _spoilt_by,
    "describe": _described,
    "label": _labelled,
    "spoken": _languages,
    "repair": _faults,
    "timeline": _heard,
    "happens": _happening,
    "steady": _unsteady,
}
