"""What the teacher answers about screens: models that become the request's JSON schema."""

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WordedInstruction(_Answer):
    """How a person would ask for one element."""

    number: int
    text: str


class InstructionsOnScreen(_Answer):
    """Instructions for all listed elements of a screen."""

    instructions: list[WordedInstruction]


class Monologue(_Answer):
    """What somebody sees, thinks and does at one step."""

    observation: str
    thought: str
    instruction: str
