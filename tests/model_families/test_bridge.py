# ruff: noqa: E402 - what needs torch is imported only where torch is
"""The bridge: features of frozen encoders become soft tokens, and only what is meant to learn does."""

import copy
import pickle
import re
from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import AutoModelForImageTextToText, LlamaConfig, LlamaForCausalLM

from journeyman.agent.choice_prompt import choice_system
from journeyman.agent.greedy_decoder import GreedyDecoder
from journeyman.errors import ConfigError
from journeyman.model_families._bridge_media import MARKERS
from journeyman.model_families._tiny_tokenizer import train_tokenizer
from journeyman.model_families.bridge import FAMILY
from journeyman.model_family import IGNORED
from journeyman.training import varlen_attention
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.initial import initial_model, prepare_for_training
from journeyman.training.loss import TokenLoss
from tests.model_families.media import jpg, npy, toy_features, turn
from tests.model_families.members import CORPUS, PIXELS

NEW = 10


@pytest.fixture(params=["tiny", "tiny_resampler"])
def name(request):
    return request.param


@cache
def member(name):
    torch.set_num_threads(1)
    model, processor = FAMILY.builds.get(name, FAMILY.build_tiny)(CORPUS, 0)
    return model.eval(), processor


def encode(name, messages, media, *, add_generation_prompt=False):
    _, processor = member(name)
    return FAMILY.encode(messages, media, processor, add_generation_prompt=add_generation_prompt, **PIXELS)


def conversations(name, *, answered=True):
    """Some with several files, some with none; all with one system turn."""
    _, processor = member(name)
    seed = iter(range(100))
    rows = []
    for kinds in (("image", "video"), (), ("audio",), ("video", "audio", "image")):
        media = {}
        files = [(kind, toy_features(processor, kind, next(seed))) for kind in kinds]
        messages = [
            turn("system", choice_system()),
            turn("user", *files, f"name what fits {len(kinds)} words", media=media),
        ]
        if answered:
            messages.append(turn("assistant", "a few words " * (1 + len(kinds))))
        rows.append(encode(name, messages, media, add_generation_prompt=not answered))
    return rows


def trainee(name, **settings):
    return TokenLoss(prepare_for_training(copy.deepcopy(member(name)[0]), TrainingConfig(**settings), FAMILY)).eval()


def loss_and_gradients(name, module, rows, *, prefix=0):
    module.zero_grad()
    loss = module(FAMILY.collate(rows, member(name)[1], prefix=prefix))
    loss.backward()
    return loss.item(), {n: p.grad.clone() for n, p in module.named_parameters() if p.grad is not None}


def test_each_file_has_its_soft_tokens_between_markers_in_the_turn_it_came_in(name):
    _, processor = member(name)
    one = conversations(name)[3]
    start, pad, end = (processor.tokenizer.convert_tokens_to_ids(m) for m in MARKERS)
    specs = [processor.encoders[kind] for kind in ("video", "audio", "image")]
    assert one.picture_spans.shape == (3, 2)
    for (a, b), spec in zip(one.picture_spans, specs, strict=True):
        assert one.input_ids[a:b].tolist() == [start, *[pad] * spec.tokens, end]
        assert (one.labels[a:b] == IGNORED).all()
        size = FAMILY.media_size(spec.kind, (0, 0), processor, **PIXELS)
        assert size == (b - a, spec.features)
    assert one.grids.tolist() == [[2, 8, 8], [1, 8, 8], [0, 4, 4]]
    assert one.patches.shape == (20, max(s.width for s in specs))
    assert one.patches.dtype == np.float32


def test_a_conversation_without_files_has_no_features(name):
    one = conversations(name)[1]
    assert (one.patches.shape, one.patches.dtype, one.grids.shape) == ((0, 1748), np.float32, (0, 3))


def test_the_model_sees_what_is_in_a_file_and_in_which_file(name):
    model, processor = member(name)

    def logits(first, second):
        media = {}
        files = [("image", toy_features(processor, "image", seed)) for seed in (first, second)]
        one = encode(name, [turn("user", *files, "which?", media=media)], media, add_generation_prompt=True)
        with torch.no_grad():
            return model(**FAMILY.collate_prompts([one], processor)).logits[0, -1]

    want = logits(1, 2)
    assert torch.equal(logits(1, 2), want)
    for other in ((2, 1), (1, 3), (3, 2)):
        assert (logits(*other) - want).abs().max() > 1e-4


def test_conversations_in_one_row_or_batch_have_the_loss_and_gradient_they_have_alone(name):
    module = trainee(name)
    rows = conversations(name)
    alone = [loss_and_gradients(name, module, [[one]]) for one in rows]
    for arranged in ([rows], [[one] for one in rows], [rows[:1], rows[1:]]):
        loss, gradients = loss_and_gradients(name, module, arranged)
        assert loss == pytest.approx(sum(loss for loss, _ in alone), rel=1e-5)
        for parameter, gradient in gradients.items():
            want = sum(g[parameter] for _, g in alone)
            assert torch.allclose(gradient, want, atol=2e-3, rtol=2e-3), parameter


def test_attention_by_lengths_and_a_shared_prefix_change_nothing(name):
    rows = conversations(name)
    module = trainee(name)
    plain, gradients = loss_and_gradients(name, module, [[one] for one in rows])
    prefix = FAMILY.common_prefix(rows, member(name)[1])
    assert prefix > 20
    shared, again = loss_and_gradients(name, module, [[one] for one in rows], prefix=prefix)
    assert shared == pytest.approx(plain, rel=1e-5)
    assert all(torch.allclose(again[n], g, atol=2e-3, rtol=2e-3) for n, g in gradients.items())
    varlen_attention.register()
    module.model.set_attn_implementation(varlen_attention.NAME)
    assert loss_and_gradients(name, module, [rows])[0] == pytest.approx(plain, rel=1e-5)


def test_whatever_a_batch_holds_the_same_parameters_get_a_gradient(name):
    module = trainee(name)
    rows = conversations(name)
    reached = [set(loss_and_gradients(name, module, [[one]])[1]) for one in rows]
    assert all(r == reached[0] for r in reached)
    for kind in ("image", "audio", "video"):
        assert any(f"projectors.{kind}." in n for n in reached[1])
    # The projector of a kind that a batch lacks learns nothing from it.
    _, gradients = loss_and_gradients(name, module, [[rows[2]]])
    moved = {n.split(".")[3] for n, g in gradients.items() if "projectors." in n and g.abs().sum() > 0}
    assert moved == {"audio"}


def test_the_decoder_writes_what_plain_generate_writes(name):
    model, processor = member(name)
    prompts = conversations(name, answered=False)
    end = FAMILY.end_of_turn(processor)
    pad = processor.tokenizer.pad_token_id
    plain = copy.deepcopy(model)
    plain.generation_config.suppress_tokens = None  # the decoder, too, suppresses none

    def written(some):
        batch = FAMILY.collate_prompts(some, processor)
        out = plain.generate(**batch, max_new_tokens=NEW, do_sample=False, eos_token_id=end, pad_token_id=pad)
        rows = [row[batch["input_ids"].shape[1] :].tolist() for row in out]
        return [row[: row.index(end)] if end in row else row[:NEW] for row in rows]

    decoder = GreedyDecoder(copy.deepcopy(model), processor, FAMILY)
    assert decoder.decode(prompts, NEW) == written(prompts) == [written([p])[0] for p in prompts]


def test_markers_are_not_written(name):
    model, processor = member(name)
    known = {processor.tokenizer.convert_tokens_to_ids(m) for m in MARKERS}
    assert set(model.generation_config.suppress_tokens) == known


def test_an_export_has_equal_logits_here_and_in_plain_transformers(name, tmp_path):
    model, processor = member(name)
    FAMILY.save(model, processor, tmp_path, None)
    again, its_processor = FAMILY.load(str(tmp_path), "fp32")
    assert its_processor.encoders == processor.encoders
    assert its_processor.chat_template == (tmp_path / "chat_template.jinja").read_text()
    assert pickle.loads(pickle.dumps(its_processor)).encoders == processor.encoders
    one = conversations(name)[3]
    batch = FAMILY.collate_prompts([one], its_processor)
    plain = AutoModelForImageTextToText.from_pretrained(tmp_path)
    with torch.no_grad():
        want = model(**batch).logits
        assert torch.equal(again.eval()(**batch).logits, want)
        assert torch.equal(plain.eval()(**batch).logits, want)


def test_projectors_and_adapters_learn_and_everything_else_stays(name):
    pytest.importorskip("peft")
    _, processor = member(name)
    before = dict(member(name)[0].state_dict())
    config = {"lora": LoraConfig(rank=8, also_train=("merger",)), "freeze": ("language", "embeddings")}
    module = trainee(name, **config).train()
    rows = []
    for seed in range(8):  # which of two answers is right is only in the file
        media = {}
        kind = ("image", "audio", "video")[seed % 3]
        file = (kind, toy_features(processor, kind, seed))
        answer = ("words words", "print 42")[seed // 3 % 2]
        rows.append(encode(name, [turn("user", file, "act", media=media), turn("assistant", answer)], media))
    batch = FAMILY.collate([[one] for one in rows], processor)
    optimizer = torch.optim.AdamW([p for p in module.parameters() if p.requires_grad], lr=5e-3)
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        loss = module(batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    trained = {n for n, p in module.named_parameters() if p.requires_grad}
    assert all("lora_" in n or "projectors." in n for n in trained)
    assert any("lora_" in n for n in trained)
    after = module.model.merge_and_unload().state_dict()
    kept = [n for n in before if "language_model" in n and ("norm" in n or "embed" in n)]
    assert kept
    assert all(torch.equal(before[n], after[n]) for n in kept)
    assert not torch.equal(
        before["model.projectors.image.linear.weight"], after["model.projectors.image.linear.weight"]
    )


def test_equal_corpus_and_seed_build_equal_models(name):
    model, _ = member(name)
    again, _ = FAMILY.builds.get(name, FAMILY.build_tiny)(CORPUS, 0)
    weights = dict(again.named_parameters())
    assert all(torch.equal(p, weights[n]) for n, p in model.named_parameters())


def test_the_groups_cover_every_parameter_once(name):
    model, _ = member(name)
    for parameter, _ in model.named_parameters():
        assert sum(bool(re.search(pattern, parameter)) for pattern in FAMILY.groups.values()) == 1, parameter


def test_more_soft_tokens_than_places_are_refused(name):
    model, processor = member(name)
    batch = FAMILY.collate_prompts(conversations(name, answered=False)[:1], processor)
    batch["input_ids"][batch["input_ids"] == FAMILY.image_token(processor)] = 5
    with pytest.raises(ValueError, match="0 places for soft tokens, and 12 of them"):
        model(**batch)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (jpg(), "was given as a file and not as its features"),
        (npy(np.zeros((4, 1701), np.float32)), r"are \(4, 1701\) float32, efficientnet-lite0 gives \(4, 1702\)"),
        (npy(np.zeros((4, 1702))), "float64"),
        (npy(np.asfortranarray(np.zeros((4, 1702), np.float32))), "compute them anew"),
        (npy(np.full((4, 1702), np.nan, np.float32)), "not all finite"),
        (npy(np.zeros((4, 1702), np.float32))[:-4], "compute them anew"),
        (npy(np.zeros((4, 1702), np.float32)).replace(b"(4, 1702)", b"(4**9999)"), "not as its features"),
    ],
    ids=["file", "width", "type", "order", "not finite", "cut off", "forged header"],
)
def test_what_are_no_features_of_the_model_is_refused(data, message):
    media = {}
    messages = [turn("user", ("image", data), media=media)]
    with pytest.raises(ConfigError, match=message):
        encode("tiny", messages, media)


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    """A folder with a Llama that knows nothing of media."""
    folder = tmp_path_factory.mktemp("llama")
    tokenizer = train_tokenizer(CORPUS, ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_parts_that_were_never_together_train_and_come_back(language, tmp_path):
    name = f"image=efficientnet-lite0 + audio=whisper-tiny-en + projector=resampler + {language}"
    model, processor = initial_model(TrainingConfig(model_family="bridge", base_model=name), FAMILY, [])
    stored = LlamaForCausalLM.from_pretrained(language)
    known = stored.config.vocab_size
    assert torch.equal(model.get_input_embeddings().weight[:known], stored.get_input_embeddings().weight)
    assert torch.equal(model.lm_head.weight[:known], stored.lm_head.weight)
    media = {}
    files = [(kind, toy_features(processor, kind, 1)) for kind in ("audio", "image")]
    messages = [turn("user", *files, "act", media=media), turn("assistant", "hello")]
    one = FAMILY.encode(messages, media, processor, add_generation_prompt=False, **PIXELS)
    batch = FAMILY.collate([[one]], processor)
    TokenLoss(model)(batch).backward()
    assert model.model.projectors.image.queries.weight.grad.abs().sum() > 0
    FAMILY.save(model, processor, tmp_path, None)
    again, _ = FAMILY.load(str(tmp_path), "fp32")
    with torch.no_grad():
        assert torch.equal(TokenLoss(again)(batch), TokenLoss(model)(batch))
    media = {}
    with pytest.raises(ConfigError, match="no video encoder, it takes audio and image; name one in base_model: video="):
        FAMILY.encode(
            [turn("user", ("video", jpg()), media=media)], media, processor, add_generation_prompt=True, **PIXELS
        )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("projector=linear + {0}", "names no encoder"),
        ("image=efficientnet-lite0 + audio=whisper-tiny-en", "names 0 language models"),
        ("image=efficientnet-lite0 + {0} + {0}", "names 2 language models"),
        ("image=efficientnet-lite0 + image=clip + {0}", "names image twice"),
        ("image=efficientnet-lite0 + projector=mlp + {0}", "projector=mlp is not known"),
        ("audio=efficientnet-lite0 + {0}", "efficientnet-lite0 is for image and video, not for audio"),
        ("audio={0}/nothing + {0}", "audio encoder .*nothing' cannot be loaded"),
        ("image=efficientnet-lite0 + {0}/nothing", "language model .* cannot be loaded"),
    ],
)
def test_parts_that_make_no_model_are_named(language, name, message):
    with pytest.raises(ConfigError, match=message):
        FAMILY.load(name.format(language), "fp32")


def test_a_name_of_parts_takes_no_settings_of_one_model(language):
    with pytest.raises(ConfigError, match="names several models"):
        FAMILY.load(f"image=efficientnet-lite0 + {language}", "fp32", revision="abc")
