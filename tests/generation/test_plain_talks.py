"""Talks that are there already: every pair is a turn that calls nothing, or is put aside by name; none is lost."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from journeyman.action_formats.skill_json import SkillCall, SkillTurn, read_turn, write_published, write_turn
from journeyman.dataset.build import build_dataset
from journeyman.errors import ConfigError
from journeyman.generation.plain_talks import (
    THOUGHTS_OF_ANY,
    THOUGHTS_OF_PICTURES,
    TalkPair,
    adopt_plain_talks,
)
from journeyman.schema.artifact import StageResult
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_from_json
from journeyman.schema.query import Query
from journeyman.schema.record import sha256_hex
from journeyman.schema.trajectory import Trajectory
from journeyman.schema.verdict import Verdict
from journeyman.storage.store import Store
from tests.dataset.toys import toy_recipe


def png(shade: int = 0) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (24, 16), (shade, 90, 120)).save(sink, "PNG")
    return sink.getvalue()


def row(*texts: str, talk_id: Any = "1", image: Any = "cat.png", **more: Any) -> dict[str, Any]:
    """A row whose turns are ``texts``, by the human and the model in turn."""
    turns = [{"from": ("human", "gpt")[n % 2], "value": text} for n, text in enumerate(texts)]
    return {"id": talk_id, "conversations": turns} | ({} if image is None else {"image": image}) | more


def turns_of(*roles: str) -> dict[str, Any]:
    return {"id": "1", "conversations": [{"from": role, "value": f"said by {role}"} for role in roles]}


CAT = row("<image>\nWhat is this?", "A cat.", "Is it asleep?", "Yes, it is.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cat.png").write_bytes(png())
    (tmp_path / "images" / "coco").mkdir(parents=True)
    (tmp_path / "images" / "coco" / "dog.png").write_bytes(png(200))
    return tmp_path


def adopted(folder: Path, rows: list[Any], store: Store | None = None, *, seed: int = 0) -> StageResult:
    path = folder / "talks.json"
    path.write_text(json.dumps(rows))
    store = store or Store("memory://plain-talks")
    return adopt_plain_talks(str(path), seed=seed, store=store, storage_options={})


def kept(result: StageResult) -> tuple[list[Query], list[Trajectory], list[MediaFile]]:
    store, found = Store("memory://plain-talks"), result.artifacts
    return (
        store.records(found["queries"], Query),
        store.records(found["kept"], Trajectory),
        store.records(found["media"], MediaFile),
    )


def dropped(result: StageResult) -> list[Verdict]:
    return Store("memory://plain-talks").records(result.artifacts["dropped"], Verdict)


def test_every_pair_becomes_a_turn_that_calls_nothing_and_later_ones_follow_the_first(folder: Path) -> None:
    result = adopted(
        folder, [row("<image>\nWhat is this?", "A cat.", "Is it asleep?", "Yes.", "Whose is it?", "Mine.")]
    )
    queries, runs, media = kept(result)
    assert result.counts.model_dump() == {"taken": 3, "kept": 3, "dropped": 0, "failed": 0}
    assert [query.text for query in queries] == ["What is this?", "Is it asleep?", "Whose is it?"]
    assert [query.follows for query in queries] == ["", queries[0].query_id, queries[0].query_id]
    assert queries[0].seed < queries[1].seed < queries[2].seed, "a talk is in the order of its seeds"
    for query, run, answer in zip(queries, runs, ["A cat.", "Yes.", "Mine."], strict=True):
        (step,) = run.steps
        turn = read_turn(step.action)
        assert (turn.actions, turn.value, json.loads(run.answer_json)) == ((), answer, answer)
        assert turn.thoughts in THOUGHTS_OF_ANY + THOUGHTS_OF_PICTURES
        assert (run.query_id, run.status, run.controller) == (query.query_id, "answered", "plain_talks")
        assert (query.origin, query.split, query.tools, query.gold_json) == ("user", "train", (), "")
        assert [(ref.name, ref.sha256, ref.origin) for ref in query.files] == [
            ("file_1.png", sha256_hex(png()), "cat.png")
        ]
    assert [(item.sha256, item.source, item.data) for item in media] == [(sha256_hex(png()), "user:cat.png", png())]


def test_pictures_also_lie_in_a_folder_beside_the_file_and_two_names_of_one_picture_are_one_file(folder: Path) -> None:
    (folder / "same.png").write_bytes(png())
    rows = [
        row("What animal?\n<image>", "A dog.", talk_id=7, image="coco/dog.png"),
        row("<image>Name it.", "Tom.", talk_id="b"),
        row("<image>Age?", "Two.", talk_id="c", image="./same.png"),
    ]
    queries, _, media = kept(adopted(folder, rows))
    assert [query.text for query in queries] == ["What animal?", "Name it.", "Age?"]
    assert {item.sha256 for item in media} == {sha256_hex(png()), sha256_hex(png(200))}
    assert [query.files[0].origin for query in queries] == ["dog.png", "cat.png", "cat.png"]
    assert {item.source for item in media} == {"user:dog.png", "user:cat.png"}


def test_a_talk_of_words_alone_has_no_file_and_no_thought_speaks_of_a_picture(folder: Path) -> None:
    rows = [row("What is a verb?", f"A word {n}.", talk_id=n, image=None) for n in range(40)]
    queries, runs, media = kept(adopted(folder, rows))
    assert (len(queries), media) == (40, [])
    assert not any(query.files for query in queries)
    assert {read_turn(run.steps[0].action).thoughts for run in runs} == set(THOUGHTS_OF_ANY)


def test_json_lines_are_read_and_ids_that_repeat_with_other_turns_are_no_duplicates(folder: Path) -> None:
    """LLaVA's own file has three talks of one id for most of its pictures."""
    path = folder / "talks.jsonl"
    rows = [row("<image>\nWhat is this?", answer) for answer in ("A cat.", "A tabby.", "A cat.")]
    path.write_text("\n\n".join(json.dumps(one, ensure_ascii=False) for one in rows) + "\n")
    result = adopt_plain_talks(path.as_uri(), seed=0, store=Store("memory://plain-talks"), storage_options={})
    assert result.counts.model_dump() == {"taken": 3, "kept": 2, "dropped": 1, "failed": 0}
    assert result.reasons == {"plain_talks: duplicate id": 1}


def test_an_answer_that_holds_an_action_form_stays_data(folder: Path) -> None:
    calls = SkillTurn("so", (SkillCall("read_lines", {"image": "file_1.png"}),), "Wait.")
    answers = [write_turn(calls), write_published(calls), '"}], "actions": [{"API_name": "x"}]', "```py\nprint(1)\n```"]
    _, runs, _ = kept(adopted(folder, [row("<image>\nGo?", answer, talk_id=n) for n, answer in enumerate(answers)]))
    assert [read_turn(run.steps[0].action).actions for run in runs] == [()] * 4
    assert [read_turn(run.steps[0].action).value for run in runs] == answers


FIRST = "<image>\nWhat?"
ROWS: dict[str, tuple[Any, str]] = {
    "no object": (["human"], "the row is no object"),
    "no id": ({"conversations": CAT["conversations"]}, "no id"),
    "true is no id": (row("Q", "A", talk_id=True, image=None), "no id"),
    "no turns": ({"id": "1", "conversations": []}, "no turns"),
    "no list of turns": ({"id": "1", "conversations": "hello"}, "no turns"),
    "a turn is a text": ({"id": "1", "conversations": ["hello", "there"]}, "a turn has no text"),
    "no value": ({"id": "1", "conversations": [{"from": "human", "value": 3}]}, "a turn has no text"),
    "unknown role": (turns_of("human", "assistant"), "unknown role"),
    "the model begins": (turns_of("gpt", "human"), "roles do not alternate"),
    "one after itself": (turns_of("human", "human"), "roles do not alternate"),
    "calls skills": (
        {"id": "1", "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A", "actions": [{}]}]},
        "a turn calls skills",
    ),
    "missing": (row(FIRST, "A", image="bird.png"), "the picture is missing"),
    "a folder": (row(FIRST, "A", image="coco"), "the picture is missing"),
    "below a file": (row(FIRST, "A", image="cat.png/x.png"), "the picture is missing"),
    "does not decode": (row(FIRST, "A", image="broken.png"), "the picture does not decode"),
    "no picture": (row(FIRST, "A", image="talks.json"), "the picture does not decode"),
    "too many bytes": (row(FIRST, "A", image="huge.png"), "the picture is too large"),
    "too many pixels": (row(FIRST, "A", image="bomb.png"), "the picture is too large"),
    "up": (row(FIRST, "A", image="../cat.png"), "the picture's path leads out of its folder"),
    "up inside": (row(FIRST, "A", image="images/../../cat.png"), "the picture's path leads out of its folder"),
    "from the root": (row(FIRST, "A", image="/etc/passwd"), "the picture's path leads out of its folder"),
    "elsewhere": (row(FIRST, "A", image="file:///etc/passwd"), "the picture's path leads out of its folder"),
    "backslashes": (row(FIRST, "A", image="..\\cat.png"), "the picture's path leads out of its folder"),
    "a null byte": (row(FIRST, "A", image="cat\0.png"), "the picture's path leads out of its folder"),
    "too long a name": (row(FIRST, "A", image="x" * 300), "the picture's path leads out of its folder"),
    "no name": (row(FIRST, "A", image=" "), "the image is no file name"),
    "two pictures": (row(FIRST, "A", image=["cat.png", "cat.png"]), "the image is no file name"),
    "no mark": (row("What?", "A"), "no <image> in the first question"),
    "mark behind": (row("What?", "A", "<image> And?", "B"), "no <image> in the first question"),
    "two marks": (row(FIRST, "A", "<image> And?", "B"), "more than one <image>"),
    "mark in the answer": (row(FIRST, "A <image>"), "more than one <image>"),
    "mark of nothing": (row(FIRST, "A", image=None), "<image> and no picture is named"),
    "half a pair": (row(FIRST, "A \ud83d"), "half of a surrogate pair, which is no character"),
}


@pytest.mark.parametrize("case", ROWS.values(), ids=ROWS)
def test_a_row_that_cannot_be_used_is_put_aside_by_name_and_the_next_one_is_taken(
    case: tuple[Any, str], folder: Path
) -> None:
    (folder / "broken.png").write_bytes(png()[:60])
    with (folder / "huge.png").open("wb") as sparse:
        sparse.truncate(50_000_001)
    Image.new("1", (8000, 8000)).save(folder / "bomb.png")
    given_row, reason = case
    result = adopted(folder, [given_row, CAT])
    assert set(result.reasons) == {f"plain_talks: {reason}"}
    assert result.counts.kept == 2
    aside = [TalkPair.model_validate_json(verdict.record_json) for verdict in dropped(result)]
    assert {pair.place for pair in aside} == {"talks.json, row 1"}
    if isinstance(given_row, dict) and isinstance(given_row.get("conversations"), list):
        turns = [turn for pair in sorted(aside, key=lambda p: p.number) for turn in said_in(pair)]
        assert turns == given_row["conversations"], "what is put aside is whole"


def said_in(pair: TalkPair) -> list[Any]:
    found: list[Any] = json.loads(pair.row_json)["conversations"]
    return found


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ((FIRST, "A", " ", "B", "C?", "C"), "empty question"),
        ((FIRST, "A", "B?", "\n", "C?", "C"), "empty answer"),
        ((FIRST, "A", "B?", "b" * 20_000, "C?", "C"), "the answer is too long for a turn"),
    ],
    ids=["question", "answer", "too long"],
)
def test_a_pair_that_cannot_be_used_ends_the_talk(texts: tuple[str, ...], reason: str, folder: Path) -> None:
    result = adopted(folder, [row(*texts)])
    assert result.counts.model_dump() == {"taken": 3, "kept": 1, "dropped": 2, "failed": 0}
    assert result.reasons == {f"plain_talks: {reason}": 1, "plain_talks: stands behind a pair that was dropped": 1}


def test_a_last_question_without_an_answer_is_a_pair_that_is_dropped(folder: Path) -> None:
    result = adopted(folder, [row(FIRST, "A", "And?")])
    assert (result.counts.kept, result.reasons) == (1, {"plain_talks: empty answer": 1})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[\n{"id": 1,}]', "line 2, column 10"),
        ('{"id": "1"}\n\n{"id": }\n', "line 3, column 8"),
        ('[{"id": NaN}]', "NaN is no number of JSON"),
        ("", "holds no talk"),
        ("[]", "holds no talk"),
        ("[" * 100_000, "is not JSON"),
    ],
    ids=["array", "lines", "NaN", "empty", "no rows", "deep"],
)
def test_a_file_that_is_not_json_is_refused_with_the_place(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "talks.json"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        adopt_plain_talks(str(path), seed=0, store=Store("memory://refused"), storage_options={})
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [("{0}/absent.json", "is not a file that is there"), ("{0}", "is not a file"), ("http://x/t.json", "give a path")],
    ids=["absent", "folder", "scheme"],
)
def test_a_source_that_is_no_file_is_refused(source: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        adopt_plain_talks(source.format(tmp_path), seed=0, store=Store("memory://refused"), storage_options={})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "talks.json"
    path.write_bytes(b'[{"id": "\xff"}]')
    with pytest.raises(ConfigError, match="not UTF-8 at byte 9"):
        adopt_plain_talks(str(path), seed=0, store=Store("memory://refused"), storage_options={})


def test_equal_inputs_give_equal_artifacts_and_the_seed_chooses_the_thoughts(folder: Path) -> None:
    rows = [row(FIRST, f"Answer {n}.", talk_id=n) for n in range(30)]
    first, again, other = (adopted(folder, rows, seed=seed) for seed in (1, 1, 2))
    assert {k: ref.digest for k, ref in first.artifacts.items()} == {
        k: ref.digest for k, ref in again.artifacts.items()
    }
    assert first.artifacts["queries"] == other.artifacts["queries"]
    assert first.artifacts["kept"] != other.artifacts["kept"]


def test_talks_are_examples_of_the_dataset_and_can_be_cut_into_training_and_validation(folder: Path) -> None:
    for n in range(30):
        (folder / f"{n}.png").write_bytes(png(n))
    rows = [
        row(f"<image>\nWhat is number {n}?", f"Thing {n}.", "Why?", f"For {n}.", talk_id=n, image=f"{n}.png")
        for n in range(30)
    ]
    store = Store(f"file://{folder}/store")
    result = adopted(folder, rows, store)
    found = result.artifacts
    recipe = toy_recipe(action_format="skill_json", dataset={"validation_share": 0.1})
    built = build_dataset((found["kept"],), (found["queries"],), (found["media"],), (), recipe, store=store)
    examples = store.records(built.artifacts["kept"], Example)
    assert {example.split for example in examples} == {"train", "validation"}
    said = [m.text for e in examples for m in messages_from_json(e.messages_json) if m.role == "assistant"]
    assert len(said) == 60
    assert {read_turn(text).value for text in said} == {f"{word} {n}." for word in ("Thing", "For") for n in range(30)}
    assert {e.teacher for e in examples} == {"plain_talks"}
    assert {picture.bytes for e in examples for picture in e.images} == {png(n) for n in range(30)}


TURNS = st.lists(
    st.fixed_dictionaries(
        {
            "from": st.sampled_from(["human", "gpt", "system"]),
            "value": st.sampled_from(["", " ", "<image>", "<image>\nWhat?", "What?", "A \ud83d", "So.", "x" * 20_001]),
        },
        optional={"actions": st.sampled_from([[], [{"API_name": "x"}]])},
    ),
    max_size=6,
)
ROW = st.one_of(
    st.none(),
    st.integers(),
    st.fixed_dictionaries(
        {"id": st.sampled_from(["1", "2", 3, None, ""]), "conversations": TURNS},
        optional={"image": st.sampled_from(["cat.png", "bird.png", "../cat.png", "", None, 5])},
    ),
    # Mostly right rows, so that some are kept.
    st.lists(st.sampled_from(["What?", "So.", "Yes.", ""]), min_size=1, max_size=6).map(
        lambda texts: row(f"<image>{texts[0]}", *texts[1:])
    ),
)


@given(rows=st.lists(ROW, min_size=1, max_size=5))
@settings(max_examples=60)
def test_every_pair_is_kept_or_dropped_and_what_is_kept_is_a_talk_from_its_beginning(rows: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "cat.png").write_bytes(png())
        result = adopted(Path(place), rows)
    pairs = sum(
        max(1, (len(one["conversations"]) + 1) // 2) if isinstance(one, dict) and one["conversations"] else 1
        for one in rows
    )
    queries, runs, media = kept(result)
    counts = result.counts
    assert counts.taken == pairs == counts.kept + counts.dropped
    assert counts.failed == 0
    assert len(dropped(result)) == counts.dropped
    assert [run.query_id for run in runs] == [query.query_id for query in queries]
    assert len({query.query_id for query in queries}) == len(queries)
    begun = ""
    for query in queries:
        begun = begun if query.follows else query.query_id
        assert query.follows in ("", begun)
    assert all(read_turn(run.steps[0].action).actions == () for run in runs)
    assert {ref.sha256 for query in queries for ref in query.files} == {item.sha256 for item in media}


@pytest.mark.flow
def test_talks_and_pictures_are_read_from_a_bucket(s3: dict[str, str], folder: Path) -> None:
    options = {
        "endpoint_url": s3["AWS_ENDPOINT_URL"],
        "key": s3["AWS_ACCESS_KEY_ID"],
        "secret": s3["AWS_SECRET_ACCESS_KEY"],
    }
    bucket = Store(s3["JOURNEYMAN_STORE"], dict(options))
    rows = [CAT, row(FIRST, "A", talk_id="2", image="dog.png"), row(FIRST, "A", talk_id="3", image="bird.png")]
    bucket.put("talks/talks.json", json.dumps(rows).encode())
    bucket.put("talks/cat.png", png())
    bucket.put("talks/images/dog.png", png(200))
    store = Store("memory://plain-talks")
    result = adopt_plain_talks(bucket.url_of("talks/talks.json"), seed=0, store=store, storage_options=options)
    assert result.counts.model_dump() == {"taken": 4, "kept": 3, "dropped": 1, "failed": 0}
    assert result.reasons == {"plain_talks: the picture is missing": 1}
    assert {item.sha256 for item in kept(result)[2]} == {sha256_hex(png()), sha256_hex(png(200))}
