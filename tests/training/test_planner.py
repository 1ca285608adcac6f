"""The planner against DeepSpeed's estimators, transformers' own counts, measured activations and published runs."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.training._architectures import ARCHITECTURES
from journeyman.training._compute import cost_of_token
from journeyman.training._gpus import GIB, GPUS
from journeyman.training._memory import LIVE_PARAMETERS, Work, host_memory, memory_of_rank, model_states
from journeyman.training._plan_table import plan_text
from journeyman.training._shape import Decoder, adapter_parameters, closed_form
from journeyman.training.config import LoraConfig, StageConfig, TrainingConfig
from journeyman.training.planner import Cluster, Workload, find_gpu, plan

BF16 = TrainingConfig(precision="bf16")
ONE_PASS = Work(tokens=8192, patches=16_384, kept=2048)
CLUSTERS = [(1, 1), (8, 1), (8, 4), (3, 2)]


def placed(stage, offload="none", parameters="none", **more):
    return BF16.model_copy(
        update={"zero_stage": stage, "offload_optimizer": offload, "offload_parameters": parameters, **more}
    )


@pytest.mark.parametrize(("gpus", "nodes"), CLUSTERS)
@pytest.mark.parametrize("name", ["qwen2_vl_7b", "qwen2_vl_72b", "llava_1_5_13b"])
def test_model_states_are_those_of_deepspeeds_zero_2_estimator(name, gpus, nodes):
    pytest.importorskip("deepspeed")
    from deepspeed.runtime.zero.stage_1_and_2 import estimate_zero2_model_states_mem_needs

    shape = ARCHITECTURES[name]
    for offload in ("none", "cpu"):
        config = placed(2, offload)
        host, gpu = estimate_zero2_model_states_mem_needs(shape.parameters, gpus, nodes, cpu_offload=offload == "cpu")
        assert sum(model_states(shape, config, shape.parameters, ranks=gpus * nodes)) == pytest.approx(gpu, abs=4)
        if nodes == 1:  # for more, DeepSpeed counts what all nodes read as if it were one node's
            ours = host_memory(shape, config, shape.parameters, ranks_per_node=gpus, nodes=1, load_bytes=4)
            assert ours == pytest.approx(host, abs=4)


@pytest.mark.parametrize(("gpus", "nodes"), CLUSTERS)
@pytest.mark.parametrize("name", ["qwen2_vl_7b", "qwen2_vl_72b", "llava_1_5_13b"])
def test_model_states_are_those_of_deepspeeds_zero_3_estimator(name, gpus, nodes):
    pytest.importorskip("deepspeed")
    from deepspeed.runtime.zero.stage3 import estimate_zero3_model_states_mem_needs

    shape = ARCHITECTURES[name]
    for optimizer, parameters in (("none", "none"), ("cpu", "none"), ("cpu", "cpu")):
        config = placed(3, optimizer, parameters)
        host, gpu, _ = estimate_zero3_model_states_mem_needs(
            shape.parameters,
            shape.largest_matrix,
            gpus,
            nodes,
            cpu_offload=optimizer == "cpu",
            cpu_offload_params=parameters == "cpu",
            zero_init=False,
        )
        assert sum(model_states(shape, config, shape.parameters, ranks=gpus * nodes)) == pytest.approx(gpu, abs=4)
        ours = host_memory(shape, config, shape.parameters, ranks_per_node=gpus, nodes=nodes, load_bytes=4)
        assert ours == pytest.approx(host, abs=4)


KNOWN_TOTALS = {
    "qwen2_vl_2b": 2_208_985_600,
    "qwen2_vl_7b": 8_291_375_616,
    "qwen2_vl_72b": 73_405_560_320,
    "minicpm_v_8_5b": 8_099_175_152,
}
"""Parameters as the hub counts them in the published safetensors."""


@pytest.mark.parametrize("name", KNOWN_TOTALS)
def test_the_closed_form_gives_the_published_count(name):
    assert ARCHITECTURES[name].parameters == KNOWN_TOTALS[name]


@pytest.mark.parametrize("name", ["qwen2_vl_2b", "qwen2_vl_7b", "llava_1_5_7b"])
def test_the_closed_form_is_what_transformers_builds(name, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from journeyman.model_families.llava import FAMILY as LLAVA
    from journeyman.model_families.qwen_vl import FAMILY as QWEN
    from journeyman.training._shape import shape_of_folder

    want = ARCHITECTURES[name]
    family = LLAVA if name.startswith("llava") else QWEN
    _transformers_config(want).save_pretrained(tmp_path)
    got = shape_of_folder(str(tmp_path), family)
    assert dict(got.groups) == dict(want.groups)
    assert got.largest_matrix == want.largest_matrix
    assert replace(got.decoder, head_width=0, query_key_value_bias=False) == replace(
        want.decoder, query_key_value_bias=False
    )
    assert got.encoder == want.encoder


def _transformers_config(shape):
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, Qwen2VLConfig

    d, e = shape.decoder, shape.encoder
    text = {
        "vocab_size": d.vocabulary,
        "hidden_size": d.hidden,
        "intermediate_size": d.intermediate,
        "num_hidden_layers": d.layers,
        "num_attention_heads": d.heads,
        "num_key_value_heads": d.key_value_heads,
        "tie_word_embeddings": d.tied,
    }
    if shape.name.startswith("llava"):
        vision = CLIPVisionConfig(
            hidden_size=1024,
            intermediate_size=4096,
            num_hidden_layers=24,
            num_attention_heads=16,
            image_size=336,
            patch_size=14,
        )
        return LlavaConfig(vision_config=vision, text_config=LlamaConfig(**text), tie_word_embeddings=False)
    vision = {"depth": e.layers, "embed_dim": e.hidden, "hidden_size": d.hidden, "num_heads": e.heads, "mlp_ratio": 4}
    return Qwen2VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=d.tied)


@pytest.mark.parametrize(("size", "millions"), [("7b", 33.55), ("13b", 52.43)])
def test_adapters_are_counted_as_the_papers_count_them(size, millions):
    lora = LoraConfig(rank=32)
    assert adapter_parameters(ARCHITECTURES[f"mllm_tool_{size}"].decoder, lora) / 1e6 == pytest.approx(
        millions, abs=0.01
    )
    with pytest.raises(ConfigError, match=r"lora.targets = 'c_attn' cannot be planned for; there is: q_proj"):
        adapter_parameters(ARCHITECTURES["mllm_tool_7b"].decoder, LoraConfig(targets=("c_attn",)))


def test_adapters_are_what_peft_adds():
    pytest.importorskip("peft")
    from journeyman.model_families.qwen_vl import FAMILY
    from journeyman.training._shape import shape_of_model
    from journeyman.training.initial import prepare_for_training

    model, _ = FAMILY.build_tiny(["some text to learn words from"] * 3, 0)
    shape = shape_of_model("tiny", model, FAMILY)
    assert shape.parameters == sum(p.numel() for p in model.parameters())
    config = TrainingConfig(lora=LoraConfig(rank=4, targets=("q_proj", "k_proj", "down_proj")))
    adapted = prepare_for_training(model, config, FAMILY)
    assert shape.trained(config) == {"adapters": sum(p.numel() for p in adapted.parameters() if p.requires_grad)}


@given(
    stage=st.sampled_from([0, 1, 2, 3]),
    gpus=st.integers(1, 16),
    lora=st.booleans(),
    recomputed=st.booleans(),
    freeze=st.sets(st.sampled_from(["vision", "merger", "embeddings"])),
)
def test_more_sharding_freezing_and_recomputation_never_take_more(stage, gpus, lora, recomputed, freeze):
    shape = ARCHITECTURES["qwen2_vl_7b"]
    config = placed(stage, gradient_checkpointing=recomputed, freeze=tuple(sorted(freeze)), lora=None)

    def states(c, n=gpus):
        return memory_of_rank(shape, c, ONE_PASS, ranks_per_node=n, nodes=1).states

    assert states(config, gpus + 1) <= states(config)
    if 0 < stage < 3:  # ZeRO-3 gathers a whole layer besides, which only many ranks pay back
        assert states(placed(stage, freeze=config.freeze)) <= states(placed(stage - 1, freeze=config.freeze))
    if stage:
        assert states(placed(stage, "cpu", freeze=config.freeze)) <= states(config)
    if lora:
        assert states(config.model_copy(update={"lora": LoraConfig(rank=8)})) < states(config)
    peak = memory_of_rank(shape, config, ONE_PASS, ranks_per_node=gpus, nodes=1)
    again = config.model_copy(update={"gradient_checkpointing": True})
    assert memory_of_rank(shape, again, ONE_PASS, ranks_per_node=gpus, nodes=1).activations <= peak.activations
    assert peak.total == peak.states + peak.activations + peak.logits + peak.buffers


def test_four_bit_weights_take_a_quarter_and_a_little():
    shape = ARCHITECTURES["qwen2_vl_7b"]
    lora = BF16.model_copy(update={"lora": LoraConfig(rank=16)})
    whole, _, _ = model_states(shape, lora, 0, ranks=1)
    small, _, _ = model_states(shape, lora.model_copy(update={"quantize": "nf4"}), 0, ranks=1)
    assert 0.25 < small / whole < 0.4


def test_buffers_follow_the_trained_parameters_and_the_two_buckets_of_zero_1_and_2():
    def buffers(stage, shape="qwen2_vl_7b", **more):
        config = placed(stage, **more)
        return memory_of_rank(ARCHITECTURES[shape], config, ONE_PASS, ranks_per_node=8, nodes=1).buffers - 2 * GIB

    assert buffers(2) == buffers(1) == 2 * 1_000_000_000
    assert buffers(3) == 1_000_000_000 + 2 * LIVE_PARAMETERS
    adapters = adapter_parameters(ARCHITECTURES["qwen2_vl_7b"].decoder, LoraConfig(rank=16))
    assert 4 * adapters <= buffers(2, lora=LoraConfig(rank=16)) <= 4 * (adapters + 65_536)


@pytest.mark.parametrize("stage", [0, 2, 3])
def test_averaged_weights_take_four_bytes_over_all_ranks_where_the_weights_lie(stage):
    shape = ARCHITECTURES["qwen2_vl_7b"]

    def memory(**more):
        return memory_of_rank(shape, placed(stage, **more), ONE_PASS, ranks_per_node=8, nodes=1)

    assert memory(ema_decay=0.99).total - memory().total == -(-4 * shape.parameters // 8)
    if stage == 3:
        host = {"offload": "cpu", "parameters": "cpu"}
        assert memory(ema_decay=0.99, **host).total == memory(**host).total
        assert memory(ema_decay=0.99, **host).host - memory(**host).host == pytest.approx(6 * shape.parameters, abs=4)


def test_operations_of_a_token_are_six_a_weight_and_attention():
    decoder = Decoder(layers=2, hidden=64, heads=4, key_value_heads=2, intermediate=128, vocabulary=1000)
    shape = closed_form("toy", decoder, None, merger=0)
    matrices = 2 * (64 * 64 * 2 + 2 * 64 * 32 + 3 * 64 * 128)
    cost = cost_of_token(shape, BF16, row_tokens=100, picture_share=0.0, trained_share=0.5)
    # Attention, per layer and direction: two products of 64 channels over 50 tokens on average.
    want = 3 * (2 * matrices + 2 * 2 * 2 * 64 * 50) + 3 * 2 * 1000 * 64 * 0.5
    assert cost.model == cost.executed == pytest.approx(want)
    again = cost_of_token(
        shape, placed(2, gradient_checkpointing=True), row_tokens=100, picture_share=0.0, trained_share=0.5
    )
    # Recomputed up to the last matrix, whose input is then there again.
    assert again.executed - again.model == pytest.approx(2 * matrices + 2 * 2 * 2 * 64 * 50 - 2 * 2 * 64 * 128)
    lora = cost_of_token(
        shape,
        BF16.model_copy(update={"lora": LoraConfig(rank=1)}),
        row_tokens=100,
        picture_share=0.0,
        trained_share=0.5,
    )
    assert lora.model < 0.75 * cost.model


EIGHT = Cluster(find_gpu("H100-80GB"), 8, 1, dollars_per_hour=2.0)
LOAD = Workload(rows=10_000, row_tokens=2_000)
REAL = placed(2, tokens_per_step=131_072, pack_tokens=8_192, epochs=2)


def test_steps_hours_and_dollars_follow_from_tokens():
    found = plan(ARCHITECTURES["qwen2_vl_7b"], REAL, EIGHT, [LOAD])
    (stage,) = found.stages
    assert stage.steps == round(2 * 10_000 * 2_000 / 131_072)
    assert stage.passes == 2
    assert stage.gpu_hours == pytest.approx(8 * stage.hours)
    assert stage.dollars == pytest.approx(2.0 * stage.gpu_hours)
    twice = plan(ARCHITECTURES["qwen2_vl_7b"], REAL, EIGHT, [LOAD], utilisation=0.8)
    assert twice.stages[0].hours == pytest.approx(stage.hours / 2)


def test_small_steps_grow_with_the_ranks_as_the_packing_plan_does():
    from journeyman.training.packing import Packing

    row = SimpleNamespace(tokens=2_000, patches=0, shared=0)
    config = REAL.model_copy(update={"tokens_per_step": 4096, "share_prefix": False})
    (stage,) = plan(ARCHITECTURES["qwen2_vl_7b"], config, EIGHT, [LOAD]).stages
    packing = Packing(tokens_per_step=4096, pack_tokens=8192, ranks=8, share_prefix=False)
    step = next(packing.steps([row] * 64))
    assert stage.tokens_per_step == sum(c.tokens for c in step.conversations)
    assert stage.passes == packing.micro_batches // 8
    assert stage.steps == packing.steps_of([row], 2 * LOAD.rows)


def test_what_does_not_fit_is_told_what_to_set_and_that_then_fits():
    shape = ARCHITECTURES["qwen2_vl_7b"]
    found = plan(shape, REAL, EIGHT, [LOAD])
    assert found.as_set.total > EIGHT.gpu.memory
    assert found.settings
    helped = REAL.model_copy(update=found.settings)
    again = plan(shape, helped, EIGHT, [LOAD])
    assert again.settings == {}
    assert "fits as set" in plan_text(again)
    assert '"gradient_checkpointing": true' in plan_text(found)
    hopeless = plan(ARCHITECTURES["qwen2_vl_72b"], REAL, Cluster(find_gpu("RTX4090-24GB"), 1), [LOAD])
    assert hopeless.settings is None
    assert "nothing above fits" in plan_text(hopeless)


def test_stages_are_planned_one_by_one():
    staged = REAL.model_copy(
        update={"stages": (StageConfig(name="first", share=0.25), StageConfig(name="second", epochs=4))}
    )
    first, second = plan(ARCHITECTURES["qwen2_vl_2b"], staged, EIGHT, [LOAD]).stages
    assert (first.name, second.name) == ("first", "second")
    assert second.tokens / first.tokens == pytest.approx(8, rel=0.02)
    with pytest.raises(ConfigError, match="3 workloads for 2 stages"):
        plan(ARCHITECTURES["qwen2_vl_2b"], staged, EIGHT, [LOAD] * 3)


@pytest.mark.parametrize(
    ("cluster", "load", "utilisation", "words"),
    [
        (replace(EIGHT, gpus=0), LOAD, 0.4, "0 GPUs on 1 nodes"),
        (EIGHT, LOAD, 0.0, "utilisation = 0.0"),
        (EIGHT, LOAD, 1.1, "utilisation = 1.1"),
        (EIGHT, replace(LOAD, rows=0), 0.4, "0 rows of 2000 tokens"),
        (EIGHT, replace(LOAD, picture_share=2), 0.4, "picture_share = 2"),
        (replace(EIGHT, dollars_per_hour=-1), LOAD, 0.4, "dollars per hour = -1"),
    ],
)
def test_impossible_numbers_are_refused_by_name(cluster, load, utilisation, words):
    with pytest.raises(ConfigError, match=words):
        plan(ARCHITECTURES["qwen2_vl_2b"], REAL, cluster, [load], utilisation=utilisation)


def test_a_gpu_that_is_not_known_lists_those_that_are():
    with pytest.raises(ConfigError, match=f"no GPU 'V100' is known; there is: {', '.join(GPUS)}"):
        find_gpu("V100")


def test_the_table_fits_a_page_and_adds_up():
    found = plan(ARCHITECTURES["qwen2_vl_72b"], REAL, replace(EIGHT, nodes=16), [LOAD])
    lines = plan_text(found).splitlines()
    assert max(len(line) for line in lines) <= 120
    assert len(found.options) == 8
    for option in found.options:
        for memory in (option.plain, option.checkpointed):
            assert math.isfinite(memory.total)
            assert memory.total > memory.states > 0
