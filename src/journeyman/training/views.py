"""Rows become samples when they are loaded: how many pairs share a picture, how much of a monologue is learnt.

A dataset keeps a page with all that is asked about it, and a step with all its words. What of that makes a
sample is a setting of training, drawn anew every epoch from seed, epoch and row. Aguvis' release has both frozen
into its files (arXiv:2412.04454, section 2.5 and appendix C.2): one grouping, no most number of pairs, and a
step listed once a level.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import DECIMALS, ScreenTurn, read_turn, write_turn
from journeyman.agent.screen_prompt import Level, grounding_question, screen_turn_text
from journeyman.errors import SchemaError
from journeyman.schema.message import ImagePart, Message, TextPart, messages_from_json, messages_to_json
from journeyman.schema.screen import GROUNDING, PLANNING
from journeyman.training.config import TrainingConfig

USER_TURN = '"role":"user"'
"""As often in canonical JSON of messages as there are user turns: within a text, quotation marks are escaped."""

_LEVELS: tuple[Level, ...] = get_args(Level)
_BEFORE, _AFTER = grounding_question("\0", "").text.split("\0")
"""Words around the instruction of a page's first question."""


@dataclass(frozen=True, slots=True)
class RowView:
    """How rows of screens are looked at, others as they are. A function of its fields, the row and the epoch alone."""

    pairs_per_sample: int = 0
    """Most pairs of a page in one sample; 0 leaves pages as they are stored."""
    levels: Mapping[Level, float] = field(default_factory=dict)
    """Weights by which a step's level is drawn, at least one above 0; empty leaves steps as they are stored."""
    seed: int = 0
    decimals: int = DECIMALS
    """Places of coordinates in replies."""

    def num_samples(self, pairs: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Samples an epoch of pages with so many pairs; none has fewer than one, which then says what is wrong."""
        if not self.pairs_per_sample:
            return np.ones_like(pairs)
        return np.maximum(1, -(-pairs // self.pairs_per_sample)).astype(np.int32)

    def form(self, family: str, row_id: str, epoch: int) -> int | None:
        """What a sample looks like, by number: equal numbers, equal samples; None where it does not come again."""
        if family == GROUNDING and self.pairs_per_sample:
            return None
        if family == PLANNING and self.levels:
            return _LEVELS.index(self._level(row_id, epoch))
        return 0

    def messages_json(self, row: Mapping[str, Any], *, epoch: int, part: int) -> str:
        """The conversation of one sample.

        The samples of a page hold each of its pairs once an epoch, as evenly as they can, each behind the picture. A
        step is told on one level; a turn that lacks words of it, on the fullest that it has.

        Args:
            row: With ``example_id``, ``family`` and ``messages_json``.
            epoch: From 0.
            part: Number of the sample among those of the row, from 0.

        Raises:
            SchemaError: A page is no picture with questions and replies in turn, or a reply of a step has no command.
        """
        row_id, family, text = row["example_id"], row["family"], str(row["messages_json"])
        messages: Sequence[Message] | None = None
        if family == GROUNDING and self.pairs_per_sample:
            messages = self._some_pairs(row_id, messages_from_json(text), epoch, part)
        elif family == PLANNING and self.levels:
            level = self._level(row_id, epoch)
            messages = [_at_level(row_id, message, level) for message in messages_from_json(text)]
        if family in (GROUNDING, PLANNING) and self.decimals < DECIMALS:
            whole = messages_from_json(text) if messages is None else messages
            messages = [_coarser(row_id, family, message, self.decimals) for message in whole]
        return text if messages is None else messages_to_json(messages)

    def _some_pairs(self, row_id: str, messages: Sequence[Message], epoch: int, part: int) -> list[Message]:
        system = messages[: sum(message.role == "system" for message in messages[:1])]
        picture, pairs = _page(row_id, messages[len(system) :])
        order = list(range(len(pairs)))
        random.Random(f"pairs/{self.seed}/{epoch}/{row_id}").shuffle(order)  # noqa: S311 - reproducible, no secret
        samples = int(self.num_samples(np.array([len(pairs)], dtype=np.int32))[0])
        shown = list(system)
        for number, (instruction, reply) in enumerate(pairs[place] for place in order[part::samples]):
            bare = Message(role="user", content=(TextPart(text=instruction),))
            shown += [bare if number else grounding_question(instruction, picture), reply]
        return shown

    def _level(self, row_id: str, epoch: int) -> Level:
        rng = random.Random(f"level/{self.seed}/{epoch}/{row_id}")  # noqa: S311 - reproducible choice, no secret
        return rng.choices(_LEVELS, [self.levels.get(level, 0.0) for level in _LEVELS])[0]


def row_view(config: TrainingConfig) -> RowView | None:
    """What a run sets; None where rows are trained on as they are stored."""
    views = config.views
    return None if views is None else RowView(views.pairs_per_sample, views.levels, config.seed, views.decimals)


def _page(row_id: str, turns: Sequence[Message]) -> tuple[str, list[tuple[str, Message]]]:
    """sha256 of the picture, and instruction and reply of each pair, as stored."""
    questions, replies = turns[::2], turns[1::2]
    in_turn = len(questions) == len(replies) and all(q.role == "user" for q in questions)
    if not questions or not in_turn or any(reply.role != "assistant" for reply in replies):
        raise _no_page(row_id, "questions and replies do not come in turn")
    first, *later = questions
    picture = next((part.sha256 for part in first.content if isinstance(part, ImagePart)), "")
    instruction = first.text.removeprefix(_BEFORE).removesuffix(_AFTER)
    if not instruction.strip() or first != grounding_question(instruction, picture):
        raise _no_page(row_id, "the first question is no picture with an instruction")
    if any(question.media for question in later):
        raise _no_page(row_id, "a later question shows something of its own")
    return picture, list(zip([instruction, *(question.text for question in later)], replies, strict=True))


def _no_page(row_id: str, why: str) -> SchemaError:
    return SchemaError(
        f"row {row_id} of family {GROUNDING} cannot be cut into samples: {why}; build the dataset anew, or set "
        "views.pairs_per_sample = 0"
    )


def _at_level(row_id: str, message: Message, level: Level) -> Message:
    if message.role != "assistant":
        return message
    turn = _turn(row_id, PLANNING, message, "told on a level", "leave views.levels empty")
    return _saying(message, screen_turn_text(turn, min(level, _fullest(turn), key=_LEVELS.index)))


def _coarser(row_id: str, family: str, message: Message, decimals: int) -> Message:
    if message.role != "assistant":
        return message
    turn = _turn(row_id, family, message, "rounded", f"set views.decimals = {DECIMALS}")
    return _saying(message, write_turn(turn, decimals))


def _turn(row_id: str, family: str, message: Message, done: str, instead: str) -> ScreenTurn:
    try:
        return read_turn(message.text)
    except UnreadableActionError as exc:
        raise SchemaError(
            f"row {row_id} of family {family} cannot be {done}: {exc}; build the dataset anew, or {instead}"
        ) from exc


def _saying(message: Message, text: str) -> Message:
    return message.model_copy(update={"content": (TextPart(text=text),)})


def _fullest(turn: ScreenTurn) -> Level:
    """The last level whose words, and those of all before it, a turn has."""
    words = (turn.instruction, turn.thought, turn.observation)
    return _LEVELS[next((number for number, text in enumerate(words) if not text), len(words))]
