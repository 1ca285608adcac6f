import io
import random

import datasets
import pyarrow.parquet as pq
import pytest

from journeyman.dataset.build import build_dataset, check_example
from journeyman.errors import SchemaError
from journeyman.schema.artifact import StageResult
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_from_json
from journeyman.schema.query import Query
from journeyman.schema.trajectory import Trajectory
from journeyman.schema.verdict import Verdict
from journeyman.storage.store import Store
from tests.dataset.toys import call, file_ref, picture, query, step, toy_recipe, trajectory

SHOWN = picture((9, 9, 9), source="tool:crop_image")


def built(
    store: Store, queries: list[Query], *, held_out: tuple[Query, ...] = (), runs: list[Trajectory] | None = None
) -> StageResult:
    runs = [trajectory(q) for q in queries] if runs is None else runs
    media = [picture((q.seed % 256, q.seed // 256, 7)) for q in queries]
    return build_dataset(
        (store.write("trajectories", runs, Trajectory),),
        (store.write("queries", queries, Query),),
        (store.write("media", [*media, SHOWN], MediaFile),),
        (store.write("queries", held_out, Query),),
        toy_recipe(dataset={"validation_share": 0.2}),
        store=store,
        yields={"queries": "10 of 12"},
    )


def test_load_dataset_decodes_the_pictures_of_the_published_copy(tmp_path) -> None:
    store = Store(f"file://{tmp_path}/store")
    cropped = step("crop_image('file_1.png', 0, 0, 8, 8)", call("crop_image"), images=(SHOWN.sha256,))
    queries = [query(n) for n in range(10)]
    result = built(store, queries, runs=[trajectory(q, cropped, step("final_answer(1)")) for q in queries])
    folder = result.facts["url"].removeprefix("file://")
    loaded = datasets.load_dataset(
        "parquet",
        data_files={s: f"{folder}/{s}-00000.parquet" for s in ("train", "validation")},
        cache_dir=str(tmp_path / "cache"),
    )
    assert (len(loaded["train"]), len(loaded["validation"])) == (
        int(result.facts["train"]),
        int(result.facts["validation"]),
    )
    assert int(result.facts["validation"]) == 2
    row = loaded["train"][0]
    assert [image.size for image in row["images"]] == [(24, 16), (24, 16)]
    assert row["images"][1].getpixel((0, 0)) == (9, 9, 9)
    assert loaded["train"].features == datasets.Features(
        {name: datasets.Value("string") for name in Example.model_fields}
        | {"images": datasets.List(datasets.Image()), "tools": datasets.List(datasets.Value("string"))}
        | {"audios": datasets.List(datasets.Audio(decode=False)), "videos": datasets.List(datasets.Video(decode=False))}
    )


def test_the_dataset_does_not_depend_on_the_order_of_its_rows() -> None:
    store = Store("memory://order")
    queries = [query(n) for n in range(20)]
    shuffled = queries.copy()
    random.Random(1).shuffle(shuffled)
    assert [e.example_id for e in store.records(built(store, queries).artifacts["kept"], Example)] == [
        e.example_id for e in store.records(built(store, shuffled).artifacts["kept"], Example)
    ]


def test_every_trajectory_is_kept_or_dropped_with_its_reason() -> None:
    store = Store("memory://reasons")
    queries = [query(n) for n in range(6)]
    queries[1] = query(1, text=queries[0].text.upper(), files=queries[0].files)
    held_out = (
        query(100, split="held_out", family=queries[2].family),
        query(101, split="held_out", files=(file_ref(picture((3, 0, 7))),)),
        query(4, query_id="other", family="f", split="held_out", files=()),
    )
    result = built(
        store, queries, held_out=held_out, runs=[*map(trajectory, queries), trajectory(queries[5], trajectory_id="x")]
    )
    assert result.counts.model_dump() == {"taken": 7, "kept": 2, "dropped": 5, "failed": 0}
    assert result.reasons == {
        "contamination: shares a file with a held-out problem": 1,
        "contamination: shares a seed with a held-out problem": 1,
        "contamination: shares a task family with a held-out problem": 1,
        "duplicate: same text and files": 1,
        "duplicate: second run of one query": 1,
    }
    assert result.facts["contaminated"] == "3"
    dropped = store.records(result.artifacts["dropped"], Verdict)
    assert {Trajectory.model_validate_json(v.record_json).query_id for v in dropped} == {
        f"q{n:04d}" for n in range(1, 6)
    }


def test_a_users_file_has_no_seed_to_be_contaminated_by() -> None:
    store = Store("memory://user")
    queries = [query(1, origin="user", seed=0, files=(file_ref(picture((0, 0, 7))),))]
    assert (
        built(
            store, queries, held_out=(query(9, origin="user", seed=0),), runs=[trajectory(queries[0], step("x"))]
        ).counts.kept
        == 1
    )


def test_an_example_keeps_every_turn_and_the_pictures_at_their_places() -> None:
    store = Store("memory://turns")
    asked = query(1)
    run = trajectory(asked, step("crop_image()", call("crop_image"), images=(SHOWN.sha256,)), step("final_answer(2)"))
    (example,) = store.records(built(store, [asked], runs=[run]).artifacts["kept"], Example)
    messages = messages_from_json(example.messages_json)
    assert [m.role for m in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert [m.images for m in messages] == [(), (asked.files[0].sha256,), (), (SHOWN.sha256,), ()]
    assert [image.path.removesuffix(".png") for image in example.images] == [asked.files[0].sha256, SHOWN.sha256]
    assert example.tools == ("crop_image",)


def test_the_build_fails_when_a_picture_has_no_bytes() -> None:
    asked = query(1, files=(file_ref(picture((200, 200, 200))),))
    with pytest.raises(SchemaError, match="is in no media artifact"):
        built(Store("memory://missing"), [asked])


def test_the_build_fails_when_a_query_is_missing() -> None:
    with pytest.raises(SchemaError, match="answers query q0002"):
        built(Store("memory://noquery"), [query(1)], runs=[trajectory(query(2))])


def test_a_vanished_action_or_tool_picture_is_refused() -> None:
    from journeyman.agent.prompt import conversation

    asked = query(1)
    file = picture((1, 0, 7))
    files = {file.sha256: file, SHOWN.sha256: SHOWN}
    run = trajectory(asked, step("a", images=(SHOWN.sha256,)), step("b"))
    whole = conversation(asked, run, "system")
    check_example((run,), whole, files)
    with pytest.raises(SchemaError, match="action 2 of 2 is not in"):
        check_example((run,), whole[:-1], files)
    without = tuple(m.model_copy(update={"content": m.content[:1]}) for m in whole)
    with pytest.raises(SchemaError, match="is in no message"):
        check_example((run,), without, files)


def test_the_card_states_counts_contamination_and_the_scripted_teacher() -> None:
    store = Store("memory://card")
    result = built(store, [query(n) for n in range(5)], held_out=(query(77, family="look/style-1", split="held_out"),))
    card = store.get(f"datasets/{result.facts['digest']}/README.md").decode()
    assert "Made with the scripted teacher" in card
    assert "Compared with 1 held-out problems by file (sha256), task family and seed: 1 trajectories removed" in card
    assert "| queries | 10 of 12 |" in card
    assert "| CC0-1.0 | 4 |" in card


def test_row_groups_stay_small_enough_for_pictures() -> None:
    store = Store("memory://groups")
    result = built(store, [query(n) for n in range(260)])
    data = pq.ParquetFile(io.BytesIO(store.get(f"datasets/{result.facts['digest']}/train-00000.parquet")))
    assert max(data.metadata.row_group(i).num_rows for i in range(data.num_row_groups)) == 100


def test_an_artifact_that_is_given_three_times_is_counted_once() -> None:
    store = Store("memory://thrice")
    queries = [query(n) for n in range(4)]
    runs = store.write("trajectories", [trajectory(q) for q in queries], Trajectory)
    asked = store.write("queries", queries, Query)
    media = store.write("media", [*(picture((q.seed % 256, q.seed // 256, 7)) for q in queries), SHOWN], MediaFile)
    result = build_dataset((runs, runs, runs), (asked, asked), (media, media), (), toy_recipe(), store=store)
    assert (result.counts.taken, result.counts.kept, result.counts.dropped) == (4, 4, 0)
