"""What the generation stages take."""

from pydantic import BaseModel, ConfigDict

from journeyman.tool_faults import NO_FAULTS, ToolFaults


class GenerationConfig(BaseModel):
    """How much is generated, and in what portions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    queries: int = 1000
    """Training queries over synthesised files to ask the teacher for."""
    user_file_queries: int = 4
    """Queries asked for each of the user's own files; 0 leaves them out."""
    held_out_problems: int = 100
    """Problems for evaluation, of task families and seeds that training never sees."""
    shard_size: int = 125
    """Records in one Prefect task run; a killed run repeats at most its open shards."""
    queries_per_call: int = 10
    """Queries asked for in one teacher request."""
    held_out_families: float = 0.25
    """Share of task families kept for held-out problems only."""
    concurrency: int = 16
    """Records of one shard in flight at once."""
    max_steps: int = 6
    """Turns the agent may take; one more than the longest right solution leaves room for recovery."""
    tool_faults: ToolFaults = NO_FAULTS
    """Faults put into the tool calls of rollouts, so that the data shows how to recover."""
    seed: int = 0
