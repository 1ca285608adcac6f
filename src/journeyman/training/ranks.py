"""The ranks as one group of processes: started by a launcher, listened to, and never left behind."""

import logging
import os
import re
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from journeyman.errors import ConfigError, TrainingError, TransientError
from journeyman.settings import Settings, load_settings
from journeyman.training.commands import SHUTDOWN_SECONDS, WORKER, rank_command
from journeyman.training.process_tree import descendants, running_module, send
from journeyman.training.rank_protocol import CHECKPOINT, STOPPED, RankConfig, heard, read_failures

logger = logging.getLogger(__name__)

_TAIL_LINES = 60
_KILLED = re.compile(r"exitcode\s*:\s*-9\b|return code = -9\b")
"""How torchrun and DeepSpeed's launcher tell that a rank was killed."""
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
    if config.training.nodes > 1 and config.training.launcher == "torchrun":
        logger.warning("on each other machine run: python -m journeyman.training.node %s", path)
    supervise(path, config, on_event)


def supervise(path: Path, config: RankConfig, on_event: OnEvent) -> None:
    """Start this machine's ranks and stay with them to their end; raises what :func:`run_ranks` raises.

    Args:
        path: The written ``config``.
        config: Of the run.
        on_event: Called with each event that rank 0 says, in order, where rank 0 runs on this machine.
    """
    process = subprocess.Popen(
        rank_command(path, config.training, port=_free_port()),
        stdin=subprocess.PIPE,  # held open: ranks end themselves when this end is gone
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=_environment(os.environ, config, load_settings()),
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


def _environment(base: Mapping[str, str], config: RankConfig, settings: Settings) -> dict[str, str]:
    """What ranks see: no credentials, but for those of a store that they stream rows from.

    Ranks read no settings of ours, so what the stack's file alone knows is put where s3fs looks for it.
    """
    training = config.training
    urls = (*config.urls, *(other.url for other in training.mixture))
    streams = any(url.startswith("s3://") for url in urls)
    hidden = re.compile(r"^(OPENAI_|PREFECT_|JOURNEYMAN_)" if streams else r"^(AWS_|OPENAI_|PREFECT_|JOURNEYMAN_)")
    environment = {k: v for k, v in base.items() if not hidden.match(k)}
    if streams:
        environment |= _store_credentials(settings)
    cores = os.cpu_count() or 1
    environment.setdefault("OMP_NUM_THREADS", str(max(1, cores // training.ranks)))
    environment.setdefault("TOKENIZERS_PARALLELISM", "false")
    if training.nodes == 1:
        environment.setdefault("GLOO_SOCKET_IFNAME", "lo")
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _store_credentials(settings: Settings) -> dict[str, str]:
    secret = settings.aws_secret_access_key
    known = {
        "AWS_ACCESS_KEY_ID": settings.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret.get_secret_value() if secret else None,
        "AWS_ENDPOINT_URL": settings.aws_endpoint_url,
    }
    return {name: value for name, value in known.items() if value}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[str], on_event: OnEvent) -> None:
    """Let the ranks write a last checkpoint, and have it uploaded, before they are killed.

    The ranks are asked themselves: DeepSpeed's launcher would be gone before them, and what one rank is asked,
    all do.
    """
    send(running_module(descendants(process.pid), WORKER), signal.SIGTERM)
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
    """Leave nothing behind.

    What is no longer below a killed launcher is out of reach here: such ranks see that it, or this end of
    their input, is gone, and end within a second.
    """
    if process.poll() is None:
        left = descendants(process.pid)
        process.kill()
        process.wait()
        send(left, signal.SIGKILL)
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
