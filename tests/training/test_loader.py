# ruff: noqa: E402 - what needs torch is imported only where torch is
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from journeyman.errors import ArtifactError, ConfigError
from journeyman.model_family import load_model_family
from journeyman.schema.message import Message, TextPart, messages_to_json
from journeyman.training.conversations import Encoder, Limits, corpus
from journeyman.training.loader import Loader
from journeyman.training.order import Mixture, Rows
from journeyman.training.packing import Packing
from journeyman.training.position import Position, read_position
from tests.model_families.members import PIXELS
from tests.training.examples import examples, tiny, written

ROWS = 90


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    rows = examples(ROWS) + examples(7, seed=1, split="validation", start=ROWS)
    return written(tmp_path_factory.mktemp("data"), rows)


def loader(paths, *, rank=0, ranks=1, buffer=30, share=True, processes=0, weights=None, seed=0, **limits):
    family, processor = tiny()
    paths = [paths] if isinstance(paths, str) else paths
    mixture = Mixture(
        [Rows([path], split="train", buffer_rows=buffer, seed=seed) for path in paths], weights or [1.0] * len(paths)
    )
    return Loader(
        mixture,
        Encoder(family, processor, Limits(**(PIXELS | limits))),
        Packing(2048, 512, ranks, share, 0.3),
        lambda rows, prefix: family.collate(rows, processor, prefix=prefix),
        rank=rank,
        processes=processes,
    )


def taken(made, count, position=None):
    """(position behind, rows of each pass, tokens, batches of this rank) of the first steps."""
    try:
        steps = islice(made.steps(position or made.start), count)
        return [(s.position, s.passes, s.tokens, list(s.batches)) for s in steps]
    finally:
        made.close()


def rows_of(step):
    return sorted(row for micro in step[1] for row in micro)


@pytest.fixture(scope="module")
def straight(dataset):
    return taken(loader(dataset), 12)


@pytest.mark.parametrize("done", [1, 5, 11])
def test_a_run_goes_on_with_the_next_step_as_if_it_had_not_stopped(dataset, straight, done, tmp_path):
    straight[done - 1][0].write(tmp_path)
    resumed = taken(loader(dataset), 12 - done, read_position(tmp_path))
    for (position, passes, tokens, batches), again in zip(straight[done:], resumed, strict=True):
        assert (position, passes, tokens) == again[:3]
        for batch, other in zip(batches, again[3], strict=True):
            assert batch.lengths == other.lengths
            assert torch.equal(batch.inputs["input_ids"], other.inputs["input_ids"])
            assert torch.equal(batch.inputs["pixel_values"], other.inputs["pixel_values"])


def test_ranks_share_the_rows_of_a_step_and_may_change_in_number(dataset, straight):
    ranks = [taken(loader(dataset, rank=rank, ranks=2), 4) for rank in range(2)]
    for step, first, second in zip(straight, *ranks, strict=False):
        assert rows_of(step) == rows_of(first) == rows_of(second)
        assert step[0] == first[0] == second[0]
        assert first[1] == second[1]
        assert step[2] == sum(int(b.inputs["targets"].numel()) for r in (first, second) for b in r[3])
        lengths = sorted(n for r in (first, second) for b in r[3] for row in b.lengths for n in row)
        assert lengths == sorted(n for b in step[3] for row in b.lengths for n in row)
    three = taken(loader(dataset, rank=2, ranks=3), 2, ranks[0][-1][0])
    followed = [row for s in straight[4:8] for row in rows_of(s)]
    assert set(rows_of(three[0])) <= set(followed), "another number of passes goes on behind the very same row"


@pytest.mark.parametrize("share", [True, False])
def test_every_row_comes_once_an_epoch(dataset, share):
    seen = [row for step in taken(loader(dataset, share=share), 14 if share else 20) for row in rows_of(step)]
    assert len(seen) > ROWS
    made = loader(dataset, share=share)
    order = [d.ref.row_id for d in islice(made._mixture.rows_after(made.start.drawn), len(seen))]
    made.close()
    assert sorted(order[:ROWS], key=int) == [str(i) for i in range(ROWS)]
    assert sorted(seen) == sorted(order)


def test_processes_give_what_a_thread_gives(dataset, straight):
    with_processes = taken(loader(dataset, processes=1), 4)
    for (position, passes, tokens, batches), other in zip(straight, with_processes, strict=False):
        assert (position, passes, tokens) == other[:3]
        for batch, again in zip(batches, other[3], strict=True):
            assert torch.equal(batch.inputs["pixel_values"], again.inputs["pixel_values"])


def test_what_waits_for_the_step_is_bounded(dataset):
    made = loader(dataset)
    steps = made.steps(made.start)
    first = next(steps)
    next(first.batches)
    time.sleep(1.0)
    drawn = made._ready.qsize()
    assert drawn <= 2
    assert sum(len(made._mixture.datasets[0]._held[g].result()) for g in made._mixture.datasets[0]._held) <= 70
    made.close()


def test_too_long_rows_are_left_out_or_cut_and_counted_once(dataset):
    made = loader(dataset, max_tokens=370)
    longer = {d.ref.row_id for d in islice(made._mixture.rows_after(made.start.drawn), ROWS)} - {
        c.ref.row_id for c in made._measured(made.start, ROWS)
    }
    assert 0 < len(longer) < ROWS
    steps = taken(made, 12)
    assert not longer & {row for step in steps for row in rows_of(step)}
    assert sum(steps[-1][0].drawn) > ROWS
    assert (steps[-1][0].rows, steps[-1][0].too_long, steps[-1][0].cut) == (ROWS, len(longer), 0)
    cut = taken(loader(dataset, max_tokens=370, too_long="cut"), 12)
    assert (cut[-1][0].too_long + cut[-1][0].cut, cut[-1][0].rows) == (len(longer), ROWS)
    assert cut[-1][0].cut > 0
    assert max(n for step in cut for batch in step[3] for row in batch.lengths for n in row) <= 370


def test_rows_without_a_trained_turn_are_left_out_and_counted(tmp_path):
    silent = messages_to_json([Message(role="user", content=(TextPart(text="nothing to learn"),))])
    rows = examples(30)
    rows[3] = rows[3].model_copy(update={"messages_json": silent, "images": ()})
    steps = taken(loader(written(tmp_path, rows)), 8)
    assert steps[-1][0].untrained == 1
    assert not [step for step in steps if "3" in rows_of(step)]
    none = [row.model_copy(update={"messages_json": silent, "images": ()}) for row in rows]
    made = loader(written(tmp_path / "none", none))
    with pytest.raises(ConfigError, match="none of 30 rows can be trained on"):
        made.epoch_steps()
    with pytest.raises(ConfigError, match="none of 30 rows can be trained on"):
        taken(made, 1)


def test_an_epoch_is_told_from_all_rows_of_a_small_dataset(dataset):
    made = loader(dataset)
    told = made.epoch_steps()
    steps = taken(made, 30)
    taken_in_one = next(i for i, step in enumerate(steps) if sum(step[0].drawn) >= ROWS) + 1
    assert abs(told - taken_in_one) <= 1


def test_datasets_are_mixed_by_weight(dataset, tmp_path):
    other = written(tmp_path, examples(20, seed=5, start=1000))
    steps = taken(loader([dataset, other], weights=[1.0, 0.5]), 8)
    rows = [int(row) for step in steps for row in rows_of(step)]
    share = sum(row >= 1000 for row in rows) / len(rows)
    assert share == pytest.approx(1 / 3, abs=0.03)
    resumed = taken(loader([dataset, other], weights=[1.0, 0.5]), 3, steps[4][0])
    assert [step[1] for step in resumed] == [step[1] for step in steps[5:]]


def test_validation_takes_each_row_once_and_gives_every_rank_equally_many(dataset):
    rounds = []
    for rank in range(3):
        made = loader(dataset, rank=rank, ranks=3)
        rounds.append(list(made.once(Rows([dataset], split="validation"))))
        made.close()
    assert [len(r) for r in rounds] == [3, 3, 3]
    counted = [batch.lengths for r in rounds for batch, trained in r if trained]
    assert len(counted) == 7
    assert sum(t for r in rounds for _, t in r) == sum(
        int(b.inputs["targets"].numel()) for r in rounds for b, trained in r if trained
    )
    alone = loader(dataset)
    assert list(alone.once(Rows([dataset], split="nothing"))) == []
    alone.close()


def test_nothing_goes_on_behind_a_closed_loader(dataset):
    """A thread that is inside a tokenizer when the interpreter ends aborts the rank."""
    made = loader(dataset)
    next(made.steps(made.start))
    made.close()
    alive = {thread.name.partition("_")[0] for thread in threading.enumerate()}
    assert not alive & {"loader", "encode"}


def test_what_is_wrong_with_the_data_reaches_the_step_that_waits(tmp_path):
    path = Path(written(tmp_path, examples(60)))
    data = path.read_bytes()
    made = loader(str(path), buffer=20)
    path.write_bytes(data[:4] + bytes(len(data) // 2) + data[4 + len(data) // 2 :])
    with pytest.raises(ArtifactError, match="cannot be read"):
        taken(made, 20)
    rows = examples(20)
    broken = rows[0].images[0].model_copy(update={"bytes": rows[0].images[0].bytes[:-60]})
    rows[0] = rows[0].model_copy(update={"images": (broken,)})
    with pytest.raises(ConfigError, match=r"row 0: picture .* cannot be opened"):
        taken(loader(written(tmp_path / "b", rows)), 10)


def test_more_ranks_than_rows_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="4 ranks share 3 rows"):
        loader(written(tmp_path, examples(3)), ranks=4)
    assert len(taken(loader(written(tmp_path, examples(3)), ranks=3), 2)) == 2


def test_a_position_without_a_file_is_none(tmp_path):
    assert read_position(tmp_path) is None
    Position(drawn=(3, 4), rows=7, cut=1).write(tmp_path / "new")
    assert read_position(tmp_path / "new") == Position(drawn=(3, 4), rows=7, cut=1)


SCRIPT = """
import sys, time
from itertools import islice
from tests.training.test_loader import loader

if __name__ == "__main__":
    made = loader(sys.argv[1], processes=1)
    for step in islice(made.steps(made.start), 2):
        list(step.batches)
    import multiprocessing
    print(*[p.pid for p in multiprocessing.active_children()], flush=True)
    time.sleep(600)
"""


def test_processes_end_with_a_rank_that_is_killed(dataset, tmp_path):
    (tmp_path / "rank.py").write_text(SCRIPT)
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}:{root}"}
    rank = subprocess.Popen(
        [sys.executable, str(tmp_path / "rank.py"), dataset], stdout=subprocess.PIPE, text=True, env=environment
    )
    pids = [int(pid) for pid in rank.stdout.readline().split()]
    assert len(pids) == 1
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    time.sleep(0.5)
    assert all(alive(pid) for pid in pids), "a signal to the whole group is the rank's to answer"
    rank.kill()
    rank.wait()
    end = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [pid for pid in pids if alive(pid)]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_family_that_packs_nothing_gets_passes_of_like_lengths(dataset):
    """What the tensors hold, not what the plan says: collate gives each conversation a row, and pads."""
    family = load_model_family("minicpm_v")
    _, processor = family.build_tiny(corpus(examples(16)), 0)

    def padding(*, packs):
        made = Loader(
            Mixture([Rows([dataset], split="train")], [1.0]),
            Encoder(family, processor, Limits(**PIXELS)),
            Packing(8192, 2048, 1, share_prefix=False, packs=packs),
            lambda rows, prefix: family.collate(rows, processor, prefix=prefix),
            rank=0,
        )
        batches = [batch for step in taken(made, 4) for batch in step[3]]
        real = sum(sum(map(sum, batch.lengths)) for batch in batches)
        return 1 - real / sum(batch.inputs["input_ids"].numel() for batch in batches)

    assert not family.packs
    assert padding(packs=family.packs) < 0.6 * padding(packs=True)
    assert padding(packs=family.packs) < 0.06
