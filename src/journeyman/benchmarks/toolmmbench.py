"""ToolMMBench (MLLM-Tool, arXiv:2401.10727): an instruction with a picture, a sound or a video; which tools fit it?

One reply decides, and no tool runs. Its problems are the rows of the official test file
(github.com/MLLM-Tool/MLLM-Tool), or instructions that were generated over the user's own catalogue and kept apart from
training. The paper's metrics are names without code: what we count is said in docs/benchmarks.md.
"""

from collections.abc import Collection, Mapping, Sequence

from journeyman.agent.choice_prompt import choice_opening, choice_system
from journeyman.agent.controller import Controller
from journeyman.benchmark import (
    Background,
    Benchmark,
    Figure,
    FloatArray,
    ProblemSet,
    Scoring,
    f1_of_counts,
    quotient,
)
from journeyman.benchmarks._toolmm_baselines import BASELINES
from journeyman.benchmarks._toolmm_data import read_toolmmbench
from journeyman.benchmarks._toolmm_gold import (
    QUESTION,
    UNREAD,
    Reply,
    candidates_of,
    gold_of,
    read_reply,
)
from journeyman.benchmarks._toolmm_problems import (
    GROUPINGS,
    NAME,
    PAIR,
    QUESTION_CLASS,
    UNKNOWN_CLASS,
    Posed,
    facts_of,
    posed_problems,
)
from journeyman.benchmarks._toolmm_training import Seen, seen_in
from journeyman.catalogue.search import CatalogueIndex
from journeyman.errors import ConfigError
from journeyman.metrics.toolmmbench import name_counts, set_counts
from journeyman.schema.api import UNKNOWN, Api, Placement
from journeyman.schema.instruction import Instruction
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message, TextPart
from journeyman.schema.problem import Problem
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.schema.score import Measure, Score
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.tool import ToolCard


def read(source: str) -> ProblemSet:
    """The official test file; see :func:`read_toolmmbench`."""
    return read_toolmmbench(source)


def problems_of(
    instructions: Sequence[Instruction],
    training: Sequence[Instruction],
    apis: Sequence[Api],
    placements: Sequence[Placement],
    *,
    candidates: int,
    held_out_classes: Collection[str],
) -> tuple[Problem, ...]:
    """Problems of generated instructions, by their id.

    Args:
        instructions: Kept apart from training.
        training: What training was made of; only tells what of a problem it had seen.
        apis: The catalogue.
        placements: Function class of each of them.
        candidates: APIs that a prompt lists, those that a search for the instruction finds; 0 lists none.
        held_out_classes: Function classes that training never sees.

    Raises:
        ConfigError: There is no instruction.
    """
    if not instructions:
        raise ConfigError("there is no held-out instruction to evaluate on; raise choices.held_out_problems")
    seen = seen_in((row.text, _file(row)) for row in training)
    unseen = {place.name for place in placements if place.function_class in held_out_classes}
    index = CatalogueIndex(apis) if candidates else None
    items = []
    for row in sorted(instructions, key=lambda row: row.instruction_id):
        listed = index.find(row.text, most=candidates, modality=row.modality) if index else ()
        items.append(_posed(row, seen, unseen, listed))
    return posed_problems(items, background_of(apis).sha256)


def choice_set(problems: Sequence[Problem], apis: Sequence[Api]) -> ProblemSet:
    """Generated problems with what is stored beside them; the files of the instructions are elsewhere."""
    return ProblemSet(tuple(problems), (background_of(apis),), facts_of(problems))


def background_of(apis: Sequence[Api]) -> MediaFile:
    """The media row that problems over ``apis`` are scored with; equal names give equal rows."""
    names = tuple(sorted(api.name for api in apis))
    return Background(catalogue=names).file(source=f"{NAME}:background", licence="unknown")


async def attempt(
    problem: Problem,
    actor: Controller,
    tools: Sequence[ToolCard],  # noqa: ARG001 - the catalogue is data, and nothing in it is called
    media: Mapping[str, bytes],
) -> Trajectory:
    """One reply to the instruction and its file, as a trajectory of one step."""
    query = problem.query
    system = Message(role="system", content=(TextPart(text=choice_system(gold_of(problem).listed)),))
    text = await actor.act((system, choice_opening(query.text, query.files)), media)
    reply = read_reply(text)
    controller = str(actor.name)
    step = Step(
        action=text,
        code="",
        observation=f"Error: {reply.why}" if reply.choice is None else "",
        images=(),
        tool_calls=(),
        error="parse" if reply.choice is None else "",
    )
    return Trajectory(
        trajectory_id=fingerprint([query.query_id, controller])[:16],
        query_id=query.query_id,
        steps=(step,),
        answer_json=_answer_json(reply),
        status="failed" if reply.choice is None else "answered",
        controller=controller,
    )


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:
    """Counts of the one reply; one that cannot be read, or was never made, is wrong and names nothing."""
    gold, reply = gold_of(problem), _reply_of(trajectory)
    said, right = reply.labels, gold.labels
    first = name_counts(said[0] if said else None, right, ())
    counts = set_counts(said, right)
    hit = float(first.correct)
    measures = [
        Measure(name="Acc", value=hit, weight=1),
        Measure(name="Acc macro", value=hit * gold.class_weight, weight=gold.class_weight),
        Measure(name="set hits", value=counts.hits, weight=counts.accepted),
        Measure(name="set predicted", value=counts.predicted, weight=counts.predicted),
        Measure(name="set accepted", value=counts.accepted, weight=counts.accepted),
        Measure(name="Exact set", value=float(set(said) == right), weight=1),
        Measure(name="Format", value=float(reply.strict), weight=1),
        Measure(name="unknown hits", value=first.unknown_hits, weight=1),
        Measure(name="unknown predicted", value=first.unknown_predicted, weight=first.unknown_predicted),
    ]
    if scoring.catalogue:
        measures.append(Measure(name="Hallucination", value=float(_invents(reply, scoring)), weight=1))
    if first.unknown_gold:
        measures.append(Measure(name="Unknown R", value=first.unknown_hits, weight=1))
    if right == {QUESTION}:
        measures.append(Measure(name="Question R", value=hit, weight=1))
    return tuple(measures)


def across(scores: Sequence[Score]) -> dict[str, tuple[Measure, ...]]:
    """Of each pair, on the first of its problems: whether all of them are right."""
    pairs: dict[str, list[Score]] = {}
    for row in sorted(scores, key=lambda row: row.problem_id):
        pair = row.groups.get(PAIR)
        if pair:
            pairs.setdefault(pair, []).append(row)
    return {
        members[0].problem_id: (
            Measure(name="Pairs", value=float(all(member.value("Acc") == 1 for member in members)), weight=1),
        )
        for members in pairs.values()
    }


def why(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> str:  # noqa: ARG001 - Benchmark.why
    """What is wrong with a reply that is not right."""
    reply = _reply_of(trajectory)
    if reply.choice is None:
        return "no readable action"
    if reply.choice.question:
        return "asked back"
    if reply.choice.unknown:
        return "said unknown"
    if scoring.catalogue and reply.choice.apis[0].strip() not in scoring.catalogue:
        return "name outside the catalogue"
    return "wrong tool"


def _posed(row: Instruction, seen: Seen, unseen: Collection[str], listed: Sequence[Api]) -> Posed:
    asks = row.answer == "question"
    accepted = () if asks else row.accepted or (UNKNOWN,)
    condition = "no tool"
    if row.accepted and not asks:
        condition = "unseen tools" if set(row.accepted) <= set(unseen) else "seen tools"
    function_class = QUESTION_CLASS if asks else row.function_class if row.accepted else UNKNOWN_CLASS
    return Posed(
        problem_id=row.instruction_id,
        query=row.query(),
        modality=row.modality,
        accepted=accepted,
        ambiguity=row.ambiguity,
        file=_file(row),
        pair=row.pair_id,
        weighed_by=function_class,
        groups={
            "condition": condition,
            "overlap": seen.overlap(row.text, _file(row)),
            "function class": function_class,
        },
        candidates=candidates_of(listed),
    )


def _file(row: Instruction) -> str:
    return row.files[0].sha256 if row.files else ""


def _reply_of(trajectory: Trajectory) -> Reply:
    return read_reply(trajectory.steps[0].action) if trajectory.steps else UNREAD


def _answer_json(reply: Reply) -> str:
    if reply.choice is None:
        return ""
    if reply.choice.question:
        return canonical_json({QUESTION: reply.choice.question})
    return canonical_json(UNKNOWN if reply.choice.unknown else list(reply.choice.apis))


def _invents(reply: Reply, scoring: Scoring) -> bool:
    names = reply.choice.apis if reply.choice else ()
    return any(name.strip() not in scoring.catalogue for name in names)


def _background(problem: Problem) -> str:
    return gold_of(problem).background


def _share_of_counts(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Sums [R, 2] of hits over names -> [R]; NaN over nothing."""
    del weights
    return quotient(values[:, :1], values[:, 1:])


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="ToolMMBench (arXiv:2401.10727): which tools of a catalogue fit an instruction with a file",
    read=read,
    score=score,
    right="Acc",
    figures=(
        Figure("Acc", note="the first name is accepted; unknown, or a question, where that is right"),
        Figure("Acc macro", note="mean over function classes of their Acc; official rows: over equal label sets"),
        Figure("Set P", ("set hits", "set predicted"), _share_of_counts, note="names that are accepted, of all named"),
        Figure("Set R", ("set hits", "set accepted"), _share_of_counts, note="accepted names that are named"),
        Figure("Set F1", ("set hits", "set predicted", "set accepted"), f1_of_counts, note="micro, over all problems"),
        Figure("Exact set", note="all accepted names and no other"),
        Figure("Hallucination", note="a name that is not in the catalogue; less is better"),
        Figure("Format", note="the reply is the JSON that was asked for and nothing else"),
        Figure("Unknown P", ("unknown hits", "unknown predicted"), _share_of_counts, note="of those that said unknown"),
        Figure("Unknown R", note="of those where unknown is right"),
        Figure("Question R", note="of those where a question is right; any question counts"),
        Figure(
            "Pairs", note="same words, other files, no reply right for all: all members right; in its first's groups"
        ),
    ),
    headline=("Acc", "Set F1"),
    groupings=GROUPINGS,
    attempt=attempt,
    background=_background,
    baselines=BASELINES,
    across=across,
    why=why,
)
