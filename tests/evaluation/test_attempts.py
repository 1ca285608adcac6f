"""How many problems a benchmark of live pages attempts at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from journeyman.benchmark import AttemptOne
from journeyman.benchmarks.screen_tasks import BENCHMARK
from journeyman.evaluation.attempts import open_attempts
from journeyman.evaluation.config import EvaluationConfig


@pytest.mark.parametrize(
    ("config", "opened"),
    [
        (EvaluationConfig(batch_size=48), 8),
        (EvaluationConfig(batch_size=48, browsers=20), 20),
        (EvaluationConfig(batch_size=3, browsers=20), 3),
    ],
)
def test_there_are_no_more_browsers_than_are_asked_for_or_than_problems_in_flight(
    config: EvaluationConfig, opened: int
) -> None:
    asked: list[int] = []

    @asynccontextmanager
    async def opening(at_once: int) -> AsyncIterator[AttemptOne]:
        asked.append(at_once)
        yield BENCHMARK.open_attempts  # type: ignore[misc]  # nothing is attempted

    async def run() -> None:
        async with open_attempts(replace(BENCHMARK, open_attempts=opening), {}, config):
            pass

    asyncio.run(run())
    assert asked == [opened]
