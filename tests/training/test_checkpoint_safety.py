"""A checkpoint in the bucket is data: one that holds code is refused by whoever reads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
import torch
import journeyman.training.engine as engine
from journeyman.training.config import TrainingConfig

class Evil:
    def __reduce__(self):
        return (Path(sys.argv[2]).touch, ())

engine.TokenLoss = lambda model: model  # what is trained does not matter here
made = engine.Engine(torch.nn.Linear(4, 4), TrainingConfig(), micro_batches=1, world_size=1)
folder = Path(sys.argv[1])
made.save_checkpoint(folder, "step-1")
made.load_checkpoint(folder, "step-1")
print("good one loaded")
states = next((folder / "step-1").glob("*model_states.pt"))
torch.save({"module": Evil()}, states)
if sys.argv[3] == "load":
    made.load_checkpoint(folder, "step-1")
else:
    from journeyman.training.universal import make_universal
    make_universal(folder / "step-1")
"""


@pytest.mark.parametrize("reader", ["load", "convert"])
def test_a_checkpoint_that_holds_code_is_refused(tmp_path: Path, reader: str) -> None:
    alone = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "checkpoints"), str(tmp_path / "ran"), reader],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | alone,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert "good one loaded" in run.stdout, run.stderr[-3000:]
    assert run.returncode != 0
    assert "Weights only load failed" in run.stderr
    assert not (tmp_path / "ran").exists()
