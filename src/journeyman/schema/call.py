"""One paid request: the cost book, the audit log and the resume cache in one row."""

from journeyman.schema.record import Record


class Call(Record):
    """A finished request to a teacher."""

    request_digest: str
    """sha256 of endpoint-independent request: role, model, messages, response format, sampling."""
    role: str
    """Who was asked: ``query_writer``, ``controller``, ``planner``, ``query_judge``, ``trajectory_judge``,
    ``taxonomist``, ``instruction_writer``, ``instruction_judge``, ``relative_judge``, ``pairwise_judge``."""
    model: str
    request_json: str
    """The request as sent, pictures replaced by their sha256."""
    response_json: str
    prompt_tokens: int
    completion_tokens: int
    price_usd: str
    """Decimal US dollars; ``0`` for the scripted teacher."""
    latency_seconds: float
    attempts: int
    label: str
    """What a scripted teacher says it did wrong on purpose; empty for every real model."""
