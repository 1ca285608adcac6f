from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from journeyman.schema.message import ImagePart, Message, TextPart
from journeyman.teacher.request import Request, media_type_of, strict_schema


class Part(BaseModel):
    """A nested one, whose fields bear the names of schema keys."""

    title: str = ""
    default: int = Field(default=0, ge=0)


class Answer(BaseModel):
    """An answer with everything strict mode can say."""

    verdict: Literal["keep", "drop"]
    parts: tuple[Part, ...] = ()
    first: Part | None = Field(default=None, description="the first")


def test_a_strict_schema_closes_every_object_and_requires_every_property() -> None:
    schema = strict_schema(Answer)
    assert schema["required"] == ["verdict", "parts", "first"]
    assert schema["additionalProperties"] is False
    part = schema["$defs"]["Part"]
    assert part["required"] == ["title", "default"]
    assert part["additionalProperties"] is False
    assert "default" not in schema["properties"]["first"]
    assert "default" not in part["properties"]["default"]


def test_a_mapping_cannot_be_said_strictly() -> None:
    class Loose(BaseModel):
        scores: dict[str, float]

    with pytest.raises(TypeError, match=r"Loose\.scores"):
        strict_schema(Loose)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0...", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(data: bytes, media_type: str | None) -> None:
    assert media_type_of(data) == media_type


def request(text: str, sha256: str, *, role: str = "controller") -> Request:
    message = Message(role="user", content=(TextPart(text=text), ImagePart(sha256=sha256)))
    return Request(role, "scripted", (message,), None, 100, 0.0, None)


@given(st.text(), st.text())
def test_requests_are_equal_exactly_when_their_digests_are(one: str, other: str) -> None:
    assert (request(one, "a").digest() == request(other, "a").digest()) == (one == other)


def test_a_digest_sees_role_and_picture() -> None:
    digests = {request("q", "a").digest(), request("q", "b").digest(), request("q", "a", role="query_judge").digest()}
    assert len(digests) == 3


def test_only_a_begun_answer_is_to_be_gone_on_from() -> None:
    asked = Message(role="user", content=(TextPart(text="a"),))
    begun = Message(role="assistant", content=(TextPart(text="b"),))
    bodies = [Request("controller", "m", m, None, 1, 0.0, None).body({}) for m in ((asked,), (asked, begun))]
    assert "continue_final_message" not in bodies[0]
    assert (bodies[1]["continue_final_message"], bodies[1]["add_generation_prompt"]) == (True, False)


def test_text_alone_is_sent_as_a_string() -> None:
    message = Message(role="system", content=(TextPart(text="a"), TextPart(text="b")))
    body = Request("controller", "scripted", (message,), None, 100, 0.0, 3).body({})
    assert body["messages"] == [{"role": "system", "content": "ab"}]
    assert body["seed"] == 3
