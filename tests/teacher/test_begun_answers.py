"""Answers that are begun: who goes on from the beginning is told to, and who cannot is asked in its own way."""

from pathlib import Path

import pytest
from aiohttp import web

from journeyman.schema.message import Message, TextPart
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher
from tests.teacher.fake_teacher import FakeTeacher, completion, refusal
from tests.teacher.test_client import asking, user


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_cannot_go_on_from_a_beginning_is_asked_without_those_keys(tmp_path: Path, status: int) -> None:
    async def strict(request: web.Request) -> web.Response:
        body = await request.json()
        if "continue_final_message" in body:
            return refusal(status, "Unrecognized request argument supplied: continue_final_message")
        assert "add_generation_prompt" not in body
        return completion("anew")

    begun = (*user("go"), Message(role="assistant", content=(TextPart(text="Thought:"),)))

    async def twice(teacher: Teacher) -> str:
        await teacher.text("controller", begun, {})
        return await teacher.text("controller", begun, {}, max_tokens=77)

    fake = FakeTeacher([strict])
    assert asking(Store(f"file://{tmp_path}"), fake, twice) == "anew"
    assert len(fake.bodies) == 3, "what it does not take is learned once"
    assert not {"continue_final_message", "add_generation_prompt"} & fake.bodies[-1].keys()
