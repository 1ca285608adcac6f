"""What evaluation takes."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeyman.errors import ConfigError


class EvaluationConfig(BaseModel):
    """How agents are compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    agents: tuple[str, ...] = ("untuned", "tuned", "blind", "format_only", "chance", "oracle")
    """Who attempts every problem: ``untuned``, ``tuned``, ``blind`` (the tuned model with pictures, sounds and videos
    shuffled), ``text_only`` (a twin of it that was trained, and is asked, without them); ``format_only`` (the training
    set's most common actions, the majority floor) and ``chance``, the random floor; ``teacher``; ``oracle``, the
    scripted teacher without its mistakes, left out where the teacher is another; or the name of an endpoint that the
    settings know (``JOURNEYMAN_ENDPOINT__NAME__URL``). A benchmark's own baselines, such as ``tfidf`` and
    ``blind_bound`` of ToolMMBench, stand beside them unasked."""
    plan: Literal["self", "enforced"] = "self"
    """How agents that act on screens begin a turn (docs/screens.md): as they choose (``self``), or with a thought
    (``enforced``), which is begun for them. Benchmarks of grounding ask for the command alone and are not concerned."""
    planner: str = ""
    """Who says what each step is on a screen, while a local model only does it: ``teacher``, or the name of an endpoint
    as ``agents`` take it. Empty lets every agent plan for itself; so do agents behind endpoints, and floors."""
    max_new_tokens: int = 160
    """Longest action in tokens; a longer one is cut, cannot be parsed, and counts as a failed step."""
    max_tokens: int = Field(default=2048, ge=0)
    """Tokens that an agent may write in one problem; 0 sets no limit."""
    max_seconds: float = Field(default=900.0, ge=0)
    """Wall time of one problem, waiting for its turn in a batch included; 0 sets no limit."""
    batch_size: int = Field(default=16, ge=1)
    """Problems in flight at once, and answered together by a local model."""
    browsers: int = Field(default=8, ge=1)
    """Of those, problems on live pages; each has a browser of its own, which holds a quarter of a GiB."""
    shard_size: int = Field(default=500, ge=1)
    """Problems of one Prefect task run."""
    embedding_model: str = ""
    """Folder or hub name of a sentence-embedding model for figures that compare texts by meaning (GTA's reference
    answers: ``sentence-transformers/all-mpnet-base-v2``); empty leaves them unscored."""
    bootstrap_samples: int = 2000
    confidence: float = 0.95
    seed: int = 0

    @model_validator(mode="after")
    def _refuse_two_planners(self) -> Self:
        if self.planner and self.plan == "enforced":
            # Not a ValueError: pydantic would bury the sentence in a print of the whole section.
            raise ConfigError(
                f"evaluation.planner = {self.planner!r} plans, and plan = 'enforced' has the agent plan; set one"
            )
        return self
