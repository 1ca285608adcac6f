"""Matched instructions become a dataset: nothing of the held-out problems, no two answers to one wish.

Where MLLM-Tool makes one row for each acceptable API, so that one prompt has contradicting targets, a
row here has the whole set.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from journeyman.agent.choice_prompt import choice_conversation
from journeyman.catalogue.search import CatalogueIndex
from journeyman.dataset.card import CardFacts, dataset_card
from journeyman.dataset.contamination import contaminated
from journeyman.dataset.deduplicate import duplicates
from journeyman.dataset.publish import published_files
from journeyman.dataset.split import ExampleSplit, assign_splits
from journeyman.errors import SchemaError
from journeyman.recipe import Recipe
from journeyman.schema.api import Api
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.example import EmbeddedFile, EmbeddedImage, Example
from journeyman.schema.instruction import Instruction
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message, messages_to_json
from journeyman.stage import Tally
from journeyman.storage import layout
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

VERSION = 1
_EXTENSIONS = {"image/jpeg": "jpg", "audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3"}


def build_choices(
    instructions: Sequence[ArtifactRef],
    media: Sequence[ArtifactRef],
    held_out: Sequence[ArtifactRef],
    catalogue: ArtifactRef,
    held_out_apis: Collection[str],
    recipe: Recipe,
    *,
    store: Store,
    yields: Mapping[str, str] | None = None,
) -> StageResult:
    """Build the dataset and publish a copy that ``datasets.load_dataset`` reads.

    Args:
        instructions: Matched Instruction rows for training.
        media: Their files.
        held_out: Instruction artifacts of the evaluation's problems.
        catalogue: Api rows.
        held_out_apis: APIs that no example may accept.
        recipe: Shares, thresholds, and how many candidates a prompt lists.
        store: Where artifacts live.
        yields: Text per earlier stage for the dataset card.

    Returns:
        ``kept``: Example rows. Facts as of :func:`~journeyman.dataset.build.build_dataset`.

    Raises:
        SchemaError: A file of an instruction is in no media artifact.
    """
    rows = _unique(instructions, store)
    problems = _unique(held_out, store)
    apis = store.records(catalogue, Api)
    tally = Tally("dataset", sum(ref.rows for ref in dict.fromkeys(instructions)))
    kept = _filtered(rows, problems, frozenset(held_out_apis), recipe, tally)
    files = load_media(store, media, {ref.sha256 for row in kept for ref in row.files})
    splits = assign_splits(
        {row.instruction_id: _ties(row) for row in kept}, validation_share=recipe.dataset.validation_share
    )
    index = CatalogueIndex(apis) if recipe.catalogue.candidates else None
    examples = [_example(row, _conversation(row, index, recipe), files, splits[row.instruction_id]) for row in kept]
    parents = (*instructions, *media, *held_out, catalogue)
    ref = store.write("examples", examples, Example, parents=parents)
    facts = CardFacts(
        recipe=recipe.name,
        digest=ref.digest,
        held_out=len(problems),
        removed=_counted(f"{v.check}: {v.reason}" for v in tally.verdicts),
        yields=dict(yields or {}),
        families=_counted("/".join(row.path) or row.answer for row in kept),
        licences=_counted(files[digest].licence for digest in sorted(files)),
        tools={api.name: f"{api.description} ({api.licence})" for api in apis},
    )
    prefix = layout.dataset_prefix(ref.digest)
    for name, data in published_files(examples, dataset_card(examples, facts)):
        store.put(prefix + name, data)
    return tally.result(
        ref,
        store=store,
        parents=parents,
        facts={
            "url": store.url_of(prefix).rstrip("/"),
            "digest": ref.digest,
            "examples": str(len(examples)),
            "train": str(sum(example.split == "train" for example in examples)),
            "validation": str(sum(example.split == "validation" for example in examples)),
            "contaminated": str(sum(verdict.check == "contamination" for verdict in tally.verdicts)),
            **{f"with {kind}": str(sum(row.modality == kind for row in kept)) for kind in _modalities(kept)},
            **{f"ambiguous by {kind}": str(count) for kind, count in _ambiguities(kept).items()},
        },
    )


def contradictions(rows: Sequence[Instruction]) -> dict[str, str]:
    """Ids of instructions to leave out since another one has the same words and file but another answer.

    Where one set of APIs holds all the others, it was judged against the longest list and stands; else
    nobody can say which answer is right, and none stands.

    Returns:
        Id -> reason.
    """
    same: dict[tuple[object, ...], list[Instruction]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.instruction_id):
        words = " ".join(row.text.casefold().split())
        same[words, tuple(ref.sha256 for ref in row.files)].append(row)
    left_out: dict[str, str] = {}
    for twins in same.values():
        answers = {(row.answer, row.accepted) for row in twins}
        if len(answers) < 2:
            continue
        largest = max(twins, key=lambda row: len(row.accepted))
        nested = all(row.answer == "apis" and set(row.accepted) <= set(largest.accepted) for row in twins)
        for row in twins:
            if not nested:
                left_out[row.instruction_id] = "contradicts an equal instruction"
            elif row.accepted != largest.accepted:
                left_out[row.instruction_id] = "an equal instruction accepts more"
    return left_out


def _filtered(
    rows: Mapping[str, Instruction],
    problems: Mapping[str, Instruction],
    held_out_apis: frozenset[str],
    recipe: Recipe,
    tally: Tally,
) -> list[Instruction]:
    tainted = contaminated([row.query() for row in rows.values()], [row.query() for row in problems.values()])
    clean = [row for key, row in rows.items() if key not in tainted and not held_out_apis & set(row.accepted)]
    contradicting = contradictions(clean)
    consistent = [row.query() for row in clean if row.instruction_id not in contradicting]
    repeated = duplicates(consistent, near_duplicate=recipe.dataset.near_duplicate)
    kept = []
    for key, row in rows.items():
        if key in tainted:
            tally.drop(key, row, check="contamination", reason=tainted[key])
        elif held_out_apis & set(row.accepted):
            evidence = ", ".join(sorted(held_out_apis & set(row.accepted)))
            tally.drop(key, row, check="contamination", reason="accepts an API that is held out", evidence=evidence)
        elif key in contradicting:
            tally.drop(key, row, check="contradiction", reason=contradicting[key], evidence=", ".join(row.accepted))
        elif key in repeated:
            tally.drop(key, row, check="duplicate", reason=repeated[key])
        else:
            kept.append(row)
    return kept


def _unique(refs: Sequence[ArtifactRef], store: Store) -> dict[str, Instruction]:
    """By id, in its order, so that the outcome does not depend on the order of the references."""
    found = {row.instruction_id: row for ref in dict.fromkeys(refs) for row in store.records(ref, Instruction)}
    return dict(sorted(found.items()))


def _ties(row: Instruction) -> tuple[str, ...]:
    pair = (f"pair:{row.pair_id}",) if row.pair_id else ()
    return (f"family:{row.family}", *pair, *(f"file:{ref.sha256}" for ref in row.files))


def _conversation(row: Instruction, index: CatalogueIndex | None, recipe: Recipe) -> tuple[Message, ...]:
    listed = index.find(row.text, most=recipe.catalogue.candidates, modality=row.modality) if index else ()
    return choice_conversation(row, listed)


def _example(
    row: Instruction, messages: Sequence[Message], files: Mapping[str, MediaFile], split: ExampleSplit
) -> Example:
    for ref in row.files:
        if ref.sha256 not in files:
            raise SchemaError(f"instruction {row.instruction_id}: file {ref.sha256} is in no media artifact")
    shown = [files[ref.sha256] for ref in row.files]
    of_kind = {kind: [f for f in shown if f.media_type.startswith(kind)] for kind in ("image", "audio", "video")}
    return Example(
        example_id=row.instruction_id,
        split=split,
        family=row.family,
        query=row.text,
        messages_json=messages_to_json(messages),
        images=tuple(EmbeddedImage(bytes=f.data, path=_path(f)) for f in of_kind["image"]),
        tools=row.accepted,
        answer_json="",
        origin=row.origin,
        teacher=row.teacher,
        audios=tuple(EmbeddedFile(bytes=f.data, path=_path(f)) for f in of_kind["audio"]),
        videos=tuple(EmbeddedFile(bytes=f.data, path=_path(f)) for f in of_kind["video"]),
    )


def _path(file: MediaFile) -> str:
    return f"{file.sha256}.{_EXTENSIONS.get(file.media_type, file.media_type.partition('/')[2])}"


def _modalities(rows: Sequence[Instruction]) -> list[str]:
    return sorted({row.modality for row in rows})


def _ambiguities(rows: Sequence[Instruction]) -> dict[str, int]:
    return _counted(row.ambiguity for row in rows if row.ambiguity)


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
