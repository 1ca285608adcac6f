"""``python -m journeyman.teacher.scripted --port 8765``: run the scripted teacher on loopback."""

import argparse

from aiohttp import web

from journeyman.teacher.scripted.faults import Faults
from journeyman.teacher.scripted.server import make_app


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="journeyman teacher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback by default: the teacher has no authentication")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mistakes", type=float, default=0.08, help="share of planted, labelled mistakes")
    parser.add_argument("--faults", default="", help="transport faults by rate, e.g. 429=0.02,500=0.01,slow=0.01")
    given = parser.parse_args()
    faults = Faults.parse(given.faults) if given.faults else None
    web.run_app(make_app(mistake_rate=given.mistakes, faults=faults), host=given.host, port=given.port, print=None)


if __name__ == "__main__":
    main()
