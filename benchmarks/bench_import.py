"""What `import journeyman` costs, beside an empty interpreter and beside its largest dependency.

Figure to reach: under 0.3 s, without torch or prefect.
"""

import statistics
import subprocess
import sys
import time

RUNS = 7


def main() -> None:
    """Print medians of interleaved runs."""
    statements = {"nothing": "pass", "journeyman": "import journeyman", "pydantic": "import pydantic"}
    seconds: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(RUNS):
        for name, statement in statements.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{name:12} {median:.3f} s")
    own = medians["journeyman"] - medians["nothing"]
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, journeyman; print({'torch', 'prefect'} & set(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    )
    print(f"import journeyman: {own:.3f} s over an empty interpreter (to reach: 0.3 s)")
    print(f"torch or prefect loaded by it: {loaded.stdout.strip()}")


if __name__ == "__main__":
    main()
