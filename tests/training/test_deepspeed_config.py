import json

import pytest

from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.deepspeed_config import LARGEST_BUCKET, bucket_elements, deepspeed_config
from tests import golden

NAME = golden.FOLDER / "deepspeed.json"
BF16 = TrainingConfig(precision="bf16", ranks=8)


def bf16(**changed):
    return TrainingConfig.model_validate(BF16.model_dump() | changed)


CASES = {
    "stage 2, two ranks, fp32": (TrainingConfig(ranks=2), 4, 2, False),
    "stage 3, eight ranks, bf16": (bf16(zero_stage=3), 16, 8, False),
    "no ZeRO, one rank, no clipping": (TrainingConfig(zero_stage=0, gradient_clip=0), 2, 1, False),
    "stage 1, on GPUs": (bf16(zero_stage=1), 16, 8, True),
    "stage 2, on GPUs, gradients added up in fp32": (bf16(accumulate_in_fp32=True), 32, 8, True),
    "stage 2, adapters over four-bit weights, on GPUs": (bf16(lora=LoraConfig(), quantize="nf4"), 16, 8, True),
    "stage 2, optimizer on the CPU, on GPUs": (bf16(offload_optimizer="cpu"), 16, 8, True),
    "stage 3, optimizer and weights on the CPU, on GPUs": (
        bf16(zero_stage=3, offload_optimizer="cpu", offload_parameters="cpu"),
        16,
        8,
        True,
    ),
    "stage 3, optimizer and weights on NVMe, two nodes of GPUs": (
        bf16(
            zero_stage=3,
            offload_optimizer="nvme",
            offload_parameters="nvme",
            nvme_path="/local_nvme",
            nodes=2,
            rendezvous="node0:29500",
        ),
        32,
        16,
        True,
    ),
}


def derived(case):
    config, micro_batches, world, on_gpu = CASES[case]
    trained = 9_437_184 if config.lora else 2_208_985_600
    return deepspeed_config(
        config, micro_batches=micro_batches, world_size=world, trained_parameters=trained, on_gpu=on_gpu
    )


def test_deepspeeds_configuration_is_the_golden_one(request):
    text = json.dumps({case: derived(case) for case in CASES}, indent=2, sort_keys=True) + "\n"
    golden.agrees_with_golden(text, NAME.relative_to(golden.FOLDER), request)


@pytest.mark.parametrize("case", CASES)
def test_deepspeed_itself_reads_what_is_derived(case):
    pytest.importorskip("deepspeed")
    from deepspeed.runtime.config import get_data_types_params
    from deepspeed.runtime.precision_config import get_bfloat16_config
    from deepspeed.runtime.swap_tensor.aio_config import get_aio_config
    from deepspeed.runtime.zero.config import get_zero_config

    config = CASES[case][0]
    json_config = derived(case)
    zero = get_zero_config(json_config)  # refuses keys that it does not know
    assert zero.stage == config.zero_stage
    for ours, theirs in (
        (config.offload_optimizer, zero.offload_optimizer),
        (config.offload_parameters, zero.offload_param),
    ):
        assert (theirs is None) == (ours == "none")
        if theirs is not None:
            assert theirs.device == ours
            assert str(theirs.nvme_path or "") == (config.nvme_path if ours == "nvme" else "")
    assert (
        zero.reduce_bucket_size == zero.allgather_bucket_size == json_config["zero_optimization"]["reduce_bucket_size"]
    )
    assert get_bfloat16_config(json_config).enabled == (config.precision == "bf16")
    assert get_data_types_params(json_config) == ({"grad_accum_dtype": "fp32"} if config.accumulate_in_fp32 else {})
    if "aio" in json_config:
        assert set(json_config["aio"]) <= set(get_aio_config(json_config))
    batch = json_config["train_micro_batch_size_per_gpu"] * json_config["gradient_accumulation_steps"]
    assert batch * CASES[case][2] == json_config["train_batch_size"]


def test_buckets_hold_all_gradients_of_a_small_model_and_are_never_larger_than_deepspeeds_own():
    pytest.importorskip("deepspeed")
    from deepspeed.runtime.zero.config import DeepSpeedZeroConfig

    default = DeepSpeedZeroConfig()
    assert default.reduce_bucket_size == default.allgather_bucket_size == LARGEST_BUCKET
    for trained in (1, 215, 65_536, 65_537, 3_979_264, LARGEST_BUCKET - 1, LARGEST_BUCKET, 7 * LARGEST_BUCKET):
        size = bucket_elements(trained)
        assert min(trained, LARGEST_BUCKET) <= size <= min(trained + 65_535, LARGEST_BUCKET)
        assert size % 2 == 0  # ZeRO 1 and 2 refuse an odd one


def test_the_op_that_compiles_for_minutes_can_be_switched_off():
    pytest.importorskip("torch")
    deepspeed = pytest.importorskip("deepspeed")
    from journeyman.training.engine import SHM_COMM, switch_off_shm_comm

    switch_off_shm_comm()
    assert deepspeed.ops.__compatible_ops__[SHM_COMM] is False
