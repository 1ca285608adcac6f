"""Command lines that start the ranks: torchrun or DeepSpeed's launcher, on one machine or several."""

import sys
from pathlib import Path

from journeyman.training.config import TrainingConfig

WORKER = "journeyman.training.worker"
SHUTDOWN_SECONDS = 30
"""What ranks get to write a checkpoint before they are killed; torchrun gives them as long by itself."""


def rank_command(config: Path, training: TrainingConfig, *, port: int) -> list[str]:
    """What starts all ranks of this machine, and under the deepspeed launcher those of every machine.

    Args:
        config: The file that ranks read; on several machines it lies in a folder that all of them see.
        training: Its ``launcher``, ``ranks``, ``nodes``, ``rendezvous`` and ``hostfile`` are read.
        port: A free one on this machine, where the ranks of the deepspeed launcher meet.
    """
    own = _torchrun(config, training) if training.launcher == "torchrun" else _deepspeed(training, port)
    return [sys.executable, "-m", *own, WORKER, str(config)]


def _torchrun(config: Path, training: TrainingConfig) -> list[str]:
    alone = training.nodes == 1
    return [
        "torch.distributed.run",
        f"--nnodes={training.nodes}",
        f"--nproc-per-node={training.ranks}",
        "--rdzv-backend=c10d",
        f"--rdzv-endpoint={'127.0.0.1:0' if alone else training.rendezvous}",
        # Every machine gives the same line: c10d hands out node ranks as they come.
        *(["--local-addr=127.0.0.1"] if alone else [f"--rdzv-id={config.parent.name}"]),
        "--max-restarts=0",
        "-m",
    ]


def _deepspeed(training: TrainingConfig, port: int) -> list[str]:
    # Without a hostfile of its own DeepSpeed would read /job/hostfile, and find machines that nobody named.
    hosts = ["--hostfile=/dev/null"] if training.nodes == 1 else [f"--hostfile={training.hostfile}"]
    if training.nodes > 1:
        hosts.append(f"--num_nodes={training.nodes}")
    return [
        "deepspeed.launcher.runner",
        *hosts,
        f"--num_gpus={training.ranks}",
        f"--master_port={port}",
        "--no_local_rank",
        "--log_level=warning",
        "--module",
    ]
