"""How a world is asked about: a core sentence of the wording group, in the brief's style."""

import random

from journeyman.teacher.scripted.names import ORDINALS
from journeyman.teacher.scripted.world import World

# Each core is a question and an order; a style takes the one it needs.
LOOK = (
    ("what information does the picture give", "give me the information in the picture"),
    ("what does the attached picture tell us", "tell me what the attached picture says"),
    ("what should I note down from this picture", "note down what this picture shows"),
    ("what is there to learn from the image", "find out what there is to learn from the image"),
)
"""Words that say nothing of what the picture shows: only pixels can."""

_CORES: dict[str, tuple[tuple[str, str], ...]] = {
    "look": LOOK,
    "part": (
        ("what is written in the {half} half of the picture", "read the {half} half of the picture"),
        ("which words stand in the {half} half of the image", "give me the words in the {half} half of the image"),
    ),
    "price": (
        ("how much do {count} of these cost together", "work out the price of {count} of these"),
        ("what is the total for {count} pieces at this price", "compute the total for {count} pieces at this price"),
    ),
    "total": (
        ("what is the total of {column} in the table", "add up {column} in the table"),
        ("what does the {column} column sum to", "give me the sum of the {column} column"),
    ),
    "top": (
        ("which {label} has the highest {column}", "name the {label} with the highest {column}"),
        ("where is {column} the largest, by {label}", "find the {label} whose {column} is the largest"),
    ),
    "fact": (
        ("what {label} does the document state", "look up the {label} in the document"),
        ("which {label} is given in the paper", "find the {label} that the paper gives"),
    ),
    "search": (
        (
            "in which place is Project {label} according to the documents",
            "find the place of Project {label} in the documents",
        ),
        ("where do the papers put Project {label}", "search the papers for the place of Project {label}"),
    ),
    "price-part": (
        (
            "how much do {count} pieces cost at the {half} of the two prices",
            "work out what {count} pieces cost at the {half} of the two prices",
        ),
        ("what is the total for {count} of the {half} price", "compute the total for {count} of the {half} price"),
    ),
    "price-pair": (
        ("what do the two pictured things cost together", "add up the prices on the two pictures"),
        ("how much is it for one of each of the two", "work out what one of each of the two costs together"),
    ),
    "word": (
        ('which word comes {ordinal} in "{stated}"', 'name the word that comes {ordinal} in "{stated}"'),
        ('what is the {ordinal} word of the list "{stated}"', 'give me the {ordinal} word of the list "{stated}"'),
    ),
    "larger": (
        ("which number is larger, {one} or {other}", "name the larger number of {one} and {other}"),
        ("is {one} or {other} the larger number", "tell me whether {one} or {other} is the larger number"),
    ),
    "sum": (
        ("what do {one} and {other} add up to", "add up {one} and {other}"),
        ("how much is {one} plus {other}", "tell me how much {one} plus {other} is"),
    ),
    "capital": (
        ("what is the capital of {label}", "name the capital of {label}"),
        ("which city is the capital of {label}", "tell me which city is the capital of {label}"),
    ),
    "symbol": (
        ("what is the chemical symbol of {label}", "give me the chemical symbol of {label}"),
        ("how do chemists write the chemical symbol of {label}", "write down the chemical symbol of {label}"),
    ),
    "atomic-number": (
        ("what is the atomic number of {label}", "give me the atomic number of {label}"),
        ("which number is the atomic number of {label}", "find out the atomic number of {label}"),
    ),
    "airport-code": (
        ("what is the IATA code of {label}", "give me the IATA code of {label}"),
        ("which letters are the IATA code of {label}", "find out the IATA code of {label}"),
    ),
}

_STYLES: dict[str, str] = {
    "plain question": "{Q}?",
    "polite request": "Could you please {o}? Thank you.",
    "short order": "{O}.",
    "note to a colleague": "Hi, for the file: {o}, please.",
    "curious visitor": "I wonder, {q}?",
    "tired clerk": "Last one for today. {O}.",
    "child": "Look what I found! {Q}?",
    "formal letter": "Dear Sir or Madam, kindly {o}.",
    "phone message": "Call me back when you can and {o}.",
    "teacher to pupil": "Now tell the class: {q}?",
    "shop assistant": "A customer asks: {q}?",
    "traveller": "I am on the road and need to know: {q}?",
}

VAGUE = "Do something nice with this and surprise me."


def word_query(world: World, wording: str, style: str) -> str:
    """The query's text."""
    if world.mistake == "vague query":
        return VAGUE
    rng = random.Random(f"wording/{world.number}")  # noqa: S311 - reproducible choice, no secret
    column = "Profit" if world.mistake == "missing fact" and world.columns else world.column
    one, other = (*world.stated, "", "")[:2]
    values = {
        "half": world.half, "count": world.count, "column": column, "label": world.label, "one": one, "other": other,
        "stated": ", ".join(world.stated), "ordinal": ORDINALS[world.count - 1] if world.stated else "",
    }  # fmt: skip
    label = world.label.lower() if wording in ("top", "fact") else world.label
    question, order = (core.format(**(values | {"label": label})) for core in rng.choice(_CORES[wording]))
    return in_style(question, order, style)


def in_style(question: str, order: str, style: str) -> str:
    """A question and an order, the one that ``style`` needs, in its pattern."""
    pattern = _STYLES.get(style, "{Q}?")
    return pattern.format(q=question, Q=question[0].upper() + question[1:], o=order, O=order[0].upper() + order[1:])
