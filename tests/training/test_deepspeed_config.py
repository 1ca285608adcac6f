import json
from pathlib import Path

import pytest

from journeyman.training.config import TrainingConfig
from journeyman.training.deepspeed_config import deepspeed_config

GOLDEN = Path(__file__).parents[1] / "golden" / "deepspeed.json"
CASES = {
    "stage 2, two ranks, fp32": (TrainingConfig(ranks=2), 4, 2),
    "stage 3, eight ranks, bf16": (TrainingConfig(ranks=8, zero_stage=3, precision="bf16"), 16, 8),
}


def test_deepspeeds_configuration_is_the_golden_one():
    got = {
        name: deepspeed_config(config, micro_batches=micro_batches, world_size=world)
        for name, (config, micro_batches, world) in CASES.items()
    }
    assert got == json.loads(GOLDEN.read_text())


def test_the_op_that_compiles_for_minutes_can_be_switched_off():
    pytest.importorskip("torch")
    deepspeed = pytest.importorskip("deepspeed")
    from journeyman.training.engine import SHM_COMM, switch_off_shm_comm

    switch_off_shm_comm()
    assert deepspeed.ops.__compatible_ops__[SHM_COMM] is False
