import json

import datasets
import pyarrow.parquet as pq
import pytest

from journeyman.dataset.card import CardFacts, dataset_card
from journeyman.dataset.publish import published_files
from journeyman.schema.example import EmbeddedFile, EmbeddedImage, Example
from journeyman.schema.message import AudioPart, ImagePart, Message, TextPart, VideoPart, messages_to_json
from journeyman.schema.record import sha256_hex
from tests.dataset.toys import picture

PICTURE = picture((9, 8, 7))
SOUND, VIDEO = b"RIFF no player is asked", b"\0\0\0\x18ftyp nor here"
FACTS = CardFacts("toy", "0" * 64, 0, {}, {}, {}, {"CC0-1.0": 3}, {})


def embedded(data, extension, kind=EmbeddedFile):
    return kind(bytes=data, path=f"{sha256_hex(data)}.{extension}")


def row(number, *, audios=(), videos=(), split="train"):
    parts = [ImagePart(sha256=PICTURE.sha256)]
    parts += [AudioPart(sha256=sha256_hex(data)) for data in audios]
    parts += [VideoPart(sha256=sha256_hex(data)) for data in videos]
    return Example(
        example_id=str(number),
        split=split,
        family="toy",
        query="which?",
        messages_json=messages_to_json([Message(role="user", content=(TextPart(text="which?"), *parts))]),
        images=(embedded(PICTURE.data, "png", EmbeddedImage),),
        tools=(),
        answer_json='""',
        origin="synthesised",
        teacher="toy",
        audios=tuple(embedded(data, "wav") for data in audios),
        videos=tuple(embedded(data, "mp4") for data in videos),
    )


@pytest.fixture
def published(tmp_path):
    rows = [row(0, audios=(SOUND,)), row(1, videos=(VIDEO, VIDEO)), row(2), row(3, split="validation")]
    for name, data in published_files(rows, "card"):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_datasets_shows_pictures_and_gives_sounds_and_videos_as_they_were_stored(published):
    loaded = datasets.load_dataset(
        "parquet",
        data_files={s: str(published / f"{s}-00000.parquet") for s in ("train", "validation")},
        cache_dir=str(published / "cache"),
    )
    first, second, third = loaded["train"]
    assert first["images"][0].getpixel((0, 0)) == (9, 8, 7)
    assert first["audios"] == [{"bytes": SOUND, "path": f"{sha256_hex(SOUND)}.wav"}]
    assert second["videos"] == [{"bytes": VIDEO, "path": f"{sha256_hex(VIDEO)}.mp4"}] * 2
    assert (first["videos"], second["audios"], third["audios"], third["videos"]) == ([], [], [], [])
    features = loaded["train"].features
    assert features["images"] == datasets.List(datasets.Image())
    assert features["audios"] == datasets.List(datasets.Audio(decode=False))
    assert features["videos"] == datasets.List(datasets.Video(decode=False))


def test_the_metadata_is_what_datasets_itself_would_write(published):
    schema = pq.read_schema(published / "train-00000.parquet")
    told = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    own = {
        "images": datasets.List(datasets.Image()),
        "audios": datasets.List(datasets.Audio(decode=False)),
        "videos": datasets.List(datasets.Video(decode=False)),
        "tools": datasets.List(datasets.Value("string")),
    }
    want = datasets.Features({name: own.get(name, datasets.Value("string")) for name in Example.model_fields})
    assert told == want.to_dict()
    assert schema.remove_metadata() == want.arrow_schema.remove_metadata()


def test_the_card_says_which_kinds_of_files_there_are():
    silent = dataset_card([row(0)], FACTS)
    assert "- image-text-to-text\ntags" in silent
    assert "## Licences of the pictures" in silent
    told = dataset_card([row(0, audios=(SOUND,)), row(1, videos=(VIDEO,))], FACTS)
    assert "- image-text-to-text\n- audio-text-to-text\n- video-text-to-text\ntags" in told
    assert "pictures, sounds and videos at their places" in told
    assert "## Licences of the files" in told
