"""Training configuration -> DeepSpeed's own."""

from typing import Any

from journeyman.training.config import TrainingConfig


def deepspeed_config(config: TrainingConfig, *, micro_batches: int, world_size: int) -> dict[str, Any]:
    """DeepSpeed's JSON for one run.

    Args:
        config: The recipe's training section.
        micro_batches: Forward passes of one optimizer step over all ranks, a multiple of ``world_size``.
        world_size: Ranks.
    """
    return {
        "train_batch_size": micro_batches,
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": micro_batches // world_size,
        "gradient_clipping": config.gradient_clip,
        "bf16": {"enabled": config.precision == "bf16"},
        "zero_optimization": {
            "stage": config.zero_stage,
            "contiguous_gradients": True,
            "overlap_comm": False,
            "stage3_gather_16bit_weights_on_model_save": config.zero_stage == 3,
        },
        # torch's AdamW runs anywhere; DeepSpeed's own CPU Adam is compiled for minutes at first use.
        "zero_force_ds_cpu_optimizer": False,
        "zero_allow_untested_optimizer": True,
        "steps_per_print": 1_000_000_000,
        "wall_clock_breakdown": False,
    }
