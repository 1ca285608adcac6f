"""How each kind of question is solved: which skills are called, and how their results give the answer.

A solution is a generator: it yields the calls of a turn, is sent their results, and returns the answer.
It is run from its start at every turn, with the results that the conversation holds. Its arguments come
from the words; a picture's mark only tells what questions about nothing in particular are about.
"""

import json
import re
from collections.abc import Callable, Generator, Sequence
from typing import Any

from journeyman.teacher.scripted.skills.readings import (
    at_point,
    best_of,
    boxes_of,
    nearest_to,
    said_in,
    third_of,
    told_of,
)
from journeyman.teacher.scripted.skills.scenes import make_skill_world
from journeyman.teacher.scripted.skills.talk import Call, Question
from journeyman.teacher.scripted.word_solutions import known_answer

Solution = Generator[list[Call], list[Any], str]
"""Yields calls, takes their results, returns the answer."""

_COLOUR = "red|green|blue|yellow|orange|purple|black|white|pink|brown|grey"
_THING = re.compile(rf"\b({_COLOUR}) (circle|square|triangle|diamond|pentagon|hexagon|star)s?\b", re.IGNORECASE)
_PLACE = re.compile(r"\[[\d., ]+\]")
_DRAWN = re.compile(
    r"(?:draw|new picture of) (.+?)(?:, write| with an? \w+ post| and give me| and say how)", re.IGNORECASE
)
_THIRDS = (("left", "middle", "right"), ("top", "middle", "bottom"))


def solve(question: Question) -> Solution:
    """The solution of ``question``."""
    if question.files or _DRAWN.search(question.text):
        solution = next((solve for words, solve in _BY_WORDS if re.search(words, question.text, re.IGNORECASE)), _look)
        return solution(question)
    return _in_words(question)


def things_in(text: str) -> list[str]:
    """The coloured shapes that ``text`` names, in its order."""
    return [f"{colour} {shape}".lower() for colour, shape in _THING.findall(text)]


def _call(skill: str, **params: Any) -> Call:
    return Call(skill, params)


def _in_words(question: Question) -> Solution:
    yield from ()
    return str(known_answer(question.text))


def _look(question: Question) -> Solution:
    if question.kind == "sign":
        (lines,) = yield [_call("read_lines", image=question.picture)]
        return _print(lines)
    if question.kind == "people":
        return (yield from _count_phrase(question, "face"))
    if question.kind == "tags":
        (tags,) = yield [_call("tag_scene", image=question.picture)]
        return str(tags[0])
    return (yield from _describe(question))


def _print(lines: Sequence[dict[str, Any]]) -> str:
    return " ".join(line["text"] for line in lines)


def _count_phrase(question: Question, phrase: str) -> Solution:
    (found,) = yield [_call("ground_objects", image=question.picture, phrases=phrase)]
    return str(len(found))


def _count(question: Question) -> Solution:
    return (yield from _count_phrase(question, (*things_in(question.text), "face")[0]))


def _where(question: Question) -> Solution:
    (thing,) = things_in(question.text)
    (found,) = yield [_call("ground_objects", image=question.picture, phrases=thing)]
    return third_of(found[0], _THIRDS["top, middle" in question.text])


def _present(question: Question) -> Solution:
    (thing,) = things_in(question.text)
    (found,) = yield [_call("ground_objects", image=question.picture, phrases=thing)]
    return "yes" if found else "no"


def _larger_thing(question: Question) -> Solution:
    one, other = things_in(question.text)
    (found,) = yield [_call("segment_objects", image=question.picture, phrases=f"{one} . {other}")]
    return max(one, other, key=lambda thing: best_of(thing, found)["area"])


def _covered(question: Question) -> Solution:
    spot = json.loads(_spot(question))
    given = {"box": spot} if len(spot) == 4 else {"points": [spot]}
    (cuts,) = yield [_call("segment_at", image=question.picture, **given)]
    # From the part to the whole: the last is the whole thing.
    return f"{100 * cuts[-1]['area']:.1f}"


def _most_room(question: Question) -> Solution:
    (found,) = yield [_call("segment_map", image=question.picture)]
    shares = [named for named in found["classes"] if named["name"] != "ground"]
    return str(max(shares, key=lambda named: named["share"])["name"])


def _outermost(question: Question) -> Solution:
    edge = re.search(r"nearest to the (\w+) edge", question.text)
    (found,) = yield [_call("caption_and_ground", image=question.picture)]
    return nearest_to(edge.group(1) if edge else "left", found["objects"])


def _at_point(question: Question) -> Solution:
    (found,) = yield [_call("tag_and_ground", image=question.picture)]
    return at_point(json.loads(_spot(question)), found["objects"])


def _spot(question: Question) -> str:
    spot = _PLACE.search(question.text)
    return spot.group() if spot else "[0.5, 0.5]"


def _describe(question: Question) -> Solution:
    (caption,) = yield [_call("caption_image", image=question.picture)]
    return said_in(caption)


def _sign_and_place(question: Question) -> Solution:
    (thing,) = things_in(question.text)
    lines, found = yield [
        _call("read_lines", image=question.picture),
        _call("ground_objects", image=question.picture, phrases=thing),
    ]
    return f"{_print(lines)}, {third_of(found[0], _THIRDS[0])}"


def _signs(question: Question) -> Solution:
    read = yield [_call("read_lines", image=file) for file in question.files]
    return ", ".join(_print(lines) for lines in read)


def _prices(question: Question) -> Solution:
    read = yield [_call("read_lines", image=file) for file in question.files]
    return max((_print(lines) for lines in read), key=float)


def _draw(question: Question) -> Solution:
    (drawn,) = yield [_call("draw_picture", prompt=_drawn(question))]
    return str(drawn["picture"])


def _drawn(question: Question) -> str:
    asked = _DRAWN.search(question.text)
    return asked.group(1) if asked else question.text


def _post(question: Question) -> Solution:
    name = yield from _draw(question)
    wish = re.search(r"(plain|cheerful) post about (.+?)(?: for it| and say how)", question.text)
    tone, topic = wish.groups() if wish else ("plain", question.text)
    yield [_call("write_post", image=name, about=topic, tone=tone)]
    return name


def _erase(question: Question) -> Solution:
    (thing,) = things_in(question.text)
    (found,) = yield [_call("segment_objects", image=question.picture, phrases=thing)]
    (filled,) = yield [_call("inpaint", image=question.picture, mask=found[0]["mask"])]
    return str(filled["picture"])


def _left_after(question: Question) -> Solution:
    name = yield from _erase(question)
    (tags,) = yield [_call("tag_scene", image=name)]
    return ", ".join(tags)


def _repaint(question: Question) -> Solution:
    (thing,) = things_in(question.text)
    colours = re.findall(rf"\b(?:{_COLOUR})\b", question.text, re.IGNORECASE)
    (mapped,) = yield [_call("segment_map", image=question.picture)]
    (painted,) = yield [_call("draw_from_map", map=mapped["picture"], prompt=f"the {thing} in {colours[-1].lower()}")]
    return str(painted["picture"])


def _ground(question: Question) -> Solution:
    yield from ()
    # Seen, not measured: what the world says is what anyone sees.
    return make_skill_world("ground", question.number, 0.0).background


def _told(question: Question) -> Solution:
    yield from ()
    return str(sum(int(number) for number in re.findall(r"\d+", question.text)))


def _boxes(question: Question) -> Solution:
    thing, *_ = things_in(question.text)
    (found,) = yield [_call("ground_objects", image=question.picture, phrases=thing)]
    return boxes_of(found)


def _list_things(question: Question) -> Solution:
    (tags,) = yield [_call("tag_scene", image=question.picture)]
    return ", ".join(tags)


def _sentence(question: Question) -> Solution:
    (caption,) = yield [_call("caption_image", image=question.picture)]
    return str(caption)


def _lines(question: Question) -> Solution:
    (lines,) = yield [_call("read_lines", image=question.picture)]
    return "\n".join(line["text"] for line in lines)


def _knowledge(question: Question) -> Solution:
    words = question.text
    what = next((what for what in ("year", "place", "person") if what in words), "maker")
    (found,) = yield [_call("retrieve_knowledge", image=question.picture)]
    return told_of(what, [known["text"] for known in found])


_BY_WORDS: tuple[tuple[str, Callable[[Question], Solution]], ...] = (
    (r"\[left, top, right, bottom\]", _boxes),
    (r"\bcommas?\b", _list_things),
    (r"\bone sentence\b", _sentence),
    (r"\bprinted\b", _lines),
    (r"two signs", _signs),
    (r"(?:highest|dearest) of the three", _prices),
    (r"sign.*\bthird\b", _sign_and_place),
    (r"\bthird\b", _where),
    (r"\bpost about", _post),
    (_DRAWN.pattern, _draw),
    (r"percent", _covered),
    (r"\bmore\b.*(?:together|in all)", _told),
    (r"how many|count the", _count),
    (r"covers more|is larger", _larger_thing),
    (r"most room|largest share", _most_room),
    (r"nearest to the", _outermost),
    (r"still to be seen|remains", _left_after),
    (r"out of the picture|without the", _erase),
    (r"same layout|in its place", _repaint),
    (r"ground", _ground),
    (r"few words", _describe),
    (r"(?:is|lies) at \[", _at_point),
    (rf"\b(?:is there|there is|shows?) an? (?:{_COLOUR})\b", _present),
    (r"\bwhich year|\bthe year|\bmade or gave\b|\bby whom\b|\bplace\b|\bthe person\b", _knowledge),
)
"""Words that tell a kind of question, the first that fits."""
