"""The engine on real ranks: one loss whatever the number of ranks and the ZeRO stage, before and after a resume."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("deepspeed")

from journeyman.training.universal import make_universal

SCRIPT = Path(__file__).with_name("engine_ranks.py")
RESUME = 3
GROWN = ("stage 2", "stage 3")


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
