"""GTA step by step: at every gold step the model sees the gold prefix and acts once.

No tool runs: the model is offered GTA's own tools by name, and its call is compared with the gold call.
Official: ``every_with_gt`` of ``gta_bench.py`` (open-compass/GTA).
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from journeyman.agent.controller import Controller
from journeyman.agent.prompt import observation, opening, system_prompt
from journeyman.benchmark import Benchmark, Figure, ProblemSet, Scoring
from journeyman.benchmarks._gta_data import GROUPINGS, read_gta
from journeyman.benchmarks._gta_gold import GtaGold, GtaTurn, answer_text, gold_of, reference_score
from journeyman.benchmarks._gta_moves import Move, read_move, write_turn
from journeyman.metrics.gta import (
    NUM_INSTRUCTION_STEPS,
    NUM_TEXT_ANSWERS,
    NUM_TOOL_STEPS,
    PredictedStep,
    StepCounts,
    step_counts,
    whitelist_match,
    whitelist_match_official,
)
from journeyman.schema.message import Message, TextPart
from journeyman.schema.problem import Problem
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Step, ToolCall, Trajectory
from journeyman.tool import ToolCard

NAME = "gta_steps"

_ONE_CALL = "\nCall exactly one tool a turn, with plain values as arguments."
_SUMMARISE = "\nSummarise what was found and end now with final_answer(text). Call no other tool."
_SILENT = "(nothing was printed)"


def read(source: str) -> ProblemSet:
    """GTA's queries; see :func:`read_gta`."""
    return read_gta(source, benchmark=NAME)


async def attempt(
    problem: Problem,
    actor: Controller,
    tools: Sequence[ToolCard],  # noqa: ARG001 - GTA's own are offered
    media: Mapping[str, bytes],
) -> Trajectory:
    """One action at each gold step; a trajectory of as many steps, its answer the one of the last step."""
    gold = gold_of(problem)
    offered = {tool.name: tool.parameters for tool in gold.tools}
    last = max(i for i, turn in enumerate(gold.turns) if turn.role == "assistant")
    steps: list[Step] = []
    move = Move("error")
    for i, turn in enumerate(gold.turns):
        if turn.role == "assistant":
            text = await actor.act(prefix(problem, i, summarise=i == last and not turn.tool), media)
            move = read_move(text, offered)
            steps.append(_step(text, move, _observed(gold, i)))
    answered = move.kind == "answer"
    controller = str(actor.name)
    return Trajectory(
        trajectory_id=fingerprint([problem.query.query_id, controller])[:16],
        query_id=problem.query.query_id,
        steps=tuple(steps),
        answer_json=canonical_json(move.answer) if answered else "",
        status="answered" if answered else "max_steps",
        controller=controller,
    )


def prefix(problem: Problem, position: int, *, summarise: bool) -> tuple[Message, ...]:
    """The gold dialog before the turn ``position``, in the words that every agent of ours is shown.

    Args:
        problem: A problem of this benchmark.
        position: Index in ``GtaGold.turns``.
        summarise: Ask for the final answer, as officially in the last step.
    """
    gold = gold_of(problem)
    system = system_prompt(_card(tool.name, tool.signature, tool.description) for tool in gold.tools) + _ONE_CALL
    messages = [Message(role="system", content=(TextPart(text=system),)), opening(problem.query)]
    for turn in gold.turns[1:position]:
        if turn.role == "assistant" and messages[-1].role == "assistant":
            messages.append(observation(_SILENT, ()))
        _append(messages, _message(turn))
    if messages[-1].role == "assistant":
        messages.append(observation(_SILENT, ()))
    if summarise:
        _append(messages, Message(role="user", content=(TextPart(text=_SUMMARISE),)))
    return tuple(messages)


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:
    """Counts of the steps and the score of the answer; a step that is not there is a miss."""
    gold = gold_of(problem)
    steps = gold.steps(first_question_only=False)
    offered = {tool.name: tool.parameters for tool in gold.tools}
    moves = [read_move(step.action, offered) for step in trajectory.steps[: len(steps)]]
    moves += [Move("error")] * (len(steps) - len(moves))
    counts = step_counts(steps, [_predicted(move) for move in moves], has_reference=bool(gold.reference))
    answers = [
        answer_text(move.answer) for move, step in zip(moves, steps, strict=True) if _both_answer(move, step.kind)
    ]
    last = answers[-1:] if _both_answer(moves[-1], steps[-1].kind) else []
    return (*_step_measures(counts), *_answer_measures(gold, answers, last, scoring))


def _step_measures(counts: StepCounts) -> tuple[Measure, ...]:
    pairs = {
        "InstAcc official": (counts.inst_hits_official, counts.inst_steps_official),
        "ToolAcc official": (counts.tool_hits_official, counts.tool_steps_official),
        "ArgAcc official": (counts.arg_hits_official, counts.tool_steps_official),
        "InstAcc": (counts.inst_hits, counts.inst_steps),
        "ToolAcc": (counts.tool_hits, counts.tool_steps),
        "ArgAcc": (counts.arg_hits, counts.tool_steps),
    }
    return tuple(Measure(name=name, value=hits, weight=steps) for name, (hits, steps) in pairs.items())


def _answer_measures(
    gold: GtaGold, answers: Sequence[str | None], last: Sequence[str | None], scoring: Scoring
) -> tuple[Measure, ...]:
    """SummAcc: officially of every step where both sides answer, corrected of the last step alone."""
    reference = gold.reference
    rules = (("SummAcc official", answers, whitelist_match_official), ("SummAcc", last, whitelist_match))
    measures = []
    for name, given, match in rules:
        scores = [reference_score(answer, reference, match, scoring.embed) for answer in given or [None]]
        if reference and None not in scores:
            measures.append(Measure(name=name, value=sum(filter(None, scores)), weight=1))
    return tuple(measures)


def _both_answer(move: Move, kind: str) -> bool:
    return move.kind == kind == "answer"


def _predicted(move: Move) -> PredictedStep:
    # What OpenCompass cannot parse, it keeps as a call in error.
    kind: Literal["tool", "answer"] = "answer" if move.kind == "answer" else "tool"
    return PredictedStep(kind=kind, tool=move.tool, arguments=move.arguments, error=move.kind == "error")


def _step(text: str, move: Move, observed: str) -> Step:
    calls = (
        (
            ToolCall(
                tool=move.tool,
                version=0,
                arguments_json=canonical_json(dict(move.arguments)),
                cassette_key="",
                error="",
                fault="",
            ),
        )
        if move.kind == "tool"
        else ()
    )
    error = "parse" if move.kind == "error" else ""
    shown = f"Error: {move.why}" if error else observed
    return Step(action=text, code=move.code, observation=shown, images=(), tool_calls=calls, error=error)


def _observed(gold: GtaGold, position: int) -> str:
    """What the gold tool returned after the turn ``position``."""
    following = gold.turns[position + 1] if position + 1 < len(gold.turns) else None
    return following.text if following is not None and following.role == "tool" else ""


def _message(turn: GtaTurn) -> Message:
    if turn.role == "assistant":
        return Message(role="assistant", content=(TextPart(text=write_turn(turn)),))
    if turn.role == "tool":
        return observation(turn.text or _SILENT, ())
    return Message(role="user", content=(TextPart(text=f"Task: {turn.text}"),))


def _append(messages: list[Message], message: Message) -> None:
    """Add a message; two of the user's in a row become one, which every chat template takes."""
    if messages[-1].role == message.role == "user":
        joined = (*messages[-1].content, *message.content)
        messages[-1] = messages[-1].model_copy(update={"content": joined})
    else:
        messages.append(message)


def _card(name: str, signature: str, description: str) -> ToolCard:
    return ToolCard(
        name=name, signature=signature, description=description, summary=description, licence="", identity="gta"
    )


def _figures() -> tuple[Figure, ...]:
    rules = {
        "InstAcc": (NUM_INSTRUCTION_STEPS, "the last steps of picture queries are hits but no steps: can pass 100 %"),
        "ToolAcc": (NUM_TOOL_STEPS, "a call that ended in an error counts"),
        "ArgAcc": (NUM_TOOL_STEPS, "arguments must be equal as Python dicts, free text included"),
        "SummAcc": (NUM_TEXT_ANSWERS, "edges of a word only: '$5' or '42%' never match; reference texts need a model"),
    }
    official = [Figure(f"{name} official", published_denominator=n, note=note) for name, (n, note) in rules.items()]
    return (
        *official,
        Figure("InstAcc", note="every assistant turn of the data is in the denominator"),
        Figure("ToolAcc", published_denominator=NUM_TOOL_STEPS, note="a call in error is no hit"),
        Figure("ArgAcc", published_denominator=NUM_TOOL_STEPS, note="a call in error is no hit"),
        Figure("SummAcc", published_denominator=NUM_TEXT_ANSWERS, note="'$5' and '42%' can match"),
    )


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="GTA (arXiv:2407.08713) step by step: the next step after the gold prefix; data of open-compass/GTA",
    read=read,
    score=score,
    right="SummAcc",
    figures=_figures(),
    headline=("ToolAcc", "ArgAcc", "SummAcc"),
    groupings=GROUPINGS,
    attempt=attempt,
)
