import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.action_formats.python_block import read_action
from journeyman.agent.prompt import action_message, conversation, opening
from journeyman.evaluation.baselines import (
    BlindController,
    ChanceController,
    FormatOnlyController,
    TextOnlyController,
    most_common_actions,
    shuffled_media,
    shuffled_pictures,
)
from journeyman.plugins import load_plugin
from journeyman.schema.message import AudioPart, ImagePart, Message, TextPart, VideoPart
from journeyman.tool import Tool
from tests.dataset.toys import file_ref, picture, query, step, trajectory

TOOLS = tuple(
    load_plugin("journeyman.tools", name, "TOOL", Tool) for name in ("ocr", "crop_image", "calculate", "search_corpus")
)


KINDS = {"a1": "audio", "a2": "audio", "a3": "audio", "i1": "image", "i2": "image", "v1": "video"}
SHOWN = Message(
    role="user",
    content=(AudioPart(sha256="a1"), ImagePart(sha256="i1"), VideoPart(sha256="v1"), TextPart(text="What is it?")),
)


class Remembering:
    name = "tuned"

    def __init__(self) -> None:
        self.seen = []

    async def act(self, messages, media):
        self.seen.append((list(messages), dict(media)))
        return ""


class Seeing:
    name = "tuned"

    async def act(self, messages, media):
        for message in messages:
            for digest in message.images:
                assert digest in media
        return " ".join(digest for message in messages for digest in message.images)


@given(st.sets(st.text("0123456789abcdef", min_size=1), min_size=2, max_size=30), st.integers(0, 99))
def test_no_picture_stands_for_itself_and_each_is_used_once(pictures: set[str], seed: int) -> None:
    swapped = shuffled_pictures(list(pictures) * 2, seed=seed)
    assert set(swapped) == set(swapped.values()) == pictures
    assert all(shown != own for own, shown in swapped.items())
    assert swapped == shuffled_pictures(sorted(pictures, reverse=True), seed=seed)


def test_a_single_picture_has_no_other() -> None:
    assert shuffled_pictures(["a", "a"], seed=0) == {}


def test_the_blind_agent_sees_another_picture_in_the_same_place() -> None:
    one, two = picture((1, 2, 3)), picture((4, 5, 6))
    returned = picture((7, 8, 9))
    swapped = shuffled_pictures([one.sha256, two.sha256], seed=0)
    blind = BlindController(Seeing(), swapped, {f.sha256: f.data for f in (one, two)})
    asked = query(1, files=(file_ref(one),))
    run = trajectory(asked, step("crop", images=(returned.sha256,)), step("end"))
    seen = asyncio.run(blind.act(conversation(asked, run, "system"), {}))
    first, second = seen.split()
    assert first == two.sha256
    assert second in {one.sha256, two.sha256}


@given(st.dictionaries(st.text("0123456789abcdef", min_size=1), st.sampled_from(["image", "audio", "video"])))
def test_files_are_shuffled_within_their_kind_and_a_lone_one_has_no_other(kinds) -> None:
    swapped = shuffled_media(kinds, seed=3)
    sizes = [list(kinds.values()).count(kind) for kind in kinds.values()]
    assert set(swapped) == {digest for digest, size in zip(kinds, sizes, strict=True) if size > 1}
    assert all(kinds[own] == kinds[other] and own != other for own, other in swapped.items())
    assert len(set(swapped.values())) == len(swapped)


def test_the_blind_agent_hears_another_sound_and_a_lone_video_is_left_out() -> None:
    swapped = shuffled_media(KINDS, seed=0)
    inner = Remembering()
    blind = BlindController(inner, swapped, {digest: digest.encode() for digest in swapped}, KINDS)
    asyncio.run(blind.act([SHOWN], {}))
    (((message,), media),) = inner.seen
    assert [part.type for part in message.content] == ["audio", "image", "text"]
    assert [part.sha256 for part in message.media] == [swapped["a1"], "i2"]
    assert all(part.sha256 in media for part in message.media)


def test_a_text_only_agent_is_told_the_words_alone() -> None:
    inner = Remembering()
    asyncio.run(TextOnlyController(inner).act([SHOWN], {"a1": b"sound"}))
    assert inner.seen == [([Message(role="user", content=(TextPart(text="What is it?"),))], {})]


@pytest.mark.parametrize("number", range(12))
def test_chance_writes_a_call_that_the_tool_accepts(number: int) -> None:
    asked = query(number)
    chance = ChanceController(asked, TOOLS, seed=0)
    action = read_action(asyncio.run(chance.act([opening(asked)], {})))
    called = {}

    def record(tool):
        return lambda *args, **kwargs: called.update({tool.name: tool.bind(args, kwargs)})

    exec(action.code, {tool.name: record(tool) for tool in TOOLS})
    (arguments,) = called.values()
    for name in ("image", "file"):
        assert getattr(arguments, name, "file_1.png") == "file_1.png"
    if "crop_image" in called:
        assert arguments.left < arguments.right
        assert arguments.top < arguments.bottom


def test_chance_draws_every_tool_and_always_the_same_for_a_problem() -> None:
    def drawn(number: int) -> str:
        return asyncio.run(ChanceController(query(number), TOOLS, seed=0).act([opening(query(number))], {}))

    firsts = [drawn(n) for n in range(40)]
    assert {text.split("result = ")[1].split("(")[0] for text in firsts} == {tool.name for tool in TOOLS}
    assert firsts == [drawn(n) for n in range(40)]


def test_chance_answers_in_its_second_turn() -> None:
    asked = query(1)
    chance = ChanceController(asked, TOOLS, seed=0)
    turn = asyncio.run(chance.act([opening(asked), action_message(step("x"))], {}))
    assert read_action(turn).code == "final_answer(result)"


def test_format_only_copies_the_most_common_code_with_this_problems_files() -> None:
    def solved(code: str, thought: str, number: int):
        return conversation(
            query(number), trajectory(query(number), step(code, thought=thought), step("final_answer(t)")), "s"
        )

    actions = most_common_actions(
        [
            solved('t = ocr("file_1.png")', "A sign.", 1),
            solved('t = ocr("file_1.jpg")', "A sign.", 2),
            solved('t = ocr("file_1.png")', "Letters.", 3),
            solved('t = tag_image("file_1.png")', "A cat.", 4),
            solved('t = tag_image("file_1.png")', "A cat.", 5),
        ]
    )
    asked = query(9, files=(file_ref(picture((1, 1, 1)), "file_1.webp"),))
    copier = FormatOnlyController(asked, actions)
    first = read_action(asyncio.run(copier.act([opening(asked)], {})))
    assert first == ("A sign.", 't = ocr("file_1.webp")')
    later = [opening(asked), *[action_message(step("x"))] * 5]
    assert read_action(asyncio.run(copier.act(later, {}))).code == "final_answer(t)"


def test_of_a_dialogue_every_question_tells_a_habit_of_its_own() -> None:
    def solved(code: str, number: int) -> tuple[Message, ...]:
        asked = query(number)
        return conversation(asked, trajectory(asked, step(code), step("final_answer(t)")), "system")

    seen, read, other = solved("t = tag()", 1), solved("t = ocr()", 2), solved("t = crop()", 3)
    actions = most_common_actions([(*seen, *read[1:]), (*other, *read[1:]), seen[:3]])
    assert [read_action(action).code for action in actions] == ["t = ocr()", "final_answer(t)"]
