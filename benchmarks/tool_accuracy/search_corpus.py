"""Whether ``search_corpus`` finds the document that answers a question, put in its words and in others."""

import json
import random

from tool_accuracy import Accuracy, Call

SEED = 23
FOLDERS = 4
TOP = 3
_FILLER = "The committee met on Monday and took note of the report before it closed the session."

# A sentence, a question in its words, in other forms of its words, and in other words.
_FACTS = (
    (
        "The harbour museum opened in 1962.",
        "harbour museum opened",
        "museums in harbours",
        "when did the port gallery start",
    ),
    (
        "A ticket for adults costs 12 euros.",
        "ticket adults costs",
        "price of tickets, adult",
        "entry fee for grown-ups",
    ),
    ("The night train leaves from platform 4.", "night train platform", "trains at night", "where departs the sleeper"),
    (
        "The invoice of the carpenter is unpaid.",
        "invoice carpenter unpaid",
        "invoices of carpenters",
        "bill still owed",
    ),
    ("Rain stopped the regatta in August.", "rain regatta August", "regattas that rain stops", "boat race weather"),
    (
        "The bakery closes on Tuesdays.",
        "bakery closes Tuesdays",
        "closing of bakeries on a Tuesday",
        "shop for bread shut",
    ),
    (
        "Dr Okafor directs the children's ward.",
        "Okafor directs ward",
        "wards directed by Okafor",
        "head physician paediatrics",
    ),
    (
        "The warranty covers the battery for two years.",
        "warranty covers battery",
        "covering batteries",
        "guarantee accumulator",
    ),
    (
        "The mayor planted forty lime trees.",
        "mayor planted lime trees",
        "tree planting by mayors",
        "who put saplings in",
    ),
    (
        "Flight 218 was diverted to Lisbon.",
        "flight 218 diverted Lisbon",
        "flights diverting to Lisbon",
        "plane rerouted",
    ),
    (
        "The library lends cellos to pupils.",
        "library lends cellos",
        "libraries lending a cello",
        "borrow an instrument",
    ),
    ("Copper prices fell by nine percent.", "copper prices fell", "falling price of copper", "metal got cheaper"),
)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """First and first three passages, by how the question is put."""
    rng = random.Random(SEED)
    first: dict[int, list[bool]] = {1: [], 2: [], 3: []}
    among: dict[int, list[bool]] = {1: [], 2: [], 3: []}
    for _ in range(FOLDERS):
        facts = rng.sample(_FACTS, len(_FACTS))
        files = {_name(number): _document(fact[0], number, rng) for number, fact in enumerate(facts)}
        for number, fact in enumerate(facts):
            for way, right in first.items():
                found = [passage["file"] for passage in call(files, query=fact[way], top=TOP).value]
                right.append(found[:1] == [_name(number)])
                among[way].append(_name(number) in found)
    return (
        _share("first passage, same words", first[1], reach=0.95),
        _share("first passage, other forms of the words", first[2]),
        _share(f"among {TOP}, other forms of the words", among[2]),
        _share(f"among {TOP}, other words", among[3]),
    )


def _name(number: int) -> str:
    return f"file_{number + 1}.{('txt', 'json', 'html', 'csv')[number % 4]}"


def _document(sentence: str, number: int, rng: random.Random) -> bytes:
    sentences = [_FILLER] * rng.randint(4, 12)
    sentences.insert(rng.randrange(len(sentences)), sentence)
    kind = number % 4
    if kind == 1:
        return json.dumps({"minutes": sentences}).encode()
    if kind == 2:
        return f"<html><body>{''.join(f'<p>{text}</p>' for text in sentences)}</body></html>".encode()
    if kind == 3:
        return "\n".join(["day;text", *(f"{day};{text}" for day, text in enumerate(sentences))]).encode()
    return "\n".join(sentences).encode()


def _share(measure: str, right: list[bool], reach: float | None = None) -> Accuracy:
    return Accuracy(measure, sum(right) / len(right), len(right), reach=reach)
