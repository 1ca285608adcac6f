"""What a round got wrong on development problems decides what the next one asks for."""

from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.rounds import MOST_TIMES, clusters_of, plan_round, quotas_of
from journeyman.schema.problem import groups_json
from journeyman.schema.score import Measure, Score
from journeyman.storage.store import Store

CONFIG = EvaluationConfig(bootstrap_samples=200)
TRAINABLE = ("none", "ocr", "ocr + calculate")


def row(number, tools, cause):
    right = float(cause == "right")
    return Score(
        problem_id=f"p{number:03d}",
        benchmark="held_out",
        agent="tuned",
        groups_json=groups_json({"tools": tools}),
        measures=(Measure(name="AnsAcc", value=right, weight=1), Measure(name="ToolAcc", value=right, weight=1)),
        status="answered",
        cause=cause,
        answer_json="",
        trajectory_json="",
    )


def rows(**causes_by_tools):
    made = [(tools, cause) for tools, causes in causes_by_tools.items() for cause in causes]
    return [row(n, tools.replace("_and_", " + "), cause) for n, (tools, cause) in enumerate(made)]


FAILING = rows(
    ocr=["right"] * 8 + ["wrong tool"] * 2,
    ocr_and_calculate=["wrong answer"] * 6 + ["right"] * 2,
    look_up_facts=["called no tool"] * 5,
    none=["right"] * 4,
)


def planned(now, before=()):
    store = Store("memory://rounds")
    refs = [[store.write("scores", scores, Score)] if scores else () for scores in (now, before)]
    return plan_round(*refs, CONFIG, store=store, trainable=TRAINABLE)


def test_failures_are_clustered_by_tools_and_cause_largest_first():
    found = [(c.tools, c.cause, c.failures, c.attempts) for c in clusters_of(FAILING)]
    assert found == [
        ("ocr + calculate", "wrong answer", 6, 8),
        ("look_up_facts", "called no tool", 5, 5),
        ("ocr", "wrong tool", 2, 10),
    ]


def test_a_crash_asks_for_no_data():
    assert clusters_of([row(0, "ocr", "crashed")]) == ()


def test_what_fails_more_is_asked_for_more_and_nothing_that_training_may_not_see():
    quotas = quotas_of(clusters_of(FAILING), TRAINABLE)
    assert quotas == {"ocr": 2, "ocr + calculate": 3}
    assert quotas_of(clusters_of(rows(ocr=["wrong tool"] * 9)), TRAINABLE) == {"ocr": MOST_TIMES}


def test_after_the_first_round_there_is_a_next_one_while_something_fails():
    plan = planned(FAILING)
    assert (plan.stop, plan.gains) == ("", {})
    assert plan.quotas
    assert planned(rows(ocr=["right"] * 9)).stop == "every development problem is solved"
    assert planned(rows(look_up_facts=["wrong answer"] * 9)).stop.startswith("what still fails is nothing")


def test_a_round_without_a_significant_gain_is_the_last():
    better = rows(ocr=["right"] * 30 + ["wrong tool"] * 10)
    worse = rows(ocr=["right"] * 10 + ["wrong tool"] * 30)
    gained = planned(better, worse)
    assert gained.stop == ""
    assert gained.gains["ToolAcc"].low > 0
    assert planned(better, better).stop == "no significant gain over the round before"
    assert planned(worse, better).stop == "no significant gain over the round before"
