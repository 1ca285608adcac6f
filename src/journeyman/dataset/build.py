"""Verified trajectories become a dataset: no duplicates, nothing of the held-out problems, split between groups.

Every example is rendered by the agent's own :func:`~journeyman.agent.prompt.conversation` and proved
against its trajectories before it is written: MAT's conversion dropped the system prompt, and its
training script the pictures, without a word.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from journeyman.action_formats.skill_json import without_thoughts
from journeyman.agent.prompt import UNLISTED, by_question, system_prompt
from journeyman.dataset.card import CardFacts, dataset_card
from journeyman.dataset.contamination import contaminated
from journeyman.dataset.deduplicate import duplicates
from journeyman.dataset.publish import published_files
from journeyman.dataset.split import ExampleSplit, assign_splits
from journeyman.dataset.talks import Talk, dialogue, talks_of
from journeyman.errors import SchemaError
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message, messages_to_json
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.stage import Tally
from journeyman.storage import layout
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

VERSION = 7

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "image/bmp": "bmp"}


def build_dataset(
    trajectories: Sequence[ArtifactRef],
    queries: Sequence[ArtifactRef],
    media: Sequence[ArtifactRef],
    held_out: Sequence[ArtifactRef],
    recipe: Recipe,
    *,
    store: Store,
    yields: Mapping[str, str] | None = None,
) -> StageResult:
    """Build the dataset and publish a copy that ``datasets.load_dataset`` reads.

    The outcome depends on the rows alone, not on the order of the references or of the rows.

    Args:
        trajectories: Trajectories that passed every check.
        queries: Their queries.
        media: Files of the queries and pictures that tools returned.
        held_out: Query artifacts of the evaluation's problems.
        recipe: Tools, thresholds and shares.
        store: Where artifacts live.
        yields: Text per earlier stage for the dataset card, e.g. ``queries`` -> ``812 of 1,000``.

    Returns:
        ``kept``: Example rows; trajectories are counted. Facts: ``url`` of the published copy, its ``digest``, and
        counts of ``examples``, ``train``, ``validation``, ``joined`` (trajectories that stand behind another one in
        its example) and ``contaminated``.

    Raises:
        SchemaError: A trajectory's query is missing, a picture is missing, or a question or an action is not in
            the rendered conversation.
    """
    trajectories = tuple(dict.fromkeys(trajectories))  # one that is given twice is one
    runs, asked = _runs_with_queries(trajectories, queries, store)
    problems = _unique_queries(held_out, store)
    tally = Tally("dataset", sum(ref.rows for ref in trajectories))
    kept = _filtered(runs, asked, problems, recipe, tally)
    tools = recipe.training_tool_cards()
    system = system_prompt(tools, recipe.action_format) if recipe.skills.listed else UNLISTED
    if not recipe.skills.thoughts:
        kept = [_without_thoughts(run) for run in kept]
    # Only skills are called in talks; code begins anew with every task.
    talks = talks_of(kept, asked, join=recipe.dataset.talks and recipe.action_format == "skill_json")
    rendered = {talk.example_id: dialogue(talk, asked, system) for talk in talks}
    shown = {digest for messages in rendered.values() for m in messages for digest in m.images}
    files = load_media(store, media, shown)
    keys = {talk.example_id: _ties(talk, asked) for talk in talks}
    splits = assign_splits(keys, validation_share=recipe.dataset.validation_share)
    examples = [_example(talk, asked, rendered[talk.example_id], files, splits[talk.example_id]) for talk in talks]
    ref = store.write("examples", examples, Example, parents=(*trajectories, *queries, *media, *held_out))
    facts = CardFacts(
        recipe=recipe.name,
        digest=ref.digest,
        held_out=len(problems),
        removed=_reasons(tally),
        yields=dict(yields or {}),
        families=_counted(family for talk in talks for family in {asked[run.query_id].family for run in talk.runs}),
        licences=_counted(files[digest].licence for digest in sorted(files)),
        tools={tool.name: f"{tool.summary} ({tool.licence})" for tool in tools},
        dialogues=sum(len(talk.runs) > 1 for talk in talks),
    )
    prefix = layout.dataset_prefix(ref.digest)
    for name, data in published_files(examples, dataset_card(examples, facts)):
        store.put(prefix + name, data)
    return tally.result(
        ref,
        store=store,
        parents=(*trajectories, *queries, *held_out),
        kept_records=len(kept),
        facts={
            "url": store.url_of(prefix).rstrip("/"),
            "digest": ref.digest,
            "examples": str(len(examples)),
            "train": str(sum(e.split == "train" for e in examples)),
            "validation": str(sum(e.split == "validation" for e in examples)),
            "joined": str(len(kept) - len(examples)),
            "contaminated": str(sum(v.check == "contamination" for v in tally.verdicts)),
        },
    )


def check_example(runs: Sequence[Trajectory], messages: Sequence[Message], files: Mapping[str, MediaFile]) -> None:
    """Refuse a conversation that lost something of its trajectories.

    Args:
        runs: One a question, in order.
        messages: The conversation.
        files: What its pictures can be taken from, by sha256.

    Raises:
        SchemaError: Names the trajectory and what is missing: its question, an action, what was shown first, or a
            picture's bytes.
    """
    parts = by_question(messages)
    if len(parts) != len(runs):
        last = runs[min(len(parts), len(runs) - 1)].trajectory_id
        raise SchemaError(
            f"trajectory {last}: the rendered conversation asks {len(parts)} questions, {len(runs)} were asked"
        )
    for run, part in zip(runs, parts, strict=True):
        _check_run(run, part, messages)
    for digest in (digest for m in messages for digest in m.images):
        if digest not in files:
            raise SchemaError(f"trajectory {runs[0].trajectory_id}: picture {digest} is in no media artifact")


def _check_run(run: Trajectory, part: Sequence[Message], messages: Sequence[Message]) -> None:
    """Find the run in its own ``part`` of the conversation; what was shown first may stand with an earlier question."""
    written = [m.text for m in part if m.role == "assistant"]
    actions = [step.action for step in run.steps]
    if written != actions:
        pairs = zip(actions, written, strict=False)
        lost = next((i for i, (action, text) in enumerate(pairs) if action != text), len(written))
        raise SchemaError(
            f"trajectory {run.trajectory_id}: action {lost + 1} of {len(actions)} is not in the rendered conversation"
        )
    if run.context and not any(run.context in m.text for m in messages if m.role == "user"):
        raise SchemaError(f"trajectory {run.trajectory_id}: what was shown first is in no message")
    placed = [digest for m in part for digest in m.images]
    for digest in (digest for step in run.steps[:-1] for digest in step.images):
        if digest not in placed:
            raise SchemaError(f"trajectory {run.trajectory_id}: picture {digest} that a tool returned is in no message")


def _runs_with_queries(
    trajectories: Sequence[ArtifactRef], queries: Sequence[ArtifactRef], store: Store
) -> tuple[list[Trajectory], dict[str, Query]]:
    runs = [run for ref in trajectories for run in store.records(ref, Trajectory)]
    asked = _unique_queries(queries, store)
    for run in runs:
        if run.query_id not in asked:
            raise SchemaError(
                f"trajectory {run.trajectory_id} answers query {run.query_id}, which is in no query artifact"
            )
    return sorted(runs, key=lambda run: (run.query_id, run.trajectory_id)), asked


def _unique_queries(refs: Sequence[ArtifactRef], store: Store) -> dict[str, Query]:
    return {query.query_id: query for ref in dict.fromkeys(refs) for query in store.records(ref, Query)}


def _without_thoughts(run: Trajectory) -> Trajectory:
    steps = tuple(step.model_copy(update={"action": without_thoughts(step.action)}) for step in run.steps)
    return run.model_copy(update={"steps": steps})


def _filtered(
    runs: Sequence[Trajectory], asked: Mapping[str, Query], problems: Mapping[str, Query], recipe: Recipe, tally: Tally
) -> list[Trajectory]:
    own = [asked[query_id] for query_id in sorted({run.query_id for run in runs})]
    tainted = contaminated(own, list(problems.values()))
    clean = [query for query in own if query.query_id not in tainted]
    repeated = duplicates(clean, near_duplicate=recipe.dataset.near_duplicate)
    kept: list[Trajectory] = []
    solved: set[str] = set()
    for run in runs:
        if run.query_id in tainted:
            tally.drop(
                run.trajectory_id, run, check="contamination", reason=tainted[run.query_id], evidence=run.query_id
            )
        elif run.query_id in repeated:
            tally.drop(run.trajectory_id, run, check="duplicate", reason=repeated[run.query_id], evidence=run.query_id)
        elif run.query_id in solved:
            tally.drop(
                run.trajectory_id, run, check="duplicate", reason="second run of one query", evidence=run.query_id
            )
        else:
            solved.add(run.query_id)
            kept.append(run)
    return kept


def _ties(talk: Talk, asked: Mapping[str, Query]) -> tuple[str, ...]:
    queries = [asked[run.query_id] for run in talk.runs]
    families = (f"family:{query.family}" for query in queries)
    return (*families, *(f"file:{ref.sha256}" for query in queries for ref in query.files))


def _example(
    talk: Talk,
    asked: Mapping[str, Query],
    messages: Sequence[Message],
    files: Mapping[str, MediaFile],
    split: ExampleSplit,
) -> Example:
    check_example(talk.runs, messages, files)
    queries = [asked[run.query_id] for run in talk.runs]
    called = dict.fromkeys(call.tool for run in talk.runs for step in run.steps for call in step.tool_calls)
    # One picture for each place it is shown at, as trainers elsewhere expect; a picture shown twice is here twice.
    placed = [files[digest] for m in messages for digest in m.images]
    return Example(
        example_id=talk.example_id,
        split=split,
        family=queries[0].family,
        query="\n".join(query.text for query in queries),
        messages_json=messages_to_json(messages),
        images=tuple(EmbeddedImage(bytes=f.data, path=f"{f.sha256}.{_extension(f)}") for f in placed),
        tools=tuple(called),
        answer_json=talk.runs[-1].answer_json,
        origin=queries[0].origin,
        teacher=queries[0].teacher,
    )


def _extension(file: MediaFile) -> str:
    return _EXTENSIONS.get(file.media_type, file.media_type.partition("/")[2])


def _reasons(tally: Tally) -> dict[str, int]:
    return _counted(f"{v.check}: {v.reason}" for v in tally.verdicts)


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
