"""Which role a request asks for, and the scripted answer to it."""

import hashlib
import json
import random
import re
from typing import Any, NamedTuple

from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.choices.roles import match_instructions, place_apis, write_instructions
from journeyman.teacher.scripted.controller import gave_no_answer, next_turn
from journeyman.teacher.scripted.file_plans import plan_files
from journeyman.teacher.scripted.screens import is_planner, plan_step, word_elements, write_monologue
from journeyman.teacher.scripted.skills.files import plan_skill_files
from journeyman.teacher.scripted.skills.follow_ups import write_follow_up
from journeyman.teacher.scripted.skills.scenes import SKILL_KINDS, make_skill_world
from journeyman.teacher.scripted.skills.sentences import word_skill_query
from journeyman.teacher.scripted.skills.talk import SKILL_RESULTS
from journeyman.teacher.scripted.skills.user_queries import has_skills, skill_queries
from journeyman.teacher.scripted.wordings import VAGUE, word_query
from journeyman.teacher.scripted.world import make_world


class Reply(NamedTuple):
    """What the assistant says, and the planted mistake in it."""

    role: str
    text: str
    label: str


def reply(asked: Asked, mistake_rate: float) -> Reply:
    """The answer to ``asked``; equal requests give equal answers.

    Raises:
        ValueError: The request asks for a schema this teacher does not know.
    """
    match asked.answer:
        case "QueryBatch":
            return _query_batch(asked, mistake_rate)
        case "FilePlan":
            return _file_plan(asked, mistake_rate)
        case "FollowUp":
            further, mistake = write_follow_up(asked.json_block(), mistake_rate)
            return Reply("follow_up_writer", json.dumps(further), mistake)
        case "UserQueries":
            return _user_queries(asked)
        case "Judgement":
            return _judgement(asked, mistake_rate)
        case "PlacementBatch":
            placed = place_apis(asked.json_block())
            return Reply("taxonomist", json.dumps(placed.answer), placed.label)
        case "InstructionBatch":
            written = write_instructions(asked.json_block(), mistake_rate)
            return Reply("instruction_writer", json.dumps(written.answer), written.label)
        case "MatchBatch":
            matched = match_instructions(asked.json_block(), mistake_rate)
            return Reply("instruction_judge", json.dumps(matched.answer), matched.label)
        case "InstructionsOnScreen":
            worded = word_elements(asked.json_block(), mistake_rate)
            return Reply("screen_instruction_writer", json.dumps(worded.answer), worded.label)
        case "Monologue":
            told = write_monologue(asked.json_block(), mistake_rate)
            return Reply("monologue_writer", json.dumps(told.answer), told.label)
        case "" if is_planner(asked.texts[0][1]):
            return Reply("planner", plan_step(asked.prompt), "")
        case "":
            text, label = next_turn(asked, mistake_rate)
            return Reply("controller", text, label)
        case other:
            raise ValueError(f"the scripted teacher plays no role that answers with {other!r}")


def _query_batch(asked: Asked, mistake_rate: float) -> Reply:
    queries, labels = [], []
    for brief in asked.json_block():
        text, mistake = _worded(brief, mistake_rate)
        queries.append({"number": brief["number"], "text": text})
        if mistake == "vague query":
            labels.append(f"{brief['number']}: {mistake}")
    return Reply("query_writer", json.dumps({"queries": queries}), "; ".join(labels))


def _worded(brief: dict[str, Any], mistake_rate: float) -> tuple[str, str]:
    """The query of a brief, and the mistake that was planted in it or its file."""
    kind, number, wording, style = (brief[key] for key in ("kind", "number", "wording_group", "style"))
    if kind in SKILL_KINDS:
        scene = make_skill_world(kind, number, mistake_rate)
        return word_skill_query(scene, wording, style), scene.mistake
    world = make_world(kind, number, mistake_rate)
    return word_query(world, wording, style), world.mistake


def _file_plan(asked: Asked, mistake_rate: float) -> Reply:
    query = asked.json_block()
    if query["kind"] in SKILL_KINDS:
        scene = make_skill_world(query["kind"], query["number"], mistake_rate)
        label = scene.mistake if scene.mistake == "missing fact" else ""
        return Reply("file_writer", json.dumps(plan_skill_files(scene)), label)
    world = make_world(query["kind"], query["number"], mistake_rate)
    writer = re.search(r"content of a (\w+) file", asked.prompt)
    plan = plan_files(world, writer.group(1) if writer else "png")
    return Reply("file_writer", json.dumps(plan), world.mistake if world.mistake == "missing fact" else "")


def _user_queries(asked: Asked) -> Reply:
    start = asked.prompt.index("{", asked.prompt.index("File:"))
    file, _ = json.JSONDecoder().raw_decode(asked.prompt[start:])
    count = re.search(r"Write (\d+)", asked.prompt)
    written = skill_queries() if file["kind"] == "picture" and has_skills(asked.prompt) else _about(file)
    return Reply("user_query_writer", json.dumps({"queries": written[: int(count.group(1)) if count else 1]}), "")


def _about(file: dict[str, Any]) -> list[dict[str, Any]]:
    def query(text: str, *tools: str, rule: str = "", column: str = "", label: str = "") -> dict[str, Any]:
        return {"text": text, "tools": list(tools), "rule": rule, "column": column, "label": label}

    if file["kind"] == "picture":
        return [
            query("Which colour covers most of this picture?", "measure_colour"),
            query("What is the main thing on this photograph?", "tag_image"),
            query("How many faces can be found in this picture?", "detect_faces"),
            query("Name what can be seen on the attached photo.", "tag_image"),
        ]
    if file["kind"] == "table":
        numeric = [
            name
            for position, name in enumerate(file["columns"])
            if file["first_rows"] and all(isinstance(row[position], (int, float)) for row in file["first_rows"])
        ]
        return [
            query(
                f'What is the total of the column "{name}" in the table?',
                "inspect_file",
                rule="column_sum",
                column=name,
            )
            for name in numeric
        ]
    return [
        query("What is the title of the attached document?", "inspect_file"),
        query("Which title does this paper bear?", "inspect_file"),
    ]


def _judgement(asked: Asked, mistake_rate: float) -> Reply:
    role = "query_judge" if asked.prompt.startswith("Judge a query") else "trajectory_judge"
    right, why = _judge_query(asked.prompt) if role == "query_judge" else _judge_run(asked.prompt)
    digest = hashlib.sha256(asked.prompt.encode()).hexdigest()
    # A judge errs far less often than a writer; at a third of the rate there is still something to measure.
    slips = random.Random(digest).random() < mistake_rate / 6  # noqa: S311 - reproducible choice, no secret
    if slips:
        right, why = not right, "" if not right else "it does not look right"
    answer = {"thought": "I compared the request with the files.", "correct": right, "reason": why}
    return Reply(role, json.dumps(answer), "judge slip" if slips else "")


def _judge_query(prompt: str) -> tuple[bool, str]:
    return (False, "the request does not say what is wanted") if VAGUE in prompt else (True, "")


def _judge_run(prompt: str) -> tuple[bool, str]:
    answer = prompt.rpartition("Final answer: ")[2].partition("\n")[0]
    if not answer or "unknown" in answer:
        return False, "no answer was found"
    steps = prompt.partition("Step 1")[2].split("\nStep ")
    if any(_failed(step) and not gave_no_answer(step) for step in steps):
        return False, "a step failed"
    return True, ""


def _failed(step: str) -> bool:
    results = step.partition(f"Observation: {SKILL_RESULTS}")[2]
    return "Error" in step or '"error": "' in results
