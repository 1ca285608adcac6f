"""Samples that are made of screens when they are loaded: which pairs, which words, in which order."""

import re
from collections import Counter
from itertools import islice
from typing import get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyman.action_formats.pyautogui_call import Click, DragTo, Press, ScreenTurn
from journeyman.agent import screen_prompt
from journeyman.agent.screen_prompt import grounding_conversation, screen_turn_text, step_conversation
from journeyman.dataset import screens
from journeyman.errors import ConfigError, SchemaError
from journeyman.recipe import load_recipe
from journeyman.schema.message import Message, TextPart, messages_from_json, messages_to_json
from journeyman.schema.screen import GROUNDING, PLANNING
from journeyman.training.config import StageConfig, TrainingConfig, ViewsConfig
from journeyman.training.order import Rows
from journeyman.training.stages import plan_stages
from journeyman.training.views import USER_TURN, RowView, row_view
from tests.training.examples import example
from tests.training.screen_rows import (
    FULL,
    INSTRUCTION,
    LEVELS,
    PAGES,
    PAIRS,
    SCREEN,
    commands,
    looked_at,
    page,
    pairs_in,
    screen_file,
    screen_row,
    step,
)
from tests.training.toy_conversations import problems


@given(pairs=st.integers(1, 40), most=st.integers(1, 12), seed=st.integers(0, 3), epoch=st.integers(0, 3))
def test_every_pair_of_a_page_comes_once_an_epoch_behind_its_picture(pairs, most, seed, epoch):
    view, row = RowView(most, seed=seed), page("p", pairs)
    count = int(view.num_samples(np.array([pairs], dtype=np.int32))[0])
    samples = [looked_at(view, row, epoch=epoch, part=part) for part in range(count)]
    assert count == -(-pairs // most)
    assert sorted(command for sample in samples for command in pairs_in(sample)) == sorted(commands(pairs))
    sizes = [len(pairs_in(sample)) for sample in samples]
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    for sample in samples:
        places = [commands(pairs).index(command) for command in pairs_in(sample)]
        turns = [(INSTRUCTION.format(i), ScreenTurn(Click(i / 100, 0.5))) for i in places]
        assert sample == messages_to_json(grounding_conversation(SCREEN, turns)), "as if built with these pairs alone"


def test_pairs_are_dealt_out_anew_by_epoch_seed_and_row():
    view = RowView(4)
    dealt = [pairs_in(looked_at(view, page("p", 12), epoch=epoch)) for epoch in (0, 0, 1)]
    assert dealt[0] == dealt[1]
    others = [pairs_in(looked_at(RowView(4, seed=1), page("p", 12))), pairs_in(looked_at(view, page("q", 12)))]
    assert len({tuple(pairs) for pairs in (dealt[0], dealt[2], *others)}) == 4
    together = [tuple(pairs_in(looked_at(RowView(20), page("p", 12), epoch=epoch))) for epoch in range(2)]
    assert together[0] != together[1], "the order within a sample is another one too"


@pytest.mark.parametrize("row", [page("p", 12), step("s"), example(problems(1, seed=0)[0], "other")])
def test_rows_that_are_not_looked_at_stay_as_they_are_stored(row):
    assert looked_at(RowView(), row) == row.messages_json
    others = RowView(4 if row.family == PLANNING else 0, {} if row.family == PLANNING else LEVELS)
    assert looked_at(others, row) == row.messages_json
    if row.family not in (GROUNDING, PLANNING):
        assert looked_at(RowView(1, LEVELS), row) == row.messages_json


def test_a_system_message_may_be_missing_and_a_reply_may_be_untrained():
    _, *turns = messages_from_json(page("p", 5).messages_json)
    turns[3] = turns[3].model_copy(update={"trained": False})
    bare = screen_row("p", GROUNDING, turns)
    shown = [messages_from_json(looked_at(RowView(2), bare, part=part)) for part in range(3)]
    assert {messages[0].role for messages in shown} == {"user"}
    assert [m.text for messages in shown for m in messages if not m.trained] == [turns[3].text]


def test_levels_are_drawn_by_weight_and_say_what_the_prompt_says():
    view = RowView(levels=LEVELS, seed=3)
    told = Counter(looked_at(view, step(f"s{i}")) for i in range(600))
    wanted = {
        level: messages_to_json(step_conversation("Save the form", ["Fill it in."], SCREEN, FULL, level=level))
        for level in ("l1", "l2")
    }
    assert set(told) == set(wanted.values())
    assert told[wanted["l2"]] == pytest.approx(400, abs=40)
    epochs = {looked_at(view, step("s"), epoch=epoch) for epoch in range(8)}
    assert epochs == set(wanted.values()), "another level in another epoch"
    turned = RowView(levels=dict(reversed(LEVELS.items())), seed=3)
    assert looked_at(turned, step("s7")) == looked_at(view, step("s7"))


CLICK = Click(0.25, 0.75)


@pytest.mark.parametrize(
    ("turn", "drawn", "told"),
    [
        (FULL, "l0", "l0"),
        (FULL, "l3", "l3"),
        (ScreenTurn(CLICK, "Click Save.", "The form is filled in."), "l3", "l2"),
        (ScreenTurn(CLICK, "Click Save."), "l2", "l1"),
        (ScreenTurn(CLICK, "Click Save.", observation="A form."), "l3", "l1"),
        (ScreenTurn(CLICK, thought="The form is filled in."), "l1", "l0"),
        (ScreenTurn(DragTo(0.5, 0.5), "Drag it there."), "l3", "l1"),
        (ScreenTurn(Press(("enter",))), "l3", "l0"),
    ],
)
def test_a_step_that_lacks_words_is_told_on_the_fullest_level_that_it_has(turn, drawn, told):
    messages = messages_from_json(looked_at(RowView(levels={drawn: 1.0}), step("s", turn)))
    assert messages[-1].text == screen_turn_text(turn, told)
    assert messages[:-1] == messages_from_json(step("s", turn).messages_json)[:-1]


def test_pages_and_steps_of_another_shape_are_refused_by_name():
    system, question, reply, later, _ = messages_from_json(page("p", 2).messages_json)
    bare = Message(role="user", content=(TextPart(text="button"),))
    for messages, words in (
        ([system, question, reply, later], "questions and replies do not come in turn"),
        ([system, question, later, reply, reply], "questions and replies do not come in turn"),
        ([system], "questions and replies do not come in turn"),
        ([system, bare, reply], "the first question is no picture with an instruction"),
        ([system, question, reply, question, reply], "a later question shows something of its own"),
    ):
        with pytest.raises(SchemaError, match=f"row p of family grounding cannot be cut into samples: {words}"):
            looked_at(RowView(2), screen_row("p", GROUNDING, messages))
    silent = screen_row("s", PLANNING, [question, Message(role="assistant", content=(TextPart(text="I see."),))])
    with pytest.raises(SchemaError, match=r"row s of family planning cannot be told on a level: no command was found"):
        looked_at(RowView(levels=LEVELS), silent)


words = st.text('ab":\\{}role user\n', max_size=25)


@given(turns=st.lists(st.tuples(st.sampled_from(("system", "user", "assistant")), words), max_size=6))
def test_user_turns_are_counted_without_reading_the_messages(turns):
    made = [Message(role=role, content=(TextPart(text=text or '"role":"user"'),)) for role, text in turns]
    assert messages_to_json(made).count(USER_TURN) == sum(role == "user" for role, _ in turns)


# rows -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return screen_file(tmp_path_factory.mktemp("screens"))


def samples(rows, drawn, count):
    return [(ref.row_id, ref.conversation.messages_json) for ref in islice(rows.shuffled(drawn), count)]


@given(buffer=st.integers(1, 20), seed=st.integers(0, 3), drawn=st.integers(0, 60), most=st.integers(1, 9))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_epoch_holds_every_pair_once_and_goes_on_from_any_sample(dataset, buffer, seed, drawn, most):
    def opened():
        return Rows([dataset], split="train", seed=seed, buffer_rows=buffer, view=RowView(most, LEVELS, seed))

    rows = opened()
    assert rows.rows == sum(max(1, -(-pairs // most)) for pairs in PAGES)
    straight = samples(rows, 0, 2 * rows.rows)
    for epoch in (straight[: rows.rows], straight[rows.rows :]):
        seen = Counter((row, pair) for row, text in epoch if row[0] == "p" for pair in pairs_in(text))
        assert set(seen.values()) == {1}
        assert len(seen) == PAIRS
        assert sum(row[0] == "s" for row, _ in epoch) == 2
    again = opened()
    assert samples(again, drawn, 10) == (straight + samples(rows, 2 * rows.rows, 80))[drawn : drawn + 10]
    rows.close()
    again.close()


def test_a_view_changes_neither_the_texts_of_a_tokenizer_nor_the_order_of_whole_rows(dataset):
    plain, viewed = Rows([dataset], split="train"), Rows([dataset], split="train", view=RowView(4, LEVELS))
    assert list(plain.texts()) == list(viewed.texts())
    whole = Rows([dataset], split="train", view=RowView())
    assert samples(plain, 0, 30) == samples(whole, 0, 30)


def test_only_rows_of_the_families_that_are_trained_are_counted(dataset):
    view = RowView(2)
    pages = Rows([dataset], split="train", families=(GROUNDING,), view=view)
    steps = Rows([dataset], split="train", families=(PLANNING,), view=view)
    assert (pages.rows, steps.rows) == (sum(-(-pairs // 2) for pairs in PAGES), 2)


def test_no_more_than_two_buffers_of_rows_are_held_whatever_they_are_cut_into(dataset):
    rows = Rows([dataset], split="train", buffer_rows=3, view=RowView(1))
    most = 0
    for _ in islice(rows.shuffled(0), 150):
        most = max(most, sum(rows._groups[g].rows for g in rows._held))
    assert most == 6


# settings -------------------------------------------------------------------------------------------


def test_views_are_part_of_a_runs_fingerprint_and_of_every_stage():
    views = ViewsConfig(levels=LEVELS)
    runs = {
        plan_stages("d", TrainingConfig(views=made), 1)[0].run
        for made in (None, views, ViewsConfig(), ViewsConfig(pairs_per_sample=1, levels=LEVELS))
    }
    assert len(runs) == 4
    staged = TrainingConfig(views=views, seed=5, stages=(StageConfig(name="grounding", families=(GROUNDING,)),))
    assert staged.of_stage(staged.stages[0]).views == views
    assert row_view(staged) == RowView(8, LEVELS, 5)
    assert row_view(TrainingConfig()) is None
    assert TrainingConfig.model_validate_json(staged.model_dump_json()) == staged


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({"levels": {"l1": 0, "l2": 0}}, "views.levels has no weight above 0"),
        ({"levels": {"l4": 1}}, "training.views.levels.l4"),
        ({"levels": {"l1": -1}}, "training.views.levels.l1 = -1"),
        ({"pairs_per_sample": -1}, "training.views.pairs_per_sample = -1"),
    ],
)
def test_views_that_cannot_be_are_refused_by_name(views, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_recipe("t3_agent", {"training": {"views": views}})


def test_names_agree_with_those_who_write_the_rows():
    assert (GROUNDING, PLANNING) == (screens.GROUNDING, screens.PLANNING)
    keys = get_args(ViewsConfig.model_fields["levels"].annotation)[0]
    assert get_args(keys) == get_args(screen_prompt.Level)


@given(st.integers(1, 3), st.sampled_from(("page", "step")))
def test_coordinates_are_told_to_as_many_places_as_are_asked_for(decimals, kind):
    turn = ScreenTurn(DragTo(0.12345, 0.9, 0.5555, 1.0), instruction="Drag it.")
    row = page("p", 3) if kind == "page" else step("s", turn)
    told = messages_from_json(looked_at(RowView(2 if kind == "page" else 0, decimals=decimals), row))
    whole = messages_from_json(looked_at(RowView(2 if kind == "page" else 0), row))
    assert [m.role for m in told] == [m.role for m in whole]
    for one, other in zip(told, whole, strict=True):
        if one.role != "assistant":
            assert one == other
            continue
        numbers, exact = (re.findall(r"\d\.\d+", text) for text in (one.text, other.text))
        assert [float(n) for n in numbers] == [round(float(n), decimals) for n in exact]
        assert all(len(n) <= decimals + 2 for n in numbers)


def test_a_reply_without_a_command_cannot_be_rounded():
    row = step("s", ScreenTurn(Click(0.5, 0.5)))
    broken = row.model_copy(update={"messages_json": row.messages_json.replace("pyautogui.click", "I click")})
    with pytest.raises(SchemaError, match=r"cannot be rounded.*views\.decimals = 4"):
        looked_at(RowView(decimals=2), broken)
