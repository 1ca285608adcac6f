# ruff: noqa: E402 - what needs torch is imported only where torch is
import asyncio
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.agent.local_model import LocalModelController
from journeyman.errors import ArtifactError, ConfigError
from journeyman.model_families.qwen_vl import FAMILY
from journeyman.schema.model import Model
from journeyman.storage.model_files import upload_model
from journeyman.storage.store import Store
from tests.training.toy_conversations import problems

LIMITS = {"max_new_tokens": 12, "max_pixels": 112 * 112, "min_pixels": 56 * 56}


@pytest.fixture(scope="module")
def toys():
    return problems(8, seed=0)


@pytest.fixture(scope="module")
def stored(toys, tmp_path_factory):
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("stored")
    model, processor = FAMILY.build_tiny([m.text for p in toys for m in p.messages], 0)
    FAMILY.save(model, processor, root / "model", None)
    store = Store(f"file://{root}/store")
    digest = upload_model(store, root / "model")
    row = Model(
        model_digest=digest,
        prefix=f"models/{digest}/",
        family="qwen_vl",
        base_model="tiny",
        dataset_digest="",
        config_json="{}",
        steps=0,
        final_loss=0.0,
        trained_tokens=0,
        parameters=1,
        trained_parameters=0,
    )
    return store, store.write("models", [row], Model), row


def replies(stored, home, asked, batch_size):
    store, ref, _ = stored

    async def ask():
        async with LocalModelController.open(ref, store, home, name="untuned", batch_size=batch_size, **LIMITS) as c:
            return await asyncio.gather(*(c.act(p.messages[:2], p.media) for p in asked), return_exceptions=True)

    return asyncio.run(ask())


def test_answers_do_not_depend_on_who_shares_the_batch(stored, toys, tmp_path):
    together = replies(stored, tmp_path, toys, 8)
    alone = replies(stored, tmp_path, toys, 1)
    assert together == alone
    assert all(isinstance(reply, str) for reply in together)


def test_a_conversation_whose_picture_is_missing_fails_alone(stored, toys, tmp_path):
    store, ref, _ = stored

    async def ask():
        async with LocalModelController.open(ref, store, tmp_path, name="untuned", batch_size=4, **LIMITS) as c:
            bad, good = await asyncio.gather(
                c.act(toys[0].messages[:2], {}), c.act(toys[1].messages[:2], toys[1].media), return_exceptions=True
            )
            return bad, good, await c.act(toys[2].messages[:2], toys[2].media)

    bad, good, later = asyncio.run(ask())
    assert isinstance(bad, ConfigError)
    assert isinstance(good, str)
    assert isinstance(later, str)


def test_a_model_that_was_changed_in_the_store_is_refused(stored, toys, tmp_path):
    store, _, row = stored
    key = f"{row.prefix}config.json"
    before = store.get(key)
    store.put(key, before + b" ")
    try:
        with pytest.raises(ArtifactError, match="was changed"):
            replies(stored, Path(tmp_path), toys[:1], 1)
    finally:
        store.put(key, before)
