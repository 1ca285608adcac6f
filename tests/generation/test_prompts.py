"""What the teacher is asked is golden: a changed word is a changed dataset, so it is seen in review."""

from pathlib import Path

import pytest

from journeyman.prompts import render_prompt
from journeyman.schema.trajectory import Step
from tests.golden import agrees_with_golden

STEP = Step(action="Thought: a\nCode: b", code="b", observation="c", images=(), tool_calls=(), error="")
CONTEXT = "A heron stands on the quay.\n\nbird: [0.050, 0.200, 0.302, 0.500]"
GIVEN = {
    "query_writer": ("generation", "query_writer", {"briefs": "[]"}),
    "file_writer": ("generation", "file_writer", {"query": "{}", "writer": "png", "schema": "{}"}),
    "terms_writer": ("generation", "terms_writer", {"query": "{}", "terms": "label: the country's name"}),
    "follow_up_writer": ("generation", "follow_up_writer", {"query": "{}"}),
    "user_query_writer": (
        "generation",
        "user_query_writer",
        {"count": 3, "file": "{}", "context": "", "tools": ["ocr(image) -> str: Read."]},
    ),
    "user_query_writer_with_context": (
        "generation",
        "user_query_writer",
        {"count": 3, "file": "{}", "context": CONTEXT, "tools": ["ocr(image) -> str: Read."]},
    ),
    "instruction_writer": (
        "generation.choices",
        "instruction_writer",
        {"briefs": "{}", "schemas": [("wav", "{}")], "leaves": "image/restoration, text/summary"},
    ),
    "instruction_judge": ("verification", "instruction_judge", {"asked": "{}"}),
    "query_judge": (
        "checks",
        "query_judge",
        {"query": "What?", "files": ["file_1.png: a picture"], "tools": ["ocr"], "context": ""},
    ),
    "query_judge_with_context": (
        "checks",
        "query_judge",
        {"query": "What?", "files": ["file_1.png: a picture"], "tools": ["ocr"], "context": CONTEXT},
    ),
    "query_judge_of_looks": (
        "checks",
        "query_judge",
        {"query": "What?", "files": ["file_1.png: a picture"], "tools": [], "context": ""},
    ),
    "query_judge_of_words": ("checks", "query_judge", {"query": "What?", "files": [], "tools": []}),
    "query_judge_of_facts": ("checks", "query_judge", {"query": "What?", "files": [], "tools": ["look_up_facts"]}),
    "trajectory_judge": (
        "checks",
        "trajectory_judge",
        {"query": "What?", "context": "", "tools": ["ocr"], "steps": [STEP], "answer": "1"},
    ),
    "trajectory_judge_with_context": (
        "checks",
        "trajectory_judge",
        {"query": "What?", "context": CONTEXT, "tools": ["ocr"], "steps": [STEP], "answer": "1"},
    ),
}


@pytest.mark.parametrize("case", GIVEN)
def test_a_prompt_changes_only_on_purpose(case: str, request: pytest.FixtureRequest) -> None:
    package, name, values = GIVEN[case]
    text = render_prompt(f"journeyman.{package}", name, **values)
    agrees_with_golden(text + "\n", Path(f"prompts/{case}.txt"), request)
