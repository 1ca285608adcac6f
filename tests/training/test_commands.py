"""Command lines and processes of the ranks."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journeyman.training.commands import rank_command
from journeyman.training.config import MixedDataset, TrainingConfig
from journeyman.training.process_tree import descendants, running_module, send
from journeyman.training.rank_protocol import RankConfig
from journeyman.training.ranks import _environment

GOLDEN = Path(__file__).parents[1] / "golden" / "rank_commands.json"
CASES = {
    "torchrun, one machine": TrainingConfig(ranks=2),
    "torchrun, two machines of 8 GPUs": TrainingConfig(ranks=8, nodes=2, rendezvous="head:29400"),
    "deepspeed, one machine": TrainingConfig(ranks=2, launcher="deepspeed"),
    "deepspeed, two machines of 8 GPUs": TrainingConfig(
        ranks=8, nodes=2, launcher="deepspeed", hostfile="/shared/hosts"
    ),
}


def test_command_lines_are_the_golden_ones():
    got = {
        name: rank_command(Path("/shared/training/0123abcd/rank_config.json"), config, port=29501)[1:]
        for name, config in CASES.items()
    }
    assert got == json.loads(GOLDEN.read_text())


def test_both_launchers_take_every_option_they_are_given():
    pytest.importorskip("deepspeed")
    from deepspeed.launcher.runner import parse_args
    from torch.distributed.run import get_args_parser

    for config in CASES.values():
        command = rank_command(Path("rank_config.json"), config, port=29501)
        if config.launcher == "deepspeed":
            args = parse_args(command[3:])
            assert (args.user_script, args.user_args) == ("journeyman.training.worker", ["rank_config.json"])
            assert args.module
        else:
            args = get_args_parser().parse_args(command[3:])
            assert (args.training_script, args.training_script_args) == (
                "journeyman.training.worker",
                ["rank_config.json"],
            )
            assert args.nnodes == str(config.nodes)


SECRETS = {"AWS_SECRET_ACCESS_KEY": "a", "OPENAI_API_KEY": "b", "PREFECT_API_KEY": "c", "JOURNEYMAN_STORE": "d"}


@pytest.mark.parametrize(
    ("others", "seen"),
    [
        ({}, set()),
        ({"urls": ("s3://bucket/rows.parquet",)}, {"AWS_SECRET_ACCESS_KEY"}),
        (
            {"training": TrainingConfig(mixture=(MixedDataset(url="s3://bucket/more", weight=1.0),))},
            {"AWS_SECRET_ACCESS_KEY"},
        ),
    ],
)
def test_ranks_see_credentials_of_a_store_that_they_stream_from_and_no_others(others, seen):
    config = RankConfig(**({"folder": "/run", "training": TrainingConfig()} | others))
    assert set(_environment(SECRETS | {"PATH": "/bin"}, config)) & set(SECRETS) == seen


def test_ranks_of_several_machines_are_not_tied_to_the_loopback():
    alone = RankConfig(folder="/run", training=CASES["torchrun, one machine"])
    many = RankConfig(folder="/run", training=CASES["torchrun, two machines of 8 GPUs"])
    assert _environment({}, alone)["GLOO_SOCKET_IFNAME"] == "lo"
    assert "GLOO_SOCKET_IFNAME" not in _environment({}, many)


def test_descendants_are_found_told_apart_and_signalled():
    script = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server', '-b', '127.0.0.1', '0'])"
    parent = subprocess.Popen(
        [sys.executable, "-c", script, "-m", "http.server"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 30
        while not (found := running_module(descendants(parent.pid), "http.server")):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert found[0] != parent.pid
        assert set(found) <= set(descendants(os.getpid()))
        send([*found, 2**22 - 1], signal.SIGKILL)
        parent.wait(timeout=30)
        assert descendants(parent.pid) == []
    finally:
        parent.kill()
        parent.wait()
