import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.action_formats.api_choice import Choice, write_choice
from journeyman.agent.choice_prompt import choice_conversation
from journeyman.benchmark import Background, load_benchmark
from journeyman.benchmarks._toolmm_gold import gold_of
from journeyman.benchmarks.toolmmbench import background_of, choice_set, problems_of
from journeyman.errors import ConfigError
from journeyman.evaluation.causes import CAUSES
from journeyman.metrics.shares import macro_average, shares_by_group
from journeyman.metrics.toolmmbench import reply_counts, set_counts
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.schema.trajectory import Trajectory
from tests.benchmarks.official import CRASHED, figure
from tests.benchmarks.toolmm_rows import Replying, api, attempted, instruction, placement, scoring, values

BENCHMARK = load_benchmark("toolmmbench")
NAMES = ("canny", "depth", "edges", "pose")
APIS = [api(name, f"Works on {name} pictures.") for name in NAMES]
PLACEMENTS = [placement(name, "edges" if name in ("canny", "edges") else name) for name in NAMES]
SCORING = scoring(*NAMES)
SKETCH = "Follow this one."
UNKNOWN = {"answer": "unknown", "accepted": (), "function_class": ""}
QUESTION = {"answer": "question", "accepted": (), "function_class": "", "question": "Which recording?"}


def posed(*instructions, training=(), candidates: int = 0, held_out_classes=()) -> tuple[Problem, ...]:
    return problems_of(
        instructions, training, APIS, PLACEMENTS, candidates=candidates, held_out_classes=held_out_classes
    )


def scored(problem: Problem, reply: str) -> dict[str, tuple[float, float]]:
    return values(BENCHMARK.score(problem, attempted(problem, reply), SCORING))


def one(**changes) -> Problem:
    (problem,) = posed(instruction(1, **changes))
    return problem


def test_an_attempt_is_one_reply_to_what_training_shows() -> None:
    asked = instruction(1, colour="red")
    (problem,) = posed(asked)
    model = Replying('{"apis": ["edges", "canny"]}')
    run = asyncio.run(BENCHMARK.attempt(problem, model, (), {"x": b""}))
    ((messages, media),) = model.seen
    assert tuple(messages) == choice_conversation(asked)[:-1]
    assert media == {"x": b""}
    assert (run.status, run.answer_json, run.controller) == ("answered", '["edges","canny"]', "tuned")
    assert [(step.action, step.error, step.tool_calls) for step in run.steps] == [(model.reply, "", ())]


@pytest.mark.parametrize(
    ("reply", "status", "answer"),
    [
        ('{"apis": "unknown"}', "answered", "unknown"),
        ('{"question": "Which one?"}', "answered", {"question": "Which one?"}),
        ("{'api_name': edges}\n###", "answered", ["edges"]),
        ("edges", "answered", ["edges"]),
        ("I would take edges.", "failed", None),
        ('{"apis": []}', "failed", None),
        ("[" * 100_000, "failed", None),
    ],
    ids=["unknown", "question", "official", "bare", "sentence", "nothing", "deep"],
)
def test_replies_of_other_models_are_read_too_and_what_cannot_be_read_has_failed(reply, status, answer) -> None:
    run = attempted(one(), reply)
    assert run.status == status
    assert (json.loads(run.answer_json) if run.answer_json else None) == answer
    assert [step.error for step in run.steps] == (["parse"] if status == "failed" else [""])


def test_the_first_name_decides_accuracy_and_all_names_the_sets() -> None:
    problem = one(accepted=("canny", "edges"))
    assert scored(problem, '{"apis": ["edges", "pose", "made up"]}') == {
        "Acc": (1, 1),
        "Acc macro": (1, 1),
        "set hits": (1, 2),
        "set predicted": (3, 3),
        "set accepted": (2, 2),
        "Exact set": (0, 1),
        "Format": (1, 1),
        "Hallucination": (1, 1),
        "unknown hits": (0, 1),
        "unknown predicted": (0, 0),
    }
    assert scored(problem, '{"apis": ["pose", "edges"]}')["Acc"] == (0, 1)
    exact = scored(problem, '{"apis": ["edges", "canny"]}')
    assert (exact["Exact set"], exact["Hallucination"]) == ((1, 1), (0, 1))


def test_unknown_and_a_question_are_right_where_they_are_and_wrong_elsewhere() -> None:
    unknown, question = one(**UNKNOWN), one(**QUESTION)
    asked, said = '{"question": "Which?"}', '{"apis": "unknown"}'
    assert scored(unknown, said)["Acc"] == scored(unknown, said)["Unknown R"] == (1, 1)
    assert scored(question, asked)["Acc"] == scored(question, asked)["Question R"] == (1, 1)
    assert scored(question, asked)["Exact set"] == (1, 1)
    for problem, reply in ((unknown, asked), (question, said), (one(), said), (one(), asked)):
        assert scored(problem, reply)["Acc"] == (0, 1)
        assert scored(problem, reply)["set hits"][0] == 0
    assert "Unknown R" not in scored(question, asked)
    assert "Question R" not in scored(unknown, said)


@pytest.mark.parametrize("reply", ['{"apis": ["question"]}', '{"apis": ["tool question"]}', "question"])
def test_a_tool_called_question_is_no_question(reply: str) -> None:
    assert scored(one(**QUESTION), reply)["Acc"] == (0, 1)


def test_a_run_that_never_replied_is_wrong_and_stays_in_every_denominator() -> None:
    found = values(BENCHMARK.score(one(accepted=("canny", "edges")), CRASHED, SCORING))
    assert found["Acc"] == found["Format"] == found["Hallucination"] == (0, 1)
    assert (found["set hits"], found["set predicted"], found["set accepted"]) == ((0, 2), (0, 0), (2, 2))


REPLIES = st.sampled_from([*NAMES, "unknown", "made/up", "no name at all", ""])


@given(st.lists(st.tuples(st.sets(st.sampled_from([*NAMES, "unknown"]), min_size=1), REPLIES), min_size=1, max_size=8))
def test_figures_are_those_of_the_official_counts(rows) -> None:
    """Over replies in MLLM-Tool's own form, against the counters of metrics/toolmmbench.py."""
    gold = [sorted(accepted) for accepted, _ in rows]
    replies = [f"{{'api_name': {name}}}\n###" for _, name in rows]
    problems = posed(
        *(
            instruction(n, accepted=tuple(names), function_class="c")
            if names != ["unknown"]
            else instruction(n, **UNKNOWN)
            for n, names in enumerate(gold)
        )
    )
    measures = [BENCHMARK.score(p, attempted(p, reply), SCORING) for p, reply in zip(problems, replies, strict=True)]
    counts = [reply_counts(reply, names, set(NAMES)) for reply, names in zip(replies, gold, strict=True)]
    total = len(rows)
    assert figure(BENCHMARK, "Acc", measures) == (pytest.approx(sum(c.correct for c in counts) / total), total)
    assert figure(BENCHMARK, "Hallucination", measures)[0] == pytest.approx(sum(c.hallucinated for c in counts) / total)
    assert figure(BENCHMARK, "Format", measures)[0] == 0
    predicted, hits = sum(c.unknown_predicted for c in counts), sum(c.unknown_hits for c in counts)
    value, _ = figure(BENCHMARK, "Unknown P", measures)
    assert (value == pytest.approx(hits / predicted)) if predicted else value != value
    sets = [
        set_counts([name] if name in (*NAMES, "unknown", "made/up") else [], names)
        for (_, name), names in zip(rows, gold, strict=True)
    ]
    hits, said, accepted = (sum(column) for column in zip(*sets, strict=True))
    assert figure(BENCHMARK, "Set R", measures)[0] == pytest.approx(hits / accepted)
    assert figure(BENCHMARK, "Set F1", measures)[0] == pytest.approx(2 * hits / (said + accepted))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), min_size=1, max_size=12))
def test_every_function_class_weighs_the_same_in_the_macro_average(rows) -> None:
    problems = posed(*(instruction(n, function_class=name) for n, (name, _) in enumerate(rows)))
    replies = ['{"apis": ["edges"]}' if right else '{"apis": ["pose"]}' for _, right in rows]
    measures = [BENCHMARK.score(p, attempted(p, reply), SCORING) for p, reply in zip(problems, replies, strict=True)]
    value, weight = figure(BENCHMARK, "Acc macro", measures)
    assert value == pytest.approx(macro_average(shares_by_group(rows)))
    assert weight == pytest.approx(len({name for name, _ in rows}))


def test_open_set_problems_accept_held_out_classes_alone() -> None:
    problems = posed(
        instruction(1, accepted=("canny", "edges")),
        instruction(2, accepted=("edges", "pose")),
        instruction(3, accepted=("depth",), function_class="depth"),
        instruction(4, **UNKNOWN),
        held_out_classes=("edges",),
    )
    assert [p.groups["condition"] for p in problems] == ["unseen tools", "seen tools", "seen tools", "no tool"]
    assert [p.groups["options"] for p in problems] == ["many", "many", "one", "unknown"]
    assert [p.groups["function class"] for p in problems] == ["edges", "edges", "depth", "(unknown)"]


def test_a_pair_is_of_several_files_and_no_reply_is_right_for_all_of_them() -> None:
    problems = posed(
        instruction(1, SKETCH, colour="red", pair_id="p", ambiguity="condition"),
        instruction(2, SKETCH, colour="blue", pair_id="p", ambiguity="condition", accepted=("pose",)),
        instruction(3, SKETCH, colour="red", pair_id="q"),
        instruction(4, SKETCH, colour="blue", pair_id="q", accepted=("edges", "pose")),
        instruction(5, SKETCH, colour="red", pair_id="alone"),
        instruction(6, SKETCH, colour="red", pair_id="same"),
        instruction(7, SKETCH, colour="red", pair_id="same", accepted=("pose",)),
    )
    assert [p.groups.get("pair") for p in problems] == ["p", "p", None, None, None, None, None]
    assert [p.groups["words alone"] for p in problems] == ["not enough"] * 2 + ["enough"] * 5
    assert [p.query.needs_picture for p in problems] == [True] * 2 + [False] * 5


def test_a_pair_is_right_when_all_its_problems_are() -> None:
    problems = posed(
        *(
            instruction(n, SKETCH, colour=colour, pair_id=f"p{n // 2}", accepted=names)
            for n, (colour, names) in enumerate([("red", ("edges",)), ("blue", ("pose",))] * 3)
        ),
        instruction(9),
    )

    def rows(*replies: str) -> list[Score]:
        return [
            Score(
                problem_id=problem.problem_id,
                benchmark="toolmmbench",
                agent="tuned",
                groups_json=problem.groups_json,
                measures=BENCHMARK.score(problem, attempted(problem, reply), SCORING),
                status="answered",
                cause="",
                answer_json="",
                trajectory_json="",
            )
            for problem, reply in zip(problems, replies, strict=True)
        ]

    scores = rows("edges", "pose", "edges", "edges", "pose", "edges", "edges")
    found = BENCHMARK.across(scores[::-1])
    assert {name: values(measures) for name, measures in found.items()} == {
        "i000": {"Pairs": (1, 1)},
        "i002": {"Pairs": (0, 1)},
        "i004": {"Pairs": (0, 1)},
    }


def test_overlap_with_training_is_told_by_words_and_files() -> None:
    training = [instruction(n, "Seen words.", colour=colour, split="train") for n, colour in enumerate(["red", "blue"])]
    problems = posed(
        instruction(1, "Seen words.", colour="red"),
        instruction(2, "New words.", colour="red"),
        instruction(3, "Seen words.", colour="green"),
        instruction(4, "New words.", colour="green"),
        training=training,
    )
    assert [p.groups["overlap"] for p in problems] == ["pair", "file", "text", "none"]


def test_candidates_are_searched_and_listed_as_in_training() -> None:
    asked = instruction(1, "Which pose is it, in depth?", colour="red")
    (problem,) = posed(asked, candidates=2)
    listed = [candidate.name for candidate in gold_of(problem).candidates]
    assert sorted(listed) == ["depth", "pose"]
    model = Replying("x")
    asyncio.run(BENCHMARK.attempt(problem, model, (), {}))
    by_name = {entry.name: entry for entry in APIS}
    assert tuple(model.seen[0][0]) == choice_conversation(asked, [by_name[name] for name in listed])[:-1]
    facts = choice_set([problem], APIS).facts
    assert facts["candidates"] == "an accepted tool is listed in 0 of 1 problems that have one"


def test_names_of_the_catalogue_are_kept_once() -> None:
    problems = posed(instruction(1), instruction(2))
    assert "canny" not in problems[0].model_dump_json()
    (media,) = choice_set(problems, APIS).media
    assert {BENCHMARK.background(problem) for problem in problems} == {media.sha256}
    assert Background.model_validate_json(media.data).catalogue == NAMES
    assert background_of(APIS[::-1]) == media


def test_problems_stand_by_their_id_and_none_is_a_fault() -> None:
    assert [p.problem_id for p in posed(instruction(3), instruction(1))] == ["i001", "i003"]
    with pytest.raises(ConfigError, match=r"raise choices.held_out_problems"):
        posed()


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("what?", "no readable action"),
        ('{"question": "Which?"}', "asked back"),
        ('{"apis": "unknown"}', "said unknown"),
        ('{"apis": ["made up", "edges"]}', "name outside the catalogue"),
        ('{"apis": ["pose"]}', "wrong tool"),
    ],
)
def test_what_is_wrong_has_a_cause(reply: str, cause: str) -> None:
    problem = one()
    assert BENCHMARK.why(problem, attempted(problem, reply), SCORING) == cause
    assert cause in CAUSES


def test_equal_replies_make_equal_trajectories() -> None:
    problem = one()
    assert attempted(problem, "edges") == attempted(problem, "edges")
    assert Trajectory.model_validate_json(attempted(problem, "edges").model_dump_json()).steps
    assert write_choice(Choice(apis=("edges",))) == '{"apis": ["edges"]}'
