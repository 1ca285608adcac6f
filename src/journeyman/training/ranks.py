"""The ranks as one group of processes: started by torchrun, listened to, and never left behind."""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from journeyman.errors import ConfigError, TrainingError, TransientError
from journeyman.training.rank_protocol import CHECKPOINT, STOPPED, RankConfig, heard, read_failures

logger = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 30
"""What ranks get to write a checkpoint before they are killed."""
_TAIL_LINES = 60
_KILLED = re.compile(r"exitcode\s*:\s*-9\b")
_LOST_PEER = re.compile(r"by peer|NCCL|gloo", re.IGNORECASE)
_REFUSALS = ("ConfigError", "UnknownPluginError")


OnEvent = Callable[[str, dict[str, Any]], None]


def run_ranks(config: RankConfig, on_event: OnEvent) -> None:
    """Run all ranks of a training stage to their end.

    Args:
        config: Written to the run's folder for the ranks.
        on_event: Called with each event that rank 0 says, in order.

    Raises:
        ConfigError: The ranks refused their configuration before the first step.
        TransientError: A rank was killed from outside; running again resumes from the last checkpoint.
        TrainingError: A rank failed; the message carries its traceback.
    """
    path = config.folder / "rank_config.json"
    path.write_text(config.model_dump_json())
    for old in config.failures.glob("rank-*.json"):
        old.unlink()
    process = subprocess.Popen(
        _command(path, config.training.ranks),
        stdin=subprocess.PIPE,  # held open: ranks end themselves when this end is gone
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=_environment(os.environ, config.training.ranks),
        start_new_session=True,
    )
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    stopped = False
    assert process.stdout is not None
    try:
        for line in process.stdout:
            event = heard(line)
            if event is None:
                tail.append(line.rstrip())
                logger.debug("%s", line.rstrip())
                continue
            stopped = stopped or event[0] == STOPPED
            on_event(*event)
        code = process.wait()
    except BaseException:
        _stop(process, on_event)
        raise
    finally:
        _make_sure(process)
    if code and not stopped:
        raise _failure(config, code, "\n".join(tail))


def _command(config: Path, ranks: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nnodes=1",
        f"--nproc-per-node={ranks}",
        "--rdzv-backend=c10d",
        "--rdzv-endpoint=127.0.0.1:0",
        "--local-addr=127.0.0.1",
        "--max-restarts=0",
        f"--shutdown-timeout={SHUTDOWN_SECONDS}",
        "-m",
        "journeyman.training.worker",
        str(config),
    ]


def _environment(base: Mapping[str, str], ranks: int) -> dict[str, str]:
    """What ranks see: no credentials, since they talk to no store and no teacher."""
    hidden = re.compile(r"^(AWS_|OPENAI_|PREFECT_|JOURNEYMAN_)")
    environment = {k: v for k, v in base.items() if not hidden.match(k)}
    cores = os.cpu_count() or 1
    environment.setdefault("OMP_NUM_THREADS", str(max(1, cores // ranks)))
    environment.setdefault("TOKENIZERS_PARALLELISM", "false")
    environment.setdefault("GLOO_SOCKET_IFNAME", "lo")
    environment["PYTHONUNBUFFERED"] = "1"
    # DeepSpeed reads its checkpoints as pickles; torch then lets them hold weights and what the engine names, no code.
    environment["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    return environment


def _stop(process: subprocess.Popen[str], on_event: OnEvent) -> None:
    """Let the ranks write a last checkpoint, and have it uploaded, before they are killed."""
    process.send_signal(signal.SIGTERM)
    deadline = threading.Timer(SHUTDOWN_SECONDS, process.kill)
    deadline.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            event = heard(line)
            if event is not None and event[0] == CHECKPOINT:
                on_event(*event)
        process.wait()
    finally:
        deadline.cancel()


def _make_sure(process: subprocess.Popen[str]) -> None:
    """Leave nothing behind: ranks see that torchrun, or this end of their input, is gone and end within a second."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _failure(config: RankConfig, code: int, tail: str) -> Exception:
    failures = read_failures(config.failures)
    refused = next((f for f in failures if f.kind in _REFUSALS), None)
    if refused is not None:
        return ConfigError(refused.message)
    # A killed rank writes nothing down, and the others then fail in what they were exchanging with it.
    if _KILLED.search(tail) or code == -signal.SIGKILL:
        return TransientError(
            "a training rank was killed (out of memory, or by hand); run again to resume from the last checkpoint"
        )
    if failures:
        # The ranks that lost their peer fail too; what the peer died of is the cause.
        first = next((f for f in failures if not _LOST_PEER.search(f.message)), failures[0])
        return TrainingError(
            f"training rank {first.rank} failed: {first.kind}: {first.message}\n{first.traceback}\n{tail}"
        )
    return TrainingError(f"the training launcher ended with code {code}\n{tail}")
