"""LLaVA-Bench (Tools) at small scale, scored by programs: grounding, tagging, captions and reading by skills.

The paper's benchmark (LLaVA-Plus, arXiv:2311.05437) is 44 questions that a GPT judges; neither is there. This one
composes pictures whose truth is known, asks the paper's four classes, and compares answers with what was drawn.
Like the paper's, its overall figure is the plain mean of the classes.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from journeyman.answer import ANSWER_CHARS
from journeyman.benchmark import Benchmark, Figure, FloatArray, ProblemSet, Scoring
from journeyman.benchmarks._skills_scenes import CLASSES, Composed, SkillClass, Truth, compose
from journeyman.errors import ConfigError
from journeyman.file_writer import write_file
from journeyman.metrics.skills import (
    boxes_in,
    caption_facts,
    mean_iou,
    names_in,
    picture_box,
    set_f1,
    share_found,
    word_accuracy,
)
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef, FileSpec, Query
from journeyman.schema.record import canonical_json, sha256_hex
from journeyman.schema.score import Measure
from journeyman.schema.trajectory import ToolCall, Trajectory

NAME = "skills"
PROBLEMS = 30
"""Of each class, where the source says no number."""
MOST_PROBLEMS = 500
FITTING: Mapping[SkillClass, tuple[str, ...]] = {
    "grounding": ("ground_objects", "segment_objects", "tag_and_ground", "caption_and_ground"),
    "tagging": ("tag_scene", "tag_and_ground"),
    "caption": ("caption_image", "caption_and_ground"),
    "ocr": ("read_lines",),
}
"""Skills that are made for a class; the first is the plainest."""
OWN_MEASURE: Mapping[SkillClass, str] = {
    "grounding": "IoU",
    "tagging": "Tag F1",
    "caption": "Caption facts",
    "ocr": "Word accuracy",
}

_SOURCE = re.compile(r"composed(?::(\d{1,3}))?(?::(\d{1,9}))?")
_FILE = "file_1.png"


def read(source: str) -> ProblemSet:
    """Problems over pictures that are composed on the spot; equal sources give equal ones.

    Args:
        source: ``composed``, ``composed:N`` or ``composed:N:SEED``: N problems a class, 30 where it is not said, from
            seed 0 where it is not said. Problem n of a class and a seed is the same for every N.

    Raises:
        ConfigError: Anything else.
    """
    found = _SOURCE.fullmatch(source)
    count = int(found[1] or PROBLEMS) if found else 0
    if found is None or not 1 <= count <= MOST_PROBLEMS:
        raise ConfigError(
            f"benchmark {NAME!r} composes its pictures and reads no data, so it cannot use {source!r}; write composed, "
            f"composed:N or composed:N:SEED, with N problems a class, 1 to {MOST_PROBLEMS}"
        )
    seed = int(found[2] or 0)
    media: dict[str, MediaFile] = {}
    problems = []
    for skill_class in CLASSES:
        for number in range(count):
            composed = compose(skill_class, number, seed)
            picture = _picture(composed)
            media.setdefault(picture.sha256, picture)
            problems.append(_problem(composed, picture, number, seed))
    facts = {
        "problems": f"{len(problems)}, {count} a class; the paper's 44 (grounding 10, tagging 12, caption 12, OCR 10) "
        "were never released, so that figures are not comparable with its table",
        "seed": str(seed),
    }
    return ProblemSet(tuple(problems), tuple(media.values()), facts)


def score(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> tuple[Measure, ...]:  # noqa: ARG001
    """The class's own measures, and whether a skill that fits was asked rightly; a run without an answer has 0."""
    truth = Truth.model_validate_json(problem.gold_json)
    own, is_solved = _worth(truth, _answer_of(trajectory))
    calls_right, asks_right = _skill_use(problem, truth, trajectory)
    values = own | {
        "Score": own[OWN_MEASURE[truth.skill_class]],
        "Skill": calls_right,
        "Arguments": asks_right,
        "Solved": is_solved,
    }
    return tuple(Measure(name=name, value=float(value), weight=1) for name, value in values.items())


def why(problem: Problem, trajectory: Trajectory, scoring: Scoring) -> str:  # noqa: ARG001 - Benchmark.why
    """What is wrong where skills that fit were asked; nothing where the calls tell."""
    fitting = set(FITTING[Truth.model_validate_json(problem.gold_json).skill_class])
    calls = _calls(trajectory)
    if not {call.tool for call in calls} <= fitting or not (calls or trajectory.context):
        return ""
    if any(call.error and not call.fault for call in calls):
        return "call failed"
    return "steps used up" if trajectory.status == "max_steps" else "wrong answer"


def _picture(composed: Composed) -> MediaFile:
    data = write_file(FileSpec(name=_FILE, writer="png", spec_json=canonical_json(composed.spec)))
    return MediaFile(
        sha256=sha256_hex(data),
        media_type="image/png",
        size_bytes=len(data),
        source=f"{NAME}:composed",
        licence="CC0-1.0",
        data=data,
    )


def _problem(composed: Composed, picture: MediaFile, number: int, seed: int) -> Problem:
    skill_class = composed.truth.skill_class
    # The seed is in the id: problems of two seeds are never paired.
    problem_id = f"{skill_class}-{seed}-{number:03d}"
    query = Query(
        query_id=f"{NAME}-{problem_id}",
        split="held_out",
        family=f"{NAME}/{skill_class}",
        text=composed.question,
        tools=FITTING[skill_class][:1],
        needs_picture=True,
        seed=number,
        files=(FileRef(name=_FILE, sha256=picture.sha256, media_type=picture.media_type, origin="composed"),),
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    return Problem(
        problem_id=problem_id,
        benchmark=NAME,
        query=query,
        gold_json=canonical_json(composed.truth),
        groups_json=groups_json({"class": skill_class}),
        tools=AS_IN_THE_RECIPE,
    )


def _answer_of(trajectory: Trajectory) -> str:
    """The answer as text: a value that is no text, as JSON; empty where there is none that can be read."""
    if trajectory.status != "answered" or len(trajectory.answer_json) > ANSWER_CHARS:
        return ""
    try:
        answer: Any = json.loads(trajectory.answer_json)
        if isinstance(answer, list) and all(isinstance(item, str) for item in answer):
            return "\n".join(answer)
        return answer if isinstance(answer, str) else json.dumps(answer)
    except (ValueError, RecursionError):
        return ""


def _worth(truth: Truth, answer: str) -> tuple[dict[str, float], bool]:
    """The measures of the truth's class, and whether the answer is wholly right."""
    if truth.skill_class == "grounding":
        gold, predicted = [picture_box(box) for box in truth.boxes], boxes_in(answer)
        found = share_found(gold, predicted)
        return {"IoU": mean_iou(gold, predicted), "IoU@0.5": found}, found == 1
    if truth.skill_class == "tagging":
        value = set_f1([name for named in truth.names for name in names_in(named)], names_in(answer))
    elif truth.skill_class == "caption":
        assert truth.facts is not None  # composed with it
        value = caption_facts(truth.facts, answer)
    else:
        value = word_accuracy(truth.text, answer)
    return {OWN_MEASURE[truth.skill_class]: value}, value == 1


def _skill_use(problem: Problem, truth: Truth, trajectory: Trajectory) -> tuple[bool, bool]:
    """Whether skills that fit were called, none in error and no other; and whether one was asked the right thing.

    Where the host ran the skills before the first turn, a run that answered from their results needs no call.
    """
    calls, fitting = _calls(trajectory), FITTING[truth.skill_class]
    if not calls:
        starts = tuple(f'{{"API_name": "{name}", "result"' for name in fitting)
        given = any(line.startswith(starts) for line in trajectory.context.split("\n"))
        from_given = given and trajectory.status == "answered"
        return from_given, from_given
    clean = all(call.tool in fitting and (not call.error or bool(call.fault)) for call in calls)
    answered = [call for call in calls if not call.error and call.tool in fitting]
    picture = problem.query.files[0].name
    return clean and bool(answered), any(_asks_rightly(call, picture, truth.thing) for call in answered)


def _calls(trajectory: Trajectory) -> list[ToolCall]:
    return [call for step in trajectory.steps for call in step.tool_calls]


def _asks_rightly(call: ToolCall, picture: str, thing: str) -> bool:
    """Whether it names the picture and, where it takes phrases, the thing that is asked for among them."""
    try:
        arguments = json.loads(call.arguments_json)
    except (ValueError, RecursionError):
        return False
    if not isinstance(arguments, dict) or arguments.get("image") != picture:
        return False
    phrases = arguments.get("phrases")
    return phrases is None or (isinstance(phrases, str) and thing in names_in(phrases.replace(".", ",")))


def _mean_of_classes(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Plain mean over the classes that are there: sums [R, classes + 1] -> [R]; NaN over none.

    The last column, of all problems together, only tells how many these are.
    """
    is_there = weights[:, :-1] > 0
    means = np.divide(values[:, :-1], weights[:, :-1], out=np.zeros_like(values[:, :-1]), where=is_there)
    with np.errstate(invalid="ignore"):
        return np.asarray(means.sum(axis=1) / is_there.sum(axis=1))


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="LLaVA-Bench (Tools) (arXiv:2311.05437) at small scale: composed pictures, answers scored by programs",
    read=read,
    score=score,
    right="Solved",
    figures=(
        Figure("All", (*OWN_MEASURE.values(), "Score"), _mean_of_classes, note="plain mean of the classes"),
        Figure("Solved", note="every box found and none extra; all tags and no other; all facts; all words"),
        Figure("IoU", note="grounding: of boxes matched one to one, over the larger number of boxes"),
        Figure("IoU@0.5", note="grounding: boxes matched with IoU 0.5 or more, over the larger number of boxes"),
        Figure("Tag F1", note="tagging: names of all kinds of thing, mean over problems"),
        Figure("Caption facts", note="caption: count, colour, shape, place and ground, stated and not contradicted"),
        Figure("Word accuracy", note="OCR: 1 less the word edit distance per printed word, not below 0"),
        Figure("Score", note="the class's own measure, mean over problems"),
        Figure("Skill", note="a skill made for the class was called, no other, and none in error"),
        Figure("Arguments", note="one of these calls names the picture and, for grounding, the thing asked for"),
    ),
    headline=("All", "Solved"),
    groupings=("class",),
    tools=tuple(skills[0] for skills in FITTING.values()),
    why=why,
)
