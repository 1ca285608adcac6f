"""Template instructions: each means one element of its screen, and none where nothing tells it apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.generation.screens.describe import Telling, describe
from journeyman.recipe import load_recipe
from journeyman.schema.screen import Element


def element(
    number: int, *, name: str = "", role: str = "button", at: tuple[float, float] = (0.4, 0.4), **told: str
) -> Element:
    x, y = at
    return Element(
        element_id=f"e{number}",
        kind="text" if name else "icon",
        role=role,
        name=name,
        function=told.get("function", ""),
        look=told.get("look", ""),
        left=x,
        top=y,
        right=x + 0.1,
        bottom=y + 0.05,
    )


def test_a_name_that_two_elements_have_is_never_used() -> None:
    twins = [element(1, name="Save"), element(2, name="save ", at=(0.42, 0.5)), element(3, name="Open", at=(0.41, 0.6))]
    told = Telling(twins)
    assert "name" not in told.ways(twins[0])
    assert "name" not in told.ways(twins[1])
    assert told.ways(twins[2])["name"]["name"] == "Open"


def test_a_name_inside_another_elements_name_is_not_used() -> None:
    rows = [element(1, name="Save"), element(2, name="Save as", at=(0.42, 0.5))]
    assert "name" not in Telling(rows).ways(rows[0])
    assert "name" in Telling(rows).ways(rows[1])


def test_look_and_function_tell_only_what_no_other_element_shares() -> None:
    rows = [
        element(1, look="red button", function="opens the cart"),
        element(2, look="red button", function="closes the page", at=(0.45, 0.5)),
    ]
    told = Telling(rows)
    assert {"function"} <= told.ways(rows[0]).keys()
    assert "look" not in told.ways(rows[0])


def test_a_corner_is_told_only_where_one_of_its_kind_is_clearly_nearest() -> None:
    corner, near, far = element(1, at=(0.0, 0.0)), element(2, at=(0.03, 0.0)), element(3, at=(0.8, 0.8))
    told = Telling([corner, near, far])
    assert "place" not in told.ways(corner)
    assert told.ways(far)["place"]["place"] == "in the bottom right corner"
    assert Telling([corner, far]).ways(corner)["place"]["place"] == "in the top left corner"


def test_the_only_one_of_its_kind_is_in_a_corner_only_where_it_lies_there() -> None:
    assert (
        Telling([element(1, at=(0.05, 0.05))])
        .ways(element(1, at=(0.05, 0.05)))["place"]["place"]
        .startswith("in the top")
    )
    for at in ((0.6, 0.3), (0.4, 0.1), (0.05, 0.45)):
        lone = element(1, at=at)
        assert "place" not in Telling([lone]).ways(lone), at


def test_styles_are_drawn_by_weight_and_one_of_no_weight_never() -> None:
    rows = [element(n, name=f"Name {n}", function=f"opens {n}", at=(0.05 * n, 0.45)) for n in range(12)]
    told = [
        d.style for seed in range(20) for d in describe(rows, most=12, seed=seed, styles={"name": 1, "function": 3})
    ]
    assert set(told) == {"name", "function"}
    assert 0.6 < told.count("function") / len(told) < 0.9
    assert {d.style for d in describe(rows, most=12, seed=1, styles={"function": 1})} == {"function"}
    assert describe(rows, most=12, seed=1, styles={"look": 1}) == []


def test_nothing_is_written_about_an_element_that_nothing_tells_apart() -> None:
    rows = [element(1), element(2), element(3)]
    assert describe(rows, most=9, seed=1) == []


def test_free_words_that_quote_another_element_are_ambiguous() -> None:
    rows = [element(1, name="Cart"), element(2, name="Help", at=(0.2, 0.2))]
    told = Telling(rows)
    assert not told.is_unambiguous(rows[0], 'Click "Help" and then on')
    assert told.is_unambiguous(rows[0], 'Open the "Cart"')
    assert not Telling([*rows, element(3, name="Cart", at=(0.7, 0.7))]).is_unambiguous(rows[0], 'Open the "Cart"')


NAMES = st.sampled_from(["", "Open", "Close", "Save", "Save as", "Item 1", "Item 2"])


@given(
    st.lists(st.tuples(NAMES, st.floats(0, 0.9), st.floats(0, 0.9)), max_size=12), st.integers(0, 9), st.integers(1, 8)
)
@settings(max_examples=60, deadline=None)
def test_equal_screens_give_equal_words_and_no_element_is_asked_for_twice(
    drawn: list[tuple[str, float, float]], seed: int, most: int
) -> None:
    rows = [element(number, name=name, at=(x, y)) for number, (name, x, y) in enumerate(drawn)]
    told = describe(rows, most=most, seed=seed)
    assert told == describe(rows, most=most, seed=seed)
    assert len(told) <= most
    assert len({one.element.element_id for one in told}) == len(told)
    for one in told:
        assert one.style in Telling(rows).ways(one.element)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"instruction_styles": dict.fromkeys(("name", "look", "place", "function"), 0)}, "leaves no way to tell"),
        ({"instruction_styles": {"name": -1}}, "leaves no way to tell"),
        ({"page_sources": {"apps": 0, "miniwob": 0}}, "names no environment"),
        ({"viewport": [100, 400]}, "is no screen"),
    ],
)
def test_settings_of_which_nothing_could_come_are_refused_with_what_was_given(
    chosen: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        load_recipe("aguvis", {"screens": chosen})
