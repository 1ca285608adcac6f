"""Attempts at grounding as pictures: where the agent pointed, and the element that was meant."""

from collections.abc import Mapping

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.pyautogui_call import Command, read_command
from journeyman.benchmarks.grounding import GroundingGold
from journeyman.metrics.boxes import Box
from journeyman.report.act_drawings import draw_act
from journeyman.report.small_pictures import jpeg_url
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import Problem
from journeyman.schema.trajectory import Step

SHOWS = "the screen, with the element that was meant in a box and what the agent did"


def click_picture(problem: Problem, step: Step, media: Mapping[str, MediaFile]) -> str:
    """Data URL of the screenshot with the gold box and the act on it.

    Args:
        problem: Of the benchmark ``grounding``.
        step: The agent's only one.
        media: By sha256; a screenshot that is not in it is shown as missing.
    """
    gold = GroundingGold.model_validate_json(problem.gold_json)
    file = media.get(problem.query.files[0].sha256)
    box = Box(gold.left, gold.top, gold.right, gold.bottom)
    return jpeg_url(draw_act(file.data if file else None, _command_in(step.action), box=box))


def _command_in(text: str) -> Command | None:
    """The command; None for a reply that holds none, which its picture then says."""
    try:
        return read_command(text)
    except UnreadableActionError:
        return None
