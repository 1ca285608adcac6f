"""What a training run needs before it is started: memory by ZeRO stage and offload, steps, hours and dollars."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from journeyman.errors import ConfigError
from journeyman.training._compute import cost_of_token
from journeyman.training._gpus import GPUS, Gpu
from journeyman.training._memory import Memory, Offload, Work, memory_of_rank
from journeyman.training._shape import ModelShape
from journeyman.training.config import TrainingConfig

UTILISATION = 0.4
"""Assumed share of the GPU's peak that the executed operations reach; published runs of this size report 0.3 to 0.5."""

_OFFLOADS: tuple[Offload, ...] = ("none", "optimizer", "optimizer and parameters")
_PREFERRED: tuple[tuple[int, Offload, bool], ...] = (
    (2, "none", False),
    (2, "none", True),
    (3, "none", False),
    (3, "none", True),
    (2, "optimizer", True),
    (3, "optimizer", True),
    (3, "optimizer and parameters", True),
)
"""(ZeRO stage, offload, checkpointing), from least to most traffic and recomputation."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the run is to take place."""

    gpu: Gpu
    gpus: int
    """On each node."""
    nodes: int = 1
    dollars_per_hour: float | None = None
    """Price of one GPU."""

    @property
    def ranks(self) -> int:
        """GPUs over all nodes."""
        return self.gpus * self.nodes


@dataclass(frozen=True, slots=True)
class Workload:
    """What is trained on, by averages."""

    rows: int
    row_tokens: float
    """Tokens of a row, pictures included."""
    picture_share: float = 0.5
    """Share of the tokens that stand for pictures, 0 to 1."""
    trained_share: float = 0.25
    """Share of the tokens that enter the loss, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to place the model, as set otherwise."""

    zero_stage: int
    offload: Offload
    plain: Memory
    """Activations kept."""
    checkpointed: Memory
    """Activations recomputed."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """Time and money of one training stage."""

    name: str
    tokens: float
    """Over all epochs."""
    steps: int
    passes: int
    """Forward passes of a rank in a step."""
    tokens_per_step: int
    hours: float
    gpu_hours: float
    dollars: float | None
    mfu: float
    """Model FLOPs utilisation that the assumed utilisation comes to."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """All that :func:`plan` finds."""

    shape: ModelShape
    config: TrainingConfig
    cluster: Cluster
    utilisation: float
    as_set: Memory
    options: tuple[Option, ...]
    stages: tuple[StagePlan, ...]
    settings: dict[str, Any] | None
    """What to set so that it fits; empty when it fits as set, None when nothing does."""


def find_gpu(name: str) -> Gpu:
    """The GPU ``name``.

    Raises:
        ConfigError: It is not known.
    """
    if name not in GPUS:
        raise ConfigError(f"no GPU {name!r} is known; there is: {', '.join(GPUS)}")
    return GPUS[name]


def plan(
    shape: ModelShape,
    config: TrainingConfig,
    cluster: Cluster,
    workloads: Sequence[Workload],
    *,
    utilisation: float = UTILISATION,
) -> TrainingPlan:
    """Plan a run.

    Args:
        shape: The model.
        config: As it would be trained; ``ranks`` and ``nodes`` are the cluster's.
        cluster: GPUs, and their price.
        workloads: One for each of ``config.stages``, or one that its stages take their ``share`` of.
        utilisation: Share of the peak that executed operations reach, above 0 and at most 1.

    Raises:
        ConfigError: Impossible numbers, or workloads that match no stages.
    """
    _refuse(cluster, workloads, utilisation)
    config = config.model_copy(update={"ranks": cluster.gpus, "nodes": cluster.nodes})
    stages = _stages(config, workloads)
    work = [_work(shape, stage, load) for _, stage, load in stages]
    largest = Work(max(w.tokens for w in work), max(w.patches for w in work), max(w.kept for w in work))

    def memory(**changed: Any) -> Memory:
        placed = config.model_copy(update=changed)
        # Of several stages the one that trains most decides.
        most = max((placed.model_copy(update={"freeze": s.freeze}) for _, s, _ in stages), key=_trained(shape))
        return memory_of_rank(shape, most, largest, ranks_per_node=cluster.gpus, nodes=cluster.nodes)

    options = tuple(
        Option(
            stage,
            offload,
            memory(**_placing(stage, offload, False)),
            memory(**_placing(stage, offload, True)),
        )
        for stage, offload in product((0, 1, 2, 3), _OFFLOADS)
        if _possible(stage, offload, config)
    )
    as_set = memory()
    return TrainingPlan(
        shape=shape,
        config=config,
        cluster=cluster,
        utilisation=utilisation,
        as_set=as_set,
        options=options,
        stages=tuple(_time(shape, name, stage, load, cluster, utilisation) for name, stage, load in stages),
        settings=_settings(config, as_set, options, cluster),
    )


def _refuse(cluster: Cluster, workloads: Sequence[Workload], utilisation: float) -> None:
    if cluster.gpus < 1 or cluster.nodes < 1:
        raise ConfigError(f"{cluster.gpus} GPUs on {cluster.nodes} nodes cannot train; give at least one of each")
    if not 0 < utilisation <= 1:
        raise ConfigError(f"utilisation = {utilisation} is no share of the peak; give a number above 0 and at most 1")
    if cluster.dollars_per_hour is not None and cluster.dollars_per_hour < 0:
        raise ConfigError(f"dollars per hour = {cluster.dollars_per_hour} is below zero")
    for load in workloads:
        if load.rows < 1 or load.row_tokens < 1:
            raise ConfigError(f"{load.rows} rows of {load.row_tokens:g} tokens are nothing to train on")
        for name, share in (("picture_share", load.picture_share), ("trained_share", load.trained_share)):
            if not 0 <= share <= 1:
                raise ConfigError(f"{name} = {share} is no share; give a number from 0 to 1")


def _stages(config: TrainingConfig, workloads: Sequence[Workload]) -> list[tuple[str, TrainingConfig, Workload]]:
    if not config.stages:
        if len(workloads) != 1:
            raise ConfigError(f"{len(workloads)} workloads for one stage; give one")
        return [("training", config, workloads[0])]
    if len(workloads) not in (1, len(config.stages)):
        raise ConfigError(f"{len(workloads)} workloads for {len(config.stages)} stages; give one, or one a stage")
    spread = list(workloads) * len(config.stages) if len(workloads) == 1 else list(workloads)
    # model_copy, as for the whole: a cluster of several nodes needs no rendezvous to be planned for.
    base = config.model_copy(update={"nodes": 1})
    return [
        (stage.name, base.of_stage(stage), Workload(max(1, round(load.rows * stage.share)), *_averages(load)))
        for stage, load in zip(config.stages, spread, strict=True)
    ]


def _averages(load: Workload) -> tuple[float, float, float]:
    return load.row_tokens, load.picture_share, load.trained_share


def _work(shape: ModelShape, config: TrainingConfig, load: Workload) -> Work:
    tokens = max(config.pack_tokens, round(load.row_tokens))
    per_token = shape.encoder.patches_per_token if shape.encoder else 0.0
    return Work(
        tokens=tokens,
        patches=round(tokens * load.picture_share * per_token),
        kept=round(tokens * load.trained_share),
    )


def _time(
    shape: ModelShape, name: str, config: TrainingConfig, load: Workload, cluster: Cluster, utilisation: float
) -> StagePlan:
    passes = -(-config.tokens_per_step // (config.pack_tokens * cluster.ranks))
    # Every pass holds a conversation at least, so small steps grow with the ranks.
    tokens_per_step = max(config.tokens_per_step, round(passes * cluster.ranks * load.row_tokens))
    steps = config.max_steps or max(1, round(config.epochs * load.rows * load.row_tokens / tokens_per_step))
    tokens = float(steps * tokens_per_step)
    cost = cost_of_token(
        shape,
        config,
        row_tokens=load.row_tokens,
        picture_share=load.picture_share,
        trained_share=load.trained_share,
    )
    hours = tokens * cost.executed / (cluster.gpu.peak * utilisation * cluster.ranks) / 3600
    gpu_hours = hours * cluster.ranks
    price = cluster.dollars_per_hour
    return StagePlan(
        name=name,
        tokens=tokens,
        steps=steps,
        passes=passes,
        tokens_per_step=tokens_per_step,
        hours=hours,
        gpu_hours=gpu_hours,
        dollars=None if price is None else gpu_hours * price,
        mfu=utilisation * cost.model / cost.executed,
    )


def _settings(
    config: TrainingConfig, as_set: Memory, options: Sequence[Option], cluster: Cluster
) -> dict[str, Any] | None:
    room = cluster.gpu.memory
    if as_set.total <= room:
        return {}
    found = {(option.zero_stage, option.offload): option for option in options}
    for stage, offload, checkpointed in _PREFERRED:
        option = found.get((stage, offload))
        if option and (option.checkpointed if checkpointed else option.plain).total <= room:
            wanted = _placing(stage, offload, checkpointed)
            return {key: value for key, value in wanted.items() if getattr(config, key) != value}
    return None


def _possible(stage: int, offload: Offload, config: TrainingConfig) -> bool:
    if stage == 3 and config.quantize != "none":
        return False
    return stage == 3 or offload == "none" or (offload == "optimizer" and stage > 0)


def _placing(stage: int, offload: Offload, checkpointed: bool) -> dict[str, Any]:
    return {
        "zero_stage": stage,
        "offload_optimizer": "none" if offload == "none" else "cpu",
        "offload_parameters": "cpu" if offload == "optimizer and parameters" else "none",
        "gradient_checkpointing": checkpointed,
    }


def _trained(shape: ModelShape) -> Any:
    return lambda config: sum(shape.trained(config).values())
