"""A ZeRO checkpoint for another number of ranks: ``python -m journeyman.training.universal FOLDER/step-0000100``.

ZeRO cuts weights and optimizer states into as many parts as there are ranks. DeepSpeed's universal
form (arXiv:2406.18820) holds them whole, by name; ranks of any number cut their parts out of it.
"""

import argparse
import logging
import shutil
import subprocess
import sys
from pathlib import Path

from journeyman.errors import TrainingError

logger = logging.getLogger(__name__)

SHARDS = "*_optim_states.pt"
_WORKERS = 4


def make_universal(checkpoint: Path) -> None:
    """Convert ``checkpoint`` in place, in a process of its own: torch stays out of the launcher.

    Without ZeRO there is nothing to convert; every rank holds everything.

    Raises:
        TrainingError: DeepSpeed could not; the message carries what it printed.
    """
    if not any(checkpoint.glob(SHARDS)):
        return
    logger.info("checkpoint %s is converted for another number of ranks", checkpoint.name)
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(checkpoint)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise TrainingError(
            f"{checkpoint} cannot be converted for another number of ranks: {done.stderr[-2000:]}; "
            "train with the ranks that wrote it, or delete it"
        )


def _convert(checkpoint: Path) -> None:
    from deepspeed.checkpoint import ds_to_universal

    from journeyman.training.engine import only_data

    target = checkpoint.with_name(f"{checkpoint.name}.universal")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    arguments = argparse.Namespace(
        input_folder=str(checkpoint),
        output_folder=str(target),
        num_extract_workers=_WORKERS,
        num_merge_workers=_WORKERS,
        keep_temp_folder=False,
        strict=True,
        inject_missing_state=True,
    )
    with only_data():
        ds_to_universal.main(arguments)
    for path in checkpoint.iterdir():
        if path.suffix != ".pt":  # what the loop keeps beside the weights, e.g. its position in the data
            shutil.copy2(path, target)
    shutil.rmtree(checkpoint)
    target.rename(checkpoint)


if __name__ == "__main__":
    _convert(Path(sys.argv[1]))
