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
    annotations: str = ""
    """Captions and boxes of the user's own pictures, known by their file names: COCO-style JSON (instances, captions
    or both in one), by path, ``file://`` or ``s3://``. They help to write and judge queries; the agent never sees
    them. Empty for none."""
    plain_talks: str = ""
    """Questions and answers that want no skill and are there already, for the action format ``skill_json``: JSON or
    JSON lines in LLaVA's instruction format, by path, ``file://`` or ``s3://``, pictures beside it or in ``images``
    beside it. They join the dataset as they are. Empty for none."""
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
    follow_ups: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of training queries that ask further about the picture of the query before them, as near to it as kinds
    and the limit of three further questions a talk allow. Held-out and development problems never do."""
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
