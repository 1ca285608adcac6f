"""The real launcher with real ranks; each run costs 10 to 20 s, mostly imports, so there are few."""

import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("deepspeed")

from journeyman.errors import ConfigError, TransientError
from journeyman.recipe import Recipe
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import Message, TextPart, messages_to_json
from journeyman.schema.model import Model
from journeyman.settings import Settings
from journeyman.storage.store import Store
from journeyman.training import launch
from journeyman.training.config import TrainingConfig
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
    steps = {key.split("/")[2] for key in store.keys("checkpoints/")}
    assert steps == {"step-0000008", "step-0000012"}


def test_loss_and_gradient_are_those_of_one_process(straight, tmp_path):
    _, _, curve = straight
    _, _, alone = run(tmp_path, CONFIG.model_copy(update={"ranks": 1, "max_steps": 2}))
    # Adam makes a step of noise where a gradient is nothing but rounding, so only the first steps can be compared.
    assert alone[0]["loss"] == pytest.approx(curve[0]["loss"], rel=1e-5)
    assert alone[0]["gradient_norm"] == pytest.approx(curve[0]["gradient_norm"], rel=1e-4)
    assert alone[1]["loss"] == pytest.approx(curve[1]["loss"], rel=5e-3)


def test_a_cancelled_and_then_killed_run_resumes_to_the_same_model(straight, tmp_path):
    _, want, _ = straight

    def cancel(metrics):
        if metrics["step"] == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(tmp_path, CONFIG, on_metrics=cancel)
    manifests = [key for key in Store(f"file://{tmp_path}/store").keys("checkpoints/") if key.endswith("manifest.json")]
    assert manifests, "the ranks checkpoint when they are asked to stop, and it is uploaded"

    def kill_one_rank(metrics):
        if metrics["step"] >= 9 and len(pids := rank_pids(tmp_path)) == CONFIG.ranks:
            os.kill(pids[-1], signal.SIGKILL)

    with pytest.raises(TransientError, match="run again to resume"):
        run(tmp_path, CONFIG, on_metrics=kill_one_rank)
    assert rank_pids(tmp_path) == []
    _, got, curve = run(tmp_path, CONFIG)
    assert int(got.facts["resumed_at"]) >= 8
    assert curve[0]["step"] == int(got.facts["resumed_at"]) + 1
    assert got.facts["trained_tokens"] == want.facts["trained_tokens"]
    assert float(got.facts["final_loss"]) == pytest.approx(float(want.facts["final_loss"]), abs=2e-3)


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


def rank_pids(root):
    """Training ranks of the run below ``root`` that are alive."""
    pids = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "journeyman.training.worker" in command and str(root) in command and "torch.distributed.run" not in command:
            pids.append(int(path.parent.name))
    return sorted(pids)
