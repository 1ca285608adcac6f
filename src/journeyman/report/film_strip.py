"""Episodes on screens as strips of pictures: what was seen before each step, with the step drawn on it.

A strip is made of a stored episode, or of an agent's attempt at a screen task. The pointer is followed from step
to step, since a scroll or a bare click acts where the last step left it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import (
    Command,
    PluggableFunction,
    ScreenTurn,
    read_turn,
    write_command,
)
from journeyman.benchmarks.screen_tasks import TaskGold
from journeyman.environment import load_environment
from journeyman.metrics.boxes import Box
from journeyman.report.act_drawings import MIDDLE, MOST, draw_act, pointer_after, side_by_side
from journeyman.report.small_pictures import jpeg_url
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.schema.screen import Element, Episode, ScreenStep
from journeyman.schema.trajectory import Step, Trajectory

FIRST_FRAMES = 6
LAST_FRAMES = 3
"""Of a longer episode the steps between the first and the last ones are left out, where they are two or more."""
SHOWN_CHARS = 240
"""Of a reply, and of what was said and observed."""
COLUMNS = 4
"""Of a strip in one picture."""
SLIP = "a wrong act, which later steps take back"


@dataclass(frozen=True, slots=True)
class Frame:
    """One step as it is shown."""

    number: int
    """From 1."""
    picture: Image.Image
    """What was seen before the step, with the step on it."""
    command: str
    """As ``pyautogui_call`` writes it; the reply itself where no command could be read."""
    instruction: str
    thought: str
    note: str
    """What else is to be known: that it was a slip, or why nothing was done."""

    @property
    def url(self) -> str:
        """The picture as a data URL."""
        return jpeg_url(self.picture)


@dataclass(frozen=True, slots=True)
class Strip:
    """One episode as it is shown."""

    who: str
    goal: str
    frames: tuple[Frame, ...]
    left_out: str
    """Which steps are not shown; empty where all are."""
    is_solved: bool
    outcome: str
    """Reward, and what went wrong."""

    def sheet(self) -> Image.Image | None:
        """All frames in one picture, in rows; None where no step was taken."""
        numbered = [(frame.number, frame.picture) for frame in self.frames]
        return side_by_side(numbered, columns=COLUMNS) if numbered else None


@dataclass(frozen=True, slots=True)
class _Act:
    """A step of either kind of record."""

    screenshot: str
    """sha256; empty where none was kept."""
    command: Command | None
    text: str
    """What was written."""
    box: Box | None
    instruction: str
    thought: str
    note: str


def strip_of_episode(episode: Episode, media: Mapping[str, MediaFile], *, most: tuple[int, int] = MOST) -> Strip:
    """A stored episode; a screenshot that is not in ``media`` is shown as missing.

    Args:
        episode: Of any status.
        media: Its screenshots, by sha256.
        most: Width and height of a picture in pixels, at most.
    """
    told = (f"reward {episode.reward:g}", episode.status, episode.cause)
    return _strip(
        [_played(step) for step in episode.steps],
        media,
        who=episode.actor,
        goal=episode.goal,
        is_solved=episode.status == "solved",
        outcome=", ".join(part for part in told if part),
        most=most,
    )


def strip_of_attempt(problem: Problem, score: Score, media: Mapping[str, MediaFile], who: str) -> Strip:
    """An agent's attempt at a problem of ``screen_tasks``; a screenshot that is not in ``media`` is shown as missing.

    Args:
        problem: The task.
        score: What the agent did.
        media: Screenshots of the attempt, by sha256.
        who: What the agent is called.
    """
    functions = load_environment(TaskGold.model_validate_json(problem.gold_json).environment).functions
    run = Trajectory.model_validate_json(score.trajectory_json)
    return _strip(
        [_attempted(step, functions) for step in run.steps],
        media,
        who=who,
        goal=problem.query.text,
        is_solved=score.cause == "right",
        outcome=_outcome(score),
        most=MOST,
    )


def box_of(element: Element | None) -> Box | None:
    """Its corners, in fractions of the screenshot."""
    return None if element is None else Box(element.left, element.top, element.right, element.bottom)


def shown_steps(total: int) -> tuple[int, ...]:
    """Numbers, from 0, of the steps that a strip of ``total`` shows."""
    if total <= FIRST_FRAMES + LAST_FRAMES + 1:
        return tuple(range(total))
    return (*range(FIRST_FRAMES), *range(total - LAST_FRAMES, total))


def _strip(
    acts: Sequence[_Act],
    media: Mapping[str, MediaFile],
    *,
    who: str,
    goal: str,
    is_solved: bool,
    outcome: str,
    most: tuple[int, int],
) -> Strip:
    shown = shown_steps(len(acts))
    frames, pointer = [], MIDDLE
    for number, act in enumerate(acts):
        if number in shown:
            file = media.get(act.screenshot)
            picture = draw_act(file.data if file else None, act.command, box=act.box, pointer=pointer, most=most)
            command = write_command(act.command) if act.command else act.text
            words = [_cut(text) for text in (command, act.instruction, act.thought, act.note)]
            frames.append(Frame(number + 1, picture, *words))
        pointer = pointer_after(act.command, pointer)
    gap = f"steps {FIRST_FRAMES + 1} to {len(acts) - LAST_FRAMES} of {len(acts)} are left out"
    return Strip(
        who=who,
        goal=goal,
        frames=tuple(frames),
        left_out=gap if len(shown) < len(acts) else "",
        is_solved=is_solved,
        outcome=outcome,
    )


def _played(step: ScreenStep) -> _Act:
    turn = _read(step.action, ())
    return _Act(
        screenshot=step.screenshot,
        command=turn.command if turn else None,
        text=step.action,
        box=box_of(step.element),
        instruction=step.instruction,
        thought=step.thought,
        note=SLIP if step.slip else "",
    )


def _attempted(step: Step, functions: Sequence[PluggableFunction]) -> _Act:
    turn = _read(step.action, functions)
    return _Act(
        screenshot=step.images[0] if step.images else "",
        command=turn.command if turn else None,
        text=step.action,
        box=None,
        instruction=turn.instruction if turn else "",
        thought=turn.thought if turn else "",
        note=step.observation,
    )


def _read(text: str, functions: Sequence[PluggableFunction]) -> ScreenTurn | None:
    """The turn; None for a reply that holds no command, which its picture then says."""
    try:
        return read_turn(text, functions)
    except UnreadableActionError:
        return None


def _outcome(score: Score) -> str:
    reward = f"reward {float(score.answer_json):g}" if score.answer_json else "no reward"
    why = score.status if score.cause == "crashed" else score.cause
    return f"{reward}, {'solved' if score.cause == 'right' else f'not solved: {why}'}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}..."
