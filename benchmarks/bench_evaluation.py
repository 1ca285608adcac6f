"""Evaluation: what the agent loop costs besides model and tools, what batching gains, and how fast answers are scored.

To reach: under 5 ms of CPU a step beside model and tool, over the host and the sandbox's workers; 200 held-out
problems on the CPU-sized model at least 3 times faster in batches than one at a time, in the same run; 10,000 stored
answers scored in under 5 s.

The model is the untuned tiny one behind the system prompt of ten tools, and never ends a turn by itself.
"""

import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from journeyman.action_formats.python_block import Action, write_action
from journeyman.agent.loop import run_query
from journeyman.agent.prompt import system_prompt
from journeyman.agent.workbench import open_workbench
from journeyman.benchmark import Scoring, load_benchmark
from journeyman.benchmarks.held_out import problems_of
from journeyman.evaluation.run import score_attempt
from journeyman.file_writer import write_file
from journeyman.recipe import load_recipe
from journeyman.schema.message import Message
from journeyman.schema.problem import Problem
from journeyman.schema.query import FileRef, FileSpec, Gold, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.schema.trajectory import Step, ToolCall, Trajectory
from journeyman.storage.outcomes import Outcome
from journeyman.storage.store import Store

SCENE = {"width": 224, "height": 160, "background": "red", "items": []}
PICTURE = write_file(FileSpec(name="file_1.png", writer="png", spec_json=canonical_json(SCENE)))
MEDIA = {sha256_hex(PICTURE): PICTURE}
TOOLS = load_recipe("t3_agent").tools
STEPS = 4
RUNS = 200
STORED = 10_000


_ACTIONS = (
    write_action(Action("I look.", 'x = measure_colour("file_1.png")\nprint(x)')),
    write_action(Action("I have it.", "final_answer(x[0][0])")),
    "Observation:\nError: no code block was found; write Thought: ..., then Code: and one ```py block",
)


class Quick:
    """A model that costs nothing: it measures the colour step by step, then answers."""

    name = "quick"

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002
        """Three looks, one answer."""
        turn = sum(message.role == "assistant" for message in messages)
        return _ACTIONS[0] if turn < STEPS - 1 else _ACTIONS[1]


def main() -> None:
    """Measure all three."""
    with tempfile.TemporaryDirectory(prefix="bench-evaluation-") as folder:
        home = Path(folder)
        asyncio.run(_loop(home))
        _scoring()
        _batching(home)


def _query(number: int) -> Query:
    return Query(
        query_id=f"q{number:05d}",
        split="held_out",
        family="look/plain",
        text=f"Which colour covers most of picture number {number}?",
        tools=("measure_colour",),
        needs_picture=True,
        seed=number,
        files=(FileRef(name="file_1.png", sha256=sha256_hex(PICTURE), media_type="image/png", origin="written"),),
        gold_json=canonical_json(Gold(kind="text", value="red")),
        origin="synthesised",
        teacher="scripted",
    )


async def _loop(home: Path) -> None:
    """CPU of a step, host and workers, with a model of no cost and a tool that is replayed.

    The sandbox's own start is taken out by measuring few problems and many: a run over a benchmark pays it once.
    """
    few, many = [await _spent(home / name, count) for name, count in (("few", 10), ("many", RUNS))]
    steps = many.steps - few.steps
    host, workers = (1000 * (more - less) / steps for more, less in zip(many.cpu, few.cpu, strict=True))
    print(f"agent loop: {host + workers:.2f} ms of CPU a step (to reach: under 5): {host:.2f} on the host, ", end="")
    print(f"{workers:.2f} in the sandbox, where every problem of {STEPS} steps has a new worker")


@dataclass(frozen=True, slots=True)
class _Spent:
    steps: int
    cpu: tuple[float, float]
    """Seconds of this process, and of its children that have ended."""


async def _spent(home: Path, count: int) -> _Spent:
    store = Store(f"file://{home}/store")
    before = _cpu_seconds()
    async with open_workbench(TOOLS, store=store, scope="loop", home=home, max_steps=STEPS + 1) as bench:
        done = [await run_query(_query(n), controller=Quick(), bench=bench, media=MEDIA) for n in range(count)]
    assert all(one.trajectory.answer_json == '"red"' for one in done)
    own, children = (after - earlier for after, earlier in zip(_cpu_seconds(), before, strict=True))
    return _Spent(sum(len(one.trajectory.steps) for one in done), (own, children))


def _cpu_seconds() -> tuple[float, float]:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def _scoring() -> None:
    """Stored transcripts, read from JSON and scored."""
    benchmark = load_benchmark("held_out")
    posed = [p for p in problems_of([_query(n) for n in range(STORED)], tools=TOOLS) if "~" not in p.problem_id]
    stored = [canonical_json(_trajectory(problem, n)) for n, problem in enumerate(posed)]
    started = time.perf_counter()
    right = 0
    for problem, text in zip(posed, stored, strict=True):
        run = Trajectory.model_validate_json(text)
        outcome = Outcome(problem_id=problem.problem_id, status=run.status, trajectory=run, media=())
        right += score_attempt(problem, "tuned", outcome, benchmark, Scoring()).cause == "right"
    seconds = time.perf_counter() - started
    print(f"scoring: {len(stored):,} stored answers in {seconds:.2f} s (to reach: under 5), {right:,} right")


def _trajectory(problem: Problem, number: int) -> Trajectory:
    call = ToolCall(
        tool="measure_colour", version=1, arguments_json='{"image":"file_1.png"}', cassette_key="k", error="", fault=""
    )
    steps = tuple(
        Step(
            action="Thought: so.\nCode:\n```py\nx\n```",
            code="x",
            observation="seen " * 40,
            images=(),
            tool_calls=(call,),
            error="",
        )
        for _ in range(STEPS)
    )
    return Trajectory(
        trajectory_id=problem.problem_id,
        query_id=problem.query.query_id,
        steps=steps,
        answer_json=json.dumps("red" if number % 3 else "blue"),
        status="answered",
        controller="tuned",
    )


def _batching(home: Path) -> None:
    """The same problems through the same model, in batches and one at a time."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import torch

    torch.set_num_threads(1)
    rates: dict[int, list[float]] = {1: [], 48: []}
    for size, count in ((48, RUNS), (1, RUNS // 5), (48, RUNS), (1, RUNS // 5)):
        seconds = asyncio.run(_attempted(home / f"b{size}-{len(rates[size])}", size, count))
        rates[size].append(count / seconds)
    batched, alone = (statistics.median(rates[size]) for size in (48, 1))
    print(
        f"batching: {batched:.2f} problems a second over {RUNS} in batches of 48, {alone:.2f} one at a time over "
        f"{RUNS // 5} of them: {batched / alone:.1f} times (to reach: 3)"
    )


async def _attempted(home: Path, batch_size: int, count: int) -> float:
    """Seconds for ``count`` problems, two actions each of 96 tokens."""
    from journeyman.agent.local_model import LocalModelController
    from journeyman.model_family import load_model_family

    family = load_model_family("qwen_vl")
    # A tokenizer that knows the words, as one trained on the dataset does: else every letter were a token.
    words = [system_prompt(load_recipe("t3_agent").tool_cards()), *(_query(n).text for n in range(20)), *_ACTIONS]
    model, processor = family.build_tiny(words, 0)
    model.eval()
    controller = LocalModelController(
        model,
        processor,
        family,
        name="untuned",
        batch_size=batch_size,
        max_new_tokens=96,
        max_pixels=112 * 112,
        min_pixels=56 * 56,
    )
    # Every action as long as it may be: what is decoded does not depend on what a model has learned.
    controller._decoder._end = -1  # noqa: SLF001 - nothing public holds a model's turn open
    gate = asyncio.Semaphore(batch_size)
    store = Store(f"file://{home}/store")
    async with open_workbench(TOOLS, store=store, scope="b", home=home, max_steps=2) as bench, controller.serving():

        async def one(number: int) -> None:
            async with gate:
                await run_query(_query(number), controller=controller, bench=bench, media=MEDIA)

        started = time.perf_counter()
        await asyncio.gather(*(one(n) for n in range(count)))
        return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
