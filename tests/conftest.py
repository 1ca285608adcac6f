"""Session fixtures: a real S3 server, a real Prefect server, the scripted teacher, and settings that name them.

Each is started once, when a test first asks for it, below one temporary folder.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers import S3Server, in_checkout, prefect_api, scripted_teacher

# A busy machine is no defect: no example is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` rewrites the golden files; the diff is what is reviewed."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/ from what the code gives now")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything of this test session lives."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def s3(home: Path) -> Iterator[dict[str, str]]:
    """The environment that reaches a real S3 server."""
    server = S3Server(home)
    yield server.environment("tests")
    server.stop()


@pytest.fixture(scope="session")
def teacher(home: Path) -> Iterator[str]:
    """Base URL of the scripted teacher."""
    with scripted_teacher(home) as url:
        yield url


@pytest.fixture(scope="session")
def prefect_server(home: Path) -> Iterator[dict[str, str]]:
    """The environment that reaches a real Prefect server."""
    with prefect_api(home) as environment:
        yield environment


@pytest.fixture(scope="session")
def registered(prefect_server: dict[str, str]) -> dict[str, str]:
    """The Prefect server with this checkout's block, pool, limit, automation and deployments."""
    in_checkout([sys.executable, "-m", "deployments.register"], prefect_server)
    return prefect_server


@pytest.fixture(scope="session")
def stack(s3: dict[str, str], teacher: str, registered: dict[str, str], home: Path) -> dict[str, str]:
    """The environment of a flow run against this session's servers."""
    return {
        **s3,
        **registered,
        "OPENAI_BASE_URL": teacher,
        "OPENAI_API_KEY": "scripted",
        "JOURNEYMAN_HOME": str(home / "journeyman"),
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": "artifact-bucket/results",
        "OMP_NUM_THREADS": "1",
    }
