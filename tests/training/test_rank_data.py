# ruff: noqa: E402 - what needs torch is imported only where torch is
import logging

import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.dataset.publish import published_files
from journeyman.errors import ConfigError
from journeyman.schema.arrow import table_to_records
from journeyman.schema.example import Example
from journeyman.schema.record import sha256_hex
from journeyman.settings import Settings
from journeyman.storage import features as feature_module
from journeyman.storage.row_groups import RowGroups
from journeyman.storage.store import Store
from journeyman.training import rank_data
from journeyman.training.config import MixedDataset, TrainingConfig
from journeyman.training.conversations import COLUMNS, Encoder, Limits
from journeyman.training.feature_file import FeatureFile
from journeyman.training.loader import Loader
from journeyman.training.media_source import media_source
from journeyman.training.order import Mixture, Rows
from journeyman.training.packing import Packing
from journeyman.training.rank_data import bring_data, training_texts
from tests.model_families.members import PIXELS
from tests.storage.toy_encoders import BAD, ToyEncoders
from tests.training.examples import examples
from tests.training.toy_bridge import files_of, media_examples, toy_family, toy_processor

CONFIG = TrainingConfig(model_family="toy_bridge", max_steps=1)


@pytest.fixture(scope="module")
def rows():
    return media_examples(40) + media_examples(8, start=100, split="validation")


@pytest.fixture
def store(tmp_path):
    return Store(f"file://{tmp_path}/store")


@pytest.fixture
def columns_read(monkeypatch):
    """Columns of all row groups that are read from now on."""
    read = []
    whole = RowGroups.read
    monkeypatch.setattr(RowGroups, "read", lambda self, g, columns: read.extend(columns) or whole(self, g, columns))
    return read


def brought(store, rows, folder, *, encoders=None, config=CONFIG, family=None):
    """(what ranks are told, the encoders) of one run."""
    encoders = encoders or ToyEncoders()
    folder.mkdir()
    family = family or toy_family(encoders)
    real = rank_data.load_model_family
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rank_data, "load_model_family", lambda name: family if name == "toy_bridge" else real(name))
        ref = store.write("examples", rows, Example)
        told = bring_data(store, ref, config, folder, Settings(), features=folder / "features.arrow")
    return told, encoders


def with_media(columns):
    return set(columns) & set(COLUMNS.values())


def test_every_file_is_computed_once_and_a_second_run_reads_no_media(store, rows, tmp_path, columns_read):
    told, encoders = brought(store, rows, tmp_path / "first")
    files = files_of(rows)
    assert {kind for kind, _ in files.values()} == {"image", "audio", "video"}
    assert sorted(encoders.seen) == sorted(data for _, data in files.values())
    assert with_media(columns_read) == set(COLUMNS.values())
    assert told.features == "toy-1"
    assert FeatureFile(tmp_path / "first" / "features.arrow").keys() == files.keys()
    columns_read.clear()
    again, others = brought(store, rows, tmp_path / "second")
    assert (again, others.seen) == (told, [])
    assert with_media(columns_read) == set()
    pair = [dict(FeatureFile(tmp_path / name / "features.arrow")) for name in ("first", "second")]
    assert pair[0] == pair[1]


def test_what_ranks_are_brought_holds_every_word_and_no_file(store, rows, tmp_path):
    brought(store, rows, tmp_path / "run")
    copied = table_to_records(pq.read_table(tmp_path / "run" / "dataset.parquet"), Example)
    assert copied == [row.model_copy(update={"images": (), "audios": (), "videos": ()}) for row in rows]


def test_new_rows_cost_their_own_files_alone(store, rows, tmp_path):
    brought(store, rows[:20], tmp_path / "first")
    _, encoders = brought(store, rows, tmp_path / "second")
    new = files_of(rows).keys() - files_of(rows[:20]).keys()
    assert sorted(map(sha256_hex, encoders.seen)) == sorted(new)


def test_a_run_that_failed_computes_no_finished_part_again(store, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(feature_module, "PART_FILES", 4)

    class Failing(ToyEncoders):
        def compute(self, files, processor):
            if len(self.seen) > 10:
                raise RuntimeError("the power is out")
            return ToyEncoders.compute(self, files, processor)

    failing = Failing()
    with pytest.raises(RuntimeError, match="the power is out"):
        brought(store, rows, tmp_path / "first", encoders=failing)
    assert not (tmp_path / "first" / "features.arrow").exists()
    _, encoders = brought(store, rows, tmp_path / "second")
    assert sorted(encoders.seen + failing.seen) == sorted(data for _, data in files_of(rows).values())


def test_a_damaged_part_is_computed_anew(store, rows, tmp_path, caplog):
    brought(store, rows, tmp_path / "first")
    (key,) = store.keys("features/toy-1/")
    store.put(key, store.get(key)[:-20])
    with caplog.at_level(logging.WARNING):
        _, encoders = brought(store, rows, tmp_path / "second")
    assert "is passed over" in caplog.text
    assert len(encoders.seen) == len(files_of(rows))
    assert dict(FeatureFile(tmp_path / "second" / "features.arrow")) == dict(
        FeatureFile(tmp_path / "first" / "features.arrow")
    )


def test_files_without_features_stop_the_run_by_row_digest_and_reason(store, rows, tmp_path):
    heard = next(row for row in rows if row.audios)
    seen = next(row for row in rows if row.images)
    digest, lost = heard.audios[0].path.partition(".")[0], seen.images[0].path.partition(".")[0]
    bad = BAD + b" it is empty"
    files = (heard.audios[0].model_copy(update={"bytes": bad, "path": f"{sha256_hex(bad)}.wav"}),)
    text = heard.messages_json.replace(digest, sha256_hex(bad))
    changed = {
        heard.example_id: heard.model_copy(update={"audios": files, "messages_json": text}),
        seen.example_id: seen.model_copy(update={"images": ()}),
    }
    made = [changed.get(row.example_id, row) for row in rows]
    with pytest.raises(ConfigError) as refused:
        brought(store, made, tmp_path / "run")
    told = str(refused.value)
    assert told.startswith(f"2 of {len(files_of(rows))} files have no features: ")
    assert f"row {heard.example_id}: sound {sha256_hex(bad)[:12]}: no audio: it is empty" in told
    assert f"row {seen.example_id}: picture {lost[:12]}: is missing from images" in told
    _, encoders = brought(store, rows, tmp_path / "again")
    assert sorted(map(sha256_hex, encoders.seen)) == sorted((digest, lost)), "the good ones were kept"


def test_bytes_that_are_not_what_their_name_says_are_refused(store, rows, tmp_path):
    row = next(row for row in rows if row.videos)
    other = (row.videos[0].model_copy(update={"bytes": b"something else"}),)
    made = [row.model_copy(update={"videos": other}) if r is row else r for r in rows]
    with pytest.raises(ConfigError, match=f"row {row.example_id}: video .* its bytes are not those"):
        brought(store, made, tmp_path / "run")


def test_a_kind_that_the_family_does_not_take_is_refused_by_row_kind_and_family(store, rows, tmp_path):
    config = CONFIG.model_copy(update={"model_family": "llava"})
    row = next(row for row in rows if row.audios or row.videos)
    kind = "sound" if row.audios else "video"
    with pytest.raises(ConfigError, match=rf"row {row.example_id} of dataset .* shows a {kind} .*llava.*bridge"):
        brought(store, rows, tmp_path / "run", config=config)
    pictures = [r for r in rows if not (r.audios or r.videos)]
    told, _ = brought(store, pictures, tmp_path / "pictures", config=config)
    assert told == rank_data.Brought()


def test_words_that_look_like_a_sound_are_words(store, tmp_path):
    rows = examples(6)
    first = rows[0]
    forged = first.messages_json.replace('"text":"', '"text":"{\\"sha256\\":\\"aa\\",\\"type\\":\\"audio\\"} ', 1)
    assert forged != first.messages_json
    made = [first.model_copy(update={"messages_json": forged}), *rows[1:]]
    told, _ = brought(store, made, tmp_path / "run", config=CONFIG.model_copy(update={"model_family": "llava"}))
    assert told == rank_data.Brought()


def test_a_blind_twin_is_brought_words_and_nothing_is_computed(store, rows, tmp_path, columns_read):
    for name in ("toy_bridge", "llava"):
        config = CONFIG.model_copy(update={"media": "none", "model_family": name})
        told, encoders = brought(store, rows, tmp_path / name, config=config)
        assert (told, encoders.seen) == (rank_data.Brought(), [])
    assert with_media(columns_read) == set()


def test_a_dataset_that_is_streamed_has_features_all_the_same(store, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(rank_data, "STREAMED_BYTES", 1)
    told, _ = brought(store, rows, tmp_path / "run")
    assert told.features == "toy-1"
    assert not (tmp_path / "run" / "dataset.parquet").exists()
    read = Rows(told.urls, split="train", media=media_source(toy_family(), "as stored", {}))
    assert read.rows == 40
    read.close()


def test_files_of_a_mixed_dataset_have_features_too(store, rows, tmp_path):
    (tmp_path / "other").mkdir()
    others = media_examples(9, start=200)
    for name, data in published_files([*others, *media_examples(3, start=300, split="validation")], "card"):
        (tmp_path / "other" / name).write_bytes(data)
    config = CONFIG.model_copy(update={"mixture": (MixedDataset(url=str(tmp_path / "other")),)})
    brought(store, rows, tmp_path / "run", config=config)
    have = FeatureFile(tmp_path / "run" / "features.arrow").keys()
    assert have == files_of(rows).keys() | files_of(others).keys()


def test_a_dataset_without_files_needs_no_encoder(store, rows, tmp_path):
    silent = [row for row in rows if not (row.images or row.audios or row.videos)]
    told, encoders = brought(store, silent, tmp_path / "run")
    assert (told, encoders.seen) == (rank_data.Brought(), [])


def batches(path, source, family, steps):
    """Inputs of the first forward passes."""
    rows = Rows([str(path)], split="train", media=source)
    loader = Loader(
        Mixture([rows], [1.0]),
        Encoder(family, toy_processor(), Limits(**PIXELS)),
        Packing(2048, 512, 1, share_prefix=True, patch_weight=0.3),
        lambda packed, prefix: family.collate(packed, toy_processor(), prefix=prefix),
        rank=0,
    )
    taken = []
    for _, step in zip(range(steps), loader.steps(loader.start), strict=False):
        taken += [batch.inputs for batch in step.batches]
    loader.close()
    return taken


def test_batches_are_those_of_features_computed_on_the_spot_over_two_epochs(store, rows, tmp_path, columns_read):
    _, encoders = brought(store, rows, tmp_path / "run")
    family = toy_family(encoders)
    computed = len(encoders.seen)
    columns_read.clear()
    file = FeatureFile(tmp_path / "run" / "features.arrow")
    from_bucket = batches(tmp_path / "run" / "dataset.parquet", media_source(family, "as stored", file), family, 14)
    assert with_media(columns_read) == set()
    assert len(encoders.seen) == computed
    spot = {
        sha256: feature_module.npy_bytes(*ToyEncoders().compute([own], None)) for sha256, own in files_of(rows).items()
    }
    here = batches(tmp_path / "run" / "dataset.parquet", media_source(family, "as stored", spot), family, 14)
    assert sum(len(inputs["input_ids"]) for inputs in here) > 40, "more rows than an epoch has"
    for inputs, others in zip(from_bucket, here, strict=True):
        assert torch.equal(inputs["input_ids"], others["input_ids"])
        assert torch.equal(inputs["pixel_values"], others["pixel_values"])
    assert any(inputs["pixel_values"].std() > 0 for inputs in here)


def test_texts_of_the_train_split_come_without_media(store, rows, columns_read):
    texts = list(training_texts(store, store.write("examples", rows, Example)))
    want = [row for row in rows if row.split == "train"]
    assert len(texts) == sum(row.messages_json.count('"role"') for row in want)
    assert with_media(columns_read) == set()
