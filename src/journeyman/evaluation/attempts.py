"""Attempts that a benchmark makes in a way of its own, without the agent loop and its tools."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from journeyman.agent.controller import Controller
from journeyman.benchmark import Attempted, AttemptOne, Benchmark
from journeyman.evaluation.config import EvaluationConfig
from journeyman.schema.problem import Problem


@asynccontextmanager
async def open_attempts(
    benchmark: Benchmark, files: Mapping[str, bytes], config: EvaluationConfig
) -> AsyncIterator[AttemptOne]:
    """How ``benchmark`` attempts a problem, with what its attempts share open for the block.

    Args:
        benchmark: One that is attempted alone.
        files: Bytes of the problems' files, by sha256.
        config: How many problems are attempted at once.
    """
    if benchmark.open_attempts is not None:
        async with benchmark.open_attempts(min(config.browsers, config.batch_size)) as attempt:
            yield attempt
        return
    own = benchmark.attempt
    assert own is not None, "a benchmark that is attempted alone has one of both"

    async def one(problem: Problem, controller: Controller) -> Attempted:
        return Attempted(await own(problem, controller, (), files))

    yield one
