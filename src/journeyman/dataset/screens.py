"""Screens become a dataset: a row a page with all that is asked about it, a row a step of an episode.

How many pairs share a page in one sample, and how much of a step's monologue is learnt, is decided when
rows are loaded (training/views.py), so that neither is frozen into the data as in Aguvis' release.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from journeyman.action_formats.pyautogui_call import PluggableFunction, ScreenTurn, read_command
from journeyman.agent.screen_prompt import grounding_conversation, step_conversation
from journeyman.dataset.card import CardFacts, dataset_card
from journeyman.dataset.publish import published_files
from journeyman.dataset.split import ExampleSplit, assign_splits
from journeyman.environment import load_environment
from journeyman.errors import SchemaError
from journeyman.recipe import Recipe
from journeyman.schema.artifact import ArtifactRef, StageResult
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import Message, messages_to_json
from journeyman.schema.record import Record, canonical_json, fingerprint
from journeyman.schema.screen import GROUNDING, PLANNING, Episode, Grounding, ScreenStep
from journeyman.stage import Tally
from journeyman.storage import layout
from journeyman.storage.media import load_media
from journeyman.storage.store import Store

R = TypeVar("R", bound=Record)

VERSION = 2


def build_screens(
    groundings: Sequence[ArtifactRef],
    episodes: Sequence[ArtifactRef],
    media: Sequence[ArtifactRef],
    held_out: Sequence[ArtifactRef],
    held_out_episodes: Sequence[ArtifactRef],
    recipe: Recipe,
    *,
    store: Store,
    yields: Mapping[str, str] | None = None,
) -> StageResult:
    """Build the dataset and publish a copy that ``datasets.load_dataset`` reads.

    Args:
        groundings: Grounding rows of training pages.
        episodes: Solved Episode rows for training.
        media: Screenshots.
        held_out: Grounding rows of the evaluation's pages.
        held_out_episodes: Episode rows of the evaluation's tasks.
        recipe: Its validation share and name.
        store: Where artifacts live.
        yields: Text per earlier stage for the dataset card.

    Returns:
        ``kept``: Example rows. Facts as of :func:`~journeyman.dataset.build.build_dataset`, ``pairs`` and ``steps``.

    Raises:
        SchemaError: A screenshot is in no media artifact.
    """
    pairs = _unique(groundings, Grounding, _pair_id, store)
    played = _unique(episodes, Episode, _episode_id, store)
    apart = {row.screenshot for row in _unique(held_out, Grounding, _pair_id, store)}
    apart_goals = {(e.environment, e.task, e.seed) for e in _unique(held_out_episodes, Episode, _episode_id, store)}
    tally = Tally("dataset", len(pairs) + sum(len(episode.steps) for episode in played))
    by_screen: dict[str, list[Grounding]] = defaultdict(list)
    for pair in pairs:
        if pair.screenshot in apart:
            tally.drop(pair.grounding_id, pair, check="contamination", reason="the same screen as a held-out one")
        else:
            by_screen[pair.screenshot].append(pair)
    steps: list[tuple[Episode, int]] = []
    for episode in played:
        tainted = (episode.environment, episode.task, episode.seed) in apart_goals
        for number, step in enumerate(episode.steps):
            if tainted:
                reason = "the same task and seed as a held-out episode"
                tally.drop(f"{episode.episode_id}/{number}", step, check="contamination", reason=reason)
            elif step.slip:
                reason = "a wrong act is shown among the previous actions, not taught"
                tally.drop(f"{episode.episode_id}/{number}", step, check="slip", reason=reason)
            else:
                steps.append((episode, number))
    shown = set(by_screen) | {episode.steps[number].screenshot for episode, number in steps}
    files = load_media(store, media, shown)
    for digest in sorted(shown):
        if digest not in files:
            raise SchemaError(f"screenshot {digest} is in no media artifact")
    examples = _examples(by_screen, steps, files, recipe)
    parents = (*groundings, *episodes, *media, *held_out, *held_out_episodes)
    ref = store.write("examples", examples, Example, parents=parents)
    facts = CardFacts(
        recipe=recipe.name,
        digest=ref.digest,
        held_out=len(apart) + len(apart_goals),
        removed=_counted(f"{verdict.check}: {verdict.reason}" for verdict in tally.verdicts),
        yields=dict(yields or {}),
        families=_counted(example.family for example in examples),
        licences=_counted(files[digest].licence for digest in sorted(files)),
        tools={},
    )
    prefix = layout.dataset_prefix(ref.digest)
    for name, data in published_files(examples, dataset_card(examples, facts)):
        store.put(prefix + name, data)
    return tally.result(
        ref,
        store=store,
        parents=parents,
        kept_records=sum(map(len, by_screen.values())) + len(steps),
        facts={
            "url": store.url_of(prefix).rstrip("/"),
            "digest": ref.digest,
            "examples": str(len(examples)),
            "train": str(sum(example.split == "train" for example in examples)),
            "validation": str(sum(example.split == "validation" for example in examples)),
            "contaminated": str(sum(verdict.check == "contamination" for verdict in tally.verdicts)),
            "pairs": str(sum(map(len, by_screen.values()))),
            "steps": str(len(steps)),
        },
    )


def _examples(
    by_screen: Mapping[str, Sequence[Grounding]],
    steps: Sequence[tuple[Episode, int]],
    files: Mapping[str, MediaFile],
    recipe: Recipe,
) -> list[Example]:
    # By page and by episode. With whole tasks in validation, no model would have learnt them; the looks, families and
    # seeds that training never sees are the evaluation's, fixed before a page is drawn (generation/screens/plan.py).
    ids: dict[str, tuple[str, ...]] = {_page_id(pairs): (f"file:{digest}",) for digest, pairs in by_screen.items()}
    ids |= {_step_id(episode, number): (f"episode:{episode.episode_id}",) for episode, number in steps}
    splits = assign_splits(ids, validation_share=recipe.dataset.validation_share)
    rows = [_page_example(pairs, files, splits) for _, pairs in sorted(by_screen.items())]
    return rows + [_step_example(episode, number, files, splits) for episode, number in steps]


def _page_example(
    pairs: Sequence[Grounding], files: Mapping[str, MediaFile], splits: Mapping[str, ExampleSplit]
) -> Example:
    ordered = sorted(pairs, key=lambda pair: pair.grounding_id)
    turns = [(pair.instruction, ScreenTurn(read_command(pair.action))) for pair in ordered]
    messages = grounding_conversation(ordered[0].screenshot, turns)
    row_id = _page_id(pairs)
    return _example(
        row_id,
        splits[row_id],
        GROUNDING,
        "\n".join(pair.instruction for pair in ordered),
        messages,
        files[ordered[0].screenshot],
        canonical_json([pair.action for pair in ordered]),
        next((pair.teacher for pair in ordered if pair.teacher), ""),
    )


def _step_example(
    episode: Episode, number: int, files: Mapping[str, MediaFile], splits: Mapping[str, ExampleSplit]
) -> Example:
    step = episode.steps[number]
    functions = load_environment(episode.environment).functions
    previous = [earlier.instruction for earlier in episode.steps[:number]]
    messages = step_conversation(episode.goal, previous, step.screenshot, _turn(step, functions), functions=functions)
    row_id = _step_id(episode, number)
    return _example(
        row_id,
        splits[row_id],
        PLANNING,
        episode.goal,
        messages,
        files[step.screenshot],
        canonical_json(step.action),
        step.teacher or episode.actor,
    )


def _turn(step: ScreenStep, functions: Sequence[PluggableFunction]) -> ScreenTurn:
    return ScreenTurn(
        read_command(step.action, functions),
        instruction=step.instruction,
        thought=step.thought,
        observation=step.observation,
    )


def _example(
    row_id: str,
    split: ExampleSplit,
    family: str,
    query: str,
    messages: Sequence[Message],
    file: MediaFile,
    answer_json: str,
    teacher: str,
) -> Example:
    return Example(
        example_id=row_id,
        split=split,
        family=family,
        query=query,
        messages_json=messages_to_json(messages),
        images=(EmbeddedImage(bytes=file.data, path=f"{file.sha256}.png"),),
        tools=(),
        answer_json=answer_json,
        origin="synthesised",
        teacher=teacher,
    )


def _page_id(pairs: Sequence[Grounding]) -> str:
    return pairs[0].screen_id


def _pair_id(pair: Grounding) -> str:
    return pair.grounding_id


def _episode_id(episode: Episode) -> str:
    return episode.episode_id


def _step_id(episode: Episode, number: int) -> str:
    return fingerprint([episode.episode_id, number])[:16]


def _unique(refs: Sequence[ArtifactRef], record: type[R], key: Callable[[R], str], store: Store) -> list[R]:
    """Rows by ``key``, in its order, so that the outcome does not depend on the order of the references."""
    found = {key(row): row for ref in dict.fromkeys(refs) for row in store.records(ref, record)}
    return [found[name] for name in sorted(found)]


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
