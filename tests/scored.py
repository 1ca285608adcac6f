"""Held-out problems that agents attempted with known success, for tests of reports and comparisons."""

import random
from collections.abc import Mapping, Sequence

from journeyman.benchmark import Scoring
from journeyman.benchmarks import held_out
from journeyman.evaluation.run import score_attempt
from journeyman.schema.problem import Problem
from journeyman.schema.query import Query
from journeyman.schema.score import Score
from journeyman.storage.outcomes import Outcome
from tests.dataset.toys import call, file_ref, picture, query, step, trajectory

EVIL = "<script>alert(1)</script> [red]brackets[/red]"
EVIL_OUTPUT = "</pre><script>alert('from a tool')</script>"
TOOLS = ("ocr", "read_barcode", "tag_image", "measure_colour", "detect_faces")
PICTURES = [picture((40 * n, 90, 200 - 20 * n)) for n in range(6)]
CHANCES: Mapping[str, float] = {
    "untuned": 0.0,
    "tuned": 0.85,
    "blind": 0.3,
    "format_only": 0.2,
    "chance": 0.12,
    "oracle": 1.0,
}


def held_out_queries(number: int = 36) -> list[Query]:
    """Of every condition; the first one's text is HTML, and every eighth needs no tool."""
    return [
        query(
            n,
            split="held_out",
            family=f"{'look' if n % 2 else 'count'}/style-{n}",
            tools=() if n % 8 == 7 else (TOOLS[n % 5],) if n % 9 else TOOLS[:3],
            text=f"{EVIL} {n}" if n == 0 else f"What does picture {n} tell us?",
            files=(file_ref(PICTURES[n % 6]),),
            needs_picture=n % 4 != 3,
        )
        for n in range(number)
    ]


def held_out_problems(number: int = 36) -> tuple[Problem, ...]:
    """Posed as the stage does, twins over renamed and broken tools among them."""
    return held_out.problems_of(held_out_queries(number), tools=TOOLS, held_out_tools=("detect_faces",))


PROBLEMS = held_out_problems()


def scores_of(agent: str, chance: float, problems: Sequence[Problem] = PROBLEMS, *, seed: int = 0) -> list[Score]:
    """An agent that solves each problem with ``chance``, by the held-out benchmark's own scoring."""
    draws = random.Random(f"{agent} {seed}")
    return [_attempt(problem, agent, good=draws.random() < chance) for problem in problems]


def _attempt(problem: Problem, agent: str, *, good: bool) -> Score:
    asked = problem.query
    tools = asked.tools if good else ("crop_image",)
    code = "\n".join(f"result = {tool}('file_1.png')" for tool in tools) or "result = 42"
    run = trajectory(
        asked,
        step(
            "jkl jkl" if agent == "untuned" else code,
            *(() if agent == "untuned" else (call(tool) for tool in tools)),
            thought=EVIL if agent == "tuned" else "Hm.",
        ).model_copy(update={"observation": EVIL_OUTPUT}),
        step("final_answer(result)", images=(PICTURES[0].sha256,)),
        answer=f"answer {asked.seed}" if good else EVIL,
        controller=agent,
    )
    outcome = Outcome(problem_id=problem.problem_id, status=run.status, trajectory=run, media=())
    return score_attempt(problem, agent, outcome, held_out.BENCHMARK, Scoring())
