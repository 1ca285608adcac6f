"""Match instructions with the APIs that satisfy them: candidates by taxonomy, a judge asked twice, rules last.

MLLM-Tool (arXiv:2401.10727) gives each instruction every API within its exact functional boundary, by
hand. Here a judge decides on the APIs that the taxonomy puts near, once in each order; what it says
differently the second time is not known well enough to be taught.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from journeyman.catalogue.search import CatalogueIndex
from journeyman.errors import TeacherError
from journeyman.prompts import render_prompt
from journeyman.recipe import Recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.instruction import Instruction
from journeyman.schema.message import Message, TextPart
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 1
CHECK = "instruction_judge"
MAX_TOKENS = 8192


class Match(BaseModel):
    """The APIs that satisfy one instruction."""

    model_config = ConfigDict(extra="forbid")

    number: int
    accepted: list[str]
    """Names, of those given; empty where none fits."""


class MatchBatch(BaseModel):
    """The matches of one request's instructions."""

    model_config = ConfigDict(extra="forbid")

    matches: list[Match]


Accepted = frozenset[str]
Verdicts = Mapping[str, tuple[Accepted, ...]]
"""Instruction id -> what the judge accepted, each time that it answered."""


async def match_instructions(
    instructions: ArtifactRef,
    catalogue: ArtifactRef,
    taxonomy: ArtifactRef,
    recipe: Recipe,
    *,
    store: Store,
    judge: Teacher,
) -> StageResult:
    """Instructions with every API that satisfies them; what cannot be settled is put aside with the reason.

    Args:
        instructions: Instruction rows of whole pairs.
        catalogue: Api rows.
        taxonomy: Placement rows of the catalogue.
        recipe: Sizes of requests and candidate lists.
        store: Where artifacts live.
        judge: Who is asked.

    Raises:
        TransientError: The judge does not answer.
        BudgetExceededError: The run's budget is spent.
    """
    rows = store.records(instructions, Instruction)
    tally = Tally("matched-instructions", len(rows))
    near = _Nearness(store.records(catalogue, Api), store.records(taxonomy, Placement), recipe.choices.most_candidates)
    asked = [row for row in rows if row.answer != "question"]
    verdicts = await _judged(asked, near, recipe, judge)
    matched: list[Instruction] = []
    for row in rows:
        settled = row if row.answer == "question" else _settled(row, verdicts[row.instruction_id], near, tally)
        if settled is not None:
            matched.append(settled)
    told_apart = _pairs_told_apart(matched, tally)
    parents = (instructions, catalogue, taxonomy)
    kept = store.write("instructions", told_apart, Instruction, parents=parents)
    facts = {"several APIs": str(sum(len(row.accepted) > 1 for row in told_apart))}
    return tally.result(kept, store=store, parents=parents, spend=judge.spend, facts=facts)


class _Nearness:
    """Which APIs may satisfy an instruction at all."""

    def __init__(self, apis: Sequence[Api], places: Sequence[Placement], most: int) -> None:
        self.apis = {api.name: api for api in apis}
        self.places = {place.name: place for place in places}
        self._most = most
        self._index = CatalogueIndex(apis)
        self._members: dict[str, list[str]] = defaultdict(list)
        for place in places:
            self._members[place.function_class].append(place.name)

    def candidates(self, row: Instruction) -> tuple[str, ...]:
        """Names, sorted: those of the taxonomy's branch that take the file; of many, those a search finds."""
        branch = row.path[:-1] or row.path
        pool = [
            name
            for name, api in self.apis.items()
            if _takes(api, row) and (name in self.places and self.places[name].path[: len(branch)] == branch)
        ]
        if len(pool) > self._most:
            own = set(self._members.get(row.function_class, ()))
            found = [api.name for api in self._index.find(row.text, most=4 * self._most, modality=row.modality)]
            ranked = [*own, *(name for name in found if name in pool), *pool]
            pool = list(dict.fromkeys(name for name in ranked if name in pool))[: self._most]
        return tuple(sorted(pool))

    def whole_classes(self, names: Accepted) -> Accepted:
        """``names`` and whatever does the same as one of them."""
        return names | {other for name in names for other in self._members[self.places[name].function_class]}

    def members(self, function_class: str) -> Accepted:
        """APIs of a class."""
        return frozenset(self._members.get(function_class, ()))


async def _judged(rows: Sequence[Instruction], near: _Nearness, recipe: Recipe, judge: Teacher) -> Verdicts:
    """Two verdicts on each instruction, or fewer where the judge gave none."""
    together: dict[tuple[str, ...], list[Instruction]] = defaultdict(list)
    for row in rows:
        together[near.candidates(row)].append(row)
    size = recipe.choices.instructions_per_call
    requests = [
        (own[start : start + size], order)
        for names, own in sorted(together.items())
        for start in range(0, len(own), size)
        for order in (names, names[::-1])
    ]

    async def ask(request: tuple[Sequence[Instruction], tuple[str, ...]]) -> dict[str, Accepted]:
        return await _ask(*request, near, judge)

    verdicts: dict[str, tuple[Accepted, ...]] = {row.instruction_id: () for row in rows}
    for answer in await for_each(requests, ask, at_once=recipe.generation.concurrency):
        for key, accepted in answer.items():
            verdicts[key] = (*verdicts[key], accepted)
    return verdicts


async def _ask(
    rows: Sequence[Instruction], names: tuple[str, ...], near: _Nearness, judge: Teacher
) -> dict[str, Accepted]:
    if not names:
        return {row.instruction_id: frozenset() for row in rows}
    asked = {
        "instructions": [
            {
                "number": number,
                "text": row.text,
                "modality": row.modality,
                "media": json.loads(row.media_json) if row.media_json else None,
            }
            for number, row in enumerate(rows)
        ],
        "apis": [_told(near.apis[name], near.places[name]) for name in names],
    }
    prompt = render_prompt(
        "journeyman.verification", "instruction_judge", asked=json.dumps(asked, indent=1, ensure_ascii=False)
    )
    message = Message(role="user", content=(TextPart(text=prompt),))
    try:
        batch = await judge.structured("instruction_judge", [message], {}, MatchBatch, max_tokens=MAX_TOKENS)
    except TeacherError:
        return {}
    return {
        rows[one.number].instruction_id: frozenset(one.accepted) & frozenset(names)
        for one in batch.matches
        if 0 <= one.number < len(rows)
    }


def _told(api: Api, place: Placement) -> dict[str, object]:
    shown = api.model_dump(mode="json", include={"name", "description", "media_in", "media_out"})
    return shown | {"boundary": place.boundary}


def _settled(row: Instruction, verdicts: tuple[Accepted, ...], near: _Nearness, tally: Tally) -> Instruction | None:
    """The instruction with its APIs; None when it was put aside."""
    if len(verdicts) < 2:
        tally.fail(row.instruction_id, row, check=CHECK, reason="no decision")
        return None
    accepted, again = (near.whole_classes(verdict) for verdict in verdicts)
    if accepted != again:
        reason = "the judge decides otherwise in another order"
        evidence = ", ".join(sorted(accepted ^ again))
    elif row.answer == "unknown" and accepted:
        reason, evidence = "an API satisfies it", ", ".join(sorted(accepted))
    elif row.answer == "apis" and not accepted & near.members(row.function_class):
        reason, evidence = "what it was written for does not satisfy it", row.function_class
    else:
        return row.model_copy(update={"accepted": tuple(sorted(accepted))})
    tally.drop(row.instruction_id, row, check=CHECK, reason=reason, evidence=evidence)
    return None


def _pairs_told_apart(rows: Sequence[Instruction], tally: Tally) -> list[Instruction]:
    """Members of a pair have answers of their own; one that is left alone is no pair any more."""
    answers: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    kept: list[Instruction] = []
    for row in rows:
        if row.pair_id and row.accepted in answers[row.pair_id]:
            tally.drop(row.instruction_id, row, check="pair", reason="its file does not tell it from its twin")
            continue
        if row.pair_id:
            answers[row.pair_id].add(row.accepted)
        kept.append(row)
    return [
        row.model_copy(update={"pair_id": ""}) if row.pair_id and len(answers[row.pair_id]) < 2 else row for row in kept
    ]


def _takes(api: Api, row: Instruction) -> bool:
    """Whether an API can be given the instruction's file; one that needs a file does not take words alone."""
    if row.modality == "text":
        return set(api.media_in) <= {"text"}
    return row.modality in api.media_in
