"""One whole run of synth-and-tune, which the other tests of flows read, repeat and interrupt."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from tests.flows.flow_process import TINY, FlowRun, run_flow

SYNTH_AND_TUNE = "flows.synth_and_tune.synth_and_tune"


@pytest.fixture(scope="session")
def user_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photographs, a table, and two files that nobody can use."""
    folder = tmp_path_factory.mktemp("user-files")
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        pytest.skip("scikit-image is not installed; pip install 'journeyman[tools]'")
    for name in ("coffee.png", "chelsea.png"):
        shutil.copy(Path(found.origin).parent / "data" / name, folder)
    (folder / "stock.csv").write_text("item,amount\nscrew,4\nnail,9\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 cut off here")
    (folder / "empty.txt").touch()
    return folder


@pytest.fixture(scope="session")
def first_run(stack: dict[str, str], user_files: Path) -> FlowRun:
    """The whole way, once, with real training on two ranks."""
    run = run_flow(SYNTH_AND_TUNE, stack, overrides=TINY, files=str(user_files))
    assert run.error is None, run.error
    return run
