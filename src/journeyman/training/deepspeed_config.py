"""Training configuration -> DeepSpeed's own."""

from typing import Any

from journeyman.training.config import Device, TrainingConfig

LARGEST_MATRIX = 1_300_000_000
"""Weights of the largest single matrix that is planned for: the embeddings of a 72B model. Its share of a rank must fit
into one of DeepSpeed's buffers for NVMe."""
SMALLEST_BUFFER = 100_000_000
LARGEST_BUCKET = 500_000_000
"""Elements exchanged at a time: DeepSpeed's default, whose buffers are made in full however small the model is."""
_BUCKET_UNIT = 1 << 16


def bucket_elements(trained_parameters: int) -> int:
    """Elements of a bucket that gradients are reduced in, or weights gathered in: no more than there are, rounded up.

    DeepSpeed wants an even number.
    """
    return min(LARGEST_BUCKET, -(-trained_parameters // _BUCKET_UNIT) * _BUCKET_UNIT)


def deepspeed_config(
    config: TrainingConfig, *, micro_batches: int, world_size: int, trained_parameters: int, on_gpu: bool = False
) -> dict[str, Any]:
    """DeepSpeed's JSON for one run.

    Args:
        config: The recipe's training section.
        micro_batches: Forward passes of one optimizer step over all ranks, a multiple of ``world_size``.
        world_size: Ranks.
        trained_parameters: Numbers that have a gradient, over all ranks.
        on_gpu: Ranks run on GPUs: gradients are then reduced while the backward pass goes on, and what is offloaded
            lies in pinned memory.
    """
    json: dict[str, Any] = {
        "train_batch_size": micro_batches,
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": micro_batches // world_size,
        "gradient_clipping": config.gradient_clip,
        "bf16": {"enabled": config.precision == "bf16"},
        "zero_optimization": {
            "stage": config.zero_stage,
            "contiguous_gradients": True,
            "overlap_comm": on_gpu,
            "reduce_bucket_size": bucket_elements(trained_parameters),
            "allgather_bucket_size": bucket_elements(trained_parameters),
            "stage3_gather_16bit_weights_on_model_save": config.zero_stage == 3,
        },
        # torch's AdamW runs anywhere; DeepSpeed's own CPU Adam is compiled for minutes at first use.
        "zero_force_ds_cpu_optimizer": False,
        "zero_allow_untested_optimizer": True,
        "steps_per_print": 1_000_000_000,
        "wall_clock_breakdown": False,
    }
    if config.accumulate_in_fp32 and config.precision == "bf16":
        json["data_types"] = {"grad_accum_dtype": "fp32"}
    if config.offload_optimizer != "none":
        # Adam keeps four numbers a weight on the disk: the weight, its gradient and two moments.
        json["zero_optimization"]["offload_optimizer"] = _offload(config.offload_optimizer, config, on_gpu) | (
            {"buffer_count": 4} if config.offload_optimizer == "nvme" else {}
        )
    if config.offload_parameters != "none":
        buffer = max(SMALLEST_BUFFER, -(-LARGEST_MATRIX // world_size))
        json["zero_optimization"]["offload_param"] = _offload(config.offload_parameters, config, on_gpu) | (
            {"buffer_size": buffer} if config.offload_parameters == "nvme" else {}
        )
    if "nvme" in (config.offload_optimizer, config.offload_parameters):
        # Many requests in flight on several threads: one thread does not fill an NVMe disk.
        json["aio"] = {"block_size": 1 << 20, "queue_depth": 32, "intra_op_parallelism": 4, "overlap_events": True}
    return json


def _offload(device: Device, config: TrainingConfig, on_gpu: bool) -> dict[str, Any]:
    return {"device": device, "pin_memory": on_gpu} | ({"nvme_path": config.nvme_path} if device == "nvme" else {})
