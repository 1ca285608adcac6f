"""What a teacher answers when it writes instructions; the schemas go along with the requests."""

from pydantic import BaseModel, ConfigDict


class WrittenInstruction(BaseModel):
    """One instruction for a brief."""

    model_config = ConfigDict(extra="forbid")

    number: int
    """The brief's."""
    text: str
    media: list[str]
    """Content of each file as JSON text for the brief's writer: one a variant, in the brief's order; none for text."""
    question: str
    """For a brief of kind ``question``: what must be asked back; else empty."""


class InstructionBatch(BaseModel):
    """The instructions for one request's briefs."""

    model_config = ConfigDict(extra="forbid")

    instructions: list[WrittenInstruction]
