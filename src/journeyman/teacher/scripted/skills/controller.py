"""The scripted agent where turns call skills: it solves what the conversation asks, and errs at the set rate."""

import random
from dataclasses import replace
from typing import Any

from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.skills.solutions import solve
from journeyman.teacher.scripted.skills.talk import Call, Talk, read_talk, write_skill_turn
from journeyman.teacher.scripted.skills.thoughts import thoughts_at_the_end, thoughts_before, wait_value

NOT_FOUND = "unknown"
"""What is answered where the results do not tell."""
_MISTAKES = ("broken turn", "guess", "wrong answer", "wrong tool", "wrong argument")
_FROM_OBJECTS = ("tag_and_ground", "caption_and_ground")


def next_skill_turn(asked: Asked, mistake_rate: float) -> tuple[str, str]:
    """The assistant's text for this point of the conversation, and the label of a planted mistake or ''.

    Raises:
        ValueError: The conversation asks no question.
    """
    talk = read_talk(asked)
    label = _slip(asked, talk, mistake_rate)
    turn = _turn(talk, label)
    return (turn[:-1] if label == "broken turn" and not talk.turns else turn), label


def _turn(talk: Talk, label: str) -> str:
    if label == "guess":
        return write_skill_turn("I can tell without looking.", (), NOT_FOUND)
    calls, answer, used = _wrong_step(talk) if label == "wrong tool" else _next_step(talk)
    if not calls:
        value = f"about {answer}" if label == "wrong answer" else answer
        return write_skill_turn(thoughts_at_the_end(talk, used), (), value)
    if label == "wrong argument" and not talk.turns:
        calls = [Call(call.skill, {**call.params, "image": "file_9.png"}) for call in calls]
    named = [(talk.name(call.skill), call.params) for call in calls]
    return write_skill_turn(thoughts_before(talk, calls), named, wait_value(talk, calls))


def _slip(asked: Asked, talk: Talk, mistake_rate: float) -> str:
    question = talk.question
    rng = random.Random(f"slip/{question.text}/{question.files}/{asked.marks[:1]}")  # noqa: S311 - no secret
    # Where no call names a file none can be the wrong one, and without files no other skill has one to take.
    possible = _MISTAKES[: 3 + bool(question.files)]
    first, *_ = _next_step(replace(talk, results={}, down=set(), refused=set()))
    if any("image" in call.params for call in first):
        possible = _MISTAKES
    return rng.choice(possible) if rng.random() < mistake_rate else ""


def _next_step(talk: Talk) -> tuple[list[Call], str, list[str]]:
    """The calls that are to be made now, or none, the answer, and the skills whose results gave it."""
    solution = solve(talk.question)
    used: list[str] = []
    try:
        calls = next(solution)
        while True:
            results = []
            for call in calls:
                known, result = _known(talk, call)
                if known:
                    results.append(result)
            if len(results) < len(calls):
                open_calls = [call for call in calls if not _known(talk, call)[0]]
                if any(call.key in talk.refused for call in open_calls):
                    return [], NOT_FOUND, used
                return open_calls, "", used
            used += [call.skill for call in calls if call.key in talk.results]
            calls = solution.send(results)
    except StopIteration as done:
        return [], str(done.value), used
    except (LookupError, TypeError, ValueError):
        # The results are not what this solution reads: nothing was found, or another skill answered.
        return [], NOT_FOUND, used


def _known(talk: Talk, call: Call) -> tuple[bool, Any]:
    """Whether the result of ``call`` is known, and it."""
    if call.key in talk.results:
        return True, talk.results[call.key]
    if call.params.get("image") != talk.question.picture:
        return False, None
    if set(call.params) == {"image"} and call.skill in talk.context:
        return True, talk.context[call.skill]
    given = next((talk.context[skill] for skill in _FROM_OBJECTS if talk.context.get(skill)), None)
    if call.skill == "ground_objects" and given is not None:
        phrases = call.params["phrases"].split(" . ")
        return True, [seen for seen in given["objects"] if seen["phrase"] in phrases]
    return False, None


def _wrong_step(talk: Talk) -> tuple[list[Call], str, list[str]]:
    """A call of a skill that does not help, then an answer from what it gave."""
    right = next(solve(talk.question), [])
    skill = "caption_image" if all(call.skill != "caption_image" for call in right) else "read_lines"
    call = Call(skill, {"image": talk.question.picture})
    if call.key in talk.results:
        return [], f"it shows {talk.results[call.key]}", [skill]
    if call.key in talk.refused:
        return [], NOT_FOUND, []
    return [call], "", []
