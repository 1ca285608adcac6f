"""Training on one GPU: tokens a second, share of the peak and memory beside what the planner said, setting by setting.

A Qwen2-VL of 2B's widths with random weights, in bf16, on 300 multimodal tool trajectories, through the product's own
ranks under torchrun; then the same run broken off and resumed. Without a GPU it says so and ends. Settings that want a
package or a compiler which is not there say what is missing. ``--quick`` takes a model of 0.5B.

    python benchmarks/bench_gpu.py [--quick] [SETTING ...]
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training_throughput.rows import write_rows

ROOT = Path(__file__).resolve().parents[1]
STEPS, WARM_UP = 8, 3
COMMON: Mapping[str, Any] = {
    "precision": "bf16",
    "freeze": ("vision",),
    "learning_rate": 1e-5,
    "max_steps": STEPS,
    "pack_tokens": 8192,
    "tokens_per_step": 32768,
    "max_pixels": 448 * 448,
    "share_prefix": False,
    "checkpoint_every": 10**6,
}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "packed, varlen": {"attention": "varlen"},
    "packed, sdpa": {"attention": "sdpa"},
    "prefix shared": {"share_prefix": True},
    "liger": {"liger": True},
    "recomputed": {"gradient_checkpointing": True},
    "ZeRO-3": {"zero_stage": 3},
    "LoRA": {"lora": {"rank": 64, "alpha": 64}, "freeze": ()},
    "QLoRA": {"lora": {"rank": 64, "alpha": 64}, "freeze": (), "quantize": "nf4"},
    "optimizer on the CPU": {"offload_optimizer": "cpu"},
}
RESUMED = "resumed"
WIDTHS: Mapping[str, Mapping[str, int]] = {
    "2B": {
        "hidden": 1536,
        "layers": 28,
        "heads": 12,
        "key_value_heads": 2,
        "intermediate": 8960,
        "vision_hidden": 1280,
        "vision_layers": 32,
        "vision_heads": 16,
    },
    "0.5B": {
        "hidden": 896,
        "layers": 24,
        "heads": 14,
        "key_value_heads": 2,
        "intermediate": 4864,
        "vision_hidden": 640,
        "vision_layers": 16,
        "vision_heads": 8,
    },
}
VOCABULARY = 151_936
"""Qwen2-VL's: the head is a tenth of the work of the 2B."""


def main(arguments: list[str]) -> None:
    """Run the settings that were named, or all."""
    import torch

    if not torch.cuda.is_available():
        print("no GPU here: nothing was measured")
        return
    size = "0.5B" if "--quick" in arguments else "2B"
    named = [argument for argument in arguments if not argument.startswith("--")] or list(SETTINGS)
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as made:
        folder = Path(made)
        model = _write_model(folder / "base", WIDTHS[size])
        write_rows(folder / "dataset.parquet", pictures=True)
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, Qwen2-VL {size}, random weights, bf16")
        print(f"{'setting':24} {'tokens/s':>9} {'MFU':>6} {'wait':>6} {'GiB':>6} {'planned':>8} {'loss':>8}  start s")
        for name in named:
            if name == RESUMED:
                _resume(folder, model)
            else:
                _measure(name, SETTINGS[name], folder, model)


def _measure(name: str, setting: Mapping[str, Any], folder: Path, model: Path) -> None:
    from journeyman.errors import JourneymanError
    from journeyman.training.config import TrainingConfig
    from journeyman.training.packages import refuse_missing_packages

    config = TrainingConfig.model_validate({**COMMON, "base_model": str(model), **setting})
    began = time.monotonic()
    try:
        refuse_missing_packages(config)
        told = _run(config, folder)
    except JourneymanError as exc:
        print(f"{name:24} failed: {str(exc)[-1500:]}", flush=True)
        return
    steps = [values for event, values in told if event == "step"]
    measured = steps[WARM_UP:]
    spent = time.monotonic() - began - sum(values["seconds"] for values in steps)
    rate, mfu, wait = (
        statistics.median(values[key] or 0.0 for values in measured)
        for key in ("tokens_per_second", "mfu", "wait_share")
    )
    memory = max(values["memory_bytes"][0] for values in measured) / 2**30
    print(
        f"{name:24} {rate:9,.0f} {mfu:6.1%} {wait:6.1%} {memory:6.1f} {_planned(config, folder):8.1f} "
        f"{steps[-1]['loss']:8.4f}  {spent:.0f}",
        flush=True,
    )


def _run(config: Any, folder: Path, *, resume_step: int = 0, keep: bool = False) -> list[tuple[str, dict[str, Any]]]:
    import shutil

    from journeyman.training.rank_protocol import RankConfig
    from journeyman.training.ranks import run_ranks

    told: list[tuple[str, dict[str, Any]]] = []
    ranks = RankConfig(folder=folder, training=config, resume_step=resume_step)
    run_ranks(ranks, lambda event, values: told.append((event, values)))
    shutil.rmtree(ranks.model, ignore_errors=True)
    if not keep:
        shutil.rmtree(ranks.checkpoints, ignore_errors=True)
    return told


def _resume(folder: Path, model: Path) -> None:
    """A run that goes on from a checkpoint has the losses of one that was not broken off."""
    from journeyman.training.config import TrainingConfig

    config = TrainingConfig.model_validate(
        {**COMMON, "base_model": str(model), "lora": {"rank": 16}, "freeze": (), "max_steps": 6, "checkpoint_every": 3}
    )
    straight = _losses(_run(config, folder, keep=True))
    again = _losses(_run(config, folder, resume_step=3))
    worst = max(abs(again[step] / straight[step] - 1) for step in again)
    told = f"losses of steps {sorted(again)} differ by {worst:.1e} at most (its kernels add up in any order)"
    print(f"{RESUMED:24} at step 3: {told}")


def _losses(told: list[tuple[str, dict[str, Any]]]) -> dict[int, float]:
    return {values["step"]: values["loss"] for event, values in told if event == "step"}


def _planned(config: Any, folder: Path) -> float:
    """GiB that the planner expects of the allocator: its total without context and NCCL."""
    import torch

    from journeyman.model_family import load_model_family
    from journeyman.training._gpus import GPUS
    from journeyman.training._memory import OVERHEAD
    from journeyman.training._shape import shape_of_folder
    from journeyman.training.planner import Cluster, Workload, plan

    name = torch.cuda.get_device_name()
    gpu = next((gpu for known, gpu in GPUS.items() if known.partition("-")[0] in name), GPUS["H100-80GB"])
    facts = json.loads((folder / "facts.json").read_text()) if (folder / "facts.json").exists() else {}
    load = Workload(300, facts.get("tokens", 1500.0), facts.get("pictures", 0.4), facts.get("trained", 0.1))
    shape = shape_of_folder(config.base_model, load_model_family("qwen_vl"))
    return (plan(shape, config, Cluster(gpu, 1), (load,)).as_set.total - OVERHEAD) / 2**30


def _write_model(folder: Path, widths: Mapping[str, int]) -> Path:
    """A folder that ``from_pretrained`` reads; its tokenizer is trained on the rows, its head has Qwen's width."""
    import pyarrow.parquet as pq
    import torch
    from training_throughput.rows import conversations
    from transformers import Qwen2VLForConditionalGeneration

    from journeyman.model_families import _folders
    from journeyman.model_families._tiny_qwen import tiny_config
    from journeyman.model_family import load_model_family
    from journeyman.schema.arrow import table_to_records
    from journeyman.schema.example import Example
    from journeyman.training.conversations import Encoder, Limits, corpus

    rows = folder.parent / "dataset.parquet"
    write_rows(rows, pictures=True)
    texts = list(corpus(table_to_records(pq.read_table(rows), Example)))
    family = load_model_family("qwen_vl")
    _, processor = family.build_tiny(texts, 0)
    config = tiny_config(processor.tokenizer, **widths)
    config.text_config.vocab_size = VOCABULARY
    config.text_config.max_position_embeddings = 32768
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = Qwen2VLForConditionalGeneration(config)
    torch.set_default_dtype(torch.float32)
    _folders.save_parts(model.cpu(), processor, folder, None)
    encoder = Encoder(family, processor, Limits(COMMON["max_pixels"], 56 * 56))
    stored = conversations(rows)
    measures = [encoder.measure(c.row_id, c.messages_json, c.sizes()) for c in stored]
    total = sum(m.tokens for m in measures)
    facts = {
        "tokens": total / len(measures),
        "pictures": sum(m.patches for m in measures) / 4 / total,
        "trained": sum(m.trained for m in measures) / total,
    }
    (folder.parent / "facts.json").write_text(json.dumps(facts))
    del model
    torch.cuda.empty_cache()
    return folder


if __name__ == "__main__":
    main(sys.argv[1:])
