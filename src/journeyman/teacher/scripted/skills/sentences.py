"""How the worlds of the skills recipe are asked about."""

import random
from collections.abc import Mapping

from journeyman.teacher.scripted.skills.scenes import SkillWorld, with_article
from journeyman.teacher.scripted.wordings import LOOK, VAGUE, in_style

BOX = "[left, top, right, bottom]"
"""The form in which boxes are asked for."""
Cores = tuple[tuple[str, str], ...]
"""Questions and orders; a style takes the one it needs."""

_THIRDS = {"across": "left, middle or right", "down": "top, middle or bottom"}
_KNOWLEDGE: Mapping[str, Cores] = {
    "year": (
        ("which year is known of what the picture shows", "give me the year that is known of what the picture shows"),
        ("in which year was what the picture shows", "find out in which year was what the picture shows"),
    ),
    "maker": (
        ("who made or gave the photograph", "find out who made or gave the photograph"),
        ("by whom is this photograph", "tell me by whom this photograph is"),
    ),
    "place": (
        ("which place belongs to what the picture shows", "name the place that belongs to what the picture shows"),
        ("in which place was what the photo shows", "find out in which place was what the photo shows"),
    ),
    "person": (
        ("what is the name of the person in the picture", "give me the name of the person in the picture"),
        ("who is the person in the photo", "find out who is the person in the photo"),
    ),
}
_CORES: Mapping[str, Cores] = {
    "look": LOOK,
    "where": (
        (
            "is the {label} in the {thirds} third of the picture",
            "say whether the {label} is in the {thirds} third of the picture",
        ),
        ("which third has the {label}, {thirds}", "tell me which third has the {label}, {thirds}"),
    ),
    "how-many": (
        ("how many {label}s are in the picture", "count the {label}s in the picture"),
        ("how many {label}s does the picture show", "find out how many {label}s the picture shows"),
    ),
    "is-there": (
        ("is there {a_label} in the picture", "say whether there is {a_label} in the picture"),
        ("does the picture show {a_label}", "tell me whether the picture shows {a_label}"),
    ),
    "larger-thing": (
        (
            "which covers more of the picture, the {label} or the {column}",
            "say which covers more of the picture, the {label} or the {column}",
        ),
        ("which is larger, the {label} or the {column}", "tell me which is larger, the {label} or the {column}"),
    ),
    "covered": (
        (
            "how many percent of the picture does the thing {spot} cover",
            "tell me how many percent of the picture the thing {spot} covers",
        ),
        ("what percentage of the picture is the thing {spot}", "find what percentage of it is the thing {spot}"),
    ),
    "most-room": (
        (
            "which kind of thing takes up most room in the picture, all of a kind together",
            "name the kind of thing that takes up most room in the picture, all of a kind together",
        ),
        (
            "things of which kind have the largest share of the picture",
            "name the kind of things that have the largest share of the picture",
        ),
    ),
    "outermost": (
        (
            "what does the picture show, and what of it is nearest to the {column} edge",
            "look at what the picture shows and name what is nearest to the {column} edge",
        ),
        ("which thing is nearest to the {column} edge", "say which thing is nearest to the {column} edge"),
    ),
    "at-point": (
        ("what is at {label} in the picture", "name what is at {label} in the picture"),
        ("which thing lies at {label}", "tell me which thing lies at {label}"),
    ),
    "describe": (
        ("what is in the picture in a few words, and where", "describe the picture in a few words, and where"),
        ("how would you describe the picture in a few words", "give me the picture in a few words"),
    ),
    "sign-and-place": (
        (
            "what does the sign say, and is the {label} in the {thirds} third",
            "read the sign and say whether the {label} is in the {thirds} third",
        ),
        (
            "what is on the sign, and which third has the {label}, {thirds}",
            "tell me what is on the sign and which third has the {label}, {thirds}",
        ),
    ),
    "two-signs": (
        ("what do the two signs say, the first one first", "read the two signs, the first one first"),
        ("which words are on the two signs, in their order", "give me the words on the two signs in their order"),
    ),
    "three-prices": (
        ("what is the highest of the three prices", "find the highest of the three prices"),
        ("how much is the dearest of the three", "tell me how much the dearest of the three is"),
    ),
    "draw": (
        ("can you draw {label} and give me the new file's name", "draw {label} and give me the new file's name"),
        (
            "will you make me a new picture of {label} and say how its file is called",
            "make me a new picture of {label} and say how its file is called",
        ),
    ),
    "post": (
        (
            "can you draw {label}, write a {tone} post about {topic} for it and give me the new file's name",
            "draw {label}, write a {tone} post about {topic} for it and give me the new file's name",
        ),
        (
            "will you make me a new picture of {label} with a {tone} post about {topic} and say how its file is called",
            "make me a new picture of {label} with a {tone} post about {topic} and say how its file is called",
        ),
    ),
    "erase": (
        (
            "can you take the {label} out of the picture and give me the new file's name",
            "take the {label} out of the picture and give me the new file's name",
        ),
        ("how is the file called without the {label}", "make a copy without the {label} and say how it is called"),
    ),
    "left-after": (
        (
            "what is still to be seen once the {label} is taken out of the picture",
            "take the {label} out of the picture and say what is still to be seen",
        ),
        ("what remains when the {label} is wiped out", "wipe out the {label} and name what remains"),
    ),
    "repaint": (
        (
            "can you paint the {label} {column}, all in its place, and give me the new file's name",
            "paint the {label} {column}, all in its place, and give me the new file's name",
        ),
        (
            "how is the file called with the {label} in {column} and the same layout",
            "make the {label} {column} with the same layout and say how the file is called",
        ),
    ),
    "ground": (
        ("which colour is the ground of the picture", "name the colour of the ground of the picture"),
        ("what colour is the picture's ground", "tell me what colour the picture's ground is"),
    ),
    "told": (
        (
            "I drew {one} {label}s on this picture and then {other} more: how many are that together",
            "I drew {one} {label}s on this picture and then {other} more: say how many that is together",
        ),
        (
            "if {one} {label}s come onto this picture and then {other} more, how many come in all",
            "if {one} {label}s come onto this picture and then {other} more, tell me how many come in all",
        ),
    ),
    "boxes": (
        ("which boxes hold the {label}s, as {box} in shares", "give me the boxes of the {label}s as {box} in shares"),
        (
            "what are the boxes of all {label}s, each {box} in shares",
            "list the boxes of all {label}s, each {box} in shares",
        ),
        ("where is each {label}, as a box {box} of shares", "locate each {label} with a box {box} of shares"),
        (
            "which box {box}, from 0 to 1, goes around each {label} of this image",
            "draw no box, write it: {box} from 0 to 1 for each {label} of this image",
        ),
    ),
    "list-things": (
        (
            "which kinds of things are in the picture, with commas between",
            "name all kinds of things in the picture, with commas between",
        ),
        ("what things does the picture hold, as a list with commas", "list the picture's things with commas"),
        (
            "which colours and shapes of things are there, separated by commas",
            "list colour and shape of each kind of thing, separated by commas",
        ),
        (
            "which tags does this image need, colour and shape with commas",
            "tag this image by colour and shape, with commas",
        ),
    ),
    "sentence": (
        (
            "what one sentence says how many things are in the picture, which, where, and on what ground",
            "say in one sentence how many things are in the picture, which, where, and on what ground",
        ),
        (
            "how does this image sound in one sentence, with number, colour, shape, place and background",
            "put this image into one sentence, with number, colour, shape, place and background",
        ),
        (
            "which caption of one sentence fits, the ground's colour in it",
            "caption the image with one sentence, the ground's colour in it",
        ),
        (
            "can you tell a blind friend in one sentence what is there and what colour is behind it",
            "tell a blind friend in one sentence what is there and what colour is behind it",
        ),
    ),
    "lines": (
        ("what is printed on the picture, line by line", "copy all that is printed on the picture, line by line"),
        ("which words are printed here, from the top down", "write out the words printed here, from the top down"),
        ("what do all printed lines of this image say", "type the printed lines of this image"),
        ("which printed words stand on it, and only these", "give me the printed words on it, and only these"),
    ),
}  # fmt: skip


def word_skill_query(world: SkillWorld, wording: str, style: str) -> str:
    """The query's text; of kinds that are asked alike it is the same for one number and style."""
    if world.mistake == "vague query":
        return VAGUE
    rng = random.Random(f"wording/{world.number}")  # noqa: S311 - reproducible choice, no secret
    cores = _KNOWLEDGE[world.column] if wording == "knowledge" else _CORES[wording]
    one, other, *_ = (*world.stated, "", "")
    values = {
        "label": world.label, "a_label": with_article(world.label or "thing"), "column": world.column,
        "thirds": _THIRDS.get(world.column, ""), "spot": _spot(world), "one": one, "other": other, "box": BOX,
        "tone": one, "topic": other,
    }  # fmt: skip
    question, order = (core.format(**values) for core in rng.choice(cores))
    return in_style(question, order, style)


def _spot(world: SkillWorld) -> str:
    return f"in the box {world.label}" if world.column == "box" else f"at {world.label}"
