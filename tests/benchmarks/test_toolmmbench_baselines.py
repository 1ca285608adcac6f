import asyncio
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.action_formats.api_choice import Choice, read_choice, write_choice
from journeyman.benchmark import Known, Taught, load_benchmark
from journeyman.benchmarks._toolmm_gold import gold_of
from journeyman.benchmarks._toolmm_training import read_training
from journeyman.benchmarks.toolmmbench import problems_of
from journeyman.schema.problem import Problem
from tests.benchmarks.official import write_folder
from tests.benchmarks.toolmm_rows import api, as_json, attempted, instruction, placement, row, scoring, values

BENCHMARK = load_benchmark("toolmmbench")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "toolmmbench"
real_rows = pytest.mark.skipif(not SHARED.is_dir(), reason="the published training rows are not on this machine")
NAMES = ("edges", "depth", "pose")
APIS = [api(name) for name in NAMES]
PLACEMENTS = [placement(name, name) for name in NAMES]


def posed(*instructions) -> tuple[Problem, ...]:
    return problems_of(instructions, (), APIS, PLACEMENTS, candidates=0, held_out_classes=())


def reply(agent: str, problem: Problem, known: Known) -> str:
    return asyncio.run(BENCHMARK.baselines[agent](known)(problem.query).act((), {}))


def accuracy(agent: str, known: Known) -> float:
    controller_for = BENCHMARK.baselines[agent](known)
    hits = 0.0
    for problem in known.problems:
        said = asyncio.run(controller_for(problem.query).act((), {}))
        hits += values(BENCHMARK.score(problem, attempted(problem, said), scoring(*known.catalogue)))["Acc"][0]
    return hits / len(known.problems)


def known(problems, taught=(), catalogue=NAMES, seed=0) -> Known:
    return Known(problems, frozenset(catalogue), taught, seed)


ANSWERS = st.one_of(
    st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: {"accepted": tuple(sorted(names))}),
    st.just({"answer": "unknown", "accepted": (), "function_class": ""}),
    st.just({"answer": "question", "accepted": (), "function_class": "", "question": "Which file?"}),
)


@given(st.lists(st.tuples(st.sampled_from(["one", "two", "three"]), ANSWERS), min_size=1, max_size=12))
def test_the_blind_bound_is_what_trying_every_reply_on_every_text_finds(rows) -> None:
    problems = posed(*(instruction(n, text, **changes) for n, (text, changes) in enumerate(rows)))
    replies = [write_choice(Choice(apis=(name,))) for name in NAMES]
    replies += [write_choice(Choice(unknown=True)), write_choice(Choice(question="What?"))]
    best = 0.0
    for text in {problem.query.text for problem in problems}:
        same = [problem for problem in problems if problem.query.text == text]
        scored = [
            sum(values(BENCHMARK.score(p, attempted(p, said), scoring(*NAMES)))["Acc"][0] for p in same)
            for said in replies
        ]
        best += max(scored)
    assert accuracy("blind_bound", known(problems)) == pytest.approx(best / len(problems))


def test_the_blind_bound_gets_no_pair_right() -> None:
    problems = posed(
        instruction(1, "Follow it.", colour="red", pair_id="p", accepted=("edges",)),
        instruction(2, "Follow it.", colour="blue", pair_id="p", accepted=("depth", "pose"), function_class="depth"),
    )
    assert accuracy("blind_bound", known(problems)) == 0.5


def test_neighbours_vote_for_the_first_name_and_most_of_them_for_the_others() -> None:
    taught = [
        Taught(text="find the edges of it", reply='{"apis": ["depth", "edges"]}'),
        Taught(text="find all edges", reply='{"apis": ["edges"]}'),
        Taught(text="edges now", reply='{"apis": ["edges", "depth"]}'),
        Taught(text="who stands there", reply='{"apis": ["pose"]}'),
        Taught(text="sing", reply='{"apis": "unknown"}'),
        Taught(text="no choice", reply="Thought: I look."),
    ]
    problems = posed(
        instruction(1, "edges please"), instruction(2, "stands?"), instruction(3, "SING!"), instruction(4, "xyzzy")
    )
    said = [read_choice(reply("tfidf", problem, known(problems, taught))) for problem in problems]
    assert said == [
        Choice(apis=("edges", "depth")),
        Choice(apis=("pose",)),
        Choice(unknown=True),
        Choice(apis=("depth", "edges")),  # nothing is near: the most common reply, of equals the smallest
    ]


def test_a_question_that_was_taught_is_asked_again() -> None:
    taught = [Taught(text="cut this recording", reply='{"question": "Which recording?"}')]
    (problem,) = posed(instruction(1, "cut this recording now"))
    assert read_choice(reply("tfidf", problem, known([problem], taught))) == Choice(question="Which recording?")


def test_without_training_choices_tfidf_says_unknown() -> None:
    (problem,) = posed(instruction(1))
    assert reply("tfidf", problem, known([problem], [Taught(text="a", reply="no choice")])) == '{"apis": "unknown"}'


def test_the_vote_does_not_hang_on_the_order_of_training_or_problems() -> None:
    taught = [Taught(text=f"words {n} and {n % 3}", reply=f'{{"apis": ["{NAMES[n % 3]}"]}}') for n in range(12)]
    problems = posed(*(instruction(n, f"words {n} or {n % 3}") for n in range(6)))
    forth = [reply("tfidf", problem, known(problems, taught)) for problem in problems]
    assert forth == [reply("tfidf", problem, known(problems[::-1], taught)) for problem in problems]
    assert len(set(forth)) == 3


def test_chance_draws_every_name_and_unknown_and_always_the_same_for_a_problem() -> None:
    problems = posed(*(instruction(n) for n in range(80)))
    drawn = Counter(reply("chance", problem, known(problems)) for problem in problems)
    assert set(drawn) == {write_choice(Choice(apis=(name,))) for name in NAMES} | {'{"apis": "unknown"}'}
    assert max(drawn.values()) < 40
    assert drawn == Counter(reply("chance", problem, known(problems[::-1])) for problem in problems)


@real_rows
@pytest.mark.parametrize(("name", "pairs"), [("audio", 562), ("video", 82)])
def test_words_alone_decide_every_published_training_pair_of_sounds_and_videos(tmp_path, name, pairs) -> None:
    found = read_training(SHARED / f"{name}_train.json")
    rows = [row(pair.text, list(pair.names), pair.path, name) for pair in found]
    problems = BENCHMARK.read(write_folder(tmp_path, {"combined_data.json": as_json(rows)})).problems
    names = set(chain.from_iterable(gold_of(problem).accepted for problem in problems)) - {"unknown"}
    assert len(problems) == pairs
    assert accuracy("blind_bound", known(problems, catalogue=names)) == 1
    assert not any("pair" in problem.groups for problem in problems)


@real_rows
def test_words_alone_tell_most_of_the_published_sounds_by_their_neighbours(tmp_path) -> None:
    found = read_training(SHARED / "audio_train.json")
    asked, taught = found[::5], [pair.taught() for n, pair in enumerate(found) if n % 5]
    rows = [row(pair.text, list(pair.names), pair.path, "audio") for pair in asked]
    problems = BENCHMARK.read(write_folder(tmp_path, {"combined_data.json": as_json(rows)})).problems
    # Train to test it is 76.8 % in the published data.
    assert 0.6 < accuracy("tfidf", known(problems, taught)) < 0.9
