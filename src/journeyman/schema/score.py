"""One agent's outcome on one held-out problem; unscored is not zero."""

from journeyman.schema.record import Record


class Score(Record):
    """Metrics are 0 or 1 per problem, or empty (None) when the metric does not apply."""

    problem_id: str
    agent: str
    """``untuned``, ``tuned``, ``blind``, ``chance``, ``format_only``."""
    family: str
    needs_picture: bool
    answer_accuracy: float | None
    """AnsAcc: the final answer equals the gold answer; None when there is no gold."""
    tool_accuracy: float | None
    """ToolAcc: the tools a right solution uses were called with valid arguments, none in error."""
    code_executes: float | None
    """CodeExec: share of this problem's steps whose code parsed and ran without error."""
    status: str
    answer_json: str
    trajectory_json: str
    """Full transcript (schema/trajectory.py)."""
