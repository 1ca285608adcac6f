"""Two-step trajectories a second through the agent loop, OCR cached, the scripted teacher at no delay.

Figure to reach: 20 a second on 2 cores. Its yardstick is the same batch with nothing cached, in the
same run. The teacher is a process of its own behind real HTTP, as in the demo, on the same cores.
"""

from collections.abc import Sequence

from rollout_rate import rollout_rates

from journeyman.recipe import load_recipe
from journeyman.schema.trajectory import Trajectory

QUERIES = 1000
REACH = 20.0


def main() -> None:
    """Print trajectories a second, uncached once and cached three times."""
    sizes = {"queries": QUERIES, "held_out_problems": 1, "shard_size": QUERIES}
    recipe = load_recipe("t3_agent", {"generation": sizes})
    # Queries that take one OCR call and an answer.
    rates = rollout_rates(recipe, lambda query: query.tools == ("ocr",), _two_steps)
    print(f"nothing cached: {rates.cold:.1f} trajectories/s")
    print(f"OCR cached: {rates.cached:.1f} trajectories/s over {rates.queries} (to reach: {REACH:g})")


def _two_steps(runs: Sequence[Trajectory]) -> str:
    two_steps = sum(len(run.steps) == 2 and run.status == "answered" for run in runs)
    return f"{two_steps} of them in two steps"


if __name__ == "__main__":
    main()
