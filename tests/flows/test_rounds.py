"""Two rounds: the second asks for more of what the first got wrong, on queries of its own, and trains on both."""

from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import SYNTH_AND_TUNE
from tests.flows.flow_process import TINY, run_flow

pytestmark = pytest.mark.flow

ROUNDS: dict[str, Any] = TINY | {
    "generation": TINY["generation"] | {"development_problems": 6},
    "evaluation": TINY["evaluation"] | {"agents": ["untuned", "tuned"]},
}


def test_a_second_round_asks_for_what_the_first_got_wrong_and_the_report_shows_both(
    stack: dict[str, str], user_files: Path
) -> None:
    run = run_flow(SYNTH_AND_TUNE, stack, overrides=ROUNDS, files=str(user_files), rounds=2)
    assert run.error is None, run.error
    found = run.artifacts()
    assert "round-1" in found
    assert "### Rounds" in run.result["summary_markdown"]
    states = run.task_states()
    assert states["plan"]["Completed"] == 1
    assert states["train"].total() == 2, "the second round trains on both rounds' data"
    examples = [
        int(line.split("|")[2].strip().replace(",", ""))
        for line in run.result["summary_markdown"].partition("### Rounds")[2].splitlines()
        if line.startswith(("| 1 ", "| 2 "))
    ][:2]
    assert examples[1] > examples[0] > 0
    asked = [stage["counts"]["taken"] for stage in run.result["stages"] if stage["stage"] == "queries"]
    assert sum(asked) == 12 + 12 + 6 + 6, "two rounds of training queries, and problems once"
    assert len([stage for stage in run.result["stages"] if stage["stage"] == "user-files"]) == 1
