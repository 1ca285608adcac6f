"""Clicks on held-out pages: hits by hand, both averages, floors that can be told apart."""

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from journeyman.benchmark import Known, Scoring
from journeyman.benchmarks.grounding import BENCHMARK, attempt, clicked, problems_of, read, score
from journeyman.errors import ConfigError
from journeyman.schema.message import Message
from journeyman.schema.problem import Problem
from journeyman.schema.screen import Element, Grounding, Screen

SHOT = "a" * 64


def element(name: str, left: float, top: float, right: float, bottom: float, kind: str = "text") -> Element:
    return Element.model_validate(
        {
            "element_id": name, "kind": kind, "role": "button", "name": name, "function": "", "look": "",
            "left": left, "top": top, "right": right, "bottom": bottom,
        }
    )  # fmt: skip


SMALL, LARGE = element("Save", 0.1, 0.1, 0.13, 0.14), element("Big", 0.5, 0.5, 0.9, 0.9, "icon")
SCREEN = Screen(
    screen_id="s1", split="held_out", family="apps/x", unseen_look=True, environment="apps", task="shop", seed=1,
    language="en", width=100, height=100, screenshot=SHOT, elements=(SMALL, LARGE),
)  # fmt: skip


def asked(of: Element) -> Grounding:
    return Grounding(
        grounding_id=f"g-{of.name}", screen_id="s1", screenshot=SHOT, split="held_out", family="apps/x",
        instruction=f'Click "{of.name}"', style="name", element=of, action="", teacher="",
    )  # fmt: skip


def problems() -> tuple[Problem, ...]:
    return problems_of([asked(LARGE), asked(SMALL)], [SCREEN]).problems


class Says:
    """Replies one text, and keeps what it was shown."""

    name = "tuned"

    def __init__(self, text: str) -> None:
        self.text = text
        self.shown: list[Message] = []

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        self.shown = list(messages)
        assert set(media) == {SHOT}
        return self.text


def measured(problem: Problem, text: str) -> dict[str, float]:
    done = asyncio.run(attempt(problem, Says(text), (), {SHOT: b"png"}))
    return {m.name: m.value for m in score(problem, done, Scoring())}


@pytest.mark.parametrize(
    ("text", "hit", "reads"),
    [
        ("pyautogui.click(x=0.1000, y=0.1000)", 1, 1),  # the corner counts
        ("pyautogui.click(x=0.1301, y=0.1200)", 0, 1),
        ("Action: I see it.\npyautogui.moveTo(x=0.12, y=0.12)", 1, 1),
        ("pyautogui.click()", 0, 0),  # where the pointer is: nobody knows
        ("pyautogui.write(message='Save')", 0, 0),
        ("0.12, 0.12", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_click_hits_where_it_is_inside_the_box_edges_included(text: str, hit: float, reads: float) -> None:
    problem = next(p for p in problems() if p.problem_id == "g-Save")
    got = measured(problem, text)
    assert (got["Grounding"], got["Format"]) == (hit, reads)
    assert got["Grounding text small"] == hit


def test_the_macro_average_is_the_mean_of_cells_and_says_how_many_problems_there_are() -> None:
    figure = next(f for f in BENCHMARK.figures if f.name == "Grounding macro")
    values = np.array([[3.0, 0, 0, 1, 0, 0, 4]])
    weights = np.array([[4.0, 0, 0, 4, 0, 0, 8]])
    assert figure.parts[-1] == "Grounding"
    assert figure.combine(values, weights) == pytest.approx([(0.75 + 0.25) / 2])


def test_groups_say_what_was_never_seen() -> None:
    groups = {p.problem_id: p.groups for p in problems()}
    assert groups["g-Save"] == {
        "look": "unseen", "kind": "text", "size": "small", "style": "name", "page": "apps/shop",
    }  # fmt: skip
    assert (groups["g-Big"]["kind"], groups["g-Big"]["size"]) == ("icon", "large")


def test_the_question_is_that_of_a_training_row() -> None:
    says = Says("x")
    asyncio.run(attempt(problems()[0], says, (), {SHOT: b"png"}))
    system, question = says.shown
    assert (system.role, question.images) == ("system", (SHOT,))
    assert 'Instruction: Click "Big"' in question.text


def test_floors_are_seeded_and_one_of_them_always_hits_something() -> None:
    known = Known(problems(), frozenset(), (), seed=3)
    for problem in problems():
        for name in ("random_pixel", "random_element"):
            texts = {asyncio.run(BENCHMARK.baselines[name](known)(problem.query).act((), {})) for _ in range(2)}
            assert len(texts) == 1
            point = clicked(texts.pop())
            assert point is not None
            if name == "random_element":
                assert SMALL.holds(*point) or LARGE.holds(*point)


def test_there_must_be_pages_and_no_folder_is_read() -> None:
    with pytest.raises(ConfigError, match=r"screens\.held_out_pages"):
        problems_of([], [])
    with pytest.raises(ConfigError, match="/data/x"):
        read("/data/x")
