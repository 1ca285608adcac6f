"""What requests in words alone are about: sentences, notes and tasks out of small banks."""

import random
from collections.abc import Callable, Mapping

_PEOPLE = ("Ada Moore", "Jon Berg", "Mira Sato", "Ivo Petrov", "Lena Roth", "Omar Aziz", "Nora Quinn", "Karl Weiss")
_PLACES = ("Lisbon", "Oslo", "Quito", "Nairobi", "Kyoto", "Lima", "Cairo", "Perth", "Bergen", "Turin")
_FIRMS = ("Falcon Freight", "Heron Mills", "Osprey Bank", "Swift Dairies", "Kestrel Books", "Plover Shipping")
_WHO = ("the baker", "my cousin", "the gardener", "our neighbour", "the captain", "a young nurse", "the old painter")
_DID = ("found", "repaired", "sold", "lost", "borrowed", "hid", "carried", "cleaned", "wrapped", "bought")
_WHAT = (
    "a wooden box",
    "the blue lamp",
    "three silver spoons",
    "an old map",
    "a broken clock",
    "two baskets of apples",
)
_WHERE = ("near the harbour", "behind the church", "in the market", "on the bridge", "at the station", "by the river")
_GOODS = ("kettle", "bicycle", "tent", "raincoat", "blender", "armchair", "torch", "rucksack", "toaster")
_PRAISE = ("works like a dream", "arrived a day early", "is worth every penny", "made my week", "feels solid")
_BLAME = ("broke after two days", "came without screws", "leaks everywhere", "is far too loud", "smells odd")
_WRONG = (
    *("{who} go to the {place} market yesterday", "me and {who} was late for dinner", "there is many boat in {place}"),
    *("{who} don't knows where is {place}", "yesterday {who} has buyed a hat", "she sing more good than {who}"),
    *("{who} are waiting since two hour in {place}", "he have forgot the key of {who}"),
)
_TASKS = (
    *("reverse the words of a sentence", "count the vowels in a string", "merge two sorted lists"),
    "find primes up to n",
    *("turn seconds into hours and minutes", "check if a word is a palindrome", "remove doubles from a list"),
    *("add up the digits of a number", "sort names by their length", "rotate a list by k places"),
)
_ROWS = ("customers", "orders", "books", "members", "invoices", "flights", "machines", "tickets")
_LIMITS = ("from {place}", "older than {n} days", "with more than {n} entries", "added in the last {n} months")
_SIGHTS = ("a lighthouse", "a red fox", "a tram", "a walled garden", "a fishing boat", "a windmill", "an orange cat")
_MOODS = (
    "in the first snow",
    "at dusk",
    "under a full moon",
    "in heavy fog",
    "in bright summer light",
    "before a storm",
)

Values = Mapping[str, str]


def make_payload(wish: str, rng: random.Random) -> Values:
    """What the cores of ``wish`` have slots for: ``payload``, and ``asked`` where something is asked about it."""
    return _MAKERS.get(wish, _sentence)(rng)


def _event(rng: random.Random) -> str:
    return f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHAT)} {rng.choice(_WHERE)}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _sentence(rng: random.Random) -> Values:
    return {"payload": f"{_capital(_event(rng))} on the {rng.randint(4, 20)}th"}


def _prose(rng: random.Random) -> Values:
    first, second = _event(rng), _event(rng)
    rest = f"It was the {rng.randint(4, 20)}th of the month and nobody in {rng.choice(_PLACES)} had expected it"
    return {"payload": f"{_capital(first)}. {rest}. Later {second}, so there was much to talk about."}


def _review(rng: random.Random) -> Values:
    good, bad = rng.choice(_PRAISE), rng.choice(_BLAME)
    said = rng.choice((f"it {good}", f"it {bad}", f"it {good} but {bad}"))
    return {"payload": f"I got the {rng.choice(_GOODS)} {rng.randint(2, 30)} days ago and {said}"}


def _named(rng: random.Random) -> Values:
    person, place, firm = rng.choice(_PEOPLE), rng.choice(_PLACES), rng.choice(_FIRMS)
    year = rng.randint(1960, 2024)
    return {
        "payload": rng.choice(
            (
                f"{person} left {firm} in {year} and moved to {place}",
                f"In {year} {firm} of {place} was bought by {person}",
            )
        )
    }


def _faulty(rng: random.Random) -> Values:
    sentence = rng.choice(_WRONG).format(who=rng.choice(_PEOPLE), place=rng.choice(_PLACES))
    return {"payload": f"{sentence}, at {rng.randint(2, 12)} o'clock"}


def _passage(rng: random.Random) -> Values:
    person, place, firm, year = rng.choice(_PEOPLE), rng.choice(_PLACES), rng.choice(_FIRMS), rng.randint(1890, 2010)
    asked = rng.choice((f"who founded {firm}", f"where {firm} was founded", f"when {person} founded the firm"))
    return {"payload": f"{person} founded {firm} in {place} in {year}", "asked": asked}


def _task(rng: random.Random) -> Values:
    extra = rng.choice(("with a test", "without imports", "in one line", "with a docstring", "for large inputs"))
    return {"payload": f"{rng.choice(_TASKS)}, {extra}, at most {rng.randint(3, 40)} lines"}


def _rows(rng: random.Random) -> Values:
    limit = rng.choice(_LIMITS).format(place=rng.choice(_PLACES), n=rng.randint(2, 90))
    return {"payload": f"all {rng.choice(_ROWS)} {limit}, newest first, {rng.randint(5, 50)} at most"}


def _sight(rng: random.Random) -> Values:
    return {"payload": f"{rng.choice(_SIGHTS)} near {rng.choice(_PLACES)} {rng.choice(_MOODS)}, {_event(rng)}"}


_MAKERS: dict[str, Callable[[random.Random], Values]] = {
    "summary": _prose,
    "sentiment": _review,
    "entities": _named,
    "grammar": _faulty,
    "answer": _passage,
    "python": _task,
    "sql": _rows,
    "paint": _sight,
}
