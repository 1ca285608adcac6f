"""An instruction with a file, and the APIs of a catalogue that satisfy it: what MLLM-Tool's model learns from."""

from typing import ClassVar, Literal

from journeyman.schema.api import Ambiguity, Modality
from journeyman.schema.query import FileRef, FileSpec, Query, Split
from journeyman.schema.record import Record

Answer = Literal["apis", "unknown", "question"]
"""What is right to reply: names, ``unknown`` where no API fits, or a question where the wish cannot be told."""


class InstructionDraft(Record):
    """An instruction whose file does not exist yet."""

    instruction_id: str
    pair_id: str
    """Instructions of one pair have the same text and differ in their files alone; empty for those without a twin."""
    split: Split
    family: str
    """Task leaf and wording style; splits never cut a family in two."""
    text: str
    modality: Modality
    """Of the file; ``text`` where there is none."""
    answer: Answer
    """What the brief asked for."""
    target: str
    """Function class that the brief asked for; empty where the answer is no API."""
    path: tuple[str, ...]
    """Its place in the taxonomy; empty where the answer is no API."""
    ambiguity: Ambiguity
    question: str
    """What to ask back; empty but for the answer ``question``."""
    seed: int
    files: tuple[FileSpec, ...]
    """None or one."""
    teacher: str
    """Model name that the teacher's endpoint reports."""


class Instruction(Record):
    """An instruction with its real file and every API that satisfies it."""

    SCHEMA_VERSION: ClassVar[int] = 1

    instruction_id: str
    pair_id: str
    split: Split
    family: str
    text: str
    modality: Modality
    answer: Answer
    accepted: tuple[str, ...]
    """Names of the APIs that satisfy it, sorted; empty before they are matched, and where the answer is none."""
    function_class: str
    """What it was written for; empty where the answer is no API."""
    path: tuple[str, ...]
    ambiguity: Ambiguity
    question: str
    seed: int
    files: tuple[FileRef, ...]
    media_json: str
    """Canonical JSON of what the file was made from, for judges; empty where there is no file or nobody knows."""
    origin: Literal["synthesised", "benchmark"]
    teacher: str

    def query(self) -> Query:
        """The instruction as an agent is asked it."""
        return Query(
            query_id=self.instruction_id,
            split=self.split,
            family=self.family,
            text=self.text,
            tools=self.accepted,
            needs_picture=bool(self.ambiguity),
            seed=self.seed,
            files=self.files,
            gold_json="",
            origin=self.origin,
            teacher=self.teacher,
        )
