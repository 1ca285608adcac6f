"""The words around a choice among APIs: one renderer for building, training, evaluation and serving.

A file is shown and never named: the folder numbers in ToolMMBench's paths tell the right API of 94 in
100 pictures.
"""

from collections.abc import Sequence

from journeyman.action_formats.api_choice import FORMAT, Choice, write_choice
from journeyman.errors import ConfigError
from journeyman.schema.api import Api
from journeyman.schema.instruction import Instruction
from journeyman.schema.message import AudioPart, ImagePart, MediaPart, Message, Part, TextPart, VideoPart
from journeyman.schema.query import FileRef

DESCRIPTION_CHARS = 160
"""Of a candidate's description, in a prompt that lists candidates."""

_TASK = "Choose the APIs that do what is asked. "
_PARTS: dict[str, type[MediaPart]] = {"image": ImagePart, "audio": AudioPart, "video": VideoPart}


def choice_system(candidates: Sequence[Api] = ()) -> str:
    """The first message: what to reply, and one line for each API that is listed; none where they are learnt."""
    listed = [f"{api.name}: {api.description[:DESCRIPTION_CHARS]}" for api in candidates]
    return _TASK + FORMAT.instructions + ("\nAPIs:\n" + "\n".join(listed) if listed else "")


def choice_opening(text: str, files: Sequence[FileRef]) -> Message:
    """The instruction behind its files, whose names are not told.

    Raises:
        ConfigError: A file is no picture, sound or video.
    """
    shown: list[Part] = [media_part(file) for file in files]
    return Message(role="user", content=(*shown, TextPart(text=text)))


def media_part(file: FileRef) -> MediaPart:
    """The part of a message that shows ``file``.

    Raises:
        ConfigError: It is no picture, sound or video.
    """
    kind = file.media_type.partition("/")[0]
    if kind not in _PARTS:
        raise ConfigError(f"file {file.name} is a {file.media_type}; an instruction takes pictures, sounds and videos")
    return _PARTS[kind](sha256=file.sha256)


def choice_of(instruction: Instruction) -> Choice:
    """What is right to reply."""
    if instruction.answer == "question":
        return Choice(question=instruction.question)
    return Choice(apis=instruction.accepted) if instruction.accepted else Choice(unknown=True)


def choice_conversation(instruction: Instruction, candidates: Sequence[Api] = ()) -> tuple[Message, ...]:
    """Instruction and right reply as messages: what a model is trained on, and asked without the last turn."""
    return (
        Message(role="system", content=(TextPart(text=choice_system(candidates)),)),
        choice_opening(instruction.text, instruction.files),
        Message(role="assistant", content=(TextPart(text=write_choice(choice_of(instruction))),)),
    )
