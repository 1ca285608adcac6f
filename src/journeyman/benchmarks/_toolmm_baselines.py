"""What a choice of tools is worth without a look at the file: agents that read the words, or not even those."""

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from journeyman.action_formats.api_choice import MAX_APIS, Choice, write_choice
from journeyman.agent.controller import Controller
from journeyman.benchmark import Baseline, Known, Taught
from journeyman.benchmarks._toolmm_gold import NAMED, QUESTION, choice_of_labels, gold_of, read_reply
from journeyman.errors import ConfigError
from journeyman.schema.api import UNKNOWN
from journeyman.schema.message import Message
from journeyman.schema.query import Query
from journeyman.schema.record import fingerprint

NEIGHBOURS = 5
"""Training instructions that vote on one problem."""

logger = logging.getLogger(__name__)


class Saying:
    """Replies the same whatever it is asked: who attempts one problem."""

    def __init__(self, name: str, reply: str) -> None:
        """Reply ``reply`` under the name ``name``."""
        self.name = name
        self._reply = reply

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:  # noqa: ARG002 - Controller
        """The reply."""
        return self._reply


def chance(known: Known) -> Callable[[Query], Controller]:
    """One name of the catalogue or ``unknown``, all equally likely, drawn from the seed and the query's id."""
    drawn = [*sorted(known.catalogue), UNKNOWN]

    def controller_for(query: Query) -> Controller:
        draws = random.Random(fingerprint([known.seed, query.query_id]))  # noqa: S311 - reproducible, no secret
        name = draws.choice(drawn)
        return Saying("chance", write_choice(Choice(unknown=True) if name == UNKNOWN else Choice(apis=(name,))))

    return controller_for


def blind_bound(known: Known) -> Callable[[Query], Controller]:
    """The best single reply to a problem's words, by the right answers of all problems with the same words.

    It has the answers, so that it is no policy but a bound: no agent that sees the words alone and names one tool
    can get a higher accuracy. On ToolMMBench's test file that is 90.1 %. Ties go to the smaller label.
    """
    right: dict[str, Counter[str]] = defaultdict(Counter)
    for problem in known.problems:
        right[problem.query.text].update(gold_of(problem).labels)
    best = {text: min(labels, key=lambda label: (-labels[label], label)) for text, labels in right.items()}
    return lambda query: Saying("blind_bound", write_choice(choice_of_labels([best[query.text]])))


def tfidf(known: Known) -> Callable[[Query], Controller]:
    """The vote of the training instructions whose words are nearest: no file is looked at.

    Words are weighed by TF-IDF over the training instructions, and the :data:`NEIGHBOURS` with the highest cosine vote,
    each for all that is right for it. What has the most votes is named first; ties go to the nearer neighbours, then to
    the smaller label. Behind it stand the other tools that more than half of the neighbours vote for. Where ``unknown``
    or a question wins, that is the reply. An instruction that shares no word with training gets the reply that training
    has most often; without any training choice every reply is ``unknown``.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    taught = [(row, labels) for row in known.taught if (labels := read_reply(row.reply).labels)]
    if not taught:
        logger.warning("agent tfidf has no training choice to learn from; it says unknown to everything")
        return lambda _query: Saying("tfidf", write_choice(Choice(unknown=True)))
    texts = [row.text for row, _ in taught]
    similar = _similarities(texts, {problem.query.text for problem in known.problems})
    usual = Counter(labels for _, labels in taught)
    commonest = min(usual, key=lambda labels: (-usual[labels], labels))

    def controller_for(query: Query) -> Controller:
        near = [(share, *taught[place]) for place, share in similar(query.text)]
        labels = _voted([(share, said) for share, _, said in near]) if near else list(commonest)
        question = next((_question(row) for _, row, said in near if said == (QUESTION,)), "")
        return Saying("tfidf", write_choice(choice_of_labels(labels[:MAX_APIS], question)))

    return controller_for


def _similarities(texts: Sequence[str], asked: set[str]) -> Callable[[str], list[tuple[int, float]]]:
    """Text -> (place in ``texts``, cosine) of its neighbours, the nearest first, those that share a word alone."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as exc:
        raise ConfigError(
            "agent 'tfidf' needs scikit-learn; install journeyman[tools], or leave the agent out"
        ) from exc
    vectorizer: Any = TfidfVectorizer(token_pattern=r"\w+")  # noqa: S106 - what a word is
    try:
        trained = vectorizer.fit_transform(texts)
    except ValueError:  # no training instruction has a word
        return lambda _text: []
    order = {text: row for row, text in enumerate(sorted(asked))}
    shares = (vectorizer.transform(sorted(asked)) @ trained.T).tocsr()  # sparse: the rows of both are unit vectors

    def neighbours(text: str) -> list[tuple[int, float]]:
        row = shares.getrow(order[text])
        # Rounded, so that the order of a sum's terms does not decide between equals.
        found = sorted(
            (-round(float(share), 9), int(place)) for place, share in zip(row.indices, row.data, strict=True)
        )
        return [(place, -share) for share, place in found[:NEIGHBOURS] if share < 0]

    return neighbours


def _voted(near: Sequence[tuple[float, tuple[str, ...]]]) -> list[str]:
    """Labels by votes; behind the first stand the tools that more than half of the neighbours vote for."""
    votes: Counter[str] = Counter()
    nearness: dict[str, float] = defaultdict(float)
    for share, labels in near:
        for label in labels:
            votes[label] += 1
            nearness[label] += share
    ranked = sorted(votes, key=lambda label: (-votes[label], -nearness[label], label))
    return ranked[:1] + [label for label in ranked[1:] if 2 * votes[label] > len(near) and label.startswith(NAMED)]


def _question(row: Taught) -> str:
    choice = read_reply(row.reply).choice
    return choice.question if choice else ""


BASELINES: Mapping[str, Baseline] = {"tfidf": tfidf, "blind_bound": blind_bound, "chance": chance}
