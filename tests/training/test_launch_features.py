"""Real ranks on features, on videos and on words alone; each run costs 10 to 20 s, mostly imports, so there are few."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("deepspeed")
pytest.importorskip("av")

from journeyman.errors import ConfigError
from journeyman.model_families._encoders import Encoders
from journeyman.recipe import Recipe
from journeyman.schema.example import Example
from journeyman.schema.model import Model
from journeyman.settings import Settings
from journeyman.storage.row_groups import RowGroups
from journeyman.storage.store import Store
from journeyman.training import launch
from journeyman.training.card import ModelFacts, model_card
from journeyman.training.config import TrainingConfig
from tests.training.toy_media import media_rows

CONFIG = TrainingConfig(
    model_family="bridge", ranks=1, max_steps=6, tokens_per_step=1024, pack_tokens=512, checkpoint_every=100
)


@pytest.fixture(autouse=True, scope="module")
def one_thread_a_rank():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def rows():
    return media_rows(18) + media_rows(3, split="validation")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(f"file://{tmp_path_factory.mktemp('store')}")


def run(store, home, rows, config):
    """(result, losses by step)"""
    curve = []
    result = launch.train(
        store.write("examples", rows, Example),
        Recipe(name="toy", tools=(), query_checks=(), trajectory_checks=(), training=config),
        store=store,
        settings=Settings(),
        home=home,
        on_metrics=curve.append,
    )
    return result, [metrics["loss"] for metrics in curve]


def row_of(store, result):
    (row,) = store.records(result.artifacts["kept"], Model)
    return row


def test_a_second_run_opens_no_file_and_gives_the_same_losses(store, rows, tmp_path, monkeypatch):
    computed = []
    compute = Encoders.compute
    monkeypatch.setattr(Encoders, "compute", lambda self, f, p: computed.extend(f) or compute(self, f, p))
    result, losses = run(store, tmp_path / "first", rows, CONFIG)
    assert len(computed) == 21
    assert losses[-1] < losses[0]
    assert float(result.facts["validation_loss"]) > 0
    read = []
    whole = RowGroups.read
    monkeypatch.setattr(RowGroups, "read", lambda self, g, columns: read.extend(columns) or whole(self, g, columns))
    # More steps, several epochs of them: another run, over the same files.
    again, longer = run(store, tmp_path / "second", rows, CONFIG.model_copy(update={"schedule": "constant"}))
    assert len(computed) == 21
    assert not {"images", "audios", "videos"} & set(read)
    assert longer[0] == pytest.approx(losses[0], rel=1e-6)
    assert again.facts["trained_tokens"] == result.facts["trained_tokens"]
    assert row_of(store, again).family == "bridge"


def test_a_blind_twin_is_trained_on_words_and_says_so(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(Encoders, "compute", lambda *_: pytest.fail("a file was opened"))
    store = Store(f"file://{tmp_path}/store")
    result, losses = run(store, tmp_path / "home", rows, CONFIG.model_copy(update={"media": "none"}))
    assert losses[-1] < losses[0]
    assert store.keys("features/") == []
    row = row_of(store, result)
    assert json.loads(row.config_json)["media"] == "none"
    card = model_card(row, rows, ModelFacts())
    assert "Trained without media" in card
    whole = row.model_copy(update={"config_json": CONFIG.model_dump_json()})
    assert "without media" not in model_card(whole, rows, ModelFacts())


def test_videos_are_trained_on_as_they_are_stored_where_a_family_encodes_them(tmp_path):
    rows = media_rows(10, kinds=("image", "video"))
    config = CONFIG.model_copy(update={"model_family": "qwen_vl", "max_steps": 3})
    store = Store(f"file://{tmp_path}/store")
    _, losses = run(store, tmp_path / "home", rows, config)
    assert losses[-1] < losses[0]
    with pytest.raises(ConfigError, match=r"row train-0 .* shows a sound \(audio .*qwen_vl does not take.*bridge"):
        run(store, tmp_path / "other", media_rows(4, kinds=("audio",)), config)
