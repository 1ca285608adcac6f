"""Command lines and processes of the ranks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from journeyman.errors import TrainingError
from journeyman.settings import STACK_ENV, Settings, load_settings
from journeyman.training.commands import rank_command
from journeyman.training.config import MixedDataset, TrainingConfig
from journeyman.training.process_tree import descendants, running_module, send
from journeyman.training.rank_protocol import RankConfig
from journeyman.training.ranks import _environment, run_ranks

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
    assert set(_environment(SECRETS | {"PATH": "/bin"}, config, Settings())) & set(SECRETS) == seen


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """Writes the file of a local stack that alone knows the store; what it says is what the settings say."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JOURNEYMAN_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()

    def write(endpoint):
        (tmp_path / "home" / STACK_ENV).write_text(
            "JOURNEYMAN_STORE=s3://bucket/runs\nAWS_ACCESS_KEY_ID=stack-key\n"
            f"AWS_SECRET_ACCESS_KEY=stack-secret\nAWS_ENDPOINT_URL={endpoint}\n"
        )
        load_settings.cache_clear()

    yield write
    load_settings.cache_clear()


def test_what_the_stacks_file_alone_knows_reaches_ranks_that_stream_and_no_others(stack):
    stack("http://127.0.0.1:8333")
    streaming = RankConfig(folder="/run", training=TrainingConfig(), urls=("s3://bucket/rows.parquet",))
    got = _environment({"PATH": "/bin", "AWS_REGION": "eu-west-1"}, streaming, load_settings())
    assert {name: value for name, value in got.items() if name.startswith("AWS_")} == {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "stack-key",
        "AWS_SECRET_ACCESS_KEY": "stack-secret",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:8333",
    }
    local = streaming.model_copy(update={"urls": ()})
    assert not [name for name in _environment({"PATH": "/bin"}, local, load_settings()) if name.startswith("AWS_")]


def test_a_real_rank_signs_its_requests_by_the_stacks_file_and_the_secret_is_written_nowhere(stack, tmp_path, caplog):
    pytest.importorskip("deepspeed")
    signed = []

    class Refusing(BaseHTTPRequestHandler):
        """A store that lets nobody in."""

        def do_GET(self):
            signed.append(self.headers.get("Authorization", ""))
            self.send_error(403)

        do_HEAD = do_GET  # noqa: N815

    caplog.set_level("DEBUG")
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack(f"http://127.0.0.1:{server.server_port}")
        run = tmp_path / "run"
        run.mkdir()
        config = RankConfig(folder=run, training=TrainingConfig(), urls=("s3://bucket/rows.parquet",))
        with pytest.raises(TrainingError, match=r"rows\.parquet: refused") as failed:
            run_ranks(config, lambda _event, _values: None)
        server.shutdown()
    assert signed
    assert all("Credential=stack-key/" in header for header in signed)
    written = [path.read_text() for path in run.rglob("*") if path.is_file()]
    assert written
    assert "stack-secret" not in "".join([*written, caplog.text, str(failed.value)])


def test_ranks_of_several_machines_are_not_tied_to_the_loopback():
    alone = RankConfig(folder="/run", training=CASES["torchrun, one machine"])
    many = RankConfig(folder="/run", training=CASES["torchrun, two machines of 8 GPUs"])
    assert _environment({}, alone, Settings())["GLOO_SOCKET_IFNAME"] == "lo"
    assert "GLOO_SOCKET_IFNAME" not in _environment({}, many, Settings())


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
