"""One solved (or failed) query: steps of thought, action and observation, pictures included."""

from typing import ClassVar, Literal

from journeyman.schema.record import Record


class ToolCall(Record):
    """One tool call as the host's broker saw it: its log is the truth, not the code's prints."""

    tool: str
    version: int
    arguments_json: str
    cassette_key: str
    """Key of the recorded result: tool, version, arguments and input digests."""
    error: str
    """Empty when the tool answered."""
    fault: str
    """Fault that was put into this call on purpose, e.g. ``timeout``; empty for all others."""


class Step(Record):
    """One turn of the agent and what came back."""

    action: str
    """The assistant's whole text, exactly as written: thought and code."""
    code: str
    """The code read from it; empty when none could be read, and where turns call skills and hold none."""
    observation: str
    """Text the agent is shown next; empty after a final answer."""
    images: tuple[str, ...]
    """sha256 of pictures that tools returned in this step, shown to the agent with the observation."""
    tool_calls: tuple[ToolCall, ...]
    error: str
    """Kind of failure (``parse``, ``execution``, ``timeout``, ``tokens``); empty when code ran or skills answered."""


class Trajectory(Record):
    """An agent's whole attempt at a query."""

    SCHEMA_VERSION: ClassVar[int] = 3

    trajectory_id: str
    query_id: str
    steps: tuple[Step, ...]
    answer_json: str
    """Canonical JSON of the value given as the final answer; empty when none was given."""
    status: Literal["answered", "max_steps", "failed", "out_of_tokens", "out_of_time"]
    controller: str
    """Who wrote the actions: the teacher's model name, or ``untuned``, ``tuned``, ..."""
    context: str = ""
    """Results of skills that the host ran before the first turn, as the opening message shows them; empty for none."""
