"""Screens of a size, an agent that says one thing, and what it comes to by a benchmark's own way of attempting."""

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from journeyman.benchmark import Benchmark, Known, Scoring
from journeyman.schema.message import Message
from journeyman.schema.problem import Problem
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory
from tests.benchmarks.official import figure


def screen(width: int, height: int, colour: str = "white", kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(stream, kind)
    return stream.getvalue()


def table(rows: Any) -> bytes:
    return json.dumps(rows).encode()


class Says:
    """An agent at the system's edge: replies with one text, and remembers what it was shown."""

    name = "says"

    def __init__(self, text: str) -> None:
        self._text = text
        self.asked: list[Message] = []

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        self.asked = list(messages)
        return self._text


def attempted(benchmark: Benchmark, problem: Problem, text: str) -> Trajectory:
    assert benchmark.attempt is not None
    return asyncio.run(_attempt(benchmark, problem, Says(text)))


def asked(benchmark: Benchmark, problem: Problem) -> tuple[str, str]:
    """What the agent is told first, and what it is asked."""
    agent = Says("DONE")
    asyncio.run(_attempt(benchmark, problem, agent))
    system, question = agent.asked
    return system.text, question.text


def measured(benchmark: Benchmark, problem: Problem, text: str) -> dict[str, float]:
    found = benchmark.score(problem, attempted(benchmark, problem, text), Scoring())
    assert len({measure.name for measure in found}) == len(found)
    return {measure.name: measure.value for measure in found}


def scored(benchmark: Benchmark, problems: Sequence[Problem], texts: Sequence[str]) -> list[tuple[Measure, ...]]:
    pairs = zip(problems, texts, strict=True)
    return [benchmark.score(problem, attempted(benchmark, problem, text), Scoring()) for problem, text in pairs]


def figures(benchmark: Benchmark, measures: Sequence[Sequence[Measure]], *names: str) -> list[Any]:
    """Value and denominator of each figure."""
    return [figure(benchmark, name, measures) for name in names]


def floor(benchmark: Benchmark, name: str, problems: Sequence[Problem], seed: int = 7) -> list[str]:
    """What a baseline replies to each problem."""
    made = benchmark.baselines[name](Known(problems, (), (), seed))
    return [asyncio.run(made(problem.query).act([], {})) for problem in problems]


async def _attempt(benchmark: Benchmark, problem: Problem, agent: Says) -> Trajectory:
    assert benchmark.attempt is not None
    return await benchmark.attempt(problem, agent, (), {})
