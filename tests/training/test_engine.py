"""The engine on real ranks: one loss whatever the number of ranks and the ZeRO stage, before and after a resume."""

# ruff: noqa: E402 - what needs torch is imported only where torch is
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("deepspeed")

from journeyman.errors import TrainingError
from journeyman.training.averaging import FILES, WeightAverage
from journeyman.training.config import TrainingConfig
from journeyman.training.engine import _optimizer, _settle_steps
from journeyman.training.universal import make_universal
from tests.training.engine_ranks import CASES, Toy, passes

SCRIPT = Path(__file__).with_name("engine_ranks.py")
RESUME = 3
GROWN = ("stage 2", "stage 3", "stage 2, averaged", "stage 3, averaged")
AVERAGED = ("stage 0, averaged", "stage 2, averaged", "stage 3, averaged", "stage 2, bf16, averaged")
DECAY = 0.5


def run(ranks, *pairs):
    launcher = ["-m", "torch.distributed.run", "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0"]
    done = subprocess.run(
        [sys.executable, *launcher, "--local-addr=127.0.0.1", f"--nproc-per-node={ranks}", str(SCRIPT), *pairs],
        env=os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    line = next((text for text in done.stdout.splitlines() if text.startswith("@@")), None)
    assert line is not None, done.stderr[-4000:]
    return json.loads(line[2:])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One rank; two ranks, resumed as two and from what one wrote; one rank resumed from what two wrote."""
    root = tmp_path_factory.mktemp("engine")
    one, two, grown, shrunk = (str(root / name) for name in ("one", "two", "grown", "shrunk"))
    alone = run(1, one, "straight")
    for case in GROWN:
        shutil.copytree(Path(one) / case, Path(grown) / case)
        make_universal(Path(grown) / case / f"step-{RESUME}")
    both = run(2, two, "straight", two, "resumed", grown, "resumed")
    shutil.copytree(two, shrunk)
    for checkpoint in Path(shrunk).glob("*/step-*"):
        make_universal(checkpoint)
    return {
        "files": {case: sorted(p.name for p in (Path(two) / case).glob(f"*/{FILES}")) for case in CASES},
        "1": alone[f"{one} straight"],
        "2": both[f"{two} straight"],
        "2 -> 2": both[f"{two} resumed"],
        "1 -> 2": both[f"{grown} resumed"],
        "2 -> 1": run(1, shrunk, "resumed")[f"{shrunk} resumed"],
    }


def losses(steps):
    return [step["loss"] for step in steps]


def test_the_loss_is_weighted_by_tokens_at_any_number_of_ranks_and_any_stage(runs):
    want = losses(runs["1"]["stage 0"])
    for ranks in ("1", "2"):
        for case, steps in runs[ranks].items():
            tolerance = 2e-2 if "bf16" in case else 1e-6
            assert losses(steps) == pytest.approx(want, rel=tolerance), (ranks, case)


def test_the_gradient_does_not_depend_on_ranks_or_stage_either(runs):
    want = [step["gradient_norm"] for step in runs["1"]["stage 1"]]
    for ranks in ("1", "2"):
        for case in ("stage 1", "stage 2", "stage 3"):
            got = [step["gradient_norm"] for step in runs[ranks][case]]
            assert got == pytest.approx(want, rel=1e-5), (ranks, case)


def test_a_resumed_run_gives_the_very_losses_of_a_straight_one(runs):
    for case, steps in runs["2 -> 2"].items():
        assert losses(steps) == losses(runs["2"][case][RESUME:]), case


@pytest.mark.parametrize(("resumed", "straight"), [("2 -> 1", "2"), ("1 -> 2", "1")])
def test_another_number_of_ranks_goes_on_with_the_same_losses(runs, resumed, straight):
    assert set(runs[resumed]) == (set(runs["2"]) if resumed == "2 -> 1" else set(GROWN))
    for case, steps in runs[resumed].items():
        tolerance = 2e-3 if "bf16" in case else 1e-6
        assert losses(steps) == pytest.approx(losses(runs[straight][case][RESUME:]), rel=tolerance), case


def test_every_pass_is_reported_in_the_plans_order_whoever_computed_it(runs):
    for case in ("stage 0", "stage 3"):
        for alone, both in zip(runs["1"][case], runs["2"][case], strict=True):
            assert len(both["passes"]) == 4
            assert both["passes"] == pytest.approx(alone["passes"], rel=1e-4)


def test_what_one_rank_is_asked_all_ranks_do(runs):
    assert [step["stopping"] for step in runs["2"]["stage 2"]] == [False, False, False, False, True, False]


def test_memory_is_told_by_rank_and_the_peak_share_by_rank_0(runs):
    for step in runs["2"]["stage 2"]:
        assert len(step["memory"]) == 2
        assert all(used > 50_000_000 for used in step["memory"])  # torch alone takes more
        assert 0 < step["utilisation"] < 1


def tensors(weights):
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in weights.items()}


def loss_of(weights, batch):
    model = Toy().double()
    model.load_state_dict(weights, strict=False)
    return float(model.requires_grad_(False)({**batch, "inputs": batch["inputs"].double()}))


@pytest.mark.parametrize("ranks", ["1", "2"])
@pytest.mark.parametrize("case", AVERAGED)
def test_the_average_is_the_one_computed_by_hand_and_the_weights_come_back_exactly(runs, ranks, case):
    tolerance = {"rtol": 1e-2, "atol": 4e-3} if "bf16" in case else {"rtol": 1e-5, "atol": 1e-6}
    by_hand = None
    for number, step in enumerate(runs[ranks][case], start=1):
        weights = tensors(step["before"]["weights"])
        decay = min(DECAY, number / (9 + number))
        by_hand = weights if by_hand is None else {n: decay * by_hand[n] + (1 - decay) * w for n, w in weights.items()}
        averaged = tensors(step["averaged"]["weights"])
        for name, want in by_hand.items():
            torch.testing.assert_close(averaged[name], want, **tolerance)
        assert step["after"] == step["before"]
        # The loss is that of the average: what ZeRO-3 keeps gathered was exchanged too.
        rel = 2e-2 if "bf16" in case else 1e-4
        assert step["averaged"]["loss"] == pytest.approx(loss_of(by_hand, passes(number - 1)[0]), rel=rel)
    assert number == len(runs[ranks]["stage 2"])
    assert step["averaged"]["loss"] != step["before"]["loss"]
    assert step["at the end"] == step["averaged"]["loss"]


@pytest.mark.parametrize(
    ("resumed", "straight", "cases"),
    [("2 -> 2", "2", AVERAGED), ("2 -> 1", "2", AVERAGED), ("1 -> 2", "1", GROWN[2:])],
)
def test_a_resumed_average_is_that_of_a_straight_run(runs, resumed, straight, cases):
    for case in cases:
        got, want = (tensors(runs[name][case][-1]["averaged"]["weights"]) for name in (resumed, straight))
        exact = {"rtol": 0, "atol": 0} if resumed == "2 -> 2" else {"rtol": 1e-3, "atol": 1e-4}
        for name in want:
            torch.testing.assert_close(
                got[name], want[name], **({"rtol": 0, "atol": 1e-2} if "bf16" in case else exact)
            )


def test_a_run_that_averages_nothing_writes_nothing_of_it(runs):
    for case, files in runs["files"].items():
        assert len(files) == (2 if case in AVERAGED else 0), case


def test_a_checkpoint_that_lost_a_part_of_its_average_is_refused(tmp_path):
    weights = {"w": torch.nn.Parameter(torch.arange(5.0))}
    for rank in range(2):
        average = WeightAverage(weights, 0.5, rank=rank, world_size=2)
        average.update()
        average.write(tmp_path)
    one = WeightAverage(weights, 0.5, rank=0, world_size=1)
    one.read(tmp_path)
    assert torch.equal(one._average["w"], torch.arange(5.0))
    (tmp_path / FILES.replace("*", "00001")).unlink()
    with pytest.raises(TrainingError, match="has 1 of 2 files of averaged weights; delete it"):
        one.read(tmp_path)


def test_adam_is_fused_and_its_step_counts_are_told_apart_after_a_conversion():
    weights = [torch.nn.Parameter(torch.ones(3)) for _ in range(2)]
    optimizer = _optimizer(weights, TrainingConfig(), on_gpu=False)
    assert optimizer.param_groups[0]["fused"]
    shared = torch.tensor(7, dtype=torch.int64)
    for parameter in weights:
        optimizer.state[parameter] = {"step": shared, "exp_avg": torch.zeros(3), "exp_avg_sq": torch.zeros(3)}
        parameter.grad = torch.ones(3)
    _settle_steps(optimizer)
    optimizer.step()
    assert [float(optimizer.state[parameter]["step"]) for parameter in weights] == [8, 8]
