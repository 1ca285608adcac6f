"""Small screens, and agents' attempts at tasks on them, that tests of drawings, strips and pages share."""

import io
from collections.abc import Sequence

from PIL import Image

from journeyman.benchmark import Scoring
from journeyman.benchmarks import grounding, screen_tasks
from journeyman.benchmarks.screen_tasks import TaskGold
from journeyman.evaluation.run import score_attempt
from journeyman.generation.screens.capture import screenshot_file
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef
from journeyman.schema.score import Score
from journeyman.schema.screen import Element, Episode, Screen, ScreenStep
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.storage.outcomes import Outcome
from tests.dataset.toys import query

SIZE = (320, 200)


def png(shade: int = 200, size: tuple[int, int] = SIZE) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


SCREENS = [screenshot_file(png(60 + 10 * n), f"test {n}") for n in range(12)]
FILES = {file.sha256: file for file in SCREENS}


def element(**changes: object) -> Element:
    fields = {
        "element_id": "e1", "kind": "text", "role": "button", "name": "Go", "function": "", "look": "",
        "left": 0.25, "top": 0.25, "right": 0.5, "bottom": 0.5,
    }  # fmt: skip
    return Element.model_validate(fields | changes)


def episode(number: int = 0, *actions: str, files: Sequence[MediaFile] = SCREENS, **changes: object) -> Episode:
    """Of ``actions``, each on a screen of its own."""
    steps = tuple(
        ScreenStep(screenshot=file.sha256, action=action, element=None, instruction=f"Do thing {place}.")
        for place, (file, action) in enumerate(zip(files, actions, strict=False))
    )
    fields = {
        "episode_id": f"e{number:03d}", "split": "held_out", "family": "apps/shop", "environment": "apps",
        "task": "shop/search", "seed": number, "goal": f"Find thing {number}.", "width": SIZE[0], "height": SIZE[1],
        "steps": steps, "reward": 1, "status": "solved", "cause": "", "actor": "oracle",
    }  # fmt: skip
    return Episode.model_validate(fields | changes)


def screen(number: int, file: MediaFile, **changes: object) -> Screen:
    fields = {
        "screen_id": f"s{number:03d}", "split": "train", "family": "apps/left-grid/ocean", "unseen_look": False,
        "environment": "apps", "task": "shop", "seed": number, "language": "en", "width": SIZE[0], "height": SIZE[1],
        "screenshot": file.sha256, "elements": (element(), element(element_id="e2", kind="icon", left=0.6, right=0.8)),
    }  # fmt: skip
    return Screen.model_validate(fields | changes)


def task_problem(number: int, *, task: str = "shop/search", goal: str = "") -> Problem:
    gold = TaskGold(
        environment="apps", task=task, seed=number, width=SIZE[0], height=SIZE[1], scale=1, threshold=1, oracle_steps=2
    )
    asked = query(number, split="held_out", tools=(), files=(), text=goal or f"Find thing {number}.", gold_json="")
    return Problem(
        problem_id=f"t{number:03d}",
        benchmark=screen_tasks.NAME,
        query=asked,
        gold_json=gold.model_dump_json(),
        groups_json=groups_json({"condition": "unseen seed", "task": f"apps/{task}"}),
        tools=AS_IN_THE_RECIPE,
    )


def task_score(problem: Problem, agent: str, *steps: Step, reward: float | None = 1, status: str = "answered") -> Score:
    """Scored by the benchmark itself."""
    return _scored(problem, agent, screen_tasks, *steps, answer="" if reward is None else str(reward), status=status)


def grounding_problem(number: int, file: MediaFile) -> Problem:
    """The element is the one that :func:`element` gives."""
    gold = grounding.GroundingGold(left=0.25, top=0.25, right=0.5, bottom=0.5, others=((0.375, 0.375),))
    shown = FileRef(name="screen.png", sha256=file.sha256, media_type="image/png", origin="written")
    groups = {"look": "seen", "kind": "text", "size": "large", "style": "name", "page": "apps/shop"}
    return Problem(
        problem_id=f"g{number:03d}",
        benchmark=grounding.NAME,
        query=query(number, split="held_out", tools=(), files=(shown,), text="Click Go.", gold_json=""),
        gold_json=gold.model_dump_json(),
        groups_json=groups_json(groups),
        tools=AS_IN_THE_RECIPE,
    )


def grounding_score(problem: Problem, agent: str, reply: str) -> Score:
    return _scored(problem, agent, grounding, step(reply, problem.query.files[0].sha256), status="answered")


def step(action: str, *images: str, observed: str = "", error: str = "") -> Step:
    return Step(action=action, code="", observation=observed, images=images, tool_calls=(), error=error)


def _scored(
    problem: Problem, agent: str, module: object, *steps: Step, answer: str = "", status: str = "answered"
) -> Score:
    run = Trajectory.model_validate(
        {
            "trajectory_id": "", "query_id": problem.query.query_id, "steps": steps, "answer_json": answer,
            "status": status, "controller": agent,
        }
    )  # fmt: skip
    outcome = Outcome(problem_id=problem.problem_id, status=run.status, trajectory=run, media=())
    return score_attempt(problem, agent, outcome, module.BENCHMARK, Scoring())  # type: ignore[attr-defined]
