"""Which parts the user brings, and the variables that join the parts.

The ecosystem's own variables decide: a part whose address is set in the environment is not started.
"""

import json
import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.home import CHECKOUT_ROOT, Home, write_private
from infra.local.ports import LOOPBACK, Ports
from journeyman.errors import StackError

LOCAL_STORE = "s3://journeyman"
RESULT_STORAGE_BLOCK = "artifact-bucket/results"

# Kept from a server of ours: they belong to the user's other Prefect or cloud account.
_FOREIGN_PREFECT = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE")
_FOREIGN_AWS = ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_PROFILE")
_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",  # an ephemeral server loses task runs
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # version 2 of the UI calls an analytics host from the browser
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}
_WORKER = {
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "journeyman",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",  # the default of 180 s leaves a killed run "Running" for ten minutes
    "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": RESULT_STORAGE_BLOCK,
}


def s3_endpoint(port: int) -> str:
    """Address of the local S3 server."""
    return f"http://{LOOPBACK}:{port}"


def prefect_api(port: int) -> str:
    """Address of the local Prefect server's API."""
    return f"http://{LOOPBACK}:{port}/api"


def teacher_base(port: int) -> str:
    """Address of the scripted teacher."""
    return f"http://{LOOPBACK}:{port}/v1"


@dataclass(frozen=True, slots=True)
class Yours:
    """Addresses of the parts that the user's environment names; empty where it names none."""

    s3: str = ""
    prefect: str = ""
    teacher: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str], ports: Ports) -> "Yours":
        """Read the environment; addresses of our own parts, from a sourced ``stack.env``, do not count."""
        own = {name: ports.remembered(name) for name in ("s3", "prefect", "teacher")}
        prefect = environment.get("PREFECT_API_URL", "")
        teacher = environment.get("OPENAI_BASE_URL", "")
        return cls(
            s3=_own_store(environment, s3_endpoint(own["s3"]) if own["s3"] else ""),
            prefect="" if own["prefect"] and prefect == prefect_api(own["prefect"]) else prefect,
            teacher="" if own["teacher"] and teacher == teacher_base(own["teacher"]) else teacher,
        )

    def address(self, part: str) -> str:
        """The address the user gave for ``part``; empty for none, and for the worker, which is always ours."""
        return {"s3": self.s3, "prefect": self.prefect, "teacher": self.teacher}.get(part, "")


def stack_variables(home: Home, ports: Ports, parts: tuple[str, ...]) -> dict[str, str]:
    """What a process needs to reach the local ``parts``; the content of ``stack.env``."""
    variables = {"JOURNEYMAN_HOME": str(home.path)}
    if "s3" in parts and (port := ports.remembered("s3")):
        access_key, secret_key = credentials(home)
        variables |= {
            "JOURNEYMAN_STORE": LOCAL_STORE,
            "AWS_ENDPOINT_URL": s3_endpoint(port),
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    if "teacher" in parts and (port := ports.remembered("teacher")):
        variables |= {"OPENAI_BASE_URL": teacher_base(port), "OPENAI_API_KEY": "scripted"}
    if "prefect" in parts and (port := ports.remembered("prefect")):
        variables |= {"PREFECT_API_URL": prefect_api(port), "PREFECT_HOME": str(home.path / "prefect"), **_QUIET}
    return variables


def child_environment(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The user's environment with the stack's ``variables`` over it, for a process that works with the stack."""
    child = dict(environment)
    foreign = set(_FOREIGN_PREFECT if "PREFECT_API_URL" in variables else ())
    foreign.update(_FOREIGN_AWS if "AWS_ENDPOINT_URL" in variables else ())
    for name in foreign:
        child.pop(name, None)
    child |= variables
    # A proxy of the user's must not be asked for loopback addresses.
    child["NO_PROXY"] = child["no_proxy"] = ",".join(
        filter(None, (environment.get("NO_PROXY") or environment.get("no_proxy"), LOOPBACK, "localhost"))
    )
    # Flow runs start in a folder of their own and import flows/, tasks/ and deployments/ from the checkout.
    child["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CHECKOUT_ROOT), environment.get("PYTHONPATH"))))
    child["PYTHONUNBUFFERED"] = "1"
    return child


def worker_environment(environment: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of the worker, which its flow runs inherit; what the user set himself stays."""
    child = child_environment(environment, variables)
    child["JOURNEYMAN_STORE"] = child.get("JOURNEYMAN_STORE") or LOCAL_STORE
    return {**_WORKER, **_QUIET, **child}


def credentials(home: Home) -> tuple[str, str]:
    """Access key and secret key of the local S3 server, made at first use.

    Raises:
        StackError: The file cannot be read as what we wrote.
    """
    path = home.credentials
    if not path.exists():
        made = {"access_key": f"journeyman{secrets.token_hex(5)}", "secret_key": secrets.token_urlsafe(30)}
        write_private(path, json.dumps(made))
    try:
        data = json.loads(path.read_text())
        return str(data["access_key"]), str(data["secret_key"])
    except (ValueError, KeyError, TypeError) as exc:
        raise StackError(f"{path} is damaged; remove it, and the next `journeyman up` makes new keys") from exc


def write_stack_env(path: Path, variables: Mapping[str, str]) -> bool:
    """Write ``stack.env``, readable by a shell and by dotenv; True when that changed it."""
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))
    if path.exists() and path.read_text() == text:
        return False
    write_private(path, text)
    return True


def clashing_keys(environment: Mapping[str, str], yours: Yours, own_access_key: str) -> str:
    """A warning when the user's AWS keys would be used with our S3 server; empty when they would not."""
    key = environment.get("AWS_ACCESS_KEY_ID", "")
    if yours.s3 or not key or key == own_access_key:
        return ""
    return (
        "AWS_ACCESS_KEY_ID is set but neither AWS_ENDPOINT_URL nor JOURNEYMAN_STORE: the local store has keys of its "
        "own; flow runs use those, but `journeyman` commands in this shell are refused until AWS_ACCESS_KEY_ID is unset"
    )


def _own_store(environment: Mapping[str, str], local_endpoint: str) -> str:
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    store = environment.get("JOURNEYMAN_STORE", "")
    if endpoint and endpoint == local_endpoint and store in {"", LOCAL_STORE}:
        return ""
    if not endpoint and not store:
        return ""
    return f"{store or LOCAL_STORE} at {endpoint}" if endpoint and not store.startswith(("file", "memory")) else store
