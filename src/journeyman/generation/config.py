"""What the generation stages take."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeyman.errors import ConfigError
from journeyman.tool_faults import NO_FAULTS, ToolFaults

HELD_OUT_SEEDS = 500_000
"""Seeds of held-out problems start this far above the training seeds."""


class GenerationConfig(BaseModel):
    """How much is generated, and in what portions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    generator: str = "t3_agent"
    """Plugin on the ``generators`` shelf: the kinds of query."""
    queries: int = 1000
    """Training queries over synthesised files to ask the teacher for."""
    user_file_queries: int = 4
    """Queries asked for each of the user's own files; 0 leaves them out."""
    held_out_problems: int = 100
    """Problems for evaluation, of task families and seeds that training never sees: of seven in a row four want tools
    that training uses too, and one each no tool, a chain of three calls or more, and a held-out tool (plan.py)."""
    held_out_tools: tuple[str, ...] = ("look_up_facts",)
    """Tools that no training query uses and of which training prompts do not tell; only held-out problems want them."""
    development_problems: int = Field(default=0, ge=0)
    """Problems that are posed like held-out ones and tell what the next round of synthesis asks for; several rounds
    need some. Held-out problems never do: they would no longer be unseen."""
    round: int = Field(default=0, ge=0)
    """Which round of synthesis this is; each has training queries of its own. Set by the flow."""
    quotas: dict[str, int] = {}
    """Tools of a right solution (``ocr + calculate``, ``none``) -> how many times as many training queries are asked
    for as otherwise. Set by the flow, from what the round before got wrong."""
    shard_size: int = 125
    """Records in one Prefect task run; a killed run repeats at most its open shards."""
    queries_per_call: int = 10
    """Queries asked for in one teacher request."""
    held_out_families: float = 0.25
    """Share of task families kept for held-out problems only."""
    concurrency: int = 16
    """Records of one shard in flight at once."""
    max_steps: int = 6
    """Turns the agent may take; one or two more than the longest right solution leave room for recovery."""
    tool_faults: ToolFaults = NO_FAULTS
    """Faults put into the tool calls of rollouts, so that the data shows how to recover."""
    seed: int = 0

    @model_validator(mode="after")
    def _refuse_too_many(self) -> Self:
        if (self.round + 1) * self.queries > HELD_OUT_SEEDS:
            raise ConfigError(
                f"round {self.round} of {self.queries} queries would take seeds of held-out problems, which begin at "
                f"{HELD_OUT_SEEDS}; ask for fewer queries a round"
            )
        return self
