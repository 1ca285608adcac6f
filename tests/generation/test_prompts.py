"""What the teacher is asked is golden: a changed word is a changed dataset, so it is seen in review."""

from pathlib import Path

import pytest

from journeyman.prompts import render_prompt
from journeyman.schema.trajectory import Step
from tests.golden import agrees_with_golden

STEP = Step(action="Thought: a\nCode: b", code="b", observation="c", images=(), tool_calls=(), error="")
GIVEN = {
    ("generation", "query_writer"): {"briefs": "[]"},
    ("generation", "file_writer"): {"query": "{}", "writer": "png", "schema": "{}"},
    ("generation", "user_query_writer"): {"count": 3, "file": "{}", "tools": ["ocr(image) -> str: Read."]},
    ("checks", "query_judge"): {"query": "What?", "files": ["file_1.png: a picture"], "tools": ["ocr"]},
    ("checks", "trajectory_judge"): {"query": "What?", "tools": ["ocr"], "steps": [STEP], "answer": "1"},
}


@pytest.mark.parametrize(("package", "name"), GIVEN, ids=str)
def test_a_prompt_changes_only_on_purpose(package: str, name: str, request: pytest.FixtureRequest) -> None:
    text = render_prompt(f"journeyman.{package}", name, **GIVEN[package, name])
    agrees_with_golden(text + "\n", Path(f"prompts/{name}.txt"), request)
