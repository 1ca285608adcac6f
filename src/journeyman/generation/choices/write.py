"""Ask the teacher for instructions and what their files contain; what gives an API away goes no further."""

import json
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from journeyman.errors import SchemaError, TeacherError
from journeyman.file_writer import load_file_writer
from journeyman.generation.choices.hints import HintGate
from journeyman.generation.choices.plan import WRITERS, ChoiceBrief, ChoiceShard
from journeyman.generation.choices.teacher_answers import InstructionBatch, WrittenInstruction
from journeyman.prompts import render_prompt
from journeyman.recipe import Recipe
from journeyman.schema.api import Api, Placement
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.instruction import InstructionDraft
from journeyman.schema.message import Message, TextPart
from journeyman.schema.query import FileSpec
from journeyman.schema.record import canonical_json, fingerprint
from journeyman.stage import Tally, for_each
from journeyman.storage.store import Store
from journeyman.teacher.client import Teacher

VERSION = 1
"""Raise when a prompt or a rule here changes: it is part of the cache key."""
MAX_TOKENS = 16_384
_REPLIES = {"one": "apis", "pair": "apis", "unknown": "unknown", "question": "question"}


async def write_instructions(
    shard: ChoiceShard, catalogue: ArtifactRef, taxonomy: ArtifactRef, recipe: Recipe, *, store: Store, teacher: Teacher
) -> StageResult:
    """Drafts for the briefs of ``shard``: the words, and the specs of their files.

    Args:
        shard: What is asked for.
        catalogue: Api rows.
        taxonomy: Placement rows of the catalogue.
        recipe: Sizes of requests.
        store: Where artifacts live.
        teacher: Who writes.

    Raises:
        TransientError: The teacher does not answer; the stage may be tried again.
        BudgetExceededError: The run's budget is spent.
    """
    apis = {api.name: api for api in store.records(catalogue, Api)}
    places = {place.name: place for place in store.records(taxonomy, Placement)}
    gate = HintGate(list(apis.values()), list(places.values()))
    tally = Tally("instructions", sum(brief.instructions for brief in shard.briefs))
    size = recipe.choices.instructions_per_call
    batches = [shard.briefs[start : start + size] for start in range(0, len(shard.briefs), size)]

    async def ask(briefs: Sequence[ChoiceBrief]) -> dict[int, WrittenInstruction]:
        return await _ask(briefs, apis, places, teacher)

    written: dict[int, WrittenInstruction] = {}
    for batch in await for_each(batches, ask, at_once=recipe.generation.concurrency):
        written |= batch
    drafts: list[InstructionDraft] = []
    for brief in shard.briefs:
        wanted = [
            _draft(brief, variant, written.get(brief.seed), shard, places, teacher.model)
            for variant in _variants(brief)
        ]
        drafts += _usable(brief, wanted, written.get(brief.seed), gate, tally)
    kept = store.write("instruction-drafts", drafts, InstructionDraft, parents=(catalogue, taxonomy))
    return tally.result(kept, store=store, parents=(catalogue, taxonomy), spend=teacher.spend)


async def _ask(
    briefs: Sequence[ChoiceBrief], apis: Mapping[str, Api], places: Mapping[str, Placement], teacher: Teacher
) -> dict[int, WrittenInstruction]:
    writers = sorted({WRITERS[brief.modality] for brief in briefs} - {""})
    leaves = sorted({"/".join(place.path) for place in places.values()})
    asked = [_asked(brief, apis, places, leaves) for brief in briefs]
    prompt = render_prompt(
        "journeyman.generation.choices",
        "instruction_writer",
        briefs=json.dumps({"briefs": asked}, indent=1, ensure_ascii=False),
        schemas=[(name, json.dumps(load_file_writer(name).spec.model_json_schema())) for name in writers],
        leaves=", ".join(leaves),
    )
    message = Message(role="user", content=(TextPart(text=prompt),))
    try:
        batch = await teacher.structured("instruction_writer", [message], {}, InstructionBatch, max_tokens=MAX_TOKENS)
    except TeacherError:
        return {}  # every brief of the batch is then counted as failed
    return {one.number: one for one in batch.instructions}


def _asked(
    brief: ChoiceBrief, apis: Mapping[str, Api], places: Mapping[str, Placement], leaves: Sequence[str]
) -> dict[str, object]:
    asked: dict[str, object] = {
        "number": brief.seed,
        "kind": brief.kind,
        "modality": brief.modality,
        "style": brief.style,
        "writer": WRITERS[brief.modality],
        "differs_by": brief.ambiguity,
        "apis": [
            {
                "name": name,
                "description": apis[name].description,
                "function_class": places[name].function_class,
                "boundary": places[name].boundary,
            }
            for name in brief.apis
        ],
    }
    return asked | ({"taxonomy": list(leaves)} if brief.kind == "unknown" else {})


def _variants(brief: ChoiceBrief) -> range:
    return range(brief.instructions)


def _draft(
    brief: ChoiceBrief,
    variant: int,
    written: WrittenInstruction | None,
    shard: ChoiceShard,
    places: Mapping[str, Placement],
    teacher: str,
) -> InstructionDraft:
    """The draft without its file."""
    place = places.get(brief.apis[variant]) if brief.apis else None
    answers_with_apis = brief.kind in ("one", "pair")
    return InstructionDraft.model_validate(
        {
            "instruction_id": fingerprint([brief.model_dump(mode="json"), variant])[:16],
            "pair_id": fingerprint(brief)[:16] if brief.kind == "pair" else "",
            "split": shard.split,
            "family": brief.family,
            "text": written.text.strip() if written else "",
            "modality": brief.modality if brief.kind != "question" else "text",
            "answer": _REPLIES[brief.kind],
            "target": place.function_class if place and answers_with_apis else "",
            "path": place.path if place and answers_with_apis else (),
            "ambiguity": place.differs_by if place and answers_with_apis else "",
            "question": written.question.strip() if written and brief.kind == "question" else "",
            "seed": brief.seed,
            "files": (),
            "teacher": teacher,
        }
    )


def _usable(
    brief: ChoiceBrief,
    drafts: Sequence[InstructionDraft],
    written: WrittenInstruction | None,
    gate: HintGate,
    tally: Tally,
) -> list[InstructionDraft]:
    """The drafts with their files; none where the words cannot be used, since all variants share them."""
    hint = gate.hint(drafts[0].text, brief.apis)
    wanting = brief.kind == "question" and not drafts[0].question
    for draft in drafts:
        if written is None or not draft.text:
            tally.fail(draft.instruction_id, draft, check="instruction_writer", reason="the teacher wrote none")
        elif hint:
            tally.drop(draft.instruction_id, draft, check="hint", reason="gives the API away", evidence=hint)
        elif wanting:
            tally.drop(draft.instruction_id, draft, check="instruction_writer", reason="asks nothing back")
    if written is None or not drafts[0].text or hint or wanting:
        return []
    usable = []
    for number, draft in enumerate(drafts):
        try:
            usable.append(draft.model_copy(update={"files": _files(brief, number, written)}))
        except SchemaError as exc:
            reason = "no usable file content"
            tally.fail(draft.instruction_id, draft, check="instruction_writer", reason=reason, evidence=str(exc))
    return usable


def _files(brief: ChoiceBrief, variant: int, written: WrittenInstruction) -> tuple[FileSpec, ...]:
    writer = load_file_writer(WRITERS[brief.modality]) if brief.modality != "text" else None
    expected = brief.instructions if writer and brief.kind != "question" else 0
    if len(written.media) != expected:
        raise SchemaError(f"{expected} files were asked for, {len(written.media)} came")
    if writer is None or not expected:
        return ()
    try:
        spec = writer.spec.model_validate_json(written.media[variant])
    except ValidationError as exc:
        raise SchemaError(f"content of file {variant + 1} is no {writer.name}: {exc.errors()[0]['msg']}") from exc
    name = f"file_1.{writer.extension}"
    return (FileSpec(name=name, writer=writer.name, spec_json=canonical_json(spec)),)
