"""Skill dialogues a second through the agent loop, skill results cached, the scripted teacher at no delay.

Figure to reach: 50 a second on 2 cores. Its yardstick is the same batch with nothing cached, in the
same run. The teacher is a process of its own behind real HTTP, as in the demo, on the same cores.
"""

from collections.abc import Sequence

from rollout_rate import rollout_rates

from journeyman.recipe import load_recipe
from journeyman.schema.trajectory import Trajectory

QUERIES = 400
REACH = 50.0


def main() -> None:
    """Print dialogues a second, uncached once and cached three times."""
    sizes = {"queries": QUERIES, "held_out_problems": 1, "shard_size": QUERIES}
    rates = rollout_rates(load_recipe("llava_plus", {"generation": sizes}), lambda _: True, _calls)
    print(f"nothing cached: {rates.cold:.1f} dialogues/s")
    print(f"skill results cached: {rates.cached:.1f} dialogues/s over {rates.queries} (to reach: {REACH:g})")


def _calls(runs: Sequence[Trajectory]) -> str:
    return f"with {sum(len(step.tool_calls) for run in runs for step in run.steps)} calls"


if __name__ == "__main__":
    main()
