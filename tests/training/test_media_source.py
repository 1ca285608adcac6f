import dataclasses
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.errors import ConfigError
from journeyman.model_family import load_model_family
from journeyman.schema.arrow import records_to_table
from journeyman.schema.example import Example
from journeyman.schema.message import TextPart, messages_from_json
from journeyman.storage.row_groups import RowGroups
from journeyman.training import conversations
from journeyman.training.conversations import COLUMNS, Conversation, Encoder, Limits
from journeyman.training.media_source import MediaSource, media_source
from journeyman.training.order import Rows
from tests.model_families.members import PIXELS
from tests.training.examples import write_table, written
from tests.training.toy_bridge import files_of, media_examples, toy_family, toy_processor

LIMITS = Limits(**PIXELS)


@pytest.fixture(scope="module")
def rows():
    return media_examples(30)


def npy(number):
    out = io.BytesIO()
    np.save(out, np.full((16, 3), number, dtype=np.float32))
    return out.getvalue()


@pytest.mark.parametrize(
    ("family", "media", "kinds"),
    [
        ("llava", "as stored", {"image"}),
        ("qwen_vl", "as stored", {"image", "video"}),
        ("bridge", "as stored", set()),
        ("qwen_vl", "none", set()),
        ("bridge", "none", set()),
    ],
)
def test_only_the_columns_that_a_family_takes_are_read(family, media, kinds, rows, tmp_path, monkeypatch):
    source = media_source(load_model_family(family), media, {})
    read = []
    whole = RowGroups.read
    monkeypatch.setattr(RowGroups, "read", lambda self, g, columns: read.extend(columns) or whole(self, g, columns))
    found = [ref.conversation for ref in Rows([written(tmp_path, rows)], split="train", media=source).stored()]
    assert set(read) & set(COLUMNS.values()) == {COLUMNS[kind] for kind in kinds}
    files = files_of(rows)
    got = {sha256: data for conversation in found for sha256, data in conversation.media.items()}
    assert got == {sha256: data for sha256, (kind, data) in files.items() if kind in kinds}


def test_a_dataset_from_before_there_were_sounds_is_read(rows, tmp_path):
    old = [row for row in rows if not (row.audios or row.videos)]
    table = records_to_table(old, Example).drop_columns(["audios", "videos"])
    source = MediaSource(kinds=("image", "video"))
    read = [ref.conversation for ref in Rows([write_table(tmp_path, table)], split="train", media=source).stored()]
    assert [c.row_id for c in read] == [row.example_id for row in old]
    assert {s: d for c in read for s, d in c.media.items()} == {s: d for s, (_, d) in files_of(old).items()}


def test_a_blind_twin_reads_every_word_and_no_part(rows, tmp_path):
    source = media_source(load_model_family("qwen_vl"), "none", None)
    for row, ref in zip(rows, Rows([written(tmp_path, rows)], split="train", media=source).stored(), strict=True):
        blind = messages_from_json(ref.conversation.messages_json)
        whole = messages_from_json(row.messages_json)
        assert [(m.role, m.text, m.trained, m.media) for m in blind] == [(m.role, m.text, m.trained, ()) for m in whole]
        assert all(isinstance(part, TextPart) for m in blind for part in m.content)
        assert all(m.content for m in blind)


def test_features_come_by_what_the_messages_name(rows, tmp_path):
    features = {sha256: npy(n) for n, sha256 in enumerate(files_of(rows))}
    family = toy_family()
    source = media_source(family, "as stored", features)
    encoder = Encoder(family, toy_processor(), LIMITS)
    for row, ref in zip(rows, Rows([written(tmp_path, rows)], split="train", media=source).stored(), strict=True):
        conversation = ref.conversation
        assert conversation.media == {sha256: features[sha256] for sha256 in files_of([row])}
        measure = encoder.measure(conversation.row_id, conversation.messages_json, conversation.sizes())
        encoded = encoder.encode(conversation, measure)
        assert (len(encoded), len(encoded.patches)) == (measure.tokens, measure.patches)
        assert len(encoded.picture_spans) == len(files_of([row]))


@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_a_file_without_features_is_named_by_row_and_kind(kind, rows):
    row = next(row for row in rows if getattr(row, COLUMNS[kind]))
    lost = media_source(toy_family(), "as stored", {}).conversation(row.model_dump())
    with pytest.raises(ConfigError, match=rf"row {row.example_id}: .* of a user turn is missing from {COLUMNS[kind]}"):
        Encoder(toy_family(), toy_processor(), LIMITS).measure(lost.row_id, lost.messages_json, lost.sizes())


def test_sizes_are_those_of_headers(rows, monkeypatch):
    monkeypatch.setattr("journeyman.media_reader.frame_size", lambda data, name: (len(data), 7))
    for row in rows:
        stored = MediaSource(kinds=("image", "audio", "video")).conversation(row.model_dump())
        want = {"image": None, "audio": (0, 0), "video": None}
        for sha256, (kind, data) in files_of([row]).items():
            size = stored.sizes()[sha256]
            assert size == (want[kind] or conversations.media_size(kind, data))
            assert kind != "video" or size == (len(data), 7)
            assert kind != "image" or min(size) > 7


def test_a_video_that_is_none_is_named_with_its_row(rows):
    row = next(row for row in rows if row.videos)
    stored = MediaSource(kinds=("video",)).conversation(row.model_dump())
    digest = row.videos[0].path.partition(".")[0]
    with pytest.raises(ConfigError, match=f"row {row.example_id}: video {digest[:12]} cannot be opened"):
        stored.sizes()


def test_a_family_that_tells_no_size_takes_no_sound(rows):
    row = next(row for row in rows if row.audios)
    stored = MediaSource(kinds=("audio",)).conversation(row.model_dump())
    silent = dataclasses.replace(load_model_family("qwen_vl"), media_size=None)
    with pytest.raises(ConfigError, match="qwen_vl takes no sound"):
        Encoder(silent, toy_processor(), LIMITS).measure("r", row.messages_json, stored.sizes())


def test_a_row_that_datasets_wrote_again_may_hold_nothing_for_a_column():
    row = {"example_id": "r", "messages_json": "[]", "images": None}
    assert MediaSource().conversation(row) == Conversation("r", "[]", {})


def test_rows_come_back_though_arrow_types_are_wider(rows, tmp_path):
    table = records_to_table(rows, Example)
    index = table.column_names.index("videos")
    wide = pa.large_list(pa.struct({"bytes": pa.large_binary(), "path": pa.large_string()}))
    pq.write_table(table.set_column(index, "videos", table["videos"].cast(wide)), tmp_path / "wide.parquet")
    read = Rows([str(tmp_path / "wide.parquet")], split="train", media=MediaSource(kinds=("video",)))
    got = {s: d for ref in read.stored() for s, d in ref.conversation.media.items()}
    assert got == {s: d for s, (kind, d) in files_of(rows).items() if kind == "video"}
