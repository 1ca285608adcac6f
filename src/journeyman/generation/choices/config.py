"""What the stages that make choice data take."""

from pydantic import BaseModel, ConfigDict, Field

from journeyman.schema.api import Modality


class ChoicesConfig(BaseModel):
    """How many instructions are asked for, and of which kinds; what teachers and seeds are is ``generation``'s."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    instructions: int = Field(default=2400, ge=1)
    """Training instructions to ask for; each member of a pair is one."""
    held_out_problems: int = Field(default=400, ge=1)
    """Problems for evaluation, of wordings, seeds and files that training never sees."""
    shard_size: int = Field(default=300, ge=1)
    """Instructions in one Prefect task run, about: pairs are kept together."""
    instructions_per_call: int = Field(default=20, ge=1)
    """Instructions asked for, or judged, in one teacher request."""
    modalities: tuple[Modality, ...] = ("text", "image", "audio", "video")
    """Only APIs for these files are asked for; leave out what the model family does not take (``qwen_vl``: sounds)."""
    ambiguous_share: float = Field(default=0.5, ge=0, le=1)
    """Share of instructions that are posed as pairs: equal words, other files, other right answers."""
    variants: int = Field(default=3, ge=2)
    """Members of a pair at most: one a function class, of a leaf whose classes differ by the same thing."""
    unknown_share: float = Field(default=0.06, ge=0, le=1)
    """Share that no API satisfies."""
    question_share: float = Field(default=0.06, ge=0, le=1)
    """Share whose wish cannot be told: what they speak of is not there."""
    held_out_classes: float = Field(default=0.1, ge=0, lt=1)
    """Share of function classes that training never sees, for the open-set split of the evaluation; a class that would
    leave an ambiguity with fewer than two is never taken."""
    most_candidates: int = Field(default=24, ge=2)
    """APIs a judge decides on in one request; of larger leaves those that a search for the instruction finds."""
