"""What is known of the user's own pictures: captions and boxes of a COCO-style file, as text in LLaVA's way.

The text is for whoever writes queries and judges: a text model then asks about what is there, and a judge
has more to go by than its own eyes. The agent is never shown it.

What is wrong in the file itself is refused, since nothing can be told from a part of it; what does not fit
one of the pictures leaves that picture without a text.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from journeyman.errors import ConfigError, MediaError
from journeyman.generation.given_files import parse_json, read_given
from journeyman.media_reader import frame_size
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.picture_context import PictureContext
from journeyman.schema.record import Record
from journeyman.stage import Tally
from journeyman.storage.store import Store

R = TypeVar("R", bound="_Row")

MAX_FILE_BYTES = 1024**3
"""Of the annotation file; COCO's own instances of 118,000 pictures have half of it."""
MAX_TEXT = 8000
"""Characters of one picture's text; a longer one would be most of every prompt."""

_ROUNDING = 0.5
"""Pixels that a box may pass the edge by: files round their numbers."""
_KEYS = frozenset(
    {"images", "annotations", "categories", "id", "file_name", "width", "height", "name"}
    | {"image_id", "category_id", "bbox", "caption", "iscrowd"}
)
_BOXES = "Objects as [left, top, right, bottom], in shares of width and height:"


class AnnotatedPicture(Record):
    """A picture that the file names: what is put aside when its text cannot be used."""

    name: str
    width: int
    """Pixels, as the file says."""
    height: int
    text: str


def _storable(text: str) -> str:
    """``text``, if it can be stored: JSON can spell halves of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise ValueError("half of a surrogate pair is no character") from exc
    return text


_Text = Annotated[str, AfterValidator(_storable)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class _Image(_Row):
    id: int | str
    file_name: _Text = Field(min_length=1)
    width: int = Field(gt=0)
    height: int = Field(gt=0)

    @property
    def base_name(self) -> str:
        return self.file_name.replace("\\", "/").rpartition("/")[2]


class _Category(_Row):
    id: int | str
    name: _Text = Field(min_length=1)


class _Annotation(_Row):
    image_id: int | str
    caption: _Text | None = None
    category_id: int | str | None = None
    bbox: list[float] | None = Field(default=None, min_length=4, max_length=4)
    """Left, top, width, height in pixels."""
    iscrowd: int = 0
    """1 where the box is around many things of the category."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """An image of the file with what is said of it."""

    image: _Image
    captions: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        boxes = [_BOXES, *self.things] if self.things else []
        parts = ["\n".join(part) for part in (self.captions, boxes) if part]
        return "\n\n".join(parts)


def read_annotations(source: str, media: ArtifactRef, *, store: Store, storage_options: dict[str, Any]) -> StageResult:
    """A text for every picture of ``media`` of which the file ``source`` says something.

    Pictures are known by their file names, folders aside.

    Args:
        source: COCO-style JSON with ``images``, ``annotations`` and, where there are boxes, ``categories``; by path,
            ``file://`` or ``s3://``.
        media: MediaFile rows of the user's own files.
        store: Where artifacts live.
        storage_options: How to open an ``s3://`` source.

    Returns:
        ``kept``: PictureContext rows. Counts are of pictures that the file names.

    Raises:
        ConfigError: The file cannot be read, is not of that form, contradicts itself, or names none of the pictures.
        TransientError: The file system does not answer.
        StorageError: It refuses.
    """
    text = read_given(source, what="annotations", most_bytes=MAX_FILE_BYTES, storage_options=storage_options)
    # Outlines of things are most of such a file and are not read.
    noted = _noted(parse_json(text, where=source, hook=_read_keys), source)
    pictures = [row for row in store.records(media, MediaFile) if row.media_type.startswith("image/")]
    names = Counter(_name(row) for row in pictures)
    named = [row for row in pictures if _name(row) in noted]
    if not named:
        theirs, yours = (repr(min(given)) if given else "none" for given in (noted, names))
        raise ConfigError(
            f"annotations {source!r} name none of your {len(pictures)} pictures: their first is {theirs}, yours is "
            f"{yours}; the names must agree, folders aside"
        )
    tally = Tally("annotations", len(named))
    kept: list[PictureContext] = []
    for picture in named:
        found = noted[_name(picture)]
        fault = _fault(picture, found, names)
        if fault is None:
            kept.append(PictureContext(sha256=picture.sha256, text=found[0].text))
            continue
        image = found[0].image
        record = AnnotatedPicture(name=_name(picture), width=image.width, height=image.height, text=found[0].text)
        reason, evidence = fault
        tally.drop(picture.sha256[:16], record, check="annotations", reason=reason, evidence=evidence)
    contexts = store.write("picture-contexts", kept, PictureContext, parents=(media,))
    return tally.result(contexts, store=store, parents=(media,))


def _fault(picture: MediaFile, found: Sequence[_Noted], names: Mapping[str, int]) -> tuple[str, str] | None:
    """Reason and evidence, if the file's text does not fit the picture."""
    name, image = _name(picture), found[0].image
    if names[name] > 1:
        return "several of your pictures have this name", name
    if len(found) > 1:
        return "the annotations have several pictures of this name", ", ".join(one.image.file_name for one in found)
    if not found[0].text:
        return "the annotations say nothing of it", name
    if len(found[0].text) > MAX_TEXT:
        return f"more than {MAX_TEXT:,} characters of annotations", f"{name}: {len(found[0].text):,}"
    try:
        width, height = frame_size(picture.data, name)
    except MediaError as exc:
        return "the picture cannot be measured", str(exc)
    if (width, height) != (image.width, image.height):
        evidence = f"{name} has {width}x{height} pixels, the annotations say {image.width}x{image.height}"
        return "the annotations are of another size", evidence
    return None


def _name(picture: MediaFile) -> str:
    return picture.source.removeprefix("user:")


def _read_keys(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key in _KEYS}


def _noted(content: Any, source: str) -> dict[str, list[_Noted]]:
    """What the file says, by the pictures' names; images of one name stand together."""
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise ConfigError(f"annotations {source!r} have no list 'images'; give a COCO-style instances or captions file")
    images: dict[int | str, _Noted] = {}
    for number, row in enumerate(content["images"]):
        image = _row(_Image, row, f"{source}, images[{number}]")
        if image.id in images:
            raise ConfigError(f"{source}, images[{number}]: id {image.id!r} is given twice; number the images anew")
        images[image.id] = _Noted(image)
    categories: dict[int | str, str] = {}
    for number, row in enumerate(_listed(content, "categories", source)):
        category = _row(_Category, row, f"{source}, categories[{number}]")
        categories[category.id] = _in_one_line(category.name)
    for number, row in enumerate(_listed(content, "annotations", source)):
        where = f"{source}, annotations[{number}]"
        _note(_row(_Annotation, row, where), images, categories, where)
    by_name: dict[str, list[_Noted]] = defaultdict(list)
    for noted in images.values():
        by_name[noted.image.base_name].append(noted)
    return dict(by_name)


def _listed(content: Mapping[str, Any], key: str, source: str) -> list[Any]:
    rows = content.get(key, [])
    if not isinstance(rows, list):
        raise ConfigError(f"annotations {source!r}: {key!r} is no list but {type(rows).__name__}; make it one")
    return rows


def _row(kind: type[R], row: Any, where: str) -> R:
    try:
        return kind.model_validate(row)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in error["loc"]) or "it"
        raise ConfigError(f"{where}: {key}: {error['msg']}, not {str(error['input'])[:80]!r}; mend it") from exc


def _note(
    said: _Annotation, images: Mapping[int | str, _Noted], categories: Mapping[int | str, str], where: str
) -> None:
    """Put an annotation down with its image."""
    noted = images.get(said.image_id)
    if noted is None:
        raise ConfigError(
            f"{where} is of image {said.image_id!r}, which 'images' does not list; add it or leave it out"
        )
    if said.caption is not None and said.caption.strip():
        noted.captions.append(_in_one_line(said.caption))
        return
    if said.bbox is None or said.category_id is None:
        raise ConfigError(f"{where} has neither a caption nor a bbox with a category_id; leave it out")
    name = categories.get(said.category_id)
    if name is None:
        raise ConfigError(f"{where} is of category {said.category_id!r}, which 'categories' does not list; add it")
    group = " (a group)" if said.iscrowd else ""
    noted.things.append(f"{name}{group}: {_shares(said.bbox, noted.image, where)}")


def _shares(box: Sequence[float], image: _Image, where: str) -> str:
    left, top, width, height = box
    right, bottom = left + width, top + height
    inside = left >= -_ROUNDING and top >= -_ROUNDING and width >= 0 and height >= 0
    if not inside or right > image.width + _ROUNDING or bottom > image.height + _ROUNDING:
        raise ConfigError(
            f"{where}: box {list(box)} is not inside of {image.file_name!r} with {image.width}x{image.height} pixels; "
            "a box is [left, top, width, height] in pixels"
        )
    shares = (left / image.width, top / image.height, right / image.width, bottom / image.height)
    return f"[{', '.join(f'{min(max(share, 0.0), 1.0):.3f}' for share in shares)}]"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
