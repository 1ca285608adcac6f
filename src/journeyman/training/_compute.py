"""Floating-point operations of training, from widths: what a token costs forward, backward and recomputed."""

from dataclasses import dataclass

from journeyman.training._shape import ModelShape
from journeyman.training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Cost:
    """Operations of one token, pictures' patches included in the tokens that stand for them."""

    model: float
    """Forward and backward; what model FLOPs utilisation (MFU, arXiv:2204.02311, appendix B) counts."""
    executed: float
    """With the layers that gradient checkpointing computes again."""


def cost_of_token(
    shape: ModelShape, config: TrainingConfig, *, row_tokens: float, picture_share: float, trained_share: float
) -> Cost:
    """Operations of an average token.

    Args:
        shape: The model.
        config: What is trained, and whether layers are recomputed.
        row_tokens: Tokens of a conversation: how far attention reaches.
        picture_share: Share of the tokens that stand for pictures, 0 to 1.
        trained_share: Share of the tokens whose logits are computed, 0 to 1.
    """
    decoder = shape.decoder
    matrices = decoder.layers * sum(a * b for a, b in decoder.linear_sizes.values())
    # Queries by keys and weights by values, two operations each, over half of the row: attention is causal.
    layers = 2 * matrices + decoder.layers * 2 * decoder.query_width * row_tokens
    head = 2 * decoder.vocabulary * decoder.hidden * trained_share
    trained = shape.trained(config)
    # Gradients of activations pass every layer; gradients of weights are computed where weights are trained.
    backward = 2.0 if "language" in trained else 1.0
    model = layers * (1 + backward) + head * (2.0 if "embeddings" not in trained else 3.0)
    model += 6 * trained.get("adapters", 0)
    # Torch stops to recompute a layer once all that was kept is there again: before its last matrix.
    again = layers - decoder.layers * 2 * decoder.hidden * decoder.intermediate if config.gradient_checkpointing else 0
    seen, seen_again = _vision(shape, config, set(trained))
    model += picture_share * seen
    return Cost(model=model, executed=model + again + picture_share * seen_again)


def _vision(shape: ModelShape, config: TrainingConfig, trained: set[str]) -> tuple[float, float]:
    """Operations of encoder and merger for one token of a picture, and those done twice."""
    merger = 2.0 * shape.groups.get("merger", 0) * (3 if trained & {"vision", "merger"} else 1)
    if shape.encoder is None:
        return merger, 0.0
    encoder = shape.encoder
    forward = 2.0 * encoder.parameters * encoder.patches_per_token
    if "vision" not in trained:
        return merger + forward, 0.0
    last = 2.0 * encoder.layers * encoder.hidden * encoder.intermediate * encoder.patches_per_token
    return merger + 3 * forward, forward - last if config.gradient_checkpointing else 0.0
