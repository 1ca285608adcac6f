"""What is asked of a teacher, in the OpenAI chat form, and its identity."""

import base64
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from journeyman.errors import ArtifactError, TeacherError
from journeyman.schema.message import Message, Part, TextPart
from journeyman.schema.record import canonical_json, fingerprint

_BYTES_PER_TOKEN = 3  # English and code run at about 4; an estimate for a budget had better be high
_TOKENS_PER_PICTURE = 1100  # a 1024 x 1024 picture at OpenAI's high detail is 765, at most other endpoints about 1,000

GO_ON: Mapping[str, bool] = {"add_generation_prompt": False, "continue_final_message": True}
"""In the body of a request whose last message begins the answer: vLLM's server then goes on from it. Who takes no such
keys is asked without them (endpoint.py)."""

# Keys that OpenAI's strict mode refuses or that tell the model nothing.
_DROPPED_KEYS = frozenset({"title", "default", "examples", "discriminator"})


@dataclass(frozen=True, slots=True)
class Request:
    """One question, before it is known whether it must be paid for."""

    role: str
    model: str
    messages: tuple[Message, ...]
    answer: type[BaseModel] | None
    """What the reply must parse as; None asks for text."""
    max_tokens: int
    temperature: float
    seed: int | None

    def named_by_content(self) -> dict[str, Any]:
        """The request body with each picture as its sha256: what the ledger keeps."""
        return self._body([_chat_message(message, _sha256_url) for message in self.messages])

    def digest(self) -> str:
        """sha256 over role and body; the endpoint's address and the tracing of the caller are not part of it."""
        return fingerprint({"role": self.role, **self.named_by_content()})

    def body(self, media: Mapping[str, bytes]) -> dict[str, Any]:
        """The JSON body as it is sent, with pictures as data URLs.

        Raises:
            ArtifactError: ``media`` lacks a picture that a message names.
            TeacherError: A picture is of a kind that no endpoint takes.
        """
        return self._body(
            [_chat_message(message, lambda sha256: _data_url(sha256, media)) for message in self.messages]
        )

    def prompt_tokens_estimate(self) -> int:
        """Tokens the prompt may take, on the high side."""
        pictures = sum(len(message.images) for message in self.messages)
        size = len(canonical_json(self.named_by_content()).encode())
        return tokens_estimate(size) + pictures * _TOKENS_PER_PICTURE

    def _body(self, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": list(messages),
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
        }
        if self.seed is not None:
            body["seed"] = self.seed
        if self.messages and self.messages[-1].role == "assistant":
            body |= GO_ON
        if self.answer is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": self.answer.__name__, "strict": True, "schema": strict_schema(self.answer)},
            }
        return body


def tokens_estimate(size_bytes: int) -> int:
    """Tokens that text of ``size_bytes`` UTF-8 bytes may take, on the high side."""
    return math.ceil(size_bytes / _BYTES_PER_TOKEN)


@functools.cache  # derived anew it would take longer than all else that is done for a request
def strict_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of ``answer`` as strict mode takes it: closed objects, every property required.

    Raises:
        TypeError: A field is a mapping or a tuple of fixed length, which strict mode cannot say.
    """
    schema = _strict(answer.model_json_schema(), answer.__name__)
    assert isinstance(schema, dict)
    return schema


def media_type_of(data: bytes) -> str | None:
    """IANA type of a file by its first bytes: PNG, JPEG, WebP, GIF, WAV or MP4; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return None


def _chat_message(message: Message, url_of: Callable[[str], str]) -> dict[str, Any]:
    if not message.media:
        # Plain text is understood by every endpoint, a list of parts is not.
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": [_chat_part(part, url_of) for part in message.content]}


def _chat_part(part: Part, url_of: Callable[[str], str]) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    # OpenAI's own form takes pictures by URL; for sounds and videos this is what vLLM's server takes.
    kind = f"{part.type}_url"
    return {"type": kind, kind: {"url": url_of(part.sha256)}}


def _sha256_url(sha256: str) -> str:
    return f"sha256:{sha256}"


def _data_url(sha256: str, media: Mapping[str, bytes]) -> str:
    if sha256 not in media:
        raise ArtifactError(f"picture {sha256} is named by a message but is not among the {len(media)} media given")
    media_type = media_type_of(media[sha256])
    if media_type is None:
        raise TeacherError(f"file {sha256} is neither PNG, JPEG, WebP, GIF, WAV nor MP4; convert it before it is shown")
    return f"data:{media_type};base64,{base64.b64encode(media[sha256]).decode()}"


def _strict(node: Any, where: str) -> Any:
    if isinstance(node, list):
        return [_strict(item, where) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]}  # strict mode refuses keys beside a reference
    if "prefixItems" in node or isinstance(node.get("additionalProperties"), dict):
        raise TypeError(f"{where} has a mapping or a tuple of fixed length, which strict JSON schema cannot say")
    strict = {
        # ``properties`` and ``$defs`` map names to schemas: a field may well be called "title".
        key: {name: _strict(inner, f"{where}.{name}") for name, inner in value.items()}
        if key in ("properties", "$defs")
        else _strict(value, where)
        for key, value in node.items()
        if key not in _DROPPED_KEYS
    }
    if "oneOf" in strict:
        strict["anyOf"] = strict.pop("oneOf")
    if "const" in strict:
        strict["enum"] = [strict.pop("const")]
    if "properties" in strict or strict.get("type") == "object":
        strict["required"] = list(strict.setdefault("properties", {}))
        strict["additionalProperties"] = False
    return strict
