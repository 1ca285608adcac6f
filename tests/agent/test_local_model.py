# ruff: noqa: E402 - what needs torch is imported only where torch is
import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.action_formats.api_choice import FORMAT
from journeyman.agent import media_features
from journeyman.agent.constraint import ChoiceConstraint
from journeyman.agent.local_model import LocalModelController
from journeyman.agent.screen_prompt import begun_plan
from journeyman.errors import ArtifactError, ConfigError, MediaError
from journeyman.model_families._encoders import Encoders
from journeyman.model_families.qwen_vl import FAMILY
from journeyman.model_family import load_model_family
from journeyman.schema.message import AudioPart, Message, TextPart, messages_from_json
from journeyman.schema.model import Model
from journeyman.schema.record import sha256_hex
from journeyman.storage.features import FeatureCache, npy_bytes
from journeyman.storage.model_files import download_model, upload_model
from journeyman.storage.store import Store
from journeyman.training.conversations import corpus
from tests.model_families.members import member
from tests.training.toy_bridge import files_of
from tests.training.toy_conversations import problems
from tests.training.toy_media import media_rows

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


def replies(stored, home, asked, batch_size, begun=()):
    store, ref, _ = stored

    async def ask():
        async with LocalModelController.open(ref, store, home, name="untuned", batch_size=batch_size, **LIMITS) as c:
            return await asyncio.gather(
                *(c.act([*p.messages[:2], *begun], p.media) for p in asked), return_exceptions=True
            )

    return asyncio.run(ask())


def test_answers_do_not_depend_on_who_shares_the_batch(stored, toys, tmp_path):
    together = replies(stored, tmp_path, toys, 8)
    alone = replies(stored, tmp_path, toys, 1)
    assert together == alone
    assert all(isinstance(reply, str) for reply in together)


def test_a_begun_reply_is_gone_on_from_and_returned_whole(stored, toys, tmp_path):
    begun = replies(stored, tmp_path, toys, 8, (begun_plan(),))
    assert begun == replies(stored, tmp_path, toys, 1, (begun_plan(),))
    model, processor = FAMILY.load(str(download_model(stored[0], stored[1], tmp_path)[1]), "fp32")
    expected = [gone_on(model.eval(), processor, toy.messages[:2], toy.media) for toy in toys]
    assert begun == [f"Thought:{rest}" for rest in expected]


def gone_on(model, processor, messages, media):
    """What transformers' own loop writes behind the tokens that a turn which begins so has in training."""
    said = Message(role="assistant", content=(TextPart(text="Thought:"),))
    sizes = {name: LIMITS[name] for name in ("max_pixels", "min_pixels")}
    whole = FAMILY.encode([*messages, said], media, processor, add_generation_prompt=False, **sizes)
    end = FAMILY.end_of_turn(processor)
    length = max(i for i, token in enumerate(whole.input_ids) if token == end)
    ids, labels, positions = whole.input_ids[:length], whole.labels[:length], whole.position_ids[:, :length]
    begun = replace(whole, input_ids=ids, labels=labels, position_ids=positions)
    out = model.generate(
        **FAMILY.collate_prompts([begun], processor), max_new_tokens=LIMITS["max_new_tokens"], do_sample=False,
        eos_token_id=end, pad_token_id=processor.tokenizer.pad_token_id,
    )  # fmt: skip
    return FAMILY.decode(out[0, length:].tolist(), processor)


def test_a_begun_reply_is_whole_where_transformers_own_loop_writes_it():
    family, model, processor = member("minicpm4_6")
    assert not family.packs
    asked = [Message(role="user", content=(TextPart(text=text),)) for text in ("one", "two, and more of it")]

    async def ask(*begun):
        served = LocalModelController(model, processor, family, name="x", batch_size=2, **LIMITS)
        async with served.serving():
            return await asyncio.gather(*(served.act([question, *begun], {}) for question in asked))

    begun = asyncio.run(ask(begun_plan()))
    assert all(reply.startswith("Thought:") and len(reply) > len("Thought:") for reply in begun)
    assert not any(reply.startswith("Thought:") for reply in asyncio.run(ask()))


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


def test_a_kind_that_the_family_does_not_take_is_named(stored, toys, tmp_path):
    store, ref, _ = stored
    sound = Message(role="user", content=(AudioPart(sha256="ab" * 32), TextPart(text="what is it?")))

    async def ask():
        async with LocalModelController.open(ref, store, tmp_path, name="untuned", batch_size=2, **LIMITS) as c:
            return await asyncio.gather(
                c.act([sound], {"ab" * 32: b"RIFF"}), c.act(toys[0].messages[:2], toys[0].media), return_exceptions=True
            )

    bad, good = asyncio.run(ask())
    assert isinstance(bad, ConfigError)
    assert "qwen_vl takes no audio (abababababab); it takes: image, video" in str(bad)
    assert isinstance(good, str)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """(store, model, rows with files, conversations and media) of a family with frozen encoders."""
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("heard")
    rows = media_rows(9)
    family = load_model_family("bridge")
    model, processor = family.build_tiny(corpus(rows), 0)
    family.save(model, processor, root / "model", None)
    store = Store(f"file://{root}/store")
    digest = upload_model(store, root / "model")
    row = Model(
        model_digest=digest,
        prefix=f"models/{digest}/",
        family="bridge",
        base_model="tiny",
        dataset_digest="",
        config_json="{}",
        steps=0,
        final_loss=0.0,
        trained_tokens=0,
        parameters=1,
        trained_parameters=0,
    )
    asked = [(messages_from_json(r.messages_json)[:2], {s: d for s, (_, d) in files_of([r]).items()}) for r in rows]
    return store, store.write("models", [row], Model), asked, (model, processor, family)


@pytest.fixture
def computed(monkeypatch):
    """Every file that the encoders see, in order."""
    seen = []
    compute = Encoders.compute
    monkeypatch.setattr(
        Encoders, "compute", lambda self, files, p: seen.extend(data for _, data in files) or compute(self, files, p)
    )
    return seen


def spoken(heard, home, asked, batch_size, **settings):
    store, ref, *_ = heard

    async def ask():
        async with LocalModelController.open(
            ref, store, home, name="untuned", batch_size=batch_size, **LIMITS, **settings
        ) as c:
            return await asyncio.gather(*(c.act(*one) for one in asked), return_exceptions=True)

    return asyncio.run(ask())


def test_agents_on_the_same_problems_open_each_file_once(heard, tmp_path, computed):
    store, _, asked, _ = heard
    first = spoken(heard, tmp_path, asked, 4)
    assert all(isinstance(reply, str) for reply in first)
    files = sorted(data for _, media in asked for data in media.values())
    assert sorted(computed) == files
    assert len(store.keys("features/")) == 1, "one part when the controller closes"
    assert spoken(heard, tmp_path, [*asked, *asked], 4) == first * 2
    assert spoken(heard, tmp_path, asked, 1) == first
    assert sorted(computed) == files


def test_replies_hang_on_the_files_as_they_do_without_a_bucket(heard, tmp_path, computed):
    _, _, asked, (model, processor, family) = heard
    (one,) = spoken(heard, tmp_path, asked[:1], 1)
    messages, media = asked[0]
    (array,) = family.frozen_encoders.compute([("image", *media.values())], processor)
    encoded = family.encode(
        messages,
        dict.fromkeys(media, npy_bytes(array)),
        processor,
        add_generation_prompt=True,
        max_pixels=1,
        min_pixels=1,
    )
    inputs = family.collate_prompts([encoded], processor)
    out = model.generate(
        **inputs, max_new_tokens=12, do_sample=False, eos_token_id=family.end_of_turn(processor),
        pad_token_id=processor.tokenizer.pad_token_id,
    )  # fmt: skip
    assert family.decode(out[0, inputs["input_ids"].shape[1] :].tolist(), processor) == one


def test_a_begun_reply_is_whole_behind_features_too(heard, tmp_path):
    asked = [([*messages, begun_plan()], media) for messages, media in heard[2][:3]]
    together = spoken(heard, tmp_path, asked, 3)
    assert all(reply.startswith("Thought:") for reply in together)
    assert together == spoken(heard, tmp_path, asked, 1)


def test_a_file_that_cannot_be_opened_fails_its_conversation_alone_each_time(heard, tmp_path, computed):
    asked = heard[2]
    bad = b"RIFF and nothing that sounds"
    digest = sha256_hex(bad)
    broken = ([Message(role="user", content=(AudioPart(sha256=digest),))], {digest: bad})
    replies = spoken(heard, tmp_path, [asked[0], broken, asked[1], broken], 4)
    assert [type(reply) for reply in replies] == [str, MediaError, str, MediaError]
    assert digest[:12] in str(replies[1])
    (lost,) = spoken(heard, tmp_path, [(broken[0], {})], 1)
    assert f"audio {digest[:12]} is missing" in str(lost)


def test_features_in_memory_are_bounded_and_the_oldest_go_first(monkeypatch, tmp_path):
    from tests.storage.toy_encoders import ToyEncoders

    encoders = ToyEncoders()
    size = len(npy_bytes(*encoders.compute([("audio", b"x")], None)))
    monkeypatch.setattr(media_features, "HELD_BYTES", 3 * size)
    store = Store(f"file://{tmp_path}")
    taken = media_features.MediaFeatures(FeatureCache(store, "toy-1"), encoders, None)
    files = [{sha256_hex(b"%d" % n): ("audio", b"%d" % n)} for n in range(6)]
    for one in (*files, files[5], files[0]):
        (found,) = taken.take([one])
        assert found.keys() == one.keys()
        assert taken._held_bytes == sum(map(len, taken._held.values())) <= 3 * size
    assert list(taken._held) == [sha256 for n in (4, 5, 0) for sha256 in files[n]]
    assert encoders.seen[1:] == [b"%d" % n for n in range(6)], "what went from memory is in the cache"


def test_replies_can_be_held_to_a_catalogue(heard, tmp_path):
    names = [f"{kind}/{colour}" for kind in ("image", "audio", "video") for colour in ("red", "blue")]
    limits = LIMITS | {"max_new_tokens": 200}

    async def ask():
        store, ref, asked, _ = heard
        async with LocalModelController.open(
            ref, store, tmp_path, name="untuned", batch_size=4, constraint=partial(ChoiceConstraint.of_family, names),
            **limits,
        ) as c:  # fmt: skip
            return await asyncio.gather(*(c.act(*one) for one in asked[:5]))

    for reply in asyncio.run(ask()):
        choice = FORMAT.read(reply)
        assert set(choice.apis) <= set(names)
        assert choice.apis or choice.unknown or choice.question


def test_a_begun_choice_is_held_to_the_catalogue_from_its_beginning_on(heard, tmp_path):
    begun = Message(role="assistant", content=(TextPart(text='{"apis": ["image/'),))

    async def ask():
        store, ref, asked, _ = heard
        async with LocalModelController.open(
            ref, store, tmp_path, name="untuned", batch_size=1,
            constraint=partial(ChoiceConstraint.of_family, ["image/red", "image/blue", "audio/red"]),
            **(LIMITS | {"max_new_tokens": 60}),
        ) as c:  # fmt: skip
            messages, media = asked[0]
            return await c.act([*messages, begun], media)

    assert FORMAT.read(asyncio.run(ask())).apis[0] in ("image/red", "image/blue")


def test_a_family_with_frozen_encoders_is_not_served_without_features(heard):
    model, processor, family = heard[3]
    with pytest.raises(ConfigError, match="bridge sees files through frozen encoders"):
        LocalModelController(model, processor, family, name="x", batch_size=1, **LIMITS)
