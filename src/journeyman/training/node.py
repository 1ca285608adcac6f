"""A further machine of a run under torchrun: ``python -m journeyman.training.node RANK_CONFIG.json``.

The run's folder is one that all machines see; the first machine's launcher wrote the configuration there.
"""

import logging
import sys
from pathlib import Path

from journeyman.training.rank_protocol import RankConfig
from journeyman.training.ranks import supervise


def main(path: Path) -> None:
    """Run this machine's ranks to their end; raises what :func:`journeyman.training.ranks.run_ranks` raises."""
    supervise(path, RankConfig.model_validate_json(path.read_text()), lambda _event, _values: None)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    main(Path(sys.argv[1]))
