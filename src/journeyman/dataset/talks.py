"""Runs that ask further about one picture, joined into the dialogue that a live talk of the same questions is.

Each run was made, checked and replayed on its own. A :class:`~journeyman.agent.skill_session.SkillSession` that is
asked the same questions one after the other, the files with the first one, gives the agent these messages.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.agent.mask_names import MASK_NAME
from journeyman.agent.prompt import conversation
from journeyman.schema.message import Message
from journeyman.schema.query import Query
from journeyman.schema.record import fingerprint
from journeyman.schema.trajectory import Trajectory

_MEDIA_NAME = re.compile(r"[\w-]+\.(?:png|jpe?g|gif|bmp|webp|wav|mp3|mp4)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Talk:
    """What one example is made of: a run, and runs that ask further about its files, in order."""

    runs: tuple[Trajectory, ...]

    @property
    def example_id(self) -> str:
        """The run's own id where it is alone."""
        ids = [run.trajectory_id for run in self.runs]
        return ids[0] if len(ids) == 1 else fingerprint(ids)[:16]


def talks_of(runs: Sequence[Trajectory], asked: Mapping[str, Query], *, join: bool) -> list[Talk]:
    """The runs, each in one talk; talks stand in the order of their first runs.

    A run goes into the talk of the run that it follows where that one is here and a live talk would give the same
    messages: both were answered, were given the same files and shown the same first, no mask among it, and the later
    one names no file that a skill made, for in a talk its number could be another one. Any other run is a talk of its
    own.

    Args:
        runs: One a query.
        asked: Queries by id.
        join: False leaves each run alone.
    """
    by_query = {run.query_id: run for run in runs}
    further: dict[str, list[Trajectory]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (asked[run.query_id].seed, run.query_id)):
        begun = by_query.get(asked[run.query_id].follows)
        if join and begun is not None and _goes_on(run, begun, asked):
            further[begun.query_id].append(run)
    joined = {run.query_id for later in further.values() for run in later}
    return [Talk((run, *further.get(run.query_id, ()))) for run in runs if run.query_id not in joined]


def dialogue(talk: Talk, asked: Mapping[str, Query], system: str) -> tuple[Message, ...]:
    """The talk as messages: each question with its turns; files, and what was shown first, with the first one alone."""
    first, *further = talk.runs
    messages = conversation(asked[first.query_id], first, system)
    for run in further:
        query = asked[run.query_id].model_copy(update={"files": ()})
        _, *turns = conversation(query, run.model_copy(update={"context": ""}), system)
        messages += tuple(turns)
    return messages


def _goes_on(run: Trajectory, begun: Trajectory, asked: Mapping[str, Query]) -> bool:
    query, first = asked[run.query_id], asked[begun.query_id]
    return (
        not first.follows
        and query.files == first.files
        and run.status == begun.status == "answered"
        and run.context == begun.context
        # A live talk shows it with the first question alone, and masks are named anew in each.
        and not MASK_NAME.search(run.context)
        and _media_named(run) <= {ref.name for ref in query.files}
    )


def _media_named(run: Trajectory) -> set[str]:
    return {
        name for step in run.steps for text in (step.action, step.observation) for name in _MEDIA_NAME.findall(text)
    }
