"""A training plan as text: what is assumed, a table of memory, time and money, and what to set."""

import json
from collections.abc import Iterator

from journeyman.training._gpus import GIB
from journeyman.training._memory import OVERHEAD, Memory
from journeyman.training.planner import Option, StagePlan, TrainingPlan

_COLUMNS = ("weights", "gradients", "optimizer", "activations", "logits", "buffers", "total")


def plan_text(plan: TrainingPlan) -> str:
    """The plan in lines of at most 120 characters."""
    return "\n".join((*_head(plan), "", *_memory(plan), "", *_times(plan), "", *_advice(plan), ""))


def _head(plan: TrainingPlan) -> Iterator[str]:
    shape, config, cluster = plan.shape, plan.config, plan.cluster
    trained = shape.trained(config)
    method = "whole" if config.lora is None else f"adapters of rank {config.lora.rank}"
    if config.quantize != "none":
        method += f" over {config.quantize} weights"
    yield f"model     {shape.name}: {_billions(shape.parameters)} parameters"
    yield f"trained   {_billions(sum(trained.values()))} ({', '.join(sorted(trained)) or 'nothing'}), {method}"
    yield (
        f"run       {config.precision}, {config.pack_tokens:,} tokens a forward pass, "
        f"gradient checkpointing {'on' if config.gradient_checkpointing else 'off'}"
    )
    yield (
        f"machines  {cluster.nodes} x {cluster.gpus} x {cluster.gpu.name}: {cluster.gpu.memory / GIB:.1f} GiB, "
        f"{cluster.gpu.peak / 1e12:,.1f} bf16 TFLOPS dense"
    )
    yield f"          {cluster.gpu.source}"
    context = f"{OVERHEAD / GIB:.0f} GiB a GPU for context"
    yield f"assumed   {plan.utilisation:.0%} of that peak in what is executed; {context}"
    if config.precision == "fp32":
        yield "          hours are a lower bound: the peak is bf16's, and fp32 is slower"


def _memory(plan: TrainingPlan) -> Iterator[str]:
    yield "GiB a GPU at the peak of a step" + (
        "; activations recomputed" if plan.config.gradient_checkpointing else "; activations kept"
    )
    widths = [max(7, len(name)) for name in _COLUMNS]
    head = " ".join(name.rjust(width) for name, width in zip(_COLUMNS, widths, strict=True))
    other = "if kept" if plan.config.gradient_checkpointing else "if recomputed"
    yield f"{'ZeRO, offload':23}{head}  fits  {other:>13}  host GiB"
    for option in plan.options:
        yield _row(option, plan, widths)


def _row(option: Option, plan: TrainingPlan, widths: list[int]) -> str:
    recomputed = plan.config.gradient_checkpointing
    shown, other = (option.checkpointed, option.plain) if recomputed else (option.plain, option.checkpointed)
    room = plan.cluster.gpu.memory
    cells = [f"{getattr(shown, name) / GIB:.1f}".rjust(w) for name, w in zip(_COLUMNS, widths, strict=True)]
    offload = {"none": "", "optimizer": ", optimizer", "optimizer and parameters": ", optimizer + weights"}
    label = f"{option.zero_stage}{offload[option.offload]}"
    return f"{label:23}{' '.join(cells)}  {_fits(shown, room):4}  {_total(other, room):>13}  {shown.host / GIB:8.0f}"


def _times(plan: TrainingPlan) -> Iterator[str]:
    counts = f"{'tokens':>12}{'a step':>10}{'passes':>8}{'steps':>9}"
    yield f"{'stage':22}{counts}{'hours':>9}{'GPU hours':>11}{'MFU':>6}  dollars"
    for stage in plan.stages:
        yield _stage(stage)
    if len(plan.stages) > 1:
        gpu_hours = sum(s.gpu_hours for s in plan.stages)
        dollars = sum(s.dollars or 0.0 for s in plan.stages) if plan.cluster.dollars_per_hour is not None else None
        hours = f"{sum(s.hours for s in plan.stages):9,.1f}{gpu_hours:11,.1f}"
        yield f"{'in all':22}{'':39}{hours}{'':6}  {_dollars(dollars)}"


def _stage(stage: StagePlan) -> str:
    return (
        f"{stage.name[:21]:22}{stage.tokens / 1e6:10,.1f} M{stage.tokens_per_step:10,}{stage.passes:8}{stage.steps:9,}"
        f"{stage.hours:9,.1f}{stage.gpu_hours:11,.1f}{stage.mfu:6.0%}  {_dollars(stage.dollars)}"
    )


def _advice(plan: TrainingPlan) -> Iterator[str]:
    if plan.settings == {}:
        yield f"fits as set: ZeRO {plan.config.zero_stage}, {plan.as_set.total / GIB:.1f} GiB of each GPU"
    elif plan.settings is None:
        yield "nothing above fits: lower pack_tokens or max_pixels, set lora (and quantize = nf4), or take more GPUs"
    else:
        yield f"does not fit as set ({plan.as_set.total / GIB:.1f} GiB); set {json.dumps({'training': plan.settings})}"
    yield f"host memory of a node: {plan.as_set.host / GIB:,.0f} GiB as set, since every rank reads all weights first"


def _fits(memory: Memory, room: int) -> str:
    return "yes" if memory.total <= room else "no"


def _total(memory: Memory, room: int) -> str:
    return f"{memory.total / GIB:.1f} {_fits(memory, room):>3}"


def _billions(count: int) -> str:
    return f"{count / 1e9:.2f} B" if count >= 10**8 else f"{count / 1e6:.2f} M"


def _dollars(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:,.0f}"
