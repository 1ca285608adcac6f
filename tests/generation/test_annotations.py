"""What annotations tell of pictures: those who write and judge are told, the agent never is."""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from journeyman.dataset.build import build_dataset
from journeyman.errors import ConfigError
from journeyman.generation.annotations import AnnotatedPicture, read_annotations
from journeyman.generation.rollout import roll_out
from journeyman.generation.user_files import adopt_files, write_user_queries
from journeyman.recipe import load_recipe
from journeyman.schema.artifact import StageResult
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.picture_context import PictureContext
from journeyman.schema.query import Query
from journeyman.schema.verdict import Verdict
from journeyman.storage.store import Store
from journeyman.verification.queries import verify_queries
from journeyman.verification.trajectories import verify_trajectories
from tests.generation.test_conditions import _teacher

CAPTION = "A heron stands on the quay."
COCO: dict[str, Any] = {
    "info": {"year": 2017},
    "images": [
        {"id": 7, "file_name": "train2017/quay.png", "width": 200, "height": 100},
        {"id": 8, "file_name": "not_mine.png", "width": 20, "height": 10},
    ],
    "categories": [{"id": 1, "name": "bird"}, {"id": 2, "name": "person", "supercategory": "person"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 20, 50.5, 30], "segmentation": [[10, 20, 30, 40]]},
        {"id": 2, "image_id": 7, "category_id": 2, "bbox": [0, 0, 200.3, 100], "iscrowd": 1},
        {"id": 3, "image_id": 7, "caption": f"{CAPTION}\n"},
        {"id": 4, "image_id": 8, "caption": "Something else."},
    ],
}
TEXT = f"""{CAPTION}

Objects as [left, top, right, bottom], in shares of width and height:
bird: [0.050, 0.200, 0.302, 0.500]
person (a group): [0.000, 0.000, 1.000, 1.000]"""


def picture(width: int = 200, height: int = 100, *, exif: Image.Exif | None = None, shade: int = 90) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 120, 40)).save(sink, "PNG", exif=exif or Image.Exif())
    return sink.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "quay.png").write_bytes(picture())
    (tmp_path / "mine" / "table.csv").write_text("item,amount\nscrew,4\nnail,9\n")
    return tmp_path


def told(folder: Path, content: Any, store: Store | None = None) -> StageResult:
    store = store or Store("memory://annotations")
    path = folder / "coco.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    media = adopt_files(str(folder / "mine"), store=store, storage_options={}).artifacts["kept"]
    return read_annotations(str(path), media, store=store, storage_options={})


def changed(**parts: Any) -> dict[str, Any]:
    return COCO | parts


def annotation(**values: Any) -> dict[str, Any]:
    return changed(annotations=[{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]} | values])


def test_captions_come_first_and_boxes_are_shares_of_the_picture(folder: Path) -> None:
    store = Store("memory://annotations")
    result = told(folder, COCO)
    (context,) = store.records(result.artifacts["kept"], PictureContext)
    (adopted,) = [m for m in store.records(_media(folder), MediaFile) if m.media_type == "image/png"]
    assert (context.sha256, context.text) == (adopted.sha256, TEXT)
    assert result.counts.model_dump() == {"taken": 1, "kept": 1, "dropped": 0, "failed": 0}


def _media(folder: Path) -> Any:
    store = Store("memory://annotations")
    return adopt_files(str(folder / "mine"), store=store, storage_options={}).artifacts["kept"]


def test_captions_alone_and_boxes_alone_are_enough(folder: Path) -> None:
    store = Store("memory://annotations")
    boxes = [one for one in COCO["annotations"] if "bbox" in one]
    texts = []
    for content in (
        {key: COCO[key] for key in ("images",)} | {"annotations": COCO["annotations"][2:3]},
        changed(annotations=boxes),
    ):
        (context,) = store.records(told(folder, content).artifacts["kept"], PictureContext)
        texts.append(context.text)
    assert texts == [CAPTION, TEXT.partition("\n\n")[2]]


REFUSED: dict[str, tuple[Any, str]] = {
    "not JSON": ('{"images": [}', "is not JSON: Expecting value, line 1, column 13"),
    "no object": ([], "have no list 'images'"),
    "no images": ({"annotations": []}, "have no list 'images'"),
    "images no list": (changed(images={"7": "quay.png"}), "have no list 'images'"),
    "annotations no list": (changed(annotations={}), "'annotations' is no list but dict"),
    "no size": (changed(images=[{"id": 7, "file_name": "quay.png"}]), "images[0]: width: Field required"),
    "true is no id": (changed(images=[COCO["images"][0] | {"id": True}]), "images[0]: id"),
    "id twice": (changed(images=[COCO["images"][0]] * 2), "images[1]: id 7 is given twice"),
    "unknown image": (annotation(image_id=9), "annotations[0] is of image 9, which 'images' does not list"),
    "text for a number": (annotation(image_id="7"), "annotations[0] is of image '7', which 'images' does not list"),
    "unknown category": (
        annotation(category_id=3),
        "annotations[0] is of category 3, which 'categories' does not list",
    ),
    "neither": (changed(annotations=[{"image_id": 7}]), "annotations[0] has neither a caption nor a bbox"),
    "empty caption": (changed(annotations=[{"image_id": 7, "caption": " "}]), "has neither a caption nor a bbox"),
    "three numbers": (annotation(bbox=[1, 2, 3]), "annotations[0]: bbox"),
    "a number as text": (annotation(bbox=["1", 2, 3, 4]), "annotations[0]: bbox.0"),
    "endless": (json.dumps(annotation()).replace("[1, 2,", "[1e999, 2,"), "annotations[0]: bbox.0"),
    "half a pair": (annotation(caption="A \ud83d"), "annotations[0]: caption"),
    "too far right": (annotation(bbox=[190, 2, 30, 4]), "box [190.0, 2.0, 30.0, 4.0] is not inside of 'train2017/quay"),
    "too far down": (annotation(bbox=[1, 90, 3, 11]), "is not inside of 'train2017/quay.png' with 200x100 pixels"),
    "negative": (annotation(bbox=[-1, 2, 3, 4]), "is not inside of"),
    "turned round": (annotation(bbox=[50, 50, -3, 4]), "is not inside of"),
    "none is mine": (
        changed(images=COCO["images"][1:], annotations=[]),
        "their first is 'not_mine.png', yours is 'quay.png'",
    ),
    "empty": ({"images": []}, "name none of your 1 pictures: their first is none"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_wrong_in_itself_is_refused_by_name(case: tuple[Any, str], folder: Path) -> None:
    content, said = case
    with pytest.raises(ConfigError) as refused:
        told(folder, content)
    assert said in str(refused.value)
    assert "coco.json" in str(refused.value)


def _another_size(folder: Path) -> dict[str, Any]:
    (folder / "mine" / "quay.png").write_bytes(picture(100, 50))
    return COCO


def _two_of_a_name_of_mine(folder: Path) -> dict[str, Any]:
    (folder / "mine" / "deeper").mkdir()
    (folder / "mine" / "deeper" / "quay.png").write_bytes(picture(shade=3))
    return COCO


def _two_of_a_name_of_theirs(_folder: Path) -> dict[str, Any]:
    return changed(images=[*COCO["images"], COCO["images"][0] | {"id": 9, "file_name": "val2017/quay.png"}])


def _nothing_said(_folder: Path) -> dict[str, Any]:
    return changed(annotations=[])


def _too_much(_folder: Path) -> dict[str, Any]:
    return changed(annotations=[{"image_id": 7, "caption": CAPTION}] * 300)


@pytest.mark.parametrize(
    ("prepare", "reason", "count"),
    [
        (_another_size, "the annotations are of another size", 1),
        (_two_of_a_name_of_mine, "several of your pictures have this name", 2),
        (_two_of_a_name_of_theirs, "the annotations have several pictures of this name", 1),
        (_nothing_said, "the annotations say nothing of it", 1),
        (_too_much, "more than 8,000 characters of annotations", 1),
    ],
    ids=["size", "my name twice", "their name twice", "nothing", "too much"],
)
def test_what_does_not_fit_a_picture_leaves_it_without_a_text(
    prepare: Callable[[Path], dict[str, Any]], reason: str, count: int, folder: Path
) -> None:
    result = told(folder, prepare(folder))
    assert result.counts.model_dump() == {"taken": count, "kept": 0, "dropped": count, "failed": 0}
    assert result.reasons == {f"annotations: {reason}": count}
    aside = Store("memory://annotations").records(result.artifacts["dropped"], Verdict)
    assert {AnnotatedPicture.model_validate_json(one.record_json).name for one in aside} == {"quay.png"}


def test_a_picture_is_measured_as_it_is_shown(folder: Path) -> None:
    """A camera's picture lies on its side and says so; whoever drew the boxes saw it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    (folder / "mine" / "quay.png").write_bytes(picture(100, 200, exif=exif))
    assert told(folder, COCO).counts.kept == 1


def test_other_annotations_are_another_artifact_and_the_same_ones_the_same(folder: Path) -> None:
    """The digest is what the cache of the queries knows of the file."""
    first, same, other = (told(folder, content) for content in (COCO, COCO, annotation()))
    assert first.artifacts["kept"] == same.artifacts["kept"]
    assert first.artifacts["kept"].digest != other.artifacts["kept"].digest


def test_writer_and_judges_are_told_and_the_agent_and_the_examples_never(folder: Path) -> None:
    store = Store(f"file://{folder}/store")
    recipe = load_recipe("t3_agent", {"generation": {"user_file_queries": 1}})
    heard: list[str] = []

    async def all_stages() -> tuple[list[Query], list[Example]]:
        contexts = told(folder, COCO, store).artifacts["kept"]
        media = adopt_files(str(folder / "mine"), store=store, storage_options={}).artifacts["kept"]
        async with _teacher(store, heard=heard) as teacher:
            given: dict[str, Any] = {"store": store, "teacher": teacher}
            asked = await write_user_queries(media, recipe, **given, contexts=contexts)
            queries = asked.artifacts["kept"]
            passed = await verify_queries(queries, media, recipe, store=store, judge=teacher)
            queries = passed.artifacts["kept"]
            runs = await roll_out(queries, media, recipe, **given, home=folder, scope="rollout")
            files = (media, runs.artifacts["media"])
            verified = await verify_trajectories(
                runs.artifacts["kept"],
                queries,
                files,
                recipe,
                store=store,
                judge=teacher,
                home=folder,
                scope="rollout",
            )
        built = build_dataset((verified.artifacts["kept"],), (queries,), files, (), recipe, store=store)
        return store.records(queries, Query), store.records(built.artifacts["kept"], Example)

    queries, examples = asyncio.run(all_stages())
    assert {query.files[0].origin: query.picture_context for query in queries} == {"quay.png": TEXT, "table.csv": ""}
    assert {example.family for example in examples} == {"user/picture", "user/table"}
    assert not [e for e in examples if CAPTION in f"{e.messages_json}{e.query}{e.answer_json}"]
    by_role: dict[str, list[bool]] = {}
    for request in map(json.loads, filter(None, heard)):
        by_role.setdefault(_role(request), []).append(CAPTION in json.dumps(request["messages"]))
    assert {role: sum(found) for role, found in by_role.items()} == {
        "user_query_writer": 1,
        "query_judge": 1,
        "trajectory_judge": 1,
        "controller": 0,
    }
    assert len(by_role["controller"]) >= 2


def _role(request: dict[str, Any]) -> str:
    first = json.dumps(request["messages"][0])
    starts = {
        "You write the queries": "user_query_writer",
        "Judge a query": "query_judge",
        "Judge how": "trajectory_judge",
    }
    return next((role for start, role in starts.items() if start in first), "controller")
