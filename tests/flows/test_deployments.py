"""What `python -m deployments.register` tells a real Prefect server, and the customer's own command line."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prefect.automations import Automation
from prefect.events.schemas.automations import EventTrigger, Posture

from deployments.register import _told
from tests.servers import in_checkout

pytestmark = pytest.mark.flow
DEPLOYMENTS = {
    "synth-and-tune/synth-and-tune",
    "synth-and-tune/demo",
    "synthesize-data/nightly",
    "train-agent/train-agent",
    "evaluate-agent/evaluate-agent",
}
REGISTER = [sys.executable, "-m", "deployments.register"]


class AskingAgain(httpx.HTTPTransport):
    """Asks once more where the server says 503: another writer has its SQLite file locked."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        end = time.monotonic() + 120
        while True:
            answer = super().handle_request(request)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > end:
                return answer
            answer.close()
            time.sleep(1)


@pytest.fixture
def api(registered: dict[str, str]) -> Iterator[httpx.Client]:
    # A connection for each request: a busy server may end one that was kept while the next request is on its way.
    close = {"Connection": "close"}
    url = f"{registered['PREFECT_API_URL']}/"
    with httpx.Client(base_url=url, timeout=30, headers=close, transport=AskingAgain()) as client:
        yield client


@pytest.fixture
def unstarted(api: httpx.Client) -> Iterator[None]:
    """Runs that a test asks for are taken back, or another test's worker would start them."""
    yield
    wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED", "PENDING"]}}}}
    for run in api.post("flow_runs/filter", json=wanted).json():
        api.delete(f"flow_runs/{run['id']}").raise_for_status()


def run_by_name(name: str, registered: dict[str, str], *arguments: str) -> tuple[int, str]:
    """The command a user types, in the checkout; nothing but its working directory switches the plugin on."""
    environment = registered | {"COLUMNS": "300"}
    done = in_checkout(
        [sys.executable, "-m", "prefect", "deployment", "run", name, *arguments], environment, check=False
    )
    return done.returncode, done.stdout + done.stderr


def deployment(api: httpx.Client, name: str) -> dict[str, Any]:
    answer = api.get(f"deployments/name/{name}")
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def automations(api: httpx.Client) -> dict[tuple[str, str], str]:
    """Id and time of the last update -> name."""
    return {(one["id"], one["updated"]): one["name"] for one in api.post("automations/filter", json={}).json()}


def test_every_deployment_of_the_file_is_on_the_server_and_its_flow_imports(api: httpx.Client) -> None:
    found = api.post("deployments/filter", json={}).json()
    flows = {flow["id"]: flow["name"] for flow in api.post("flows/filter", json={}).json()}
    assert {f"{flows[d['flow_id']]}/{d['name']}" for d in found} >= DEPLOYMENTS
    for item in found:
        if f"{flows[item['flow_id']]}/{item['name']}" in DEPLOYMENTS:
            assert ":" not in item["entrypoint"], "a path entrypoint puts flows/ first on sys.path"
            assert item["parameter_openapi_schema"]["properties"], "a flow that cannot be imported has no parameters"
            assert item["work_pool_name"] == "local"


def test_two_runs_of_one_deployment_wait_for_each_other(api: httpx.Client) -> None:
    found = deployment(api, "synth-and-tune/synth-and-tune")
    assert found["global_concurrency_limit"]["limit"] == 1
    assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"


def test_a_parameters_sentence_is_its_help_in_the_form(api: httpx.Client) -> None:
    properties = deployment(api, "synth-and-tune/synth-and-tune")["parameter_openapi_schema"]["properties"]
    assert "Name of a recipe" in properties["recipe"]["description"]
    assert "PDFs" in properties["files"]["description"]


@pytest.mark.usefixtures("unstarted")
def test_the_nightly_sleeps_until_switched_on_and_registering_again_changes_nothing(
    api: httpx.Client, registered: dict[str, str]
) -> None:
    nightly = deployment(api, "synthesize-data/nightly")
    (schedule,) = nightly["schedules"]
    assert schedule["active"] is False
    assert scheduled_runs(api, nightly["id"]) == []

    switch(api, nightly["id"], schedule["id"], active=True)
    wait_for(lambda: len(scheduled_runs(api, nightly["id"])) >= 3)
    assert all("T02:30:00" in run["expected_start_time"] for run in scheduled_runs(api, nightly["id"]))

    before = automations(api)
    in_checkout(REGISTER, registered)
    # An update would have it forget whose silence it waits out.
    assert automations(api) == before != {}
    (schedule,) = deployment(api, "synthesize-data/nightly")["schedules"]
    assert schedule["active"] is True
    switch(api, nightly["id"], schedule["id"], active=False)

    assert [p["type"] for p in api.post("work_pools/filter", json={}).json() if p["name"] == "local"] == ["process"]
    assert list(automations(api).values()).count("mark silent runs as crashed") == 1
    limits = [c["name"] for c in api.post("v2/concurrency_limits/filter", json={}).json()]
    assert limits.count("teacher") == 1


def test_an_automation_is_the_same_in_whatever_order_its_events_are_kept() -> None:
    def waiting_for(*events: str) -> Automation:
        trigger = EventTrigger(posture=Posture.Proactive, expect=set(events), threshold=1, within=timedelta(minutes=1))
        return Automation(name="one", trigger=trigger, actions=[])

    def kept(automation: Automation) -> list[str]:
        return list(automation.trigger.expect)

    # Events that share a slot of the set's table stand in the order of their coming; which do changes from run to run.
    pairs = ((waiting_for("first", f"event {n}"), waiting_for(f"event {n}", "first")) for n in range(10_000))
    one, other = next((one, other) for one, other in pairs if kept(one) != kept(other))
    assert _told(one) == _told(other) != _told(waiting_for("first"))


def test_the_result_block_on_the_server_holds_no_secret_and_no_address(api: httpx.Client) -> None:
    blocks = api.post("block_documents/filter", json={"include_secrets": True}).json()
    (block,) = [b for b in blocks if b["name"] == "results"]
    assert set(block["data"]) <= {"block_type_slug", "_is_anonymous"}


@pytest.mark.usefixtures("unstarted")
def test_the_customers_own_command_line_works_without_a_slash(registered: dict[str, str]) -> None:
    code, output = run_by_name("synth-and-tune", registered, "--param", "recipe=t3_agent")
    assert code == 0, output
    assert "synth-and-tune/synth-and-tune" in output or "Created flow run" in output


@pytest.mark.usefixtures("unstarted")
def test_a_full_name_goes_prefects_own_way(registered: dict[str, str]) -> None:
    code, output = run_by_name("synth-and-tune/demo", registered)
    assert code == 0, output


def test_a_name_that_nobody_has_gets_prefects_own_message(registered: dict[str, str]) -> None:
    code, output = run_by_name("synth-and-tone", registered)
    assert code == 1
    assert "Expected format: <FLOW_NAME>/<DEPLOYMENT_NAME>" in output


def test_a_name_that_two_flows_have_is_refused_with_both(api: httpx.Client, registered: dict[str, str]) -> None:
    flow = api.post("flows/", json={"name": "another-flow"}).json()
    made = api.post("deployments/", json={"name": "demo", "flow_id": flow["id"], "entrypoint": "flows.none"}).json()
    try:
        code, output = run_by_name("demo", registered)
    finally:
        api.delete(f"deployments/{made['id']}").raise_for_status()
    assert code == 1
    assert "another-flow/demo, synth-and-tune/demo" in output


def switch(api: httpx.Client, deployment_id: str, schedule_id: str, *, active: bool) -> None:
    url = f"deployments/{deployment_id}/schedules/{schedule_id}"
    api.patch(url, json={"active": active}).raise_for_status()


def scheduled_runs(api: httpx.Client, deployment_id: str) -> list[dict[str, Any]]:
    wanted = {
        "deployments": {"id": {"any_": [deployment_id]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }
    found: list[dict[str, Any]] = api.post("flow_runs/filter", json=wanted).json()
    return [run for run in found if run["auto_scheduled"]]


def wait_for(reached: Callable[[], bool], *, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"not reached within {seconds} s"
        time.sleep(1)
