"""What training takes. The DeepSpeed configuration is derived from it (deepspeed_config.py)."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeyman.errors import ConfigError

Device = Literal["none", "cpu", "nvme"]
Schedule = Literal["constant", "linear", "cosine"]


class LoraConfig(BaseModel):
    """Low-rank adapters on the language model's attention."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rank: int = 64
    alpha: int = 64
    dropout: float = 0.05
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    also_train: tuple[str, ...] = ()
    """Freeze groups trained in full beside the adapters, e.g. ``merger``; the adapter's folder holds their weights
    too."""


class ViewsConfig(BaseModel):
    """What samples are made of screens when they are loaded (views.py); other rows are trained on as stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    pairs_per_sample: int = Field(default=8, ge=0)
    """Most pairs of a page (family ``grounding``) that share its picture in one sample. They are shuffled and dealt out
    anew every epoch, each once; a later pair sees those before it. 1 shows the picture anew for each pair; 0 takes
    pages as they are stored, all pairs in one."""
    levels: Mapping[Literal["l0", "l1", "l2", "l3"], Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    """Weights by which each step (family ``planning``) is drawn every epoch: as its command alone (``l0``), with its
    Action (``l1``), Thought too (``l2``) or Observation too (``l3``). A step that lacks words of its level is told on
    the fullest that it has. Empty takes steps as they are stored."""
    decimals: int = Field(default=4, ge=1, le=4)
    """Places of coordinates in what is trained on. At 2 a click is off by half a hundredth of the screen at most, and
    a small model is not taught digits that it cannot see."""


class StageConfig(BaseModel):
    """One of several training stages in order; what is None is the training section's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """Names the stage in metrics and checkpoints."""
    families: tuple[str, ...] = ()
    """Examples of these families only (``Example.family``); empty takes all."""
    share: float = Field(default=1.0, gt=0, le=1)
    """Share of those rows, drawn once by ``seed``."""
    freeze: tuple[str, ...] | None = None
    learning_rate: float | None = None
    schedule: Schedule | None = None
    warmup_share: float | None = None
    epochs: float | None = None
    max_steps: int | None = None
    tokens_per_step: int | None = None
    pack_tokens: int | None = None
    max_pixels: int | None = None


class MixedDataset(BaseModel):
    """A dataset beside the run's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str
    """Folder or file of published examples: a path, ``file://`` or ``s3://``."""
    weight: float = Field(default=1.0, gt=0)
    """Rows drawn from it for each row of the run's own dataset."""


class TrainingConfig(BaseModel):
    """One training run."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model_family: str = "qwen_vl"
    """Plugin on the ``model_families`` shelf."""
    base_model: str = "tiny"
    """``tiny`` builds a CPU-sized member of the family, as do the other names it lists (``small`` of ``llava`` is
    pretrained); else a local path or a hub name."""
    revision: str = ""
    """Commit of a hub name; empty takes the newest."""
    trust_remote_code: bool = False
    """Run the Python code that comes with the base model's weights; wants a ``revision``, the one you have read."""
    lora: LoraConfig | None = None
    """None trains every parameter that ``freeze`` leaves free."""
    quantize: Literal["none", "nf4"] = "none"
    """``nf4`` keeps the frozen base weights in 4-bit NormalFloat with double quantisation (QLoRA, arXiv:2305.14314,
    section 3); needs ``lora``, ``bf16``, a GPU and the package bitsandbytes."""
    freeze: tuple[str, ...] = ()
    """Parameter groups left as they are: ``vision``, ``merger``, ``language``, ``embeddings``."""
    stages: tuple[StageConfig, ...] = ()
    """Stages in order, each going on from the weights of the one before with an optimizer and a schedule of its own;
    empty is one stage with the settings of this section. :meth:`of_stage` gives the settings of one."""
    ranks: int = Field(default=1, ge=1)
    """Processes on each machine; one a GPU, or gloo ranks on the CPU."""
    nodes: int = Field(default=1, ge=1)
    """Machines; ``ranks`` processes run on each."""
    launcher: Literal["torchrun", "deepspeed"] = "torchrun"
    """What starts the ranks: ``torchrun`` on every node with a rendezvous, or DeepSpeed's own from one node with a
    hostfile and passwordless ssh."""
    rendezvous: str = ""
    """``host:port`` at which torchrun's nodes meet; needed when ``nodes`` is above 1."""
    hostfile: str = ""
    """For the deepspeed launcher: a file with a line ``host slots=N`` a node; needed when ``nodes`` is above 1."""
    zero_stage: Literal[0, 1, 2, 3] = 2
    offload_optimizer: Device = "none"
    """Where optimizer states and the fp32 weights live, and the optimizer runs on the CPU then: ``cpu`` needs ZeRO 1 to
    3, ``nvme`` ZeRO 3 and ``nvme_path``. On GPU machines DeepSpeed's own CPU Adam is used, which it compiles once."""
    offload_parameters: Device = "none"
    """Where the weights live while no layer needs them; ZeRO 3 only."""
    nvme_path: str = ""
    """Folder on a local NVMe disk, for ``nvme``; every rank writes below it."""
    precision: Literal["fp32", "bf16"] = "fp32"
    accumulate_in_fp32: bool = False
    """Add up the gradients of a step's forward passes in fp32 under ``bf16``: two more bytes a trained weight and rank
    share; ZeRO 2 and 3."""
    attention: Literal["auto", "eager", "sdpa", "varlen", "flash_attention_2"] = "auto"
    """Attention implementation; on a GPU under bf16 ``auto`` takes ``flash_attention_2`` where flash-attn is installed,
    else ``varlen``, torch's own flash-attention for packed rows (varlen_attention.py); everywhere else ``sdpa``."""
    liger: bool = False
    """Liger's Triton kernels for norms, rotary positions and activations; GPU only, needs the package liger-kernel."""
    max_steps: int = 0
    """Optimizer steps; 0 takes ``epochs``."""
    epochs: float = 7.0
    content_weight: float = Field(default=1.0, ge=1, le=100)
    """Times that a token of an argument, of an answer, or of what is said to be done, counts in the loss as one of the
    words around it; 1 counts all alike, as the papers do. For turns of ``skill_json`` and ``pyautogui_call``."""
    tokens_per_step: int = 4096
    """Tokens of one optimizer step over all ranks, pictures included."""
    pack_tokens: int = 2048
    """Tokens of one forward pass on one rank, about: the passes of a step are made equally long. How many passes are
    accumulated follows: ``tokens_per_step / pack_tokens`` over all ranks."""
    share_prefix: bool = True
    """Compute the turns that all conversations of a forward pass begin with (the tool list) once. Exact, and
    several times cheaper with a long tool list; off, conversations are packed side by side in one row."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, more time; turns ``share_prefix`` off."""
    max_pixels: int = 112 * 112
    """Larger pictures are scaled down to this, smaller ones up to ``min_pixels``. A recipe's ``min_pixels`` may be more
    than what a small run sets here: set both."""
    min_pixels: int = 56 * 56
    max_tokens: int = Field(default=0, ge=0)
    """Longest conversation, pictures included; 0 takes any. Longer ones are counted and go by ``too_long``."""
    too_long: Literal["drop", "cut"] = "drop"
    """``drop`` leaves a too long conversation out; ``cut`` keeps its turns up to the last trained one that fits, with
    their pictures, and leaves it out where none does."""
    views: ViewsConfig | None = None
    """What samples are made of pages and steps of a screen dataset; None trains on rows as they are stored. Where it is
    set, samples are what is drawn, shuffled and counted."""
    mixture: tuple[MixedDataset, ...] = ()
    """Datasets that are trained on beside the run's own."""
    shuffle_rows: int = Field(default=2048, ge=1)
    """Rows that are held and shuffled among themselves, of groups in random order; a smaller dataset is shuffled as a
    whole, and one of more than 256 MiB in runs of so much."""
    loader_processes: int = Field(default=0, ge=0)
    """Processes beside each rank that prepare its conversations ahead of the step; 0 takes a thread of the rank, which
    costs no start and is enough where a step takes longer than its conversations do."""
    learning_rate: float = 3e-3
    """For the tiny model; real ones want 1e-5 (full) to 1e-4 (adapters)."""
    schedule: Schedule = "cosine"
    """Course of the rate from its peak after the warm-up to ``floor_share`` of it (schedule.py)."""
    warmup_share: float = Field(default=0.05, ge=0, le=1)
    """Share of the steps in which the rate rises linearly to its peak."""
    warmup_steps: int = Field(default=1, ge=0)
    """At least so many steps of warm-up, however small the share."""
    floor_share: float = Field(default=0.05, ge=0, le=1)
    """Rate of the last step over the peak, for ``linear`` and ``cosine``."""
    weight_decay: float = 0.01
    beta2: float = 0.95
    gradient_clip: float = 1.0
    """Largest global norm of the gradient; 0 does not clip."""
    ema_decay: float = Field(default=0.0, ge=0, lt=1)
    """Keep an exponential moving average of the trained weights, and validate and export it in their place
    (averaging.py); 0 is off. 0.999 averages over about the last thousand steps. Four more bytes a trained weight and
    rank share."""
    checkpoint_every: int = Field(default=100, ge=1)
    """Optimizer steps between checkpoints in the store."""
    keep_checkpoints: int = 2
    """The newest ones; the best by validation loss is kept beside them where losses are known."""
    validate_at_checkpoints: bool = False
    """Compute the validation loss at every checkpoint, not only at the end; a pass over that split each time."""
    spike_factor: float = Field(default=0.0, ge=0)
    """Stop when a step's loss is above so many times the median of the last steps (guard.py); 0 stops for NaN and
    infinity only. Off by default: a small model from scratch falls through two orders of magnitude, where single
    steps rightly stand out. 3 to 5 suits the tuning of a pretrained model."""
    media: Literal["as stored", "none"] = "as stored"
    """``none`` leaves pictures, sounds and videos out of every conversation: the blind twin, which learns what words
    alone tell."""
    trackers: tuple[str, ...] = ()
    """Where metrics go besides the UI: plugins of the ``trackers`` shelf, e.g. ``tensorboard``."""
    seed: int = 0

    @property
    def world_size(self) -> int:
        """Ranks over all nodes."""
        return self.ranks * self.nodes

    def of_stage(self, stage: StageConfig) -> "TrainingConfig":
        """The settings of ``stage``: its own laid over this section's, and no further stages."""
        own = {key: value for key, value in stage.model_dump().items() if value is not None}
        for key in ("name", "families", "share"):
            del own[key]
        return TrainingConfig.model_validate(self.model_dump() | own | {"stages": ()})

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        for wrong, message in _contradictions(self):
            if wrong:
                # Not a ValueError: pydantic would bury the sentence in a print of the whole section.
                raise ConfigError(message)
        return self


def _contradictions(c: TrainingConfig) -> list[tuple[bool, str]]:
    """Settings that cannot hold together, and what to do."""
    nvme = "nvme" in (c.offload_optimizer, c.offload_parameters)
    names = [stage.name for stage in c.stages]
    return [
        (
            c.min_pixels > c.max_pixels,
            f"min_pixels = {c.min_pixels} is more than max_pixels = {c.max_pixels}; set both anew",
        ),
        (
            c.offload_optimizer != "none" and c.zero_stage == 0,
            f"offload_optimizer = {c.offload_optimizer} needs zero_stage 1, 2 or 3; it is 0",
        ),
        (
            c.offload_parameters != "none" and c.zero_stage < 3,
            f"offload_parameters = {c.offload_parameters} needs zero_stage 3; it is {c.zero_stage}",
        ),
        (
            nvme and c.zero_stage < 3,
            f"offload to nvme needs zero_stage 3 (below it DeepSpeed takes the CPU's memory); it is {c.zero_stage}",
        ),
        (
            c.ema_decay > 0 and c.offload_parameters == "nvme",
            "ema_decay needs the weights in memory: take offload_parameters = cpu, or ema_decay = 0",
        ),
        (nvme and not c.nvme_path, "offload to nvme needs nvme_path, a folder on a local disk"),
        (
            c.quantize != "none" and c.lora is None,
            f"quantize = {c.quantize} freezes the base model: set lora, or quantize = none",
        ),
        (
            c.quantize != "none" and c.precision != "bf16",
            f"quantize = {c.quantize} computes in bf16; precision is {c.precision}",
        ),
        (
            c.quantize != "none" and c.zero_stage == 3,
            f"quantize = {c.quantize} cannot be sharded by zero_stage 3; take 2",
        ),
        (
            c.attention == "flash_attention_2" and c.precision != "bf16",
            f"attention = flash_attention_2 computes in bf16; precision is {c.precision}: take bf16, or sdpa",
        ),
        (
            c.accumulate_in_fp32 and c.precision == "bf16" and c.zero_stage < 2,
            f"accumulate_in_fp32 needs zero_stage 2 or 3; it is {c.zero_stage}",
        ),
        (
            c.nodes > 1 and c.launcher == "torchrun" and not c.rendezvous,
            f"nodes = {c.nodes} under torchrun needs rendezvous = host:port, equal on every node",
        ),
        (
            c.nodes > 1 and c.launcher == "deepspeed" and not c.hostfile,
            f"nodes = {c.nodes} under the deepspeed launcher needs hostfile, with a line 'host slots={c.ranks}' a node",
        ),
        (
            c.views is not None and bool(c.views.levels) and not any(c.views.levels.values()),
            "views.levels has no weight above 0; give one, or leave it empty",
        ),
        (len(set(names)) < len(names), f"stages = {', '.join(names)}: a name comes twice"),
    ]
