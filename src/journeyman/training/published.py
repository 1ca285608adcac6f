"""The papers' training settings as data, each a :class:`TrainingConfig`; docs/papers.md says what differs and why.

A paper's batch is a number of rows, ours of tokens: ``tokens_per_step`` is its batch times the mean row, and
``pack_tokens`` its maximal length, so that a rank computes no padding where the released code pads every row.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeyman.errors import ConfigError
from journeyman.training.config import LoraConfig, StageConfig, TrainingConfig, ViewsConfig


@dataclass(frozen=True, slots=True)
class Rows:
    """What a stage was trained on, by averages; a share that no source gives is our estimate."""

    count: int
    tokens: float
    """Of a row, pictures included."""
    picture_share: float
    trained_share: float


@dataclass(frozen=True, slots=True)
class Published:
    """One published run."""

    settings: TrainingConfig
    architecture: str
    """Its shape, for the planner."""
    rows: tuple[Rows, ...]
    """One for each stage."""
    gpu: str
    gpus: int
    """On each node."""
    nodes: int
    gpu_hours: float | None
    """As published; None where nothing is said."""
    source: str


_QWEN_PIXEL = 28 * 28
"""Pixels of one picture token of Qwen2-VL: 14-pixel patches, two by two merged."""
_QKVO = ("q_proj", "k_proj", "v_proj", "o_proj")
_T3_LENGTH = 10_240
_T3_ROW = 1_700
"""Tokens of an MM-Traj row under our system prompt: 4,450 characters at four a token, and 0.6 pictures of about 1,000
tokens; counted on the 94 rows that the repository holds."""


def _t3_agent(
    base_model: str,
    family: str,
    *,
    rank: int,
    alpha: int,
    also: tuple[str, ...],
    rate: float,
    epochs: float,
    batch: int,
    max_pixels: int,
) -> TrainingConfig:
    return TrainingConfig(
        model_family=family,
        base_model=base_model,
        lora=LoraConfig(rank=rank, alpha=alpha, dropout=0.05, targets=_QKVO, also_train=also),
        zero_stage=2,
        precision="bf16",
        epochs=epochs,
        tokens_per_step=batch * _T3_ROW,
        pack_tokens=_T3_LENGTH,
        max_tokens=_T3_LENGTH,
        gradient_checkpointing=True,
        max_pixels=max_pixels,
        min_pixels=4 * _QWEN_PIXEL,
        learning_rate=rate,
        schedule="cosine",
        warmup_share=0.01,
        floor_share=0.0,
        weight_decay=0.1,
        beta2=0.95,
    )


def _t3_minicpm(*, epochs: float, batch: int) -> TrainingConfig:
    return _t3_agent(
        "openbmb/MiniCPM-V-2_6",
        "minicpm_v",
        rank=64,
        alpha=64,
        also=("merger", "embeddings"),
        rate=1e-6,
        epochs=epochs,
        batch=batch,
        max_pixels=9 * 448 * 448,
    )


def _t3_qwen(*, epochs: float, batch: int) -> TrainingConfig:
    return _t3_agent(
        "Qwen/Qwen2-VL-7B-Instruct",
        "qwen_vl",
        rank=128,
        alpha=16,
        also=("embeddings",),
        rate=1e-5,
        epochs=epochs,
        batch=batch,
        max_pixels=1280 * _QWEN_PIXEL,
    )


_AGUVIS_LENGTH = 8_192
_AGUVIS_BATCH = 128
_AGUVIS_ROW = 1_300
"""1,196 tokens of a 1288 x 728 picture, and the text."""


def _aguvis(base_model: str, rate: float) -> TrainingConfig:
    return TrainingConfig(
        model_family="qwen_vl",
        base_model=base_model,
        freeze=("vision",),
        stages=(
            StageConfig(name="grounding", families=("grounding",)),
            StageConfig(name="planning", families=("planning",)),
        ),
        zero_stage=3,
        precision="bf16",
        liger=True,
        epochs=1,
        tokens_per_step=_AGUVIS_BATCH * _AGUVIS_ROW,
        pack_tokens=_AGUVIS_LENGTH,
        max_tokens=_AGUVIS_LENGTH,
        too_long="cut",
        gradient_checkpointing=True,
        max_pixels=46 * 26 * _QWEN_PIXEL,
        views=ViewsConfig(pairs_per_sample=8, levels={"l1": 1.0, "l2": 2.0}),
        min_pixels=256 * _QWEN_PIXEL,
        learning_rate=rate,
        schedule="cosine",
        warmup_share=0.03,
        floor_share=0.0,
        weight_decay=0.0,
        beta2=0.999,
    )


_AGUVIS_ROWS = (
    Rows(count=1_036_000, tokens=_AGUVIS_ROW, picture_share=0.92, trained_share=0.03),
    Rows(count=420_000, tokens=_AGUVIS_ROW, picture_share=0.92, trained_share=0.05),
)

_LLAVA_PLUS_ROWS = Rows(count=267_000, tokens=900, picture_share=0.3, trained_share=0.3)
"""150k augmented and 117k tool rows; 256 picture tokens at 224 px."""


def _llava_plus(base_model: str, *, image_size: int, batch: int) -> TrainingConfig:
    return TrainingConfig(
        model_family="llava",
        base_model=base_model,
        freeze=("vision",),
        zero_stage=2,
        precision="bf16",
        epochs=3,
        tokens_per_step=batch * int(_LLAVA_PLUS_ROWS.tokens),
        pack_tokens=16 * int(_LLAVA_PLUS_ROWS.tokens),
        max_tokens=2_048,
        too_long="cut",
        gradient_checkpointing=True,
        max_pixels=image_size**2,
        min_pixels=image_size**2,
        learning_rate=2e-5,
        schedule="cosine",
        warmup_share=0.03,
        floor_share=0.0,
        weight_decay=0.0,
        beta2=0.999,
    )


_MLLM_TOOL_ROWS = Rows(count=11_000, tokens=80, picture_share=0.01, trained_share=0.3)
"""One soft token a file. Two of the four training files are not public: the count is our estimate."""


def _mllm_tool(language: str, *, batch: int) -> TrainingConfig:
    # The one encoder of all three kinds, from where its weights (CC BY-NC-SA 4.0) were put.
    encoders = [f"{kind}=imagebind:imagebind_huge.pth" for kind in ("image", "audio", "video")]
    return TrainingConfig(
        model_family="bridge",
        base_model=" + ".join((*encoders, language)),
        lora=LoraConfig(rank=32, alpha=32, dropout=0.1, targets=_QKVO, also_train=("merger",)),
        zero_stage=2,
        offload_optimizer="cpu",
        precision="bf16",
        epochs=5,
        tokens_per_step=batch * int(_MLLM_TOOL_ROWS.tokens),
        pack_tokens=512,
        max_tokens=512,
        too_long="cut",
        gradient_checkpointing=True,
        learning_rate=5e-4,
        schedule="linear",
        warmup_share=0.1,
        warmup_steps=10,
        floor_share=0.0,
        weight_decay=1e-3,
        beta2=0.95,
        gradient_clip=1.0,
    )


def _t3_rows(count: int) -> tuple[Rows, ...]:
    return (Rows(count=count, tokens=_T3_ROW, picture_share=0.35, trained_share=0.26),)


_T3_SOURCE = "arXiv:2412.15606 and its repository, {}"

PUBLISHED: Mapping[str, Published] = {
    "t3_agent/qwen2_vl_7b": Published(
        settings=_t3_qwen(epochs=7, batch=128),
        architecture="qwen2_vl_7b",
        rows=_t3_rows(7_863),
        gpu="A100-80GB",
        gpus=8,
        nodes=1,
        gpu_hours=74.0,
        source=_T3_SOURCE.format("finetune_lora_ds.sh (GTA); hours from its log of 2024-12-07"),
    ),
    "t3_agent/qwen2_vl_7b_gaia": Published(
        settings=_t3_qwen(epochs=3, batch=64),
        architecture="qwen2_vl_7b",
        rows=_t3_rows(57_000),
        gpu="A100-80GB",
        gpus=8,
        nodes=1,
        gpu_hours=None,
        source=_T3_SOURCE.format("finetune_lora_ds_gaia.sh; its row count is not given, MiniCPM's is taken"),
    ),
    "t3_agent/minicpm_v_8_5b": Published(
        settings=_t3_minicpm(epochs=5, batch=8),
        architecture="minicpm_v_8_5b",
        rows=_t3_rows(8_000),
        gpu="A100-80GB",
        gpus=4,
        nodes=1,
        gpu_hours=None,
        source=_T3_SOURCE.format("job_lora_5_gta_with_verifier.sh"),
    ),
    "t3_agent/minicpm_v_8_5b_gaia": Published(
        settings=_t3_minicpm(epochs=2, batch=64),
        architecture="minicpm_v_8_5b",
        rows=_t3_rows(57_000),
        gpu="A100-80GB",
        gpus=8,
        nodes=1,
        gpu_hours=None,
        source=_T3_SOURCE.format("job_lora_5_gaia_1206.sh"),
    ),
    "aguvis/qwen2_vl_7b": Published(
        settings=_aguvis("Qwen/Qwen2-VL-7B-Instruct", 1e-5),
        architecture="qwen2_vl_7b",
        rows=_AGUVIS_ROWS,
        gpu="H100-80GB",
        gpus=8,
        nodes=8,
        gpu_hours=384.0,
        source="arXiv:2412.04454, appendix C.2, and its train.sh",
    ),
    "aguvis/qwen2_vl_72b": Published(
        settings=_aguvis("Qwen/Qwen2-VL-72B", 5e-6),
        architecture="qwen2_vl_72b",
        rows=_AGUVIS_ROWS,
        gpu="H100-80GB",
        gpus=8,
        nodes=16,
        gpu_hours=4_608.0,
        source="arXiv:2412.04454, appendix C.2",
    ),
    "llava_plus/vicuna_7b": Published(
        settings=_llava_plus("lmsys/vicuna-7b-v1.3", image_size=224, batch=128),
        architecture="llava_plus_7b",
        rows=(_LLAVA_PLUS_ROWS,),
        gpu="A100-80GB",
        gpus=4,
        nodes=1,
        gpu_hours=None,
        source="arXiv:2311.05437 and its training scripts",
    ),
    "llava_plus/vicuna_13b": Published(
        settings=_llava_plus("lmsys/vicuna-13b-v1.3", image_size=336, batch=256),
        architecture="llava_plus_13b",
        rows=(_LLAVA_PLUS_ROWS,),
        gpu="A100-80GB",
        gpus=8,
        nodes=1,
        gpu_hours=None,
        source="arXiv:2311.05437 and its training scripts",
    ),
    "mllm_tool/vicuna_7b": Published(
        settings=_mllm_tool("lmsys/vicuna-7b-v1.5", batch=64),
        architecture="mllm_tool_7b",
        rows=(_MLLM_TOOL_ROWS,),
        gpu="A100-80GB",
        gpus=4,
        nodes=1,
        gpu_hours=None,
        source="arXiv:2401.10727 and its DeepSpeed configuration",
    ),
    "mllm_tool/vicuna_13b": Published(
        settings=_mllm_tool("lmsys/vicuna-13b-v1.5", batch=32),
        architecture="mllm_tool_13b",
        rows=(_MLLM_TOOL_ROWS,),
        gpu="A100-80GB",
        gpus=4,
        nodes=1,
        gpu_hours=None,
        source="arXiv:2401.10727 and its DeepSpeed configuration",
    ),
}
"""``recipe/model`` -> the published run."""


def published_run(name: str) -> Published:
    """The published run ``name``.

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in PUBLISHED:
        near = difflib.get_close_matches(name, PUBLISHED) or list(PUBLISHED)
        raise ConfigError(f"no published settings {name!r}; there is: {', '.join(near)}")
    return PUBLISHED[name]


def published(name: str) -> TrainingConfig:
    """Training settings of the published run ``name``.

    Raises:
        ConfigError: There is none of that name.
    """
    return published_run(name).settings


def as_overrides(name: str) -> dict[str, Any]:
    """The settings as a recipe's ``overrides``: what differs from the defaults, as JSON.

    Raises:
        ConfigError: There is none of that name.
    """
    return {"training": published(name).model_dump(mode="json", exclude_defaults=True)}
