"""AnsAcc, ToolAcc and CodeExec of one problem: T3-Agent's names (arXiv:2412.15606), our definitions.

The paper's code for ToolAcc and CodeExec was never released, and its AnsAcc looks for substrings.
Each is defined so that an agent cannot earn it without the skill: an answer must equal the gold
answer rather than contain it; calling every tool in turn is not right tool use; a run that crashed
or stopped early scores what it reached and stays in the denominator.
"""

from journeyman.answer import answer_matches
from journeyman.schema.query import Gold, Query
from journeyman.schema.trajectory import Trajectory


def answer_accuracy(query: Query, trajectory: Trajectory) -> float | None:
    """AnsAcc: 1 when the final answer is the gold answer; None when the query has no gold answer."""
    if not query.gold_json:
        return None
    gold = Gold.model_validate_json(query.gold_json)
    return float(trajectory.status == "answered" and answer_matches(gold, trajectory.answer_json))


def tool_accuracy(query: Query, trajectory: Trajectory) -> float:
    """ToolAcc: 1 when exactly the tools of a right solution were called and no call ended in an error.

    The broker's log on the host decides, not what the code printed. Calling one tool twice is
    fine; a tool outside the right set is not, or an agent that calls everything would be right.
    For a query that needs no tool it is 1 when the agent answered and called none.
    """
    calls = [call for step in trajectory.steps for call in step.tool_calls]
    if not query.tools:
        return float(trajectory.status == "answered" and not calls)
    return float({call.tool for call in calls} == set(query.tools) and not any(call.error for call in calls))


def code_executes(trajectory: Trajectory) -> float:
    """CodeExec: share of the steps whose code could be read and ran without an uncaught error; 0 without any step."""
    if not trajectory.steps:
        return 0.0
    return sum(not step.error for step in trajectory.steps) / len(trajectory.steps)
