"""Say in words what a scene holds."""

from collections.abc import Iterable, Sequence

from journeyman.tools._scenes.scene import Scene
from journeyman.tools._scenes.thing import Thing

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
LONGEST_QUOTE = 60
"""Characters of print that are quoted."""
MOST_QUOTES = 4
"""Lines of print that are quoted one by one."""
THIRD = (0.38, 0.62)
"""Shares of width and height between which a thing's middle is in the middle."""
MOST_PLACES = 3
"""Places that are told of things of one name."""


def tags_of(scene: Scene) -> list[str]:
    """Names of what is there, each once, the most certain first."""
    return list(dict.fromkeys(thing.name for thing in scene.things()))


def sentence_of(scene: Scene) -> str:
    """One sentence: things, how many, and where."""
    said = [*_groups(scene.shapes, scene), *_groups(scene.photographs, scene), *_groups(scene.faces, scene)]
    said += [*_groups(scene.codes, scene), *_print(scene)]
    ground = f"a {scene.ground} ground" if scene.ground else "a ground of many colours"
    if not said:
        plain = f"an empty {scene.ground} picture" if scene.ground else "a picture without a shape, a word or a face"
        return f"{plain[0].upper()}{plain[1:]}."
    whole = len(said) == 1 and scene.frames == ((0, 0, *scene.size),)
    words = joined(said) + ("" if whole or not scene.ground else f", on {_with_article(ground)}")
    return f"{words[0].upper()}{words[1:]}."


def place_of(thing: Thing, size: tuple[int, int]) -> str:
    """``at the top left``, ``in the centre``, ... of a picture of ``size`` (width, height)."""
    across = (thing.box[0] + thing.box[2]) / 2 / size[0]
    down = (thing.box[1] + thing.box[3]) / 2 / size[1]
    row = "top" if down < THIRD[0] else "bottom" if down > THIRD[1] else ""
    column = "left" if across < THIRD[0] else "right" if across > THIRD[1] else ""
    return f"at the {f'{row} {column}'.strip()}" if row or column else "in the centre"


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _groups(things: Iterable[Thing], scene: Scene) -> list[str]:
    by_name: dict[str, list[Thing]] = {}
    for thing in things:
        by_name.setdefault(thing.name, []).append(thing)
    return [_group(name, group, scene) for name, group in by_name.items()]


def _group(name: str, group: list[Thing], scene: Scene) -> str:
    photographed = group[0].kind == "photograph" and name != "photograph"
    if len(group) == 1:
        words = f"a photograph of {_article(name)}" if photographed else _article(name)
    else:
        count = NUMBERS[len(group)] if len(group) < len(NUMBERS) else str(len(group))
        words = f"{count} photographs of {_article(name)}" if photographed else f"{count} {_plural(name)}"
    if len(group) == 1 and group[0].box == (0, 0, *scene.size):
        return words
    places = list(dict.fromkeys(place_of(thing, scene.size) for thing in group))
    return f"{words} {joined(places)}" if len(places) <= MOST_PLACES else words


def _print(scene: Scene) -> list[str]:
    texts = scene.texts
    if len(texts) > MOST_QUOTES:
        return [f"{len(texts)} lines of print that begin with {_quote(texts[0].text)}"]
    return [
        f"the {'text' if ' ' in thing.text else 'word'} {_quote(thing.text)} {place_of(thing, scene.size)}"
        for thing in texts
    ]


def _quote(text: str) -> str:
    """Print as data: in quotes, with none inside, so that nobody takes it for what the sentence says."""
    plain = text.replace('"', "'")
    return f'"{plain if len(plain) <= LONGEST_QUOTE else plain[: LONGEST_QUOTE - 3] + "..."}"'


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"


def _with_article(words: str) -> str:
    return f"an {words[2:]}" if words.startswith("a ") and words[2] in "aeio" else words


def _plural(name: str) -> str:
    return f"{name}es" if name.endswith(("x", "s", "ch", "sh")) else f"{name}s"
