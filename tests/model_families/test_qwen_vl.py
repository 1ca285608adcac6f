# ruff: noqa: E402 - what needs torch is imported only where torch is
"""What is Qwen-VL's own, and what any family refuses."""

import io
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from PIL import Image

from journeyman.errors import ConfigError
from journeyman.model_family import load_model_family
from journeyman.schema.message import ImagePart, Message
from journeyman.schema.record import sha256_hex
from tests.model_families.members import PIXELS, member
from tests.training.toy_conversations import problems

QWENS = ("qwen2", "qwen2_5", "qwen3")


@pytest.fixture(scope="module")
def toys():
    return problems(16, seed=0)


def encoded(name, problem, **kwargs):
    family, _, processor = member(name)
    options = {"add_generation_prompt": False} | PIXELS | kwargs
    return family.encode(problem.messages, problem.media, processor, **options)


@pytest.mark.parametrize("name", QWENS)
def test_positions_are_those_the_model_computes(name, toys):
    family, model, processor = member(name)
    for problem in toys:
        result = encoded(name, problem)
        batch = family.collate_prompts([result], processor)
        if len(result.grids):
            positions, _ = model.model.get_rope_index(**batch)
            assert (positions[:, 0].numpy() == result.position_ids).all()
        else:
            assert (result.position_ids == np.arange(len(result))).all()


def test_on_an_empty_page_the_tiny_model_that_learns_places_has_nothing_but_places():
    family, model, processor = member("qwen3")
    page = Image.new("RGB", (64, 96), "white")
    page.paste("black", (0, 0, 16, 16))
    sink = io.BytesIO()
    page.save(sink, "PNG")
    data = sink.getvalue()
    shown = Message(role="user", content=(ImagePart(sha256=sha256_hex(data)),))
    options = {"add_generation_prompt": True, "max_pixels": 64 * 96, "min_pixels": 64 * 96}
    batch = family.collate_prompts([family.encode([shown], {sha256_hex(data): data}, processor, **options)], processor)
    visual = model.model.visual
    with torch.no_grad():
        patches = visual.patch_embed(batch["pixel_values"])
    drawn, *empty = sorted(patches - visual.patch_embed.proj.bias, key=lambda patch: -float(patch.norm()))
    assert len(empty) == 23
    assert max(float(patch.norm()) for patch in empty) < 1e-3
    assert 0.3 < float(visual.pos_embed.weight.norm(dim=1).mean() / drawn.norm()) < 3


def test_a_missing_picture_is_named(toys):
    family, _, processor = member("qwen2")
    with pytest.raises(ConfigError, match="is missing"):
        family.encode(toys[0].messages, {}, processor, add_generation_prompt=False, **PIXELS)


def test_a_broken_picture_is_named(toys):
    family, _, processor = member("qwen2")
    broken = dict.fromkeys(toys[0].media, b"no picture")
    with pytest.raises(ConfigError, match="cannot be opened"):
        family.encode(toys[0].messages, broken, processor, add_generation_prompt=False, **PIXELS)


@pytest.mark.parametrize("family", ["qwen_vl", "llava", "minicpm_v"])
def test_a_model_that_is_not_there_or_of_another_family_is_named(family, tmp_path):
    load = load_model_family(family).load
    with pytest.raises(ConfigError, match="cannot be loaded"):
        load(str(tmp_path), "fp32")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ConfigError, match=f"is a bert, {family} takes"):
        load(str(tmp_path), "fp32")


def test_a_model_with_code_of_its_own_runs_only_when_asked_and_pinned(tmp_path):
    """MiniCPM-V 2.6's folder says where its code is; reading the configuration would already run it."""
    ran = tmp_path / "ran"
    (tmp_path / "configuration_minicpm.py").write_text(
        "from pathlib import Path\nfrom transformers import PretrainedConfig\n"
        f"Path({str(ran)!r}).touch()\nclass MiniCPMVConfig(PretrainedConfig):\n    model_type = 'minicpmv'\n"
    )
    config = {"model_type": "minicpmv", "auto_map": {"AutoConfig": "configuration_minicpm.MiniCPMVConfig"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    load = load_model_family("minicpm_v").load
    with pytest.raises(ConfigError, match="runs Python code of its own, which is refused"):
        load(str(tmp_path), "fp32")
    with pytest.raises(ConfigError, match="pin it: revision"):
        load(str(tmp_path), "fp32", trust_remote_code=True)
    assert not ran.exists()
    with pytest.raises(ConfigError, match="is a minicpmv, minicpm_v takes minicpmv4_6 or minicpmv4_7"):
        load(str(tmp_path), "fp32", trust_remote_code=True, revision="0123abc")
    assert ran.exists()


def test_prompts_are_padded_on_the_left(toys):
    family, _, processor = member("qwen2")
    prompts = [encoded("qwen2", p) for p in toys[:3]]
    batch = family.collate_prompts(prompts, processor)
    for row, prompt in zip(batch["attention_mask"], prompts, strict=True):
        assert row.sum() == len(prompt)
        assert row[-1] == 1
    assert np.array_equal(batch["input_ids"][0, -len(prompts[0]) :].numpy(), prompts[0].input_ids)
