"""What the scripted agent says in its turns: presets, chosen by the conversation, with the skills' names put in."""

import random
from collections.abc import Sequence

from journeyman.teacher.scripted.skills.offered import PURPOSES
from journeyman.teacher.scripted.skills.talk import Call, Talk

_FIRST = (
    "To answer this I have to {purposes}; {skills} can do that.",
    "The question asks me to {purposes}, so I call {skills}.",
    "For this I {purposes} with {skills}.",
    "First I {purposes}, for which there is {skills}.",
)
_NEXT = (
    "Thanks to what came back I can go on: now I {purposes} with {skills}.",
    "That was the first part. Next I {purposes}, with {skills}.",
    "With this result {skills} can {purposes}.",
)
_AGAIN = ("{skills} did not answer, so I try once more.",)
_ANSWER = (
    "Thanks to the output of {skills}, I can answer now.",
    "Thanks to {skills} I know what was asked.",
    "Thanks to {skills}, the results hold the answer.",
)
_GIVEN = (
    "Thanks to the results that are given already, no skill has to be called.",
    "The results given with the question hold the answer, so I need no skill.",
)
_NO_SKILL = (
    "I can tell this without a skill.",
    "No skill is needed to answer this.",
    "The question and the picture say enough, so I call nothing.",
)
_WORDS_ALONE = (
    "The words say it all, so I need no skill.",
    "There is no picture to look into; the question itself tells the answer.",
    "No skill is needed: I can work this out from the words.",
)
_WAIT = "I will use {skills} to help to answer the question. Please wait for a moment."


def wait_value(talk: Talk, calls: Sequence[Call]) -> str:
    """What the user is told while skills are called."""
    return _WAIT.format(skills=_joined([talk.name(call.skill) for call in calls]))


def thoughts_before(talk: Talk, calls: Sequence[Call]) -> str:
    """Why ``calls`` are made."""
    again = any(call.key in talk.down for call in calls)
    presets = _AGAIN if again else _NEXT if talk.results else _FIRST
    purposes = _joined([PURPOSES.get(call.skill, "find out more") for call in calls])
    return _chosen(presets, talk).format(purposes=purposes, skills=_joined([talk.name(c.skill) for c in calls]))


def thoughts_at_the_end(talk: Talk, skills: Sequence[str]) -> str:
    """Why the answer is known; ``skills`` are those whose results were used."""
    if skills:
        return _chosen(_ANSWER, talk).format(skills=_joined([talk.name(skill) for skill in skills]))
    if talk.context:
        return _chosen(_GIVEN, talk)
    return _chosen(_NO_SKILL if talk.question.files else _WORDS_ALONE, talk)


def _joined(words: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(words))


def _chosen(presets: Sequence[str], talk: Talk) -> str:
    rng = random.Random(f"thoughts/{talk.question.text}/{talk.question.number}/{talk.turns}")  # noqa: S311 - no secret
    return rng.choice(presets)
