"""Reading what a teacher answered: the body of a 200, and JSON inside its text."""

import json
import re
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from journeyman.errors import TransientError

A = TypeVar("A", bound=BaseModel)

_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished chat completion."""

    content: str | None
    """None when the body has no choice or no text: paid for perhaps, but no answer."""
    finish_reason: str
    refusal: str
    prompt_tokens: int | None
    completion_tokens: int | None
    label: str
    """What a scripted teacher says it did wrong on purpose."""

    @property
    def is_usable(self) -> bool:
        """Whether asking again could only cost more: there is a text, or a reason why there is none."""
        return self.content is not None or bool(self.refusal) or self.finish_reason in ("length", "content_filter")


def read_answer(body: str) -> Answer:
    """The first choice of a chat completion.

    Raises:
        TransientError: The body is not a JSON object, as when the connection ended early.
    """
    try:
        completion = json.loads(body)
    except json.JSONDecodeError as exc:
        raise TransientError(f"teacher's answer was cut off or is not JSON: {exc}; it begins {body[:80]!r}") from exc
    if not isinstance(completion, dict):
        raise TransientError(f"teacher's answer is not a chat completion; it begins {body[:80]!r}")
    choices = completion.get("choices")
    choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
    message, usage = _mapping(choice.get("message")), _mapping(completion.get("usage"))
    content = message.get("content")
    return Answer(
        content=content if isinstance(content, str) else None,
        finish_reason=str(choice.get("finish_reason") or ""),
        refusal=str(message.get("refusal") or ""),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        label=str(completion.get("journeyman_label") or ""),
    )


def parse_structured(content: str, answer: type[A]) -> A:
    """``content`` as an ``answer``; a Markdown fence around the JSON is taken off.

    Raises:
        pydantic.ValidationError: Not JSON, or not of that form.
    """
    fenced = _FENCED.match(content)
    return answer.model_validate_json(fenced.group(1) if fenced else content)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
