"""Questions and answers that somebody wrote already, taken in as talks that need no skill.

LLaVA-Plus (arXiv:2311.05437) turns LLaVA's instruction data into its own form: no actions, the answer as
the value, and a thought that says why no skill is needed. Its authors report that without them in that
form the model cannot call skills at all. Nothing is generated here and nobody is asked.

A pair of question and answer is the unit that is counted. What is wrong with a row puts all its pairs
aside; what is wrong with a pair puts it aside with those behind it, which may speak of it.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.skill_json import SkillTurn, read_turn, write_turn
from journeyman.errors import ConfigError
from journeyman.generation.given_files import open_place, parse_json, read_given
from journeyman.generation.given_pictures import GivenPictures, UnfitError
from journeyman.schema.artifact import StageResult
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import Record, canonical_json, fingerprint
from journeyman.schema.trajectory import Step, Trajectory
from journeyman.stage import Tally
from journeyman.storage.store import Store

NAME = "plain_talks"
"""Who wrote them, as far as queries and trajectories say; also the check that puts pairs aside."""
MAX_FILE_BYTES = 1024**3
"""Of the file of talks; LLaVA's own with 158,000 rows has a quarter of it."""
MARK = "<image>"
"""Where LLaVA's questions have the picture."""
FAMILIES = 50
"""Talks are dealt out to so many task families by their picture, or by their id where they have none: as one family
they could not be cut between training and validation, as families of their own they would fill the dataset's card."""
THOUGHTS_OF_ANY = (
    "No skill is needed to answer this.",
    "I can answer this from what I know, so I call nothing.",
    "This asks for an explanation in words, which needs no skill.",
    "The question can be answered directly, without a skill.",
    "There is nothing here that a skill would have to find out.",
    "I know enough to reply, so I do without skills.",
)
THOUGHTS_OF_PICTURES = (
    "I can see this in the picture myself, so no skill is needed.",
    "The picture shows what is asked; I need no skill to tell it.",
    "What I see and what I know are enough to answer, without a skill.",
    "Looking at the picture is enough here; no skill has to be called.",
    "The question is about the picture as a whole, which I can describe without a skill.",
    "This takes a look and some reasoning, and no skill.",
)

_SEEDS = 950_000


class TalkPair(Record):
    """One question with its answer, as they were found: what is put aside when it cannot be used."""

    place: str
    """File and row."""
    number: int
    """Which pair of the row, from 1."""
    row_json: str
    """The row with the turns of this pair alone."""


@dataclass(frozen=True, slots=True)
class _Talk:
    """A row whose form is right."""

    talk_id: str
    image: str
    """Path of the picture as the row gives it; empty for a talk of words alone."""
    pairs: tuple[tuple[str, str], ...]
    """Questions, without the picture's mark, and answers; either may be empty."""

    @property
    def identity(self) -> str:
        return fingerprint([self.talk_id, self.image, self.pairs])


def adopt_plain_talks(source: str, *, seed: int, store: Store, storage_options: dict[str, Any]) -> StageResult:
    """Queries and answered trajectories of every pair of ``source`` that can be used; the rest with its reasons.

    A pair is answered in one step that calls nothing. Later pairs of a row follow its first one.

    Args:
        source: A JSON array or JSON lines in LLaVA's instruction format, by path, ``file://`` or ``s3://``; its
            pictures lie beside it, or in a folder ``images`` beside it.
        seed: Chooses the thoughts.
        store: Where artifacts live.
        storage_options: How to open an ``s3://`` source.

    Returns:
        ``kept``: Trajectory rows; ``queries`` and ``media`` are theirs. Counts are of pairs.

    Raises:
        ConfigError: The file is not there, too large, no JSON, or holds no row.
        TransientError: The file system does not answer.
        StorageError: It refuses.
    """
    text = read_given(source, what="plain_talks", most_bytes=MAX_FILE_BYTES, storage_options=storage_options)
    filesystem, path = open_place(source, storage_options)
    folder, _, name = path.rpartition("/")
    rows = _rows(text, source)
    tally = Tally("plain-talks", sum(_pair_count(row) for row in rows))
    pictures = GivenPictures(filesystem, (folder, f"{folder}/images"))
    taken: set[str] = set()
    queries: list[Query] = []
    runs: list[Trajectory] = []
    for number, row in enumerate(rows, start=1):
        pairs = _pairs_found(row, f"{name}, row {number}")
        try:
            talk = _talk(row)
            if talk.identity in taken:
                raise UnfitError("duplicate id", f"{talk.talk_id}: an earlier row has this id, picture and turns")
            picture = pictures.read(talk.image) if talk.image else None
        except UnfitError as exc:
            for pair in pairs:
                _drop(tally, pair, exc.reason, exc.evidence)
            continue
        taken.add(talk.identity)
        for query, run in _converted(talk, pairs, picture, seed, tally):
            queries.append(query)
            runs.append(run)
    shown = {ref.sha256 for query in queries for ref in query.files}
    media = store.write("media", [item for item in pictures.files() if item.sha256 in shown], MediaFile)
    asked = store.write("queries", queries, Query)
    kept = store.write("trajectories", runs, Trajectory, parents=(asked, media))
    return tally.result(kept, store=store, queries=asked, media=media)


def _rows(text: str, source: str) -> list[Any]:
    """Rows of a JSON array, or of JSON lines; blank lines are passed over."""
    if text.lstrip().startswith("["):
        rows = parse_json(text, where=source)
    else:
        # Not splitlines: JSON text may hold the other line separators of Unicode.
        lines = enumerate(text.split("\n"), start=1)
        rows = [parse_json(line, where=source, first_line=number) for number, line in lines if line.strip()]
    if not rows:
        raise ConfigError(f"plain_talks {source!r} holds no talk; give rows of id, image and conversations")
    return list(rows)


def _turns(row: Any) -> list[Any]:
    turns = row.get("conversations") if isinstance(row, dict) else None
    return turns if isinstance(turns, list) else []


def _pair_count(row: Any) -> int:
    """Pairs of a row, whatever is wrong with it; one without turns counts as one."""
    return max(1, (len(_turns(row)) + 1) // 2)


def _pairs_found(row: Any, place: str) -> list[TalkPair]:
    turns = _turns(row)
    parts = [row | {"conversations": turns[start : start + 2]} for start in range(0, len(turns), 2)] or [row]
    return [TalkPair(place=place, number=number, row_json=_spelled(part)) for number, part in enumerate(parts, start=1)]


def _spelled(row: Any) -> str:
    """JSON text that can be stored: half of a surrogate pair is written as the escape that it came as."""
    return json.dumps(row, ensure_ascii=False).encode(errors="backslashreplace").decode()


def _talk(row: Any) -> _Talk:
    """The talk of a row.

    Raises:
        UnfitError: It is no row of the format.
    """
    if not isinstance(row, dict):
        raise UnfitError("the row is no object", type(row).__name__)
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise UnfitError("half of a surrogate pair, which is no character", str(exc)) from exc
    talk_id, image = row.get("id"), row.get("image")
    if isinstance(talk_id, bool) or not isinstance(talk_id, str | int) or not str(talk_id).strip():
        raise UnfitError("no id", repr(talk_id))
    if image is not None and (not isinstance(image, str) or not image.strip()):
        raise UnfitError("the image is no file name", repr(image))
    said = _said(_turns(row))
    _check_marks(said, image)
    said[0] = said[0].replace(MARK, "")
    texts = [text.strip() for text in said]
    texts += [""] * (len(texts) % 2)  # a last question may have no answer
    return _Talk(str(talk_id), image or "", tuple(zip(texts[::2], texts[1::2], strict=True)))


def _said(turns: Sequence[Any]) -> list[str]:
    """What is said, turn by turn, from the first question on."""
    if not turns:
        raise UnfitError("no turns", "conversations is no list of turns, or an empty one")
    said: list[str] = []
    for number, turn in enumerate(turns):
        if not isinstance(turn, dict) or not isinstance(turn.get("value"), str):
            raise UnfitError("a turn has no text", f"turn {number + 1}")
        role = turn.get("from")
        if role not in ("human", "gpt"):
            raise UnfitError("unknown role", f"turn {number + 1}: {role!r}; roles are human and gpt")
        if role != ("human", "gpt")[number % 2]:
            raise UnfitError("roles do not alternate", f"turn {number + 1} is of {role}")
        if turn.get("actions"):
            raise UnfitError("a turn calls skills", f"turn {number + 1}: {turn['actions']!r}")
        said.append(turn["value"])
    return said


def _check_marks(said: Sequence[str], image: str | None) -> None:
    marks = sum(text.count(MARK) for text in said)
    if image is None and marks:
        raise UnfitError(f"{MARK} and no picture is named", f"{marks} marks")
    if marks > 1:
        raise UnfitError(f"more than one {MARK}", f"{marks} marks")
    if image is not None and MARK not in said[0]:
        raise UnfitError(f"no {MARK} in the first question", said[0])


def _converted(
    talk: _Talk, pairs: Sequence[TalkPair], picture: MediaFile | None, seed: int, tally: Tally
) -> list[tuple[Query, Trajectory]]:
    """The talk's pairs up to the first one that cannot be used; the rest is put aside."""
    files = () if picture is None else (_file_ref(picture),)
    presets = THOUGHTS_OF_ANY if picture is None else THOUGHTS_OF_ANY + THOUGHTS_OF_PICTURES
    converted: list[tuple[Query, Trajectory]] = []
    for number, ((question, answer), pair) in enumerate(zip(talk.pairs, pairs, strict=True)):
        query_id = fingerprint([NAME, talk.identity, number])[:16]
        rng = random.Random(f"{NAME}/{seed}/{query_id}")  # noqa: S311 - reproducible choice, no secret
        action = write_turn(SkillTurn(rng.choice(presets), (), answer))
        fault = _fault(question, answer, action)
        if fault is not None:
            _drop(tally, pair, *fault)
            for later in pairs[number + 1 :]:
                _drop(tally, later, "stands behind a pair that was dropped", fault[0])
            break
        query = Query(
            query_id=query_id,
            split="train",
            family=_family(talk, picture),
            text=question,
            tools=(),
            needs_picture=False,
            seed=_SEEDS + number,
            files=files,
            gold_json="",
            origin="user",
            teacher=NAME,
            follows=converted[0][0].query_id if converted else "",
        )
        converted.append((query, _run(query, action, answer)))
    return converted


def _fault(question: str, answer: str, action: str) -> tuple[str, str] | None:
    """Reason and evidence, if the pair cannot be used."""
    if not question:
        return "empty question", ""
    if not answer:
        return "empty answer", question
    try:
        read_turn(action)
    except UnreadableActionError as exc:
        return "the answer is too long for a turn", str(exc)
    return None


def _run(query: Query, action: str, answer: str) -> Trajectory:
    return Trajectory(
        trajectory_id=fingerprint([query.query_id, NAME])[:16],
        query_id=query.query_id,
        steps=(Step(action=action, code="", observation="", images=(), tool_calls=(), error=""),),
        answer_json=canonical_json(answer),
        status="answered",
        controller=NAME,
    )


def _file_ref(picture: MediaFile) -> FileRef:
    kind = picture.media_type.removeprefix("image/")
    name = picture.source.removeprefix("user:")
    return FileRef(
        name=f"file_1.{'jpg' if kind == 'jpeg' else kind}",
        sha256=picture.sha256,
        media_type=picture.media_type,
        origin=name,
    )


def _family(talk: _Talk, picture: MediaFile | None) -> str:
    dealt = int(fingerprint([talk.talk_id if picture is None else picture.sha256])[:8], 16)
    return f"plain/{dealt % FAMILIES:02d}"


def _drop(tally: Tally, pair: TalkPair, reason: str, evidence: str) -> None:
    # Never a query's id: a dropped row and a kept one may be alike.
    record_id = fingerprint([pair.place, pair.number])[:16]
    stored = evidence.encode(errors="backslashreplace").decode()
    tally.drop(record_id, pair, check=NAME, reason=reason, evidence=stored)
