"""The real launcher with real ranks; each run costs 10 to 20 s, mostly imports, so there are few."""

import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("deepspeed")

from journeyman.errors import ConfigError, TrainingError, TransientError
from journeyman.recipe import Recipe
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import Message, TextPart, messages_to_json
from journeyman.schema.model import Model
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.training import launch
from journeyman.training.checkpoint import read_manifest
from journeyman.training.commands import WORKER
from journeyman.training.config import StageConfig, TrainingConfig
from journeyman.training.process_tree import descendants, running_module
from tests.training.toy_conversations import problems

STEPS = 16
CONFIG = TrainingConfig(ranks=2, max_steps=STEPS, tokens_per_step=2048, pack_tokens=512, checkpoint_every=4)


def example(problem, number, split):
    return Example(
        example_id=str(number),
        split=split,
        family=problem.kind,
        query="",
        messages_json=messages_to_json(problem.messages),
        images=tuple(EmbeddedImage(bytes=d, path=f"{s}.png") for s, d in problem.media.items()),
        tools=(problem.tool,),
        answer_json='""',
        origin="synthesised",
        teacher="toy",
    )


def recipe(config):
    return Recipe(name="toy", tools=(), query_checks=(), trajectory_checks=(), training=config)


def written(store, rows):
    return store.write("examples", rows, Example)


def toys():
    rows = [example(p, i, "train") for i, p in enumerate(problems(48, seed=0))]
    return rows + [example(p, 100 + i, "validation") for i, p in enumerate(problems(5, seed=1))]


def run(root, config, *, rows=None, on_metrics=None):
    store = Store(f"file://{root}/store")
    curve = []
    result = launch.train(
        written(store, toys() if rows is None else rows),
        recipe(config),
        store=store,
        settings=Settings(),
        home=Path(root) / "home",
        on_metrics=on_metrics or curve.append,
    )
    return store, result, curve


@pytest.fixture(autouse=True, scope="module")
def one_thread_a_rank():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return run(tmp_path_factory.mktemp("straight"), CONFIG)


def test_the_loss_falls_and_the_model_row_says_what_was_trained(straight):
    store, result, curve = straight
    assert [m["step"] for m in curve] == list(range(1, STEPS + 1))
    assert curve[-1]["loss"] < 0.7 * curve[0]["loss"]
    (row,) = store.records(result.artifacts["kept"], Model)
    assert row.steps == STEPS
    assert row.trained_tokens > 0
    assert row.trained_parameters == row.parameters
    assert store.exists(f"{row.prefix}model.safetensors")
    assert float(result.facts["validation_loss"]) > 0


def test_old_checkpoints_are_pruned(straight):
    store, _, _ = straight
    steps = sorted({key.split("/")[2] for key in store.keys("checkpoints/")})
    # One that waits gives way to a newer one where the store is slow, so the older of the two is not certain.
    assert steps[-1] == "step-0000012"
    assert len(steps) <= CONFIG.keep_checkpoints


def test_loss_and_gradient_are_those_of_one_process(straight, tmp_path):
    _, _, curve = straight
    settings = {"ranks": 1, "max_steps": 2, "checkpoint_every": 1, "validate_at_checkpoints": True}
    store, _, told = run(tmp_path, CONFIG.model_copy(update=settings))
    alone = [m for m in told if "loss" in m]
    # Adam makes a step of noise where a gradient is nothing but rounding, so only the first steps can be compared.
    assert alone[0]["loss"] == pytest.approx(curve[0]["loss"], rel=1e-5)
    assert alone[0]["gradient_norm"] == pytest.approx(curve[0]["gradient_norm"], rel=1e-4)
    assert alone[1]["loss"] == pytest.approx(curve[1]["loss"], rel=5e-3)
    (validated,) = (m for m in told if "validation_loss" in m)
    (run_name,) = {key.split("/")[1] for key in store.keys("checkpoints/")}
    assert read_manifest(store, run_name, 1).validation_loss == validated["validation_loss"] > 0


class SecondMachine(logging.Handler):
    """Starts a second machine's ranks by the very line that the first one's log gives."""

    node = None

    def emit(self, record):
        told, _, command = record.getMessage().partition("on each other machine run: ")
        if not told and command:
            python, *rest = command.split()
            assert python == "python"
            self.node = subprocess.Popen([sys.executable, *rest], stderr=subprocess.PIPE, text=True)


def test_two_machines_that_meet_give_the_losses_of_one_with_as_many_ranks(straight, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")  # both are this one; a cluster's ranks look for what they share
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        meeting = f"127.0.0.1:{probe.getsockname()[1]}"
    logger, second = logging.getLogger("journeyman.training.ranks"), SecondMachine()
    logger.addHandler(second)
    seen = []

    def count_ranks(metrics):
        seen.append(metrics)
        if second.node is not None:
            below.update(running_module(descendants(second.node.pid), WORKER))

    below = set()
    try:
        alone, both = straight[1], {"nodes": 2, "ranks": 1, "rendezvous": meeting, "checkpoint_every": 8}
        _, result, _ = run(tmp_path, CONFIG.model_copy(update=both), on_metrics=count_ranks)
        _, error = second.node.communicate(timeout=60)
        assert second.node.returncode == 0, error[-3000:]
    finally:
        logger.removeHandler(second)
        if second.node is not None:
            second.node.kill()
    assert len(below) == 1, "one rank of the two ran under the second machine's launcher"
    assert [m["loss"] for m in seen] == pytest.approx([m["loss"] for m in straight[2]], rel=1e-5)
    assert float(result.facts["validation_loss"]) == pytest.approx(float(alone.facts["validation_loss"]), rel=1e-4)
    assert committed(tmp_path) == [8]


def test_a_cancelled_and_then_killed_run_gives_the_losses_of_an_uninterrupted_one(straight, tmp_path):
    _, want, uninterrupted = straight
    losses = {m["step"]: m["loss"] for m in uninterrupted}
    seen = []

    def cancel(metrics):
        seen.append(metrics)
        if metrics["step"] == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(tmp_path, CONFIG, on_metrics=cancel)
    assert committed(tmp_path), "the ranks checkpoint when they are asked to stop, and it is uploaded"
    assert ranks() == []

    def kill_one_rank(metrics):
        seen.append(metrics)
        if metrics["step"] >= 9 and len(pids := ranks()) == CONFIG.ranks:
            os.kill(pids[-1], signal.SIGKILL)

    with pytest.raises(TransientError, match="run again to resume"):
        run(tmp_path, CONFIG, on_metrics=kill_one_rank)
    assert ranks() == []
    _, got, curve = run(tmp_path, CONFIG)
    assert int(got.facts["resumed_at"]) >= 8
    assert curve[0]["step"] == int(got.facts["resumed_at"]) + 1
    assert got.facts["trained_tokens"] == want.facts["trained_tokens"]
    for metrics in [*seen, *curve]:
        assert metrics["loss"] == pytest.approx(losses[metrics["step"]], rel=1e-5), metrics["step"]


def test_under_deepspeeds_launcher_a_cancelled_run_checkpoints_and_goes_on_with_one_rank(straight, tmp_path):
    _, _, uninterrupted = straight

    def cancel(metrics):
        if metrics["step"] == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(tmp_path, CONFIG.model_copy(update={"launcher": "deepspeed"}), on_metrics=cancel)
    assert ranks() == []
    (step,) = committed(tmp_path)
    end = CONFIG.model_copy(update={"ranks": 1, "spike_factor": 3.0})

    def cancel_again(metrics):
        curve.append(metrics)
        if metrics["step"] == step + 2:
            raise Cancelled

    curve = []
    with pytest.raises(Cancelled):
        run(tmp_path, end, on_metrics=cancel_again)
    want = {m["step"]: m["loss"] for m in uninterrupted}
    # Adam makes a step of noise where a gradient is nothing but rounding: the second step only comes near.
    assert curve[0]["loss"] == pytest.approx(want[step + 1], rel=1e-4)
    assert curve[1]["loss"] == pytest.approx(want[step + 2], rel=1e-2)


def test_a_killed_rank_takes_deepspeeds_launcher_down_too(tmp_path):
    def kill_one_rank(metrics):
        os.kill(ranks()[-1], signal.SIGKILL)

    with pytest.raises(TransientError, match=r"a training rank was killed .*run again to resume"):
        run(tmp_path, CONFIG.model_copy(update={"launcher": "deepspeed"}), on_metrics=kill_one_rank)
    assert ranks() == []


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_rows(tmp_path):
    config = CONFIG.model_copy(update={"ranks": 1, "learning_rate": 1e30, "checkpoint_every": 1})
    with pytest.raises(TrainingError, match=r"is (nan|not finite).* at step [12]; rows of that .*: \d+, \d+") as failed:
        run(tmp_path, config)
    bad = int(str(failed.value).partition(" at step ")[2].partition(";")[0])
    assert committed(tmp_path) == list(range(1, bad)), "what was checkpointed is from before the harm"


def test_a_rank_that_fails_takes_the_others_down_and_its_traceback_is_in_the_error(tmp_path):
    def interrupt_one_rank(metrics):
        os.kill(ranks()[-1], signal.SIGINT)

    with pytest.raises(TrainingError, match=r"training rank \d failed: KeyboardInterrupt") as failed:
        run(tmp_path, CONFIG, on_metrics=interrupt_one_rank)
    assert "Traceback (most recent call last)" in str(failed.value)
    assert "worker.py" in str(failed.value)
    assert ranks() == []


def test_stages_follow_each_other_and_a_finished_one_is_not_trained_again(tmp_path):
    stages = (
        StageConfig(name="first", max_steps=2, share=0.5),
        StageConfig(name="second", max_steps=3, freeze=("vision",), learning_rate=1e-3),
    )
    config = CONFIG.model_copy(update={"ranks": 1, "stages": stages})
    seen = []

    def cancel(metrics):
        seen.append((metrics["stage"], metrics["step"], metrics["run_step"]))
        if metrics["stage"] == "second":
            raise Cancelled

    with pytest.raises(Cancelled):
        run(tmp_path, config, on_metrics=cancel)
    assert seen == [("first", 1, 1), ("first", 2, 2), ("second", 1, 3)]
    store, result, curve = run(tmp_path, config)
    assert "first" not in {m["stage"] for m in curve}
    (row,) = store.records(result.artifacts["kept"], Model)
    assert row.steps == 5
    assert row.trained_parameters < row.parameters
    assert row.base_model == "tiny"


def test_an_untrainable_dataset_is_refused_before_a_rank_starts(tmp_path):
    silent = Message(role="user", content=(TextPart(text="nothing to learn"),))
    row = toys()[0].model_copy(update={"messages_json": messages_to_json([silent]), "images": ()})
    with pytest.raises(ConfigError, match="none of the 1 conversations has a trained assistant turn"):
        run(tmp_path, CONFIG, rows=[row])
    with pytest.raises(ConfigError, match="no row in its train split"):
        run(tmp_path, CONFIG, rows=[])


def test_what_a_rank_refuses_reaches_the_caller_by_name(tmp_path):
    with pytest.raises(ConfigError, match="no freeze group 'eyes'"):
        run(tmp_path, CONFIG.model_copy(update={"ranks": 1, "freeze": ("eyes",)}))


def test_the_untuned_model_is_a_function_of_dataset_and_seed(tmp_path):
    store = Store(f"file://{tmp_path}/store")
    data = written(store, toys())
    build = [
        launch.build_untuned(data, recipe(CONFIG), store=store, settings=Settings(), home=tmp_path / str(i))
        for i in range(2)
    ]
    assert build[0].facts["model"] == build[1].facts["model"]
    (row,) = store.records(build[0].artifacts["kept"], Model)
    assert (row.steps, row.dataset_digest) == (0, "")


class Cancelled(Exception):  # noqa: N818 - what a cancelled flow run raises ends in no "Error" either
    """The caller went away."""


def ranks():
    """Training ranks below this process that are alive, in the order of their start."""
    return sorted(running_module(descendants(os.getpid()), WORKER))


def committed(root):
    """Steps of the complete checkpoints in the store below ``root``."""
    keys = Store(f"file://{root}/store").keys("checkpoints/")
    return sorted({int(key.split("/")[2].removeprefix("step-")) for key in keys if key.endswith("/manifest.json")})
