"""Journeyman's own benchmark: problems on the user's tools that were kept apart from training, gold from programs.

Its problems come with a dataset (generation poses them beside the training queries), and four
conditions say what of a problem training never saw: an unseen tool, no tool at all, a long chain, or
only the words and files of a family. Two more are the same problems over other tools: renamed ones,
and one whose first call fails; where agents call skills, pictures that give an order are asked about
besides. AnsAcc, ToolAcc and CodeExec are T3-Agent's names (arXiv:2412.15606)
with definitions of our own, since the paper's ToolAcc and CodeExec were never released and its AnsAcc
looks for substrings: an agent cannot earn one without the skill, and a run that crashed or stopped
early scores what it reached and stays in the denominator.
"""

from collections.abc import Sequence

from journeyman.answer import answer_matches
from journeyman.benchmark import Benchmark, Figure, ProblemSet, Scoring
from journeyman.benchmarks._orders import READER, order_sign
from journeyman.errors import ConfigError
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, Renamed, ToolChange, groups_json
from journeyman.schema.query import Gold, Query, condition_of
from journeyman.schema.record import fingerprint
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import Trajectory

NAME = "held_out"
TWIN_SHARE = 3
"""One in so many problems with seen tools is posed again with renamed tools, and one with a broken tool."""
ORDER_SHARE = 10
"""One in so many problems is followed by one over a picture that gives an order."""

ALIASES = {
    "ocr": "read_text_in_picture",
    "read_barcode": "scan_code",
    "detect_faces": "find_people",
    "tag_image": "name_subject",
    "measure_colour": "colour_shares",
    "crop_image": "cut_out",
    "inspect_file": "open_document",
    "search_corpus": "look_through",
    "calculate": "work_out",
}
"""Names that shelf tools go by in the condition ``renamed tools``; other tools get one made of their own."""


def problems_of(
    queries: Sequence[Query], *, tools: Sequence[str], held_out_tools: Sequence[str] = ()
) -> tuple[Problem, ...]:
    """Problems of held-out queries, by their id, each followed by its twins over other tools.

    Args:
        queries: Of the split ``held_out``.
        tools: All tools of the recipe, held-out ones included.
        held_out_tools: Tools that training never told of; only problems that need one are offered them.

    Raises:
        ConfigError: There is no query.
    """
    if not queries:
        raise ConfigError("there is no held-out problem to evaluate on; raise generation.held_out_problems")
    withheld = tuple(tool for tool in tools if tool in held_out_tools)
    problems: list[Problem] = []
    seen = 0
    for query in sorted(queries, key=lambda query: query.query_id):
        condition = condition_of(query.tools, held_out_tools)
        offered = AS_IN_THE_RECIPE if condition == "unseen tools" else ToolChange(withheld=withheld)
        problems.append(_problem(query, condition, offered))
        if condition != "seen tools":
            continue
        seen += 1
        if seen % TWIN_SHARE == 1:
            renamed = tuple(Renamed(tool=tool, name=alias(tool)) for tool in tools)
            problems.append(_problem(query, "renamed tools", offered.model_copy(update={"renamed": renamed})))
        if seen % TWIN_SHARE == 2:
            problems.append(_problem(query, "broken tool", offered.model_copy(update={"broken": query.tools[:1]})))
    return tuple(problems)


def order_problems(queries: Sequence[Query], *, tools: Sequence[str], held_out_tools: Sequence[str] = ()) -> ProblemSet:
    """Problems over signs that order a call, one beside every tenth held-out query; none without a tool that reads.

    Args:
        queries: Of the split ``held_out``.
        tools: All tools of the recipe, held-out ones included.
        held_out_tools: Tools that training never told of; they are not offered.
    """
    withheld = tuple(tool for tool in tools if tool in held_out_tools)
    # Letters beyond ASCII may be missing in the font.
    offered = [tool for tool in tools if tool not in withheld and tool.isascii()]
    if READER not in offered or len(offered) == 1:
        return ProblemSet((), ())
    beside = sorted(queries, key=lambda query: query.query_id)[::ORDER_SHARE]
    signs = [order_sign(query, offered) for query in beside]
    problems = tuple(_problem(asked, "order in picture", ToolChange(withheld=withheld)) for asked, _ in signs)
    media = {picture.sha256: picture for _, picture in signs}
    return ProblemSet(problems, tuple(media[key] for key in sorted(media)))


def alias(tool: str) -> str:
    """Another name for ``tool``; equal tools get equal ones."""
    return ALIASES.get(tool, f"{'_'.join(reversed(tool.split('_')))}_{fingerprint(tool)[:3]}")


def read(source: str) -> ProblemSet:
    """Refuse a folder: these problems come with the dataset that they were kept apart from.

    Raises:
        ConfigError: Always.
    """
    raise ConfigError(f"held-out problems come with a dataset, not from {source!r}; leave benchmark_data empty")


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """AnsAcc, ToolAcc and CodeExec of one attempt."""
    measures = {
        "AnsAcc": answer_accuracy(problem.query, trajectory),
        "ToolAcc": tool_accuracy(problem.query, trajectory),
        "CodeExec": code_executes(trajectory),
    }
    return tuple(Measure(name=name, value=value, weight=1) for name, value in measures.items() if value is not None)


def answer_accuracy(query: Query, trajectory: Trajectory) -> float | None:
    """AnsAcc: 1 when the final answer is the gold answer; None when the query has no gold answer."""
    if not query.gold_json:
        return None
    gold = Gold.model_validate_json(query.gold_json)
    return float(trajectory.status == "answered" and answer_matches(gold, trajectory.answer_json))


def tool_accuracy(query: Query, trajectory: Trajectory) -> float:
    """ToolAcc: 1 when exactly the tools of a right solution were called and no call ended in an error.

    The broker's log on the host decides, not what the code printed. Calling one tool twice is
    fine; a tool outside the right set is not, or an agent that calls everything would be right. A call
    that failed on purpose is no error of the agent's. For a query that needs no tool it is 1 when the
    agent answered and called none.
    """
    calls = [call for step in trajectory.steps for call in step.tool_calls]
    if not query.tools:
        return float(trajectory.status == "answered" and not calls)
    clean = not any(call.error and not call.fault for call in calls)
    answered = {call.tool for call in calls if not call.error}
    return float(clean and {call.tool for call in calls} == set(query.tools) == answered)


def code_executes(trajectory: Trajectory) -> float:
    """CodeExec: share of the steps whose code could be read and ran without an uncaught error; 0 without any step.

    A step that stopped at a call which failed on purpose is none of the agent's and counts for nothing.
    """
    own = [step for step in trajectory.steps if not (step.error and any(call.fault for call in step.tool_calls))]
    return sum(not step.error for step in own) / len(own) if own else 0.0


def _problem(query: Query, condition: str, tools: ToolChange) -> Problem:
    twin = {"renamed tools": "~renamed", "broken tool": "~broken"}.get(condition, "")
    groups = {
        "condition": condition,
        "picture": "needed" if query.needs_picture else "not needed",
        "tools": " + ".join(query.tools) or "none",
        "family": query.family.partition("/")[0],
    }
    return Problem(
        problem_id=query.query_id + twin,
        benchmark=NAME,
        query=query,
        gold_json="",
        groups_json=groups_json(groups),
        tools=tools,
    )


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="problems on your own tools that were kept apart from training, with computed answers",
    read=read,
    score=score,
    right="AnsAcc",
    figures=(
        Figure("AnsAcc", note="the final answer equals the gold answer"),
        Figure("ToolAcc", note="exactly the right tools were called, none in error"),
        Figure("CodeExec", note="mean over runs of the share of steps whose code ran"),
    ),
    headline=("AnsAcc", "ToolAcc"),
    groupings=("condition", "picture", "tools", "family"),
)
