"""Boxes, tags, captions and words are measured in [0, 1], and what is missing or too much costs."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.metrics.boxes import Box
from journeyman.metrics.skills import (
    MOST_BOXES,
    CaptionFacts,
    best_total,
    boxes_in,
    caption_facts,
    iou,
    mean_iou,
    names_in,
    picture_box,
    set_f1,
    share_found,
    word_accuracy,
)

COLOURS = ("red", "green", "blue", "yellow", "orange", "purple", "black", "white", "pink", "brown", "grey")
SHAPES = ("circle", "square", "triangle", "diamond", "star", "hexagon", "pentagon")
COUNTS = {1: ("a", "one", "1", "a single"), 2: ("two", "2", "a pair of"), 3: ("three", "3")}
PLACES = {
    ("top", "left"): ("at the top left", "in the upper left corner"),
    ("top", "middle"): ("at the top", "at the top, in the middle", "in the upper centre"),
    ("middle", "right"): ("at the right", "on the right-hand side", "in the middle right"),
    ("middle", "middle"): ("in the centre", "in the center", "in the middle"),
    ("bottom", "right"): ("at the bottom right", "lower right"),
}
GROUNDS = ("on a {ground} ground", "on {ground}", "the background is {ground}", "background colour: {ground}")

shares = st.floats(0, 1)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, min(1.0, x + w), min(1.0, y + h)),
    st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.5), st.floats(0.01, 0.5),
)  # fmt: skip
some_boxes = st.lists(boxes, min_size=1, max_size=4)
facts = st.builds(
    lambda number, colour, shape, place, ground: CaptionFacts(number, colour, shape, *place, ground),
    st.sampled_from(list(COUNTS)), st.sampled_from(COLOURS), st.sampled_from(SHAPES), st.sampled_from(list(PLACES)),
    st.sampled_from(COLOURS),
)  # fmt: skip


def _caption(data: st.DataObject, true: CaptionFacts) -> str:
    count = data.draw(st.sampled_from(COUNTS[true.number]))
    place = data.draw(st.sampled_from(PLACES[true.row, true.column]))
    ground = data.draw(st.sampled_from(GROUNDS)).format(ground=true.ground)
    plural = "s" if true.number > 1 else ""
    return f"{count} {true.colour} {true.shape}{plural} {place}, {ground}.".capitalize()


def test_a_box_overlaps_itself_wholly_and_what_lies_apart_not_at_all() -> None:
    assert iou(Box(0, 0, 0.5, 0.5), Box(0.25, 0, 0.75, 0.5)) == pytest.approx(1 / 3)
    assert iou(Box(0, 0, 0.2, 0.2), Box(0.2, 0, 0.4, 0.2)) == 0
    assert iou(Box(0.4, 0.4, 0.1, 0.1), Box(0.4, 0.4, 0.1, 0.1)) == 0, "swapped corners"
    assert iou(Box(0, 0, 0, 0), Box(0, 0, 0, 0)) == 0


@given(boxes, boxes)
def test_overlap_is_the_same_both_ways(one: Box, other: Box) -> None:
    assert 0 <= iou(one, other) <= 1
    assert iou(one, other) == iou(other, one)
    assert iou(one, one) == pytest.approx(1)


@given(st.integers(0, 4), st.integers(0, 5), st.data())
def test_the_best_total_is_that_of_the_best_of_all_matchings(height: int, width: int, data: st.DataObject) -> None:
    worth = [[data.draw(shares) for _ in range(width)] for _ in range(height)]
    short, long = sorted((height, width))
    tall = worth if height <= width else [list(column) for column in zip(*worth, strict=True)]
    orders = itertools.permutations(range(long), short)
    every = [sum(tall[row][column] for row, column in enumerate(order)) for order in orders] if worth else [0.0]
    assert best_total(worth) == pytest.approx(max(every), abs=1e-9)


@given(some_boxes, st.randoms(use_true_random=False))
def test_boxes_match_in_any_order(gold: list[Box], rng: object) -> None:
    shuffled = list(gold)
    rng.shuffle(shuffled)
    assert mean_iou(gold, shuffled) == pytest.approx(1)
    assert share_found(gold, shuffled) == 1


@given(some_boxes, some_boxes, boxes)
def test_a_box_too_many_or_too_few_costs(gold: list[Box], predicted: list[Box], extra: Box) -> None:
    assert 0 <= mean_iou(gold, predicted) <= 1
    assert share_found(gold, predicted) <= 1
    assert mean_iou(gold, [*gold, extra]) == pytest.approx(len(gold) / (len(gold) + 1))
    assert share_found(gold, [*gold, extra]) < 1
    assert mean_iou([*gold, extra], gold) <= len(gold) / (len(gold) + 1) + 1e-9
    assert mean_iou(gold, []) == share_found(gold, []) == 0


def test_one_box_is_no_match_for_two_things() -> None:
    near = [Box(0.1, 0.1, 0.3, 0.3), Box(0.12, 0.1, 0.32, 0.3)]
    assert share_found(near, [near[0]]) == 0.5
    assert share_found(near, [near[0], near[0]]) == 1, "each is a half or more of its own"


def test_the_most_boxes_are_found_even_where_the_best_total_finds_fewer() -> None:
    gold = [Box(0, 0, 0.4, 1), Box(0.2, 0, 0.6, 1)]
    predicted = [Box(0.1, 0, 0.5, 1), Box(0.0, 0, 0.21, 1)]
    assert share_found(gold, predicted) == 1
    with pytest.raises(ValueError, match="at least one gold box"):
        share_found([], predicted)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[0.1, 0.2, 0.3, 0.4]", [Box(0.1, 0.2, 0.3, 0.4)]),
        ("[[.1,.2,.3,.4], [0, 0, 1, 1]]", [Box(0.1, 0.2, 0.3, 0.4), Box(0, 0, 1, 1)]),
        ('{"box": [1e-1, 0.2, 0.3, 0.4]}', [Box(0.1, 0.2, 0.3, 0.4)]),
        ("The box is [0.1, 0.2, 0.3, 0.4].", [Box(0.1, 0.2, 0.3, 0.4)]),
        ("[57, 20, 90, 70]", [Box(1, 1, 1, 1)]),
        ("[-0.5, 0, 1e999, 0.5]", [Box(0, 0, 1, 0.5)]),
        ("[0.1, 0.2, 0.3]", []),
        ("[0.1, 0.2, 0.3, 0.4, 0.5]", []),
        ("[nan, 0.2, 0.3, 0.4]", []),
        ("", []),
    ],
)
def test_boxes_are_read_from_what_is_written(text: str, found: list[Box]) -> None:
    assert boxes_in(text) == found


@given(some_boxes)
def test_boxes_written_as_json_are_read_back(written: list[Box]) -> None:
    assert boxes_in(json.dumps(written)) == [picture_box(box) for box in written]


def test_an_answer_of_boxes_everywhere_has_none() -> None:
    assert len(boxes_in("[0,0,1,1]" * MOST_BOXES)) == MOST_BOXES
    assert boxes_in("[0,0,1,1]" * (MOST_BOXES + 1)) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("red circle, blue square", {"red circle", "blue square"}),
        ("Red circles and a Blue square.", {"red circle", "blue square"}),
        ("two red circles; the blue squares\ntext", {"red circle", "blue square", "text"}),
        ('["gray star", "text"]', {"grey star", "text"}),
        ("red discs", {"red circle"}),
        ("red circle, red circle", {"red circle"}),
        ("boxes, glass, 3 orange stars", {"box", "glass", "orange star"}),
        (" , . ;", set()),
    ],
)
def test_names_are_told_apart_by_what_they_name(text: str, names: set[str]) -> None:
    assert names_in(text) == names


def test_f1_counts_what_is_missing_and_what_is_invented() -> None:
    assert set_f1({"a", "b"}, {"a", "b"}) == 1
    assert set_f1({"a", "b"}, {"a"}) == pytest.approx(2 / 3)
    assert set_f1({"a"}, {"a", "b", "c"}) == 0.5
    assert set_f1({"a"}, set()) == 0
    with pytest.raises(ValueError, match="at least one gold name"):
        set_f1(set(), {"a"})


@given(facts, st.data())
def test_a_caption_that_says_all_is_right_however_it_is_worded(true: CaptionFacts, data: st.DataObject) -> None:
    caption = _caption(data, true)
    assert caption_facts(true, caption) == 1, caption


@given(facts, facts, st.data())
def test_each_fact_that_is_wrong_costs_a_fifth(true: CaptionFacts, other: CaptionFacts, data: st.DataObject) -> None:
    place = (true.row, true.column) != (other.row, other.column)
    alike = (true.number, true.colour, true.shape, true.ground)
    wrong = place + sum(
        a != b for a, b in zip(alike, (other.number, other.colour, other.shape, other.ground), strict=True)
    )
    assert caption_facts(true, _caption(data, other)) == pytest.approx(1 - wrong / 5)


@pytest.mark.parametrize(
    ("caption", "facts_right"),
    [
        ("", 0),
        ("It shows something.", 0),
        ("Two red circles at the top left, on a white ground.", 5),
        ("Two red circles and a blue square at the top left, on a white ground.", 2),
        ("Two red circles at the top left or the bottom right, on a white ground.", 4),
        ("Two red circles at the top, on a white ground.", 4),
        ("Red circles at the top left, on a white ground.", 4),
        ("Two red circles at the top left.", 4),
        ("Two red circles at the top left, on a black ground and a white background.", 4),
        ("There are two discs, both red, in the upper left corner of a white canvas.", 5),
        ("two red circles", 3),
        ("red green blue one two three circle square top bottom left right on white on black", 0),
    ],
)
def test_a_fact_counts_where_it_is_stated_and_nothing_else_is(caption: str, facts_right: int) -> None:
    true = CaptionFacts(2, "red", "circle", "top", "left", "white")
    assert caption_facts(true, caption) == pytest.approx(facts_right / 5)


def test_the_middle_need_not_be_said_but_where_it_is_all() -> None:
    top = CaptionFacts(1, "red", "circle", "top", "middle", "white")
    for place in ("at the top", "at the top centre"):
        assert caption_facts(top, f"A red circle {place} on a white ground.") == 1
    middle = CaptionFacts(1, "red", "circle", "middle", "middle", "white")
    assert caption_facts(middle, "A red circle on a white ground.") == 0.8


@pytest.mark.parametrize(
    ("gold", "said", "value"),
    [
        ("Open daily\nRoom 7", "OPEN DAILY ROOM 7", 1),
        ("Price 12.50", "price: 12.50!", 1),
        ("Open daily", "Open", 0.5),
        ("Open daily", "Open today", 0.5),
        ("Open daily", "It says open daily", 0),
        ("Open daily", "daily open", 0),
        ("one two three four", "one two four", 0.75),
        ("Open daily", "", 0),
        ("Open daily", "x " * 50, 0),
    ],
)
def test_words_are_counted_by_the_edits_that_make_them_right(gold: str, said: str, value: float) -> None:
    assert word_accuracy(gold, said) == value


def test_print_without_a_word_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="no word in"):
        word_accuracy("!?", "x")


@given(st.text(max_size=300), facts)
def test_whatever_is_said_is_worth_something_from_0_to_1(said: str, true: CaptionFacts) -> None:
    assert 0 <= caption_facts(true, said) <= 1
    assert 0 <= word_accuracy("Open daily", said) <= 1
    assert 0 <= set_f1({"red circle"}, names_in(said)) <= 1
    assert 0 <= mean_iou([Box(0, 0, 0.5, 0.5)], boxes_in(said)) <= 1
