"""Memory of one rank, part by part, and of one node's host, for any ZeRO stage and offload.

Model states are counted as DeepSpeed's own estimators count them
(``deepspeed.runtime.zero``: ``estimate_zero2_model_states_mem_needs`` and its ZeRO-3 sibling), widened to frozen
parameters, adapters and fp32. Activations are what transformers' layers keep for the backward pass, tensor by tensor.
"""

from dataclasses import dataclass
from typing import Literal

from journeyman.training._gpus import GIB
from journeyman.training._shape import Decoder, Encoder, ModelShape
from journeyman.training.config import TrainingConfig
from journeyman.training.deepspeed_config import bucket_elements

OVERHEAD = 2 * GIB
"""Assumed: CUDA context, NCCL's buffers, and what the allocator cannot use."""
LIVE_PARAMETERS = 1_050_000_000
"""Elements that ZeRO-3 keeps gathered and prefetches; DeepSpeed's defaults."""
NF4_BYTES = 4.127 / 8
"""A weight in 4-bit NormalFloat with double quantisation (arXiv:2305.14314, section 3)."""
OPTIMIZER_BYTES = 12
"""fp32 weight and Adam's two moments."""
AVERAGE_BYTES = 4
"""fp32 moving average of a weight (averaging.py)."""
HOST_FACTOR = 1.5
"""DeepSpeed's own allowance for buffers in the host's memory."""

Offload = Literal["none", "optimizer", "optimizer and parameters"]


@dataclass(frozen=True, slots=True)
class Work:
    """What one forward pass of one rank holds."""

    tokens: int
    patches: int
    """Of pictures, as the vision encoder takes them."""
    kept: int
    """Tokens with logits."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one rank at the peak of a step; ``host`` is the main memory of a node."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    buffers: int
    """Gradients in exchange, gathered weights, and :data:`OVERHEAD`."""
    host: int

    @property
    def states(self) -> int:
        """Weights, gradients and optimizer states."""
        return self.weights + self.gradients + self.optimizer

    @property
    def total(self) -> int:
        """Of the GPU."""
        return self.states + self.activations + self.logits + self.buffers


def memory_of_rank(
    shape: ModelShape, config: TrainingConfig, work: Work, *, ranks_per_node: int, nodes: int, on_gpu: bool = True
) -> Memory:
    """Peak memory of a rank under ``config``.

    Args:
        shape: The model.
        config: ZeRO stage, offload, precision, adapters, freezing, checkpointing.
        work: Of one forward pass.
        ranks_per_node: Ranks on each node.
        nodes: Nodes.
        on_gpu: Gradients are exchanged while the backward pass goes on.
    """
    trained = sum(shape.trained(config).values())
    weights, gradients, optimizer = model_states(shape, config, trained, ranks=ranks_per_node * nodes)
    return Memory(
        weights=weights,
        gradients=gradients,
        optimizer=optimizer,
        activations=activations(shape, config, work),
        logits=work.kept * shape.decoder.vocabulary * (10 if config.precision == "bf16" else 8),
        buffers=_buffers(shape, config, trained, on_gpu=on_gpu),
        host=host_memory(shape, config, trained, ranks_per_node=ranks_per_node, nodes=nodes),
    )


def model_states(shape: ModelShape, config: TrainingConfig, trained: int, *, ranks: int) -> tuple[int, int, int]:
    """Bytes of weights, gradients and optimizer states on one rank's GPU.

    The gradients' fp32 copy, which the optimizer makes at the step, counts as optimizer state, as DeepSpeed counts it;
    so does the averaged weights' piece, which lies where the weights lie.
    """
    weights, gradients, optimizer = _deepspeed_states(shape, config, trained, ranks=ranks)
    on_gpu = config.ema_decay and config.offload_parameters == "none"
    return weights, gradients, optimizer + (-(-AVERAGE_BYTES * trained // ranks) if on_gpu else 0)


def _deepspeed_states(shape: ModelShape, config: TrainingConfig, trained: int, *, ranks: int) -> tuple[int, int, int]:
    each = _bytes(config)
    weights = _weight_bytes(shape, config)
    stage = config.zero_stage
    if stage == 3:
        # Weights of the largest layer, whole, and their gradient.
        whole = 4 * shape.largest_matrix if each == 2 else 8 * shape.largest_matrix
        shard = 0 if config.offload_parameters != "none" else int(weights / ranks)
        if config.offload_optimizer != "none":
            return whole + shard, 0, 0
        return whole + shard, int(4 * trained / ranks), int(OPTIMIZER_BYTES * trained / ranks)
    gradient = 4 if config.accumulate_in_fp32 else each
    share = ranks if stage else 1
    gradients = gradient * trained if stage < 2 else int(gradient * trained / ranks)
    if config.offload_optimizer != "none":
        return weights, gradients if stage < 2 else 0, 0
    # Without ZeRO and in fp32 the weights are their own master copy.
    optimizer = 8 if stage == 0 and each == 4 else OPTIMIZER_BYTES + 4
    return weights, gradients, int(optimizer * trained / share)


def host_memory(
    shape: ModelShape,
    config: TrainingConfig,
    trained: int,
    *,
    ranks_per_node: int,
    nodes: int,
    load_bytes: int | None = None,
) -> int:
    """Bytes of a node's main memory: what is offloaded, or every rank's copy while weights are read, if that is more.

    Args:
        shape: The model.
        config: What is offloaded to the CPU.
        trained: Parameters with a gradient.
        ranks_per_node: Ranks that read the weights at the same time.
        nodes: Nodes that share what is offloaded.
        load_bytes: Of a weight while it is read; None takes the run's precision.
    """
    load = _bytes(config) if load_bytes is None else load_bytes
    offloaded = 0
    if config.offload_optimizer == "cpu":
        offloaded += (OPTIMIZER_BYTES + 4) * trained
    if config.offload_parameters == "cpu":
        offloaded += _weight_bytes(shape, config) + (AVERAGE_BYTES * trained if config.ema_decay else 0)
    return int(max(load * shape.parameters * ranks_per_node, offloaded / nodes) * HOST_FACTOR)


def activations(shape: ModelShape, config: TrainingConfig, work: Work) -> int:
    """Bytes kept for the backward pass of one forward pass, and the gradients alive while a layer is gone through."""
    each = _bytes(config)
    decoder = shape.decoder
    layer = work.tokens * decoder_layer_bytes(decoder, each)
    passing = work.tokens * each * (3 * decoder.intermediate + 2 * decoder.hidden)
    if config.gradient_checkpointing:
        total = work.tokens * decoder.layers * each * decoder.hidden + layer + passing
    else:
        total = decoder.layers * layer + passing
    if shape.encoder is None or not work.patches:
        return total
    encoder = shape.encoder
    one = work.patches * encoder_layer_bytes(encoder, each)
    if "vision" not in shape.trained(config):
        # No graph behind a frozen encoder, and it is gone through before the decoder's is built.
        return max(total, one)
    kept = work.patches * encoder.layers * each * encoder.hidden + one
    return total + (kept if config.gradient_checkpointing else encoder.layers * one)


def decoder_layer_bytes(decoder: Decoder, each: int) -> int:
    """Bytes a token that a decoder layer keeps; ``each`` is 2 for bf16 and 4 for fp32.

    Two norms with their fp32 input, scaled input and output; queries, keys, values and the attention's output (no
    scores: sdpa and flash-attention recompute them) with one fp32 number a head; four widths of the feed-forward part.
    """
    norms = 2 * decoder.hidden * (4 + 2 * each) + 8
    attention = 2 * each * (decoder.query_width + decoder.key_value_width) + 4 * decoder.heads
    return norms + attention + 4 * each * decoder.intermediate


def encoder_layer_bytes(encoder: Encoder, each: int) -> int:
    """Bytes a patch that a layer of Qwen2-VL's encoder keeps; CLIP's, without rotated queries and keys, keeps less."""
    return each * (11 * encoder.hidden + 3 * encoder.intermediate) + 24


def _buffers(shape: ModelShape, config: TrainingConfig, trained: int, *, on_gpu: bool) -> int:
    each = _bytes(config)
    # DeepSpeed makes the second, for what comes while the first is sent, in ZeRO 1 and 2 alone.
    buckets = 2 if on_gpu and config.zero_stage in (1, 2) else 1
    exchanged = bucket_elements(trained) * each * buckets
    gathered = min(shape.parameters, LIVE_PARAMETERS) * each if config.zero_stage == 3 else 0
    return exchanged + gathered + (OVERHEAD if on_gpu else 0)


def _weight_bytes(shape: ModelShape, config: TrainingConfig) -> int:
    """Of all weights and adapters, whole."""
    each = _bytes(config)
    adapters = shape.trained(config).get("adapters", 0) * each
    if config.quantize == "none":
        return each * shape.parameters + adapters
    # bitsandbytes leaves embeddings and the head as they are.
    plain = shape.groups["embeddings"]
    return int(plain * each + (shape.parameters - plain) * NF4_BYTES) + adapters


def _bytes(config: TrainingConfig) -> int:
    return 2 if config.precision == "bf16" else 4
