# ruff: noqa: E402 - what needs torch is imported only where torch is
"""LLaVA models from elsewhere: stock checkpoints, and parts that were never together."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    Qwen3_5ForCausalLM,
    Qwen3_5TextConfig,
    SiglipVisionConfig,
    SiglipVisionModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from journeyman.errors import ConfigError
from journeyman.model_families._tiny_tokenizer import train_tokenizer
from journeyman.model_families.llava import FAMILY
from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.training.config import TrainingConfig
from journeyman.training.initial import initial_model
from journeyman.training.loss import TokenLoss
from tests.model_families.llama_tokenizer import llama_tokenizer
from tests.model_families.members import CORPUS, PICTURES, PIXELS

DIGEST = sorted(PICTURES)[0]
MESSAGES = (
    Message(role="system", content=(TextPart(text="be kind"),)),
    Message(role="user", content=(ImagePart(sha256=DIGEST), TextPart(text="what is it?"))),
    Message(role="assistant", content=(TextPart(text="hello words"),)),
    Message(role="user", content=(TextPart(text="Observation:\nthis"), ImagePart(sha256=DIGEST))),
    Message(role="assistant", content=(TextPart(text=" with a space"),)),
)
CLIP = CLIPVisionConfig(
    hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
)


def language(vocabulary):
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=512,
    )


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """A folder as transformers itself writes it, in the manner of llava-1.5: CLIP, Llama, Vicuna's turns."""
    folder = tmp_path_factory.mktemp("stock")
    tokenizer = llama_tokenizer()
    config = LlavaConfig(
        vision_config=CLIP,
        text_config=language(len(tokenizer)),
        image_token_index=len(tokenizer) - 1,
        image_seq_length=16,
    )
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    size = {"height": 56, "width": 56}
    LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size=size),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return folder


def test_a_stock_checkpoint_speaks_vicuna(stock):
    model, processor = FAMILY.load(str(stock), "fp32")
    result = FAMILY.encode(MESSAGES, PICTURES, processor, add_generation_prompt=False, **PIXELS)
    text = processor.tokenizer.decode(result.input_ids).replace("<image>" * 16, "<image>")
    assert text == (
        "<s> be kind USER: <image>\nwhat is it? ASSISTANT: hello words</s> USER: Observation:\nthis<image>\n "
        "ASSISTANT:  with a space</s>"
    )
    turns = [result.labels[a:b] for a, b in result.turn_spans]
    said = [FAMILY.decode(turn[turn >= 0].tolist(), processor) for turn in turns if (turn >= 0).any()]
    assert said == ["hello words", " with a space"]
    batch = FAMILY.collate([[result]], processor)
    with torch.no_grad():
        assert TokenLoss(model).eval()(batch).isfinite()


def test_a_stock_checkpoint_comes_back_from_an_export_as_it_was(stock, tmp_path):
    model, processor = FAMILY.load(str(stock), "fp32")
    FAMILY.save(model, processor, tmp_path, None)
    again, its_processor = FAMILY.load(str(tmp_path), "fp32")
    one, two = (
        FAMILY.encode(MESSAGES, PICTURES, p, add_generation_prompt=True, **PIXELS) for p in (processor, its_processor)
    )
    assert one.input_ids.tolist() == two.input_ids.tolist()
    batch = FAMILY.collate_prompts([one], processor)
    with torch.no_grad():
        assert torch.equal(model.eval()(**batch).logits, again.eval()(**batch).logits)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """(SigLIP folder whose size is no multiple of its patches, CLIP folder, Llama folder that knows no pictures)."""
    siglip, clip, llama = (tmp_path_factory.mktemp(name) for name in ("siglip", "clip", "llama"))
    torch.manual_seed(0)
    SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=60,
            patch_size=14,
        )
    ).save_pretrained(siglip)
    SiglipImageProcessorPil(size={"height": 60, "width": 60}).save_pretrained(siglip)
    CLIPVisionModel(CLIP).save_pretrained(clip)
    CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56}).save_pretrained(clip)
    tokenizer = train_tokenizer(CORPUS, ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    LlamaForCausalLM(language(len(tokenizer))).save_pretrained(llama)
    tokenizer.save_pretrained(llama)
    return siglip, clip, llama


@pytest.mark.parametrize("encoder", [0, 1], ids=["siglip", "clip"])
def test_parts_that_were_never_together_train_and_answer(parts, encoder):
    config = TrainingConfig(model_family="llava", base_model=f"{parts[encoder]} + {parts[2]}")
    model, processor = initial_model(config, FAMILY, [])
    result = FAMILY.encode(MESSAGES, PICTURES, processor, add_generation_prompt=True, **PIXELS)
    assert int((result.input_ids == FAMILY.image_token(processor)).sum()) == 2 * 16
    stored = LlamaForCausalLM.from_pretrained(parts[2])
    known = stored.config.vocab_size
    assert torch.equal(model.get_input_embeddings().weight[:known], stored.get_input_embeddings().weight)
    assert torch.equal(model.lm_head.weight[:known], stored.lm_head.weight)
    loss = TokenLoss(model)(FAMILY.collate([[result]], processor))
    loss.backward()
    assert model.model.multi_modal_projector.linear_1.weight.grad.abs().sum() > 0
    with torch.no_grad():
        out = model.eval().generate(**FAMILY.collate_prompts([result], processor), max_new_tokens=8, do_sample=False)
    assert FAMILY.image_token(processor) not in out[0, len(result) :]


def test_a_language_model_that_mixes_packed_conversations_is_refused(parts, tmp_path):
    config = Qwen3_5TextConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        layer_types=["linear_attention", "full_attention"],
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=16,
        linear_key_head_dim=8,
        linear_value_head_dim=8,
        linear_num_key_heads=2,
        linear_num_value_heads=2,
    )
    Qwen3_5ForCausalLM(config).save_pretrained(tmp_path)
    train_tokenizer(["x"], ("<|endoftext|>", "<|im_start|>", "<|im_end|>")).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="has linear_attention layers"):
        FAMILY.load(f"{parts[1]} + {tmp_path}", "fp32")


def test_parts_that_are_not_there_are_named(parts, tmp_path):
    with pytest.raises(ConfigError, match="cannot be put together"):
        FAMILY.load(f"{parts[1]} + {tmp_path / 'nothing'}", "fp32")
    with pytest.raises(ConfigError, match="names two models"):
        FAMILY.load(f"{parts[1]} + {parts[2]}", "fp32", revision="abc")
