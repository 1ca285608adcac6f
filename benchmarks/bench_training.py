"""Training throughput beside TRL's SFTTrainer: real tokens a CPU-second on the same rows, model and token budget.

300 tool trajectories of uneven length, drawn by seed; one thread; runs of both sides in turn, medians. Figures to
reach: 2 times TRL on multimodal rows, which it pads, 1.5 times on text rows, which it packs; padding under 5 %; the
loss on the same rows equal; half of the measured matmul peak for SmolLM2 in bf16.

On multimodal rows our side computes the system prompt that all rows share once a forward pass, as the product does by
default; a line beside it shows what is left without that.

TRL is not held back: no gradient checkpointing, bf16 weights rather than its default of autocast (8 % faster here), the
same versions of torch and transformers. Its batch of 1, which pads nothing and pays on a CPU alone, is shown beside.
What does flatter us: off GPUs its fused head computes logits at every place, on GPUs only where a token is trained, as
ours does everywhere. All weights are trained, by AdamW; our side runs through DeepSpeed at stage 0 with fp32 master
weights, TRL's updates the bf16 weights themselves.
``--quick`` takes one run of each and smaller steps; ``text`` or ``multimodal`` takes that part alone.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from training_throughput.case import Case, Measured
from training_throughput.trl_environment import VERSION, trl_python

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".journeyman" / "benchmarks"
TRAINING = FOLDER / "training"
FACTS = TRAINING / "facts.json"
ROWS_PER_PASS = 8
"""TRL's batch where it pads: the default of transformers' Trainer."""


def main(*, quick: bool, only: str = "") -> None:
    """Measure and print both parts, or one."""
    trl = trl_python(FOLDER / "trl", ROOT / "constraints" / "cpu.txt")
    if not FACTS.exists():
        _run(Path(sys.executable), "models", TRAINING)
    facts = json.loads(FACTS.read_text())
    rounds = 1 if quick else 3
    means = {name: statistics.mean(lengths) for name, lengths in facts["tokens"].items()}
    if only != "text":
        _multimodal(trl, means["pictures.parquet"], rounds)
    if only != "multimodal":
        _text(trl, means["text.parquet"], facts["weights"], rounds, quick=quick)


def _multimodal(trl: Path, mean_tokens: float, rounds: int) -> None:
    padded = Case(
        rows=str(TRAINING / "pictures.parquet"),
        model=str(TRAINING / "qwen2_vl"),
        family="qwen_vl",
        pictures=True,
        precision="fp32",
        tokens_per_step=round(4 * ROWS_PER_PASS * mean_tokens),
        pack_tokens=round(ROWS_PER_PASS * mean_tokens),
        rows_per_pass=ROWS_PER_PASS,
        warm_up=1,
        steps=1,
        fixed_rows=4,
    )
    packed = replace(padded, pack_tokens=round(mean_tokens))
    alone = replace(packed, rows_per_pass=1)
    shared = replace(padded, pack_tokens=round(2 * mean_tokens), share_prefix=True)
    print(f"\nmultimodal rows, tiny Qwen2-VL in fp32, {padded.tokens_per_step:,} tokens a step")
    runs = _in_turn(
        {
            "ours": (Path(sys.executable), "journeyman_side", shared),
            "ours, shared turns computed anew": (Path(sys.executable), "journeyman_side", packed),
            f"TRL {VERSION}, padded, batch {ROWS_PER_PASS}": (trl, "trl_side", padded),
            f"TRL {VERSION}, batch 1": (trl, "trl_side", alone),
        },
        rounds,
    )
    ours, _, theirs, _ = runs.values()
    _compare(ours, theirs, reach=2.0, tolerance=1e-5)


def _text(trl: Path, mean_tokens: float, weights: str, rounds: int, *, quick: bool) -> None:
    ours = Case(
        rows=str(TRAINING / "text.parquet"),
        model=str(TRAINING / "llava"),
        family="llava",
        pictures=False,
        precision="bf16",
        attention="eager",
        tokens_per_step=2048 if quick else 4096,
        pack_tokens=round(mean_tokens),
        rows_per_pass=1,
        warm_up=1,
        steps=1,
        fixed_rows=2,
    )
    print(f"\ntext rows, {weights} in bf16, all of it trained, {ours.tokens_per_step:,} tokens a step")
    # TRL's default; the passes of a step follow from it.
    theirs = replace(ours, model=str(TRAINING / "language"), pack_tokens=1024)
    runs = _in_turn(
        {
            "ours": (Path(sys.executable), "journeyman_side", ours),
            f"TRL {VERSION}, packed": (trl, "trl_side", theirs),
        },
        rounds,
    )
    mine, other = runs.values()
    _compare(mine, other, reach=1.5, tolerance=5e-3)
    share = statistics.median(run.peak_share for run in mine)
    executed = statistics.median(run.executed_share for run in mine)
    peak = statistics.median(run.peak_flops for run in mine) / 1e9
    print(f"share of the matmul peak ({peak:.0f} GFLOP/s): {share:.0%} at 6N a token (to reach: 50%)")
    print(f"  of the products in fact computed, with the head on trained tokens only: {executed:.0%}")


def _in_turn(sides: Mapping[str, tuple[Path, str, Case]], rounds: int) -> dict[str, list[Measured]]:
    """Runs of every side, one after the other, as often as ``rounds`` says; prints each side's median."""
    runs: dict[str, list[Measured]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (python, module, case) in sides.items():
            case.write(TRAINING / "case.json")
            runs[name].append(Measured.heard(_run(python, module, TRAINING / "case.json")))
    for name, measured in runs.items():
        rates = sorted(run.tokens_per_second for run in measured)
        print(
            f"{name:34} {statistics.median(rates):7,.0f} real tokens a CPU-second "
            f"({rates[0]:,.0f} to {rates[-1]:,.0f}), padding {statistics.median(r.padding for r in measured):.1%}"
        )
    return runs


def _compare(ours: list[Measured], theirs: list[Measured], *, reach: float, tolerance: float) -> None:
    fast, slow = (statistics.median(run.tokens_per_second for run in runs) for runs in (ours, theirs))
    print(f"ratio {fast / slow:.2f} (to reach: {reach})")
    print(f"padding {statistics.median(r.padding for r in ours):.1%} (to reach: below 5%)")
    mine, other = ours[0], theirs[0]
    difference = abs(mine.fixed_loss / other.fixed_loss - 1)
    print(
        f"loss on {mine.fixed_trained} trained tokens {mine.fixed_loss:.6f}, TRL {other.fixed_loss:.6f} on "
        f"{other.fixed_trained}: relative difference {difference:.1e} (to reach: {tolerance:.0e})"
    )


def _run(python: Path, module: str, argument: Path) -> str:
    """Standard output of one of the modules beside this file.

    Raises:
        SystemExit: It failed; its last lines are shown.
    """
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "benchmarks"))),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "DS_ACCELERATOR": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
    }
    command = [str(python), "-m", f"training_throughput.{module}", str(argument)]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:], only=next((a for a in sys.argv[1:] if a in ("text", "multimodal")), ""))
