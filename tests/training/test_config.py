import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.recipe import load_recipe
from journeyman.training import packages, varlen_attention
from journeyman.training.config import LoraConfig, StageConfig, TrainingConfig
from journeyman.training.packages import attention_implementation, quantization, refuse_missing_packages
from journeyman.training.schedule import learning_rate

BAD = [
    ({"min_pixels": 20_000}, "min_pixels = 20000 is more than max_pixels = 12544"),
    ({"offload_optimizer": "cpu", "zero_stage": 0}, "offload_optimizer = cpu needs zero_stage 1, 2 or 3; it is 0"),
    ({"offload_parameters": "cpu", "zero_stage": 2}, "offload_parameters = cpu needs zero_stage 3; it is 2"),
    ({"offload_optimizer": "nvme", "zero_stage": 2, "nvme_path": "/x"}, "offload to nvme needs zero_stage 3"),
    ({"offload_optimizer": "nvme", "zero_stage": 3}, "needs nvme_path"),
    (
        {"ema_decay": 0.99, "offload_parameters": "nvme", "zero_stage": 3, "nvme_path": "/x"},
        "ema_decay needs the weights in memory",
    ),
    ({"ema_decay": 1.0}, "training.ema_decay = 1.0"),
    ({"quantize": "nf4", "precision": "bf16"}, "set lora, or quantize = none"),
    ({"quantize": "nf4", "lora": {}}, "quantize = nf4 computes in bf16; precision is fp32"),
    ({"quantize": "nf4", "lora": {}, "precision": "bf16", "zero_stage": 3}, "cannot be sharded by zero_stage 3"),
    ({"attention": "flash_attention_2"}, "precision is fp32: take bf16, or sdpa"),
    ({"accumulate_in_fp32": True, "precision": "bf16", "zero_stage": 1}, "needs zero_stage 2 or 3; it is 1"),
    ({"nodes": 2}, "nodes = 2 under torchrun needs rendezvous = host:port"),
    ({"nodes": 2, "launcher": "deepspeed", "ranks": 8}, "needs hostfile, with a line 'host slots=8' a node"),
    ({"stages": [{"name": "a"}, {"name": "a"}]}, "stages = a, a: a name comes twice"),
    ({"ranks": 0}, "training.ranks = 0"),
    ({"stages": [{"name": "a", "share": 0}]}, "training.stages.0.share = 0"),
    ({"schedule": "square"}, "training.schedule = 'square'"),
]


@pytest.mark.parametrize(("settings", "words"), BAD)
def test_settings_that_cannot_hold_together_are_refused_by_name(settings, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        load_recipe("t3_agent", {"training": settings})


def test_a_stage_takes_from_the_section_what_it_does_not_say():
    config = TrainingConfig(
        freeze=("vision",),
        learning_rate=1e-5,
        epochs=2,
        stages=(
            StageConfig(name="grounding", families=("click",), share=0.5),
            StageConfig(name="planning", learning_rate=5e-6, freeze=(), epochs=1),
        ),
    )
    grounding, planning = (config.of_stage(stage) for stage in config.stages)
    assert grounding == config.model_copy(update={"stages": ()})
    assert (planning.learning_rate, planning.freeze, planning.epochs) == (5e-6, (), 1)
    assert planning.model_copy(update={"learning_rate": 1e-5, "freeze": ("vision",), "epochs": 2}) == grounding


rates = st.fixed_dictionaries(
    {
        "peak": st.floats(1e-7, 1),
        "warmup_share": st.floats(0, 1),
        "warmup_steps": st.integers(0, 50),
        "floor_share": st.floats(0, 1),
    }
)


@given(steps=st.integers(1, 300), schedule=st.sampled_from(["constant", "linear", "cosine"]), settings=rates)
def test_every_schedule_rises_to_the_peak_and_never_rises_again(steps, schedule, settings):
    curve = [learning_rate(step, steps, schedule=schedule, **settings) for step in range(steps)]
    warmup = max(settings["warmup_steps"], round(settings["warmup_share"] * steps))
    rising, falling = curve[:warmup], curve[warmup:]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert all(0 <= rate <= settings["peak"] * (1 + 1e-9) for rate in curve)
    assert all(rate >= settings["peak"] * settings["floor_share"] * (1 - 1e-9) for rate in falling)
    if falling:
        assert falling[0] == pytest.approx(settings["peak"])
    if 0 < warmup <= steps:
        assert rising[-1] == pytest.approx(settings["peak"])
    if schedule == "constant":
        assert len(set(falling)) <= 1


def test_schedules_are_what_their_names_say():
    def at(schedule, step, floor=0.0):
        return learning_rate(step, 100, peak=1.0, warmup_share=0, warmup_steps=0, schedule=schedule, floor_share=floor)

    assert at("linear", 50) == pytest.approx(0.5)
    assert at("linear", 25) == pytest.approx(0.75)
    assert at("cosine", 50) == pytest.approx(0.5)
    assert at("cosine", 25) == pytest.approx(0.853553, abs=1e-6)
    assert at("cosine", 100, floor=0.05) == pytest.approx(0.05)
    assert at("constant", 99) == 1.0


PACKAGES = [
    ({"liger": True}, "liger_kernel", "liger = true needs a package that is not installed: pip install liger-kernel"),
    (
        {"quantize": "nf4", "lora": LoraConfig(), "precision": "bf16"},
        "bitsandbytes",
        "quantize = nf4 needs a package that is not installed: pip install bitsandbytes",
    ),
    (
        {"attention": "flash_attention_2", "precision": "bf16"},
        "flash_attn",
        "attention = flash_attention_2 needs a package that is not installed: pip install flash-attn",
    ),
]


@pytest.mark.parametrize(("settings", "module", "words"), PACKAGES)
def test_a_missing_package_is_named_and_one_that_is_there_is_not(settings, module, words, monkeypatch):
    config = TrainingConfig(**settings)
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == module else object())
    with pytest.raises(ConfigError, match=re.escape(words)):
        refuse_missing_packages(config)
    monkeypatch.setattr(packages, "find_spec", lambda _: object())
    refuse_missing_packages(config)


def test_nothing_is_needed_that_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    refuse_missing_packages(TrainingConfig())


def test_flash_attention_is_taken_on_gpus_in_bf16_where_it_is_installed(monkeypatch):
    bf16, fp32 = TrainingConfig(precision="bf16"), TrainingConfig()
    monkeypatch.setattr(packages, "find_spec", lambda name: object() if name == "flash_attn" else None)
    assert attention_implementation(bf16, on_gpu=True) == "flash_attention_2"
    assert attention_implementation(fp32, on_gpu=True) == "sdpa"
    assert attention_implementation(bf16, on_gpu=False) == "sdpa"
    eager = TrainingConfig(attention="eager")
    assert attention_implementation(eager, on_gpu=True) == "eager"
    asked = TrainingConfig(attention="flash_attention_2", precision="bf16")
    with pytest.raises(ConfigError, match="runs on GPUs only"):
        attention_implementation(asked, on_gpu=False)
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    assert attention_implementation(bf16, on_gpu=True) == "varlen"
    assert attention_implementation(fp32, on_gpu=True) == "sdpa"
    monkeypatch.setattr(varlen_attention, "is_available", lambda: False)
    assert attention_implementation(bf16, on_gpu=True) == "sdpa"


def test_four_bit_weights_are_nf4_computed_in_bf16():
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    assert quantization(TrainingConfig()) is None
    found = quantization(TrainingConfig(quantize="nf4", lora=LoraConfig(), precision="bf16"))
    assert (found.load_in_4bit, found.bnb_4bit_quant_type, found.bnb_4bit_use_double_quant) == (True, "nf4", True)
    assert found.bnb_4bit_compute_dtype == torch.bfloat16
