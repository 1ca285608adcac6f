"""The skills benchmark: composed pictures, scores by programs, and the oracle with the real skills as its ceiling."""

import asyncio
import io
import json
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from journeyman.benchmark import Scoring, load_benchmark
from journeyman.benchmarks._skills_scenes import CLASSES, QUESTIONS, Truth, compose
from journeyman.benchmarks.skills import FITTING, OWN_MEASURE
from journeyman.errors import ConfigError
from journeyman.evaluation.causes import CAUSES, cause_of
from journeyman.evaluation.problems import pose_official
from journeyman.evaluation.run import evaluate
from journeyman.generator import STYLES
from journeyman.generators.llava_plus import GENERATOR
from journeyman.plugins import load_plugin
from journeyman.recipe import load_recipe
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from journeyman.storage.store import Store
from journeyman.teacher.scripted.server import ORACLE
from journeyman.teacher.scripted.skills.scenes import SKILL_KINDS, make_skill_world
from journeyman.teacher.scripted.skills.sentences import word_skill_query
from journeyman.teacher.scripted.skills.solutions import solve
from journeyman.teacher.scripted.skills.talk import Question
from journeyman.tool import Tool
from tests.benchmarks.official import CRASHED, figure, run, tool_call
from tests.generation.test_conditions import _teacher

BENCHMARK = load_benchmark("skills")
PROBLEMS = BENCHMARK.read("composed:12").problems
RECIPE = load_recipe("llava_plus")
FILE = "file_1.png"


def truth(problem: Problem) -> Truth:
    return Truth.model_validate_json(problem.gold_json)


def one(skill_class: str, **wanted: object) -> Problem:
    """A problem of a class whose truth has ``wanted``."""
    of_class = [p for p in PROBLEMS if p.groups["class"] == skill_class]
    return next(p for p in of_class if all(getattr(truth(p), name) == value for name, value in wanted.items()))


def right_answer(problem: Problem) -> str:
    gold = truth(problem)
    if gold.skill_class == "grounding":
        return json.dumps(gold.boxes)
    if gold.skill_class == "tagging":
        return ", ".join(gold.names)
    if gold.skill_class == "ocr":
        return gold.text
    facts = gold.facts
    sides = [side for side in (facts.row, facts.column) if side != "middle"] or ["centre"]
    count, plural = ("one", "two", "three")[facts.number - 1], "s" * (facts.number > 1)
    place = " ".join(sides)
    return f"There are {count} {facts.colour} {facts.shape}{plural} at the {place}, on a {facts.ground} background."


def right_call(problem: Problem, skill: str = ""):
    skill = skill or FITTING[problem.groups["class"]][0]
    phrases = {"phrases": truth(problem).thing} if skill in ("ground_objects", "segment_objects") else {}
    return tool_call(skill, image=FILE, **phrases)


def values(problem: Problem, attempt: Trajectory) -> dict[str, float]:
    found = BENCHMARK.score(problem, attempt, Scoring())
    assert all(measure.weight == 1 and 0 <= measure.value <= 1 for measure in found)
    return {measure.name: measure.value for measure in found}


def test_equal_sources_give_equal_bytes_and_a_seed_gives_others() -> None:
    first, again, other = (BENCHMARK.read(source) for source in ("composed:2", "composed:2:0", "composed:2:1"))
    assert (first.problems, first.media) == (again.problems, again.media)
    assert not {file.sha256 for file in first.media} & {file.sha256 for file in other.media}
    assert not {p.problem_id for p in first.problems} & {p.problem_id for p in other.problems}
    assert Counter(p.groups["class"] for p in first.problems) == dict.fromkeys(CLASSES, 2)
    fewer = {p.problem_id: p for p in first.problems}
    assert [p for p in PROBLEMS if p.problem_id in fewer] == list(first.problems), "whatever else is composed"
    assert first.facts["problems"].startswith("8, 2 a class; the paper's 44")


def test_without_a_number_there_are_thirty_of_each_class() -> None:
    found = BENCHMARK.read("composed")
    assert Counter(p.groups["class"] for p in found.problems) == dict.fromkeys(CLASSES, 30)
    assert len({p.problem_id for p in found.problems}) == 120
    assert {ref.sha256 for p in found.problems for ref in p.query.files} == {file.sha256 for file in found.media}
    assert len(found.media) == 120


@pytest.mark.parametrize(
    "source",
    ["", "composed:", "composed:0", "composed:501", "composed:-1", "composed:5:", "composed:5:x", "/data/tools"],
)
def test_any_other_source_is_refused_with_what_to_write(source: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot use '.*'; write composed, composed:N or composed:N:SEED.* 1 to 500"):
        BENCHMARK.read(source)


def test_pictures_are_in_no_way_told_by_words_and_hold_nothing_of_the_answer() -> None:
    for file in BENCHMARK.read("composed:2").media:
        picture = Image.open(io.BytesIO(file.data))
        assert picture.size == (256, 192)
        assert not picture.info
    for problem in PROBLEMS:
        assert problem.query.gold_json == ""
        assert problem.query.needs_picture


def test_questions_are_worded_unlike_training_and_say_the_form_of_the_answer() -> None:
    trained = set()
    for kind in GENERATOR.kinds:
        if kind.name in SKILL_KINDS:
            worlds = (make_skill_world(kind.name, number, 0.0) for number in range(24))
            trained |= {word_skill_query(w, kind.wording, STYLES[w.number % len(STYLES)]) for w in worlds}
    assert not trained & {problem.query.text for problem in PROBLEMS}
    forms = {
        "grounding": "[left, top, right, bottom]",
        "tagging": "commas",
        "caption": "one sentence",
        "ocr": "printed",
    }
    for problem in PROBLEMS:
        assert forms[problem.groups["class"]] in problem.query.text
    for skill_class in CLASSES:
        asked = {compose(skill_class, number, 3).question for number in range(40)}
        assert len({text.partition(" ")[0] for text in asked}) == len(QUESTIONS[skill_class])


def test_grounding_shows_things_that_share_the_colour_or_the_shape_of_what_is_asked() -> None:
    for number in range(40):
        composed = compose("grounding", number, 0)
        colour, shape = composed.truth.thing.split()
        others = {(i["colour"], i["shape"]) for i in composed.spec["items"]} - {(colour, shape)}
        assert 1 <= len(composed.truth.boxes) <= 3
        assert any(c == colour for c, _ in others)
        assert any(s == shape for _, s in others)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.problem_id)
def test_the_right_answer_has_every_measure(problem: Problem) -> None:
    found = values(problem, run(right_call(problem), answer=right_answer(problem)))
    assert set(found.values()) == {1.0}, found
    own = {"IoU", "IoU@0.5"} if problem.groups["class"] == "grounding" else {OWN_MEASURE[problem.groups["class"]]}
    assert set(found) == {*own, "Score", "Skill", "Arguments", "Solved"}


@pytest.mark.parametrize("skill_class", CLASSES)
@pytest.mark.parametrize(
    "attempt",
    [CRASHED, run(status="max_steps"), run(answer=""), run(answer=None), run(answer="unknown"), run(answer={"a": [1]})],
    ids=["crashed", "max_steps", "empty", "null", "unknown", "object"],
)
def test_a_run_without_a_usable_answer_is_worth_nothing_and_stays_in_the_denominator(skill_class, attempt) -> None:
    found = values(one(skill_class), attempt)
    assert set(found.values()) == {0.0}
    scored = [BENCHMARK.score(problem, attempt, Scoring()) for problem in PROBLEMS]
    assert figure(BENCHMARK, "All", scored) == (0, 12)
    assert figure(BENCHMARK, "Solved", scored) == (0, 48)


def test_all_is_the_plain_mean_of_the_classes_and_not_of_the_problems() -> None:
    chosen = [one("grounding"), one("tagging"), *(p for p in PROBLEMS if p.groups["class"] == "ocr")]
    scored = [
        BENCHMARK.score(problem, run(answer=right_answer(problem) if place < 2 else "x"), Scoring())
        for place, problem in enumerate(chosen)
    ]
    assert figure(BENCHMARK, "All", scored)[0] == pytest.approx(2 / 3)
    assert figure(BENCHMARK, "Score", scored) == (pytest.approx(2 / 14), 14)
    assert math.isnan(figure(BENCHMARK, "All", [])[0])


def test_boxes_too_many_or_in_pixels_cost() -> None:
    problem = next(p for p in PROBLEMS if p.groups["class"] == "grounding" and len(truth(p).boxes) == 2)
    boxes = [list(box) for box in truth(problem).boxes]
    assert values(problem, run(answer=json.dumps(boxes[:1])))["IoU"] == pytest.approx(0.5)
    extra = values(problem, run(answer=json.dumps([*boxes, [0, 0, 1, 1]])))
    assert (extra["IoU"], extra["IoU@0.5"], extra["Solved"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 0)
    pixels = [[round(edge * side) for edge, side in zip(box, (256, 192) * 2, strict=True)] for box in boxes]
    assert values(problem, run(answer=json.dumps(pixels)))["IoU"] == 0
    assert values(problem, run(answer=boxes[::-1]))["Solved"] == 1, "a list as it is, in any order"


def test_tags_and_words_may_come_as_a_list() -> None:
    assert values(one("tagging"), run(answer=list(truth(one("tagging")).names)))["Solved"] == 1
    assert values(one("ocr"), run(answer=truth(one("ocr")).text.split("\n")))["Solved"] == 1


@pytest.mark.parametrize("skill_class", CLASSES)
def test_any_skill_made_for_the_class_is_the_right_one_and_no_other(skill_class: str) -> None:
    problem = one(skill_class)
    for skill in {name for names in FITTING.values() for name in names}:
        found = values(problem, run(right_call(problem, skill), answer="x"))
        fits = skill in FITTING[skill_class]
        assert (found["Skill"], found["Arguments"]) == (fits, fits), skill


@pytest.mark.parametrize(
    ("calls", "skill", "arguments"),
    [
        ((), 0, 0),
        (("ground_objects", {"image": FILE, "phrases": "THING . green star"}, ""), 1, 1),
        (("ground_objects", {"image": FILE, "phrases": "all the THINGs"}, ""), 1, 1),
        (("ground_objects", {"image": FILE, "phrases": "circle"}, ""), 1, 0),
        (("ground_objects", {"image": "map_1.png", "phrases": "THING"}, ""), 1, 0),
        (("ground_objects", {"image": FILE, "phrases": "THING"}, "no such file"), 0, 0),
        (("tag_and_ground", {"image": FILE}, ""), 1, 1),
        (("tag_and_ground", {}, ""), 1, 0),
        (("read_lines", {"image": FILE}, ""), 0, 0),
    ],
)  # fmt: skip
def test_the_call_must_name_the_picture_and_the_thing(calls, skill: int, arguments: int) -> None:
    problem = one("grounding")
    made = ()
    if calls:
        name, given_arguments, error = calls
        said = {key: value.replace("THING", truth(problem).thing) for key, value in given_arguments.items()}
        made = (tool_call(name, error=error, **said),)
    found = values(problem, run(*made, answer="x"))
    assert (found["Skill"], found["Arguments"]) == (skill, arguments)


def test_a_call_that_failed_or_does_not_fit_spoils_the_right_one_but_not_its_arguments() -> None:
    problem = one("grounding")
    right = right_call(problem)
    for other in (tool_call("read_lines", image=FILE), tool_call("ground_objects", error="bad", image="x.png")):
        found = values(problem, run(right, other, answer="x"))
        assert (found["Skill"], found["Arguments"]) == (0, 1)
    planted = right.model_copy(update={"error": "took longer than 60 s", "fault": "timeout"})
    assert values(problem, run(planted, right, answer="x"))["Skill"] == 1
    assert values(problem, run(planted, answer="x"))["Skill"] == 0
    broken = right.model_copy(update={"arguments_json": "[" * 50_000})
    assert values(problem, run(broken, answer="x"))["Arguments"] == 0


def test_results_that_the_host_showed_first_need_no_call() -> None:
    problem = one("ocr")
    shown = '{"API_name": "caption_image", "result": "x"}\n{"API_name": "read_lines", "result": []}'
    for context, fits in ((shown, 1), (shown.replace("read_lines", "tag_scene"), 0), ("", 0)):
        found = values(problem, run(answer="x").model_copy(update={"context": context}))
        assert (found["Skill"], found["Arguments"]) == (fits, fits)
    failed = '{"API_name": "read_lines", "error": "down"}'
    assert values(problem, run(answer="x").model_copy(update={"context": failed}))["Skill"] == 0
    assert values(problem, run(status="failed").model_copy(update={"context": shown}))["Skill"] == 0


@pytest.mark.parametrize(
    ("attempt", "cause"),
    [
        (run(answer="x"), "called no tool"),
        (run(tool_call("caption_image", image=FILE), answer="x"), "wrong tool"),
        (run(tool_call("tag_and_ground", image=FILE), answer="x"), "wrong answer"),
        (run(tool_call("tag_scene", image=FILE), answer="x"), "wrong answer"),
        (run(tool_call("tag_scene", error="bad", image="x.png"), answer="x"), "call failed"),
        (run(tool_call("tag_scene", image=FILE), status="max_steps"), "steps used up"),
        (run(status="failed"), "no readable action"),
        (run(answer="x").model_copy(update={"context": "{}"}), "wrong answer"),
    ],
)
def test_what_went_wrong_is_named(attempt: Trajectory, cause: str) -> None:
    problem = one("tagging")
    why = BENCHMARK.why(problem, attempt, Scoring())
    assert why in ("", *CAUSES)
    assert cause_of(attempt, right=0.0, tools=problem.query.tools, crashed=False, why=why) == cause


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    )
    | st.text(alphabet="[]0123456789.,-e red circles and\n", max_size=200),
    st.text(max_size=60),
)
def test_nothing_that_an_agent_writes_breaks_a_score(answer: object, arguments: str) -> None:
    call = tool_call("ground_objects").model_copy(update={"arguments_json": arguments})
    for skill_class in CLASSES:
        values(one(skill_class), run(call, answer=answer))
        raw = run(call, answer="x").model_copy(update={"answer_json": arguments})
        values(one(skill_class), raw)


@pytest.mark.parametrize(
    "answer_json", ["[" * 60_000, "9" * 5000, '"' + "[0,0,1,1]" * 12_000 + '"', '"' + "a " * 49_000 + '"']
)
def test_long_answers_are_scored_all_the_same(answer_json: str) -> None:
    for skill_class in CLASSES:
        assert values(one(skill_class), run(answer="x").model_copy(update={"answer_json": answer_json}))["Solved"] == 0


def test_the_scripted_teacher_understands_every_question() -> None:
    met = set()
    for skill_class in CLASSES:
        for number in range(40):
            composed = compose(skill_class, number, 1)
            (call,) = next(solve(Question(composed.question, (FILE,), "", 0)))
            assert call.skill == FITTING[skill_class][0], composed.question
            assert call.params.get("phrases", "") == composed.truth.thing
            met.add(composed.question.replace(composed.truth.thing or "-", "{thing}"))
    assert len(met) == sum(map(len, QUESTIONS.values()))


@pytest.fixture(scope="module")
def _skills_are_ready() -> None:
    missing = [load_plugin("journeyman.tools", name, "TOOL", Tool).missing() for name in RECIPE.tools]
    if any(missing):
        pytest.skip(next(filter(None, missing)))


def _scores_of_the_oracle(home: Path, source: str, **skills: object) -> list[Score]:
    recipe = load_recipe("llava_plus", {"skills": skills} if skills else {})

    async def attempted() -> list[Score]:
        store = Store(f"file://{home}/store")
        posed = pose_official("skills", source, store=store).artifacts
        async with _teacher(store, model=ORACLE) as oracle:
            done = await evaluate(
                "oracle", posed["kept"], [posed["media"]], recipe, store=store, home=home, endpoint=oracle
            )
        return store.records(done.artifacts["kept"], Score)

    return asyncio.run(attempted())


@pytest.mark.usefixtures("_skills_are_ready")
def test_the_oracle_solves_every_class_with_the_real_skills(tmp_path: Path) -> None:
    scores = _scores_of_the_oracle(tmp_path, "composed:4:7")
    assert len(scores) == 16
    assert {score.problem_id: (score.cause, score.answer_json) for score in scores if score.cause != "right"} == {}
    found = [score.measures for score in scores]
    for name in ("All", "Solved", "Skill", "Arguments"):
        assert figure(BENCHMARK, name, found)[0] >= 0.99, name


@pytest.mark.usefixtures("_skills_are_ready")
def test_with_all_tools_the_oracle_answers_from_what_it_is_given(tmp_path: Path) -> None:
    shown = ("caption_image", "tag_and_ground", "tag_scene", "read_lines")
    scores = _scores_of_the_oracle(tmp_path, "composed:1", shown_first=shown)
    calls = [step["tool_calls"] for score in scores for step in json.loads(score.trajectory_json)["steps"]]
    assert calls == [[]] * 4
    assert [(score.value("Solved"), score.value("Skill")) for score in scores] == [(1, 1)] * 4
