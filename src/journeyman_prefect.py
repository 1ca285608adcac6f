"""What Journeyman adds to Prefect's command line: ``prefect deployment run synth-and-tune``, as it stands.

Prefect's client refuses a deployment name without its flow before it asks the server, so nothing
on the server can help. Prefect's own plugin hook runs here at start and lets the client look such
a name up by the deployment's name alone; a name with a slash, and a name nobody has, go to
Prefect's own code and get its own message. The module stands beside the package, not in it: the
domain does not know Prefect. See docs/decisions/0005-bare-deployment-name.md.

The hook also names the server that ``journeyman up`` started, where the environment names none.
"""

import os
from typing import TYPE_CHECKING, Any

from prefect.plugins import register_hook

from journeyman.settings import STACK_ENV, Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.plugins import HookContext, SetupResult

PREFECT_PLUGIN_API_REQUIRES = ">=0.1,<1"


@register_hook
def setup_environment(*, ctx: "HookContext") -> "SetupResult | None":  # noqa: ARG001 - Prefect's signature
    """Take ``DEPLOYMENT`` for ``FLOW/DEPLOYMENT``, and the local stack's server where none is set."""
    _take_bare_names()
    api_url = Settings(_env_file=Settings().home / STACK_ENV).prefect_api_url  # type: ignore[call-arg]
    if not api_url or "PREFECT_API_URL" in os.environ:
        return None
    from prefect.plugins import SetupResult

    return SetupResult(env={"PREFECT_API_URL": api_url}, note="the local stack's server")


def _take_bare_names() -> None:
    from prefect.client.orchestration import PrefectClient

    by_full_name = PrefectClient.read_deployment_by_name
    if getattr(by_full_name, "takes_bare_names", False):
        return

    async def read_deployment_by_name(client: "PrefectClient", name: str) -> "DeploymentResponse":
        full_name = name if "/" in name else await _full_name(client, name)
        return await by_full_name(client, full_name)

    read_deployment_by_name.takes_bare_names = True  # type: ignore[attr-defined]
    patched: Any = PrefectClient
    patched.read_deployment_by_name = read_deployment_by_name


async def _full_name(client: "PrefectClient", name: str) -> str:
    """``FLOW/DEPLOYMENT`` of the only deployment called ``name``; ``name`` itself when there is none.

    Raises:
        ValueError: Several flows have a deployment of that name.
    """
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    found = await client.read_deployments(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])))
    full_names = sorted([f"{(await client.read_flow(d.flow_id)).name}/{d.name}" for d in found])
    if len(full_names) > 1:
        raise ValueError(f"deployment name {name!r} is not unique; give one of: {', '.join(full_names)}")
    return full_names[0] if full_names else name
