# ruff: noqa: E402 - what needs torch is imported only where torch is
"""Every tiny member: our batches through our loss are what plain transformers computes, packed or not, before and
after export."""

import copy
import io
import json
import re

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

from journeyman.model_family import IGNORED
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.training import varlen_attention
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.initial import prepare_for_training
from journeyman.training.loss import TokenLoss
from tests.model_families.members import CORPUS, MEMBERS, PICTURES, encode, member

SMALL, WIDE, TALL = sorted(PICTURES)
MODEL_INPUTS = ("pixel_values", "image_grid_thw", "target_sizes")


def turn(role, *parts):
    return Message(
        role=role, content=tuple(TextPart(text=p) if p not in PICTURES else ImagePart(sha256=p) for p in parts)
    )


CONVERSATIONS = (
    (
        turn("system", "act"),
        turn("user", "read it", WIDE),
        turn("assistant", "print(1)"),
        turn("user", "x", TALL, SMALL),
    ),
    (turn("system", "act"), turn("user", "no picture"), turn("assistant", "final_answer(2)")),
    (turn("user", SMALL, "first the picture"), turn("assistant", "Thought: words words words")),
)


@pytest.fixture(params=sorted(MEMBERS))
def name(request):
    return request.param


def encoded(name):
    return [encode(name, (*c, turn("assistant", "the end"))) for c in CONVERSATIONS]


def trainee(name, **settings):
    family, model, _ = member(name)
    return TokenLoss(prepare_for_training(copy.deepcopy(model), TrainingConfig(**settings), family)).eval()


def loss_and_gradients(name, module, rows, *, prefix=0):
    family, _, processor = member(name)
    module.zero_grad()
    loss = module(family.collate(rows, processor, prefix=prefix))
    loss.backward()
    return loss.item(), {n: p.grad.clone() for n, p in module.named_parameters() if p.grad is not None}


def plain_loss(name, one):
    """Summed loss of one conversation by the model's own forward pass."""
    family, model, processor = member(name)
    batch = family.collate_prompts([one], processor)
    labels = torch.from_numpy(one.labels)[None]
    labels[:, 0] = IGNORED
    with torch.no_grad():
        logits = model(**batch, use_cache=False).logits
    return torch.nn.functional.cross_entropy(
        logits[0, :-1].float(), labels[0, 1:], ignore_index=IGNORED, reduction="sum"
    ).item()


def test_tokens_and_pixels_are_those_of_the_stock_template_and_processor(name):
    family, _, processor = member(name)
    for max_pixels in (112 * 112, 448 * 448):  # the larger makes MiniCPM slice
        result = encode(name, CONVERSATIONS[0], max_pixels=max_pixels)
        messages = [
            {
                "role": m.role,
                "content": [
                    {"type": "image"} if isinstance(p, ImagePart) else {"type": "text", "text": p.text}
                    for p in m.content
                ],
            }
            for m in CONVERSATIONS[0]
        ]
        options = {
            "qwen_vl": {"size": {"shortest_edge": 56 * 56, "longest_edge": max_pixels}},
            "minicpm_v": _slicing(processor, max_pixels),
            "llava": {},
        }
        pictures = [
            Image.open(io.BytesIO(PICTURES[digest])).convert("RGB") for m in CONVERSATIONS[0] for digest in m.images
        ]
        text = processor.apply_chat_template(messages, tokenize=False)
        want = processor(text=[text], images=pictures, return_tensors="pt", images_kwargs=options[family.name])
        assert result.input_ids.tolist() == want["input_ids"][0].tolist()
        batch = family.collate([[result]], processor)
        assert batch["pixel_values"].shape == want["pixel_values"].shape
        assert torch.allclose(batch["pixel_values"], want["pixel_values"], atol=1e-6)


def _slicing(processor, max_pixels):
    if not hasattr(processor, "canvas"):
        return {}
    side = min(processor.image_processor.scale_resolution, int(max_pixels**0.5))
    return {"scale_resolution": side, "max_slice_nums": min(4, max_pixels // side**2)}


def test_the_loss_is_that_of_plain_transformers(name):
    module = trainee(name)
    for one in encoded(name):
        loss, _ = loss_and_gradients(name, module, [[one]])
        assert loss == pytest.approx(plain_loss(name, one), rel=1e-5)


def test_conversations_in_one_row_or_batch_have_the_loss_and_gradient_they_have_alone(name):
    module = trainee(name)
    conversations = encoded(name)
    alone = [loss_and_gradients(name, module, [[one]]) for one in conversations]
    for rows in ([conversations], [[one] for one in conversations], [conversations[:1], conversations[1:]]):
        loss, gradients = loss_and_gradients(name, module, rows)
        assert loss == pytest.approx(sum(loss for loss, _ in alone), rel=1e-5)
        for parameter, gradient in gradients.items():
            want = sum(g[parameter] for _, g in alone)
            assert torch.allclose(gradient, want, atol=2e-3, rtol=2e-3), parameter


def test_attention_by_lengths_gives_a_packed_row_the_loss_and_gradient_of_padded_rows(name):
    family, _, _ = member(name)
    if not family.packs:
        pytest.skip("its conversations share no row")
    conversations = encoded(name)
    varlen_attention.register()
    module = trainee(name)
    want, gradients = loss_and_gradients(name, module, [[one] for one in conversations])
    module.model.set_attn_implementation(varlen_attention.NAME)
    try:
        # Padded rows and rows with a cache have no lengths; they go sdpa's way.
        for rows in ([conversations], [[one] for one in conversations]):
            loss, again = loss_and_gradients(name, module, rows)
            assert loss == pytest.approx(want, rel=1e-5)
            assert all(torch.allclose(again[n], g, atol=2e-3, rtol=2e-3) for n, g in gradients.items())
        prefix = family.common_prefix(conversations, member(name)[2])
        assert loss_and_gradients(name, module, [[one] for one in conversations], prefix=prefix)[0] == pytest.approx(
            want, rel=1e-5
        )
    finally:
        module.model.set_attn_implementation("sdpa")


def test_a_shared_prefix_changes_nothing(name):
    family, _, processor = member(name)
    conversations = encoded(name)[:2]
    prefix = family.common_prefix(conversations, processor)
    if not family.packs:  # its rows carry a state that keys and values do not hold
        assert prefix == 0
        return
    assert prefix > 2
    module = trainee(name)
    plain, gradients = loss_and_gradients(name, module, [[one] for one in conversations])
    shared, again = loss_and_gradients(name, module, [[one] for one in conversations], prefix=prefix)
    assert shared == pytest.approx(plain, rel=1e-5)
    assert all(torch.allclose(again[n], g, atol=2e-3, rtol=2e-3) for n, g in gradients.items())


def test_without_pictures_the_same_parameters_get_a_gradient(name):
    module = trainee(name)
    with_picture, without, _ = encoded(name)
    _, some = loss_and_gradients(name, module, [[with_picture]])
    _, none = loss_and_gradients(name, module, [[without]])
    assert set(some) == set(none)
    vision = re.compile(member(name)[0].groups["vision"])
    assert {n for n in none if vision.search(n.removeprefix("model."))}


def test_the_next_token_generated_is_the_one_the_loss_saw_as_likeliest(name):
    family, model, processor = member(name)
    prompts = [encode(name, c, add_generation_prompt=True) for c in CONVERSATIONS]
    batch = family.collate_prompts(prompts, processor)
    with torch.no_grad():
        out = model.generate(**batch, max_new_tokens=3, do_sample=False, pad_token_id=processor.tokenizer.pad_token_id)
        together = out[:, batch["input_ids"].shape[1] :].tolist()
        for prompt, tokens in zip(prompts, together, strict=True):
            alone = family.collate_prompts([prompt], processor)
            rows = family.collate([[prompt]], processor)
            pictures = {k: rows[k] for k in MODEL_INPUTS if k in rows and len(prompt.grids)}
            logits = model(input_ids=rows["input_ids"], position_ids=rows["position_ids"], **pictures).logits
            assert int(logits[0, -1].argmax()) == tokens[0]
            again = model.generate(**alone, max_new_tokens=3, do_sample=False)[0, alone["input_ids"].shape[1] :]
            assert again.tolist()[: len(tokens)] == tokens[: len(again)]


def test_an_export_has_equal_logits_here_and_in_plain_transformers(name, tmp_path):
    family, model, processor = member(name)
    family.save(model, processor, tmp_path, None)
    again, its_processor = family.load(str(tmp_path), "fp32")
    one = encoded(name)[0]
    messages = (*CONVERSATIONS[0], turn("assistant", "the end"))
    options = {"add_generation_prompt": False, "max_pixels": 112 * 112, "min_pixels": 56 * 56}
    same = family.encode(messages, PICTURES, its_processor, **options)
    assert same.input_ids.tolist() == one.input_ids.tolist()
    assert (same.patches == one.patches).all()
    plain = AutoModelForImageTextToText.from_pretrained(tmp_path)
    batch = family.collate_prompts([one], processor)
    with torch.no_grad():
        want = model(**batch).logits
        assert torch.equal(again.eval()(**batch).logits, want)
        assert torch.equal(plain.eval()(**batch).logits, want)


def test_an_export_names_the_stock_processor(name, tmp_path):
    family, model, processor = member(name)
    family.save(model, processor, tmp_path, None)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert settings["processor_class"] == PROCESSOR_MAPPING_NAMES[model.config.model_type]
    assert (tmp_path / "chat_template.jinja").read_text() == processor.chat_template
    if family.name == "llava":  # the others' stock processors want torchvision
        stock = AutoProcessor.from_pretrained(tmp_path, backend="pil")
        assert (type(stock), stock.patch_size) == (type(processor), processor.patch_size)
        assert stock.chat_template == processor.chat_template


def test_equal_corpus_and_seed_build_equal_models(name):
    family, model, _ = member(name)
    again, _ = family.builds.get(MEMBERS[name][1], family.build_tiny)(CORPUS, 0)
    weights = dict(again.named_parameters())
    assert all(torch.equal(p, weights[n]) for n, p in model.named_parameters())


def test_the_groups_cover_every_parameter_once(name):
    family, model, _ = member(name)
    for parameter, _ in model.named_parameters():
        assert sum(bool(re.search(pattern, parameter)) for pattern in family.groups.values()) == 1, parameter
    for group, pattern in family.groups.items():
        assert any(re.search(pattern, parameter) for parameter, _ in model.named_parameters()), group


def test_adapters_sit_on_the_language_model_and_are_all_that_is_trained(name):
    pytest.importorskip("peft")
    module = trainee(name, lora=LoraConfig(rank=4))
    trained = [n for n, p in module.named_parameters() if p.requires_grad]
    assert trained
    assert all("language_model" in n and "lora_" in n for n in trained)
    loss, gradients = loss_and_gradients(name, module, [[encoded(name)[0]]])
    assert set(gradients) == set(trained)
    assert loss > 0
