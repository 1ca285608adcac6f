"""Choices among tools from posed problems to a comparison: who attempts them, what counts, and what files add."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from journeyman.agent.choice_prompt import choice_conversation
from journeyman.benchmark import load_benchmark
from journeyman.errors import ConfigError, MediaError, SchemaError
from journeyman.evaluation import agents
from journeyman.evaluation.agents import agents_beside, is_asked_here
from journeyman.evaluation.compare import compare
from journeyman.evaluation.comparison import Comparison
from journeyman.evaluation.config import EvaluationConfig
from journeyman.evaluation.problems import pose_choices
from journeyman.evaluation.run import WHOLE, Portion, evaluate
from journeyman.report.figures import contrast_rows
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.example import Example
from journeyman.schema.instruction import Instruction
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_to_json
from journeyman.schema.problem import Problem
from journeyman.schema.score import Score
from journeyman.storage.store import Store
from tests.benchmarks.toolmm_rows import api, instruction, placement, shown
from tests.dataset.toys import toy_recipe

BENCHMARK = load_benchmark("toolmmbench")
COLOURS = {"red": "edges", "blue": "pose", "green": "depth"}
APIS = [api(name) for name in ("edges", "pose", "depth", "rare")]
FILES = [shown(colour) for colour in COLOURS]
BY_DIGEST = {file.sha256: name for file, name in zip(FILES, COLOURS.values(), strict=True)}
HELD_OUT = [
    instruction(n, "Follow this one.", colour=colour, pair_id="p", accepted=(name,), function_class=name)
    for n, (colour, name) in enumerate(COLOURS.items())
] + [
    instruction(4, "Nothing can do this.", answer="unknown", accepted=(), function_class=""),
    instruction(5, "Find the rare thing.", accepted=("rare",), function_class="rare"),
]
TRAINING = [
    instruction(20 + n, text, split="train", accepted=(name,), function_class=name)
    for n, (text, name) in enumerate([("Follow it.", "pose"), ("Follow one.", "pose"), ("Measure it.", "depth")])
]
ANY_MODEL = ArtifactRef(kind="models", key="k", digest="m", rows=1)
RECIPE = toy_recipe()


def example(taught: Instruction) -> Example:
    return Example(
        example_id=taught.instruction_id,
        split="train",
        family="f",
        query=taught.text,
        messages_json=messages_to_json(choice_conversation(taught)),
        images=(),
        tools=(),
        answer_json="",
        origin="synthesised",
        teacher="scripted",
    )


def posed(store: Store) -> StageResult:
    return pose_choices(
        [store.write("instructions", [*HELD_OUT, *TRAINING], Instruction)],
        [store.write("instructions", TRAINING, Instruction)],
        store.write("catalogue", APIS, Api),
        store.write("taxonomy", [placement(api.name, api.name) for api in APIS], Placement),
        candidates=0,
        held_out_classes=("rare",),
        store=store,
    )


def evaluated(agent: str, store: Store, tmp_path, *, portion: Portion = WHOLE, recipe=RECIPE) -> StageResult:
    problems = posed(store)
    return asyncio.run(
        evaluate(
            agent,
            problems.artifacts["kept"],
            (problems.artifacts["media"], store.write("media", FILES, MediaFile)),
            recipe,
            store=store,
            home=tmp_path,
            dataset=store.write("dataset", [example(row) for row in TRAINING], Example),
            model=ANY_MODEL,
            portion=portion,
        )
    )


class Looking:
    """Names what it sees, and guesses a fixed name where it sees nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def act(self, messages, media):
        seen = [part.sha256 for message in messages for part in message.media]
        assert all(digest in media for digest in seen)
        if "Nothing" in messages[-1].text:
            return '{"apis": "unknown"}'
        return f'{{"apis": ["{BY_DIGEST.get(seen[0], "edges") if seen else "edges"}"]}}'


@pytest.fixture
def looking(monkeypatch) -> None:
    @asynccontextmanager
    async def opened(agent, given):
        yield Looking(agent)

    monkeypatch.setattr(agents, "open_local_model", opened)


def replies(result: StageResult, store: Store) -> dict[str, str]:
    return {score.problem_id: score.answer_json for score in store.records(result.artifacts["kept"], Score)}


def test_posed_problems_are_the_split_alone_with_their_catalogue_beside() -> None:
    store = Store("memory://posed-choices")
    result = posed(store)
    problems = store.records(result.artifacts["kept"], Problem)
    assert [p.problem_id for p in problems] == ["i000", "i001", "i002", "i004", "i005"]
    assert result.facts["benchmark"] == "toolmmbench"
    assert result.facts["options"] == "one 4, unknown 1"
    assert result.facts["pairs"].startswith("1 of 3 problems")
    assert len(store.records(result.artifacts["media"], MediaFile)) == 1
    with pytest.raises(ConfigError, match="no held-out instruction"):
        pose_choices([], [], *(_empty(store)), candidates=0, held_out_classes=(), store=store)


def _empty(store: Store) -> tuple[ArtifactRef, ArtifactRef]:
    return store.write("catalogue", [], Api), store.write("taxonomy", [], Placement)


@pytest.mark.usefixtures("looking")
def test_a_model_that_looks_is_right_and_its_twins_without_the_files_are_not(tmp_path) -> None:
    store = Store("memory://choices-looking")
    tuned = evaluated("tuned", store, tmp_path)
    scores = store.records(tuned.artifacts["kept"], Score)
    assert [(s.value("Acc"), s.cause) for s in scores] == [(1, "right")] * 4 + [(0, "wrong tool")]
    assert (tuned.facts["Acc"], tuned.facts["Set F1"]) == ("0.800 of 5", "0.800 of 5")
    blind = replies(evaluated("blind", store, tmp_path), store)
    assert all(blind[i] != answer for i, answer in list(replies(tuned, store).items())[:3])
    assert set(blind.values()) - {'"unknown"'} <= {'["edges"]', '["pose"]', '["depth"]'}
    text_only = replies(evaluated("text_only", store, tmp_path), store)
    assert list(text_only.values()) == ['["edges"]'] * 3 + ['"unknown"', '["edges"]']


def test_baselines_of_the_benchmark_learn_from_the_dataset_and_need_no_model(tmp_path) -> None:
    store = Store("memory://choices-baselines")
    tfidf = evaluated("tfidf", store, tmp_path)
    assert list(replies(tfidf, store).values())[:3] == ['["pose"]'] * 3
    chance = [evaluated("chance", store, tmp_path) for _ in range(2)]
    assert chance[0].artifacts == chance[1].artifacts
    assert {s.status for s in store.records(chance[0].artifacts["kept"], Score)} == {"answered"}
    assert "cause: called no tool" not in chance[0].facts


def test_the_bound_knows_all_problems_in_every_portion(tmp_path) -> None:
    store = Store("memory://choices-portions")
    whole = replies(evaluated("blind_bound", store, tmp_path), store)
    # The smallest of three equals: a portion that saw its own problem alone would say another name.
    assert [whole[f"i00{n}"] for n in (0, 1, 2)] == ['["depth"]'] * 3
    parts = [replies(evaluated("blind_bound", store, tmp_path, portion=Portion(i, 2)), store) for i in (0, 1)]
    assert parts[0] | parts[1] == whole


@pytest.mark.usefixtures("looking")
def test_what_the_files_add_is_contrasted_with_intervals_and_pairs_are_counted_over_portions(tmp_path) -> None:
    store = Store("memory://choices-compared")
    scores = {
        agent: [evaluated(agent, store, tmp_path, portion=Portion(i, 2)).artifacts["kept"] for i in (0, 1)]
        for agent in ("untuned", "tuned", "blind", "text_only", "tfidf", "blind_bound", "chance")
    }
    found: Comparison = compare(scores, EvaluationConfig(bootstrap_samples=100), store=store)
    for against in ("untuned", "blind", "text_only", "tfidf", "blind_bound", "chance"):
        difference = found.contrast("tuned", against, "Acc")
        assert difference is not None
        assert (difference.n, difference.low <= difference.value <= difference.high) == (5, True)
    assert found.contrasts[0].against == "untuned"
    text_only = found.contrast("tuned", "text_only", "Acc", "words alone", "not enough")
    assert text_only is not None
    assert (text_only.n, text_only.value) == (3, pytest.approx(2 / 3))
    shown_rows = {(row["contrast"], row["problems"]) for row in contrast_rows(found)}
    assert ("tuned - TF-IDF", "words alone not enough") in shown_rows
    assert ("tuned - untuned", "words alone not enough") not in shown_rows
    pairs = {agent: found.result(agent, "Pairs") for agent in scores}
    assert {agent: (result.value, result.n) for agent, result in pairs.items() if result} == {
        "untuned": (1, 1),
        "tuned": (1, 1),
        "blind": (0, 1),
        "text_only": (0, 1),
        "tfidf": (0, 1),
        "blind_bound": (0, 1),
        "chance": (0, 1),
    }


def test_replies_are_kept_to_the_catalogue_where_the_recipe_says_so_and_kept_outcomes_know_it(
    tmp_path, monkeypatch
) -> None:
    opened_with = []

    @asynccontextmanager
    async def opened(agent, given):
        opened_with.append(given.names)
        yield Looking(agent)

    monkeypatch.setattr(agents, "open_local_model", opened)
    store = Store("memory://choices-constrained")
    constrained = toy_recipe(catalogue={"constrained": True})
    for recipe in (RECIPE, constrained, constrained):
        evaluated("tuned", store, tmp_path, recipe=recipe)
    assert opened_with == [(), ("depth", "edges", "pose", "rare")]


def test_a_file_that_cannot_be_shown_is_a_wrong_answer(tmp_path, monkeypatch) -> None:
    class Refusing(Looking):
        async def act(self, messages, media):
            if messages[-1].media:
                raise MediaError("the sound is empty")
            return await super().act(messages, media)

    @asynccontextmanager
    async def opened(agent, given):
        yield Refusing(agent)

    monkeypatch.setattr(agents, "open_local_model", opened)
    store = Store("memory://choices-refused")
    scores = store.records(evaluated("tuned", store, tmp_path).artifacts["kept"], Score)
    assert [(s.value("Acc"), s.status) for s in scores[:3]] == [(0, "refused: the sound is empty")] * 3
    assert scores[0].cause == "no readable action"
    assert scores[3].value("Acc") == 1


def test_problems_without_the_names_of_their_catalogue_are_refused(tmp_path) -> None:
    store = Store("memory://choices-nameless")
    problems = posed(store).artifacts["kept"]
    media = store.write("media", FILES, MediaFile)
    with pytest.raises(SchemaError, match="name 1 backgrounds, of which 0 are in a media artifact"):
        asyncio.run(evaluate("chance", problems, (media,), RECIPE, store=store, home=tmp_path))


def test_baselines_stand_beside_where_a_benchmark_has_them_and_floors_where_there_is_a_loop() -> None:
    asked = ("untuned", "tuned", "tfidf", "format_only", "chance", "mine")
    assert agents_beside(BENCHMARK, asked) == ("untuned", "tuned", "mine", "tfidf", "blind_bound", "chance")
    assert agents_beside(load_benchmark("gta_steps"), asked) == ("untuned", "tuned", "mine")
    assert agents_beside(load_benchmark("held_out"), asked) == ("untuned", "tuned", "format_only", "chance", "mine")
    assert [is_asked_here(a, BENCHMARK) for a in ("text_only", "tfidf", "mine", "teacher")] == [
        True,
        True,
        False,
        False,
    ]
