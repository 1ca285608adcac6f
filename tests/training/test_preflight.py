"""What cannot train is refused before a rank is started, and named."""

import json
from pathlib import Path

import pytest

pytest.importorskip("transformers")

from journeyman.errors import ConfigError, SchemaError, StorageError
from journeyman.model_family import load_model_family
from journeyman.recipe import Recipe
from journeyman.schema.model import Model
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.training import launch
from journeyman.training.config import TrainingConfig
from journeyman.training.preflight import refuse_model, refuse_more_ranks_than_rows
from tests.training.test_launch import example, toys, written
from tests.training.toy_conversations import problems


@pytest.fixture
def store(tmp_path):
    return Store(f"file://{tmp_path}/store")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A whole model folder."""
    family = load_model_family("qwen_vl")
    folder = tmp_path_factory.mktemp("model")
    model, processor = family.build_tiny(["some words to cut into pieces"], 0)
    family.save(model, processor, folder, None)
    return folder


@pytest.fixture(autouse=True)
def no_rank_may_start(monkeypatch):
    def started(*_):
        raise AssertionError("a rank was started")

    monkeypatch.setattr("journeyman.training.stages.run_ranks", started)


def train(store, config, dataset=None):
    recipe = Recipe(name="toy", tools=(), query_checks=(), trajectory_checks=(), training=config)
    home = Path(store.url.removeprefix("file://")).parent / "home"
    data = written(store, toys()) if dataset is None else dataset
    return launch.train(data, recipe, store=store, settings=Settings(), home=home, on_metrics=lambda _: None)


def copied(folder, target, *without):
    target.mkdir()
    for path in folder.iterdir():
        if path.name not in without:
            (target / path.name).write_bytes(path.read_bytes())
    return target


def test_a_sound_setting_gets_as_far_as_its_ranks(store, exported):
    for base in ("tiny", str(exported)):
        with pytest.raises(AssertionError, match="a rank was started"):
            train(store, TrainingConfig(base_model=base))


def test_more_ranks_than_rows(store):
    rows = [example(p, i, "train") for i, p in enumerate(problems(5, seed=0))]
    with pytest.raises(ConfigError, match=r"ranks = 3 on nodes = 2 are 6, but the train split has 5 rows; .*at most 2"):
        train(store, TrainingConfig(ranks=3, nodes=2, rendezvous="head:1"), written(store, rows))


@pytest.mark.parametrize(("ranks", "rows"), [(1, 1), (2, 2), (8, 100)])
def test_as_many_rows_as_ranks_are_enough(ranks, rows):
    refuse_more_ranks_than_rows(TrainingConfig(ranks=ranks), rows)


def test_an_unreachable_store(tmp_path, store):
    dataset = written(store, toys())
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"store file://.*/file/inside cannot be used"):
        train(Store(f"file://{tmp_path}/file/inside"), TrainingConfig(), dataset)


def test_a_bucket_at_an_address_where_nobody_answers(store):
    options = {
        "key": "k",
        "secret": "s",
        "endpoint_url": "http://127.0.0.1:9",
        "config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 2},
    }
    dataset = written(store, toys())
    with pytest.raises(StorageError, match="store s3://nowhere/runs cannot be used"):
        train(Store("s3://nowhere/runs", options), TrainingConfig(), dataset)


def test_a_dataset_of_another_schema(store):
    row = Model(
        model_digest="d",
        prefix="p",
        family="f",
        base_model="b",
        dataset_digest="",
        config_json="{}",
        steps=0,
        final_loss=0.0,
        trained_tokens=0,
        parameters=0,
        trained_parameters=0,
    )
    other = store.write("models", [row], Model)
    with pytest.raises(SchemaError, match="Example"):
        train(store, TrainingConfig(), other)


@pytest.mark.parametrize(
    ("without", "message"),
    [
        (("config.json",), "holds no config.json"),
        (("preprocessor_config.json", "processor_config.json"), "holds no processor"),
        (("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"), "holds no tokenizer"),
    ],
)
def test_a_model_folder_that_is_not_whole(store, exported, tmp_path, without, message):
    folder = copied(exported, tmp_path / "model", *without)
    with pytest.raises(ConfigError, match=message):
        train(store, TrainingConfig(base_model=str(folder)))


@pytest.mark.parametrize("token", ["<|im_end|>", "<|image_pad|>"])
def test_a_tokenizer_without_its_control_tokens(store, exported, tmp_path, token):
    folder = copied(exported, tmp_path / "model")
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["content"] != token]
    path.write_text(json.dumps(tokenizer))
    settings = folder / "tokenizer_config.json"
    settings.write_text(settings.read_text().replace(token, "<|other|>"))
    with pytest.raises(ConfigError, match="token"):
        train(store, TrainingConfig(base_model=str(folder)))


def test_a_tracker_a_hostfile_and_a_folder_that_are_not_there(store, tmp_path, monkeypatch):
    monkeypatch.setattr("journeyman.tracker.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="tracker 'wandb' is not installed"):
        train(store, TrainingConfig(trackers=("wandb",)))
    with pytest.raises(ConfigError, match="hostfile '/no/such/file' is no file"):
        train(store, TrainingConfig(nodes=2, launcher="deepspeed", hostfile="/no/such/file"))
    with pytest.raises(ConfigError, match=r"base_model '\./none' is no folder"):
        train(store, TrainingConfig(base_model="./none"))


def test_a_folder_of_a_family_with_frozen_encoders_needs_no_file_of_a_processor(tmp_path):
    family = load_model_family("bridge")
    model, processor = family.build_tiny(["some words to cut into pieces"], 0)
    family.save(model, processor, tmp_path, None)
    config = TrainingConfig(model_family="bridge", base_model=str(tmp_path))
    refuse_model(config, family)
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer_config.json").unlink()
    with pytest.raises(ConfigError, match="holds no tokenizer"):
        refuse_model(config, family)
