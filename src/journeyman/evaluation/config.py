"""What evaluation takes."""

from pydantic import BaseModel, ConfigDict


class EvaluationConfig(BaseModel):
    """How agents are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agents: tuple[str, ...] = ("untuned", "tuned", "blind", "format_only", "chance")
    """Agents that attempt every held-out problem; ``blind`` is the tuned model with pictures shuffled."""
    max_new_tokens: int = 160
    """Longest action in tokens; a longer one is cut, cannot be parsed, and counts as a failed step."""
    batch_size: int = 16
    """Problems answered together by a local model."""
    bootstrap_samples: int = 2000
    confidence: float = 0.95
    seed: int = 0
