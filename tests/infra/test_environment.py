"""Tests of who wins: what the user's environment names is his, the rest is ours."""

import random

import pytest

from infra.local import environment as env
from infra.local.home import Home
from infra.local.ports import Ports
from journeyman.errors import StackError
from journeyman.settings import Settings


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "the stack")
    home.path.mkdir()
    return home


@pytest.fixture
def ports(home):
    ports = Ports(home.ports, random.Random(5))
    for name in ("s3", "prefect", "teacher"):
        ports.choose(name)
    return ports


def test_an_empty_environment_brings_nothing(ports):
    assert env.Yours.of({}, ports) == env.Yours()


@pytest.mark.parametrize(
    ("environment", "part", "address"),
    [
        ({"AWS_ENDPOINT_URL": "https://s3.example.org"}, "s3", "s3://journeyman at https://s3.example.org"),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.example.org"}, "s3", "s3://journeyman at https://s3.example.org"),
        ({"JOURNEYMAN_STORE": "s3://mine/here"}, "s3", "s3://mine/here"),
        ({"JOURNEYMAN_STORE": "file:///data"}, "s3", "file:///data"),
        ({"OPENAI_BASE_URL": "https://models.example.org/v1"}, "teacher", "https://models.example.org/v1"),
        ({"PREFECT_API_URL": "https://prefect.example.org/api"}, "prefect", "https://prefect.example.org/api"),
    ],
)
def test_a_variable_of_the_ecosystem_replaces_its_part_and_no_other(environment, part, address, ports):
    yours = env.Yours.of(environment, ports)
    assert yours.address(part) == address
    assert [other for other in ("s3", "prefect", "teacher", "worker") if yours.address(other)] == [part]


def test_a_key_alone_replaces_nothing(ports):
    assert env.Yours.of({"OPENAI_API_KEY": "secret", "AWS_ACCESS_KEY_ID": "k"}, ports) == env.Yours()


def test_a_sourced_stack_env_is_still_ours(home, ports):
    variables = env.stack_variables(home, ports, ("s3", "prefect", "teacher"))
    assert env.Yours.of(variables, ports) == env.Yours()
    assert env.Yours.of({**variables, "JOURNEYMAN_STORE": "file:///data"}, ports).s3 == "file:///data"


def test_only_parts_that_run_are_written(home, ports):
    assert "OPENAI_BASE_URL" not in env.stack_variables(home, ports, ("s3",))
    assert "JOURNEYMAN_STORE" not in env.stack_variables(home, ports, ("prefect", "teacher"))


def test_settings_read_what_was_written_and_nobody_else_may(home, ports, monkeypatch):
    for name in (
        "JOURNEYMAN_STORE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JOURNEYMAN_HOME", raising=False)
    variables = env.stack_variables(home, ports, ("s3", "prefect", "teacher"))
    assert env.write_stack_env(home.stack_env, variables)
    assert not env.write_stack_env(home.stack_env, variables), "an unchanged file counts as changed"
    assert home.stack_env.stat().st_mode & 0o077 == 0
    settings = Settings(_env_file=home.stack_env)
    assert settings.home == home.path
    assert settings.storage_options()["secret"] == env.credentials(home)[1]


def test_credentials_are_made_once_and_private(home):
    first = env.credentials(home)
    assert env.credentials(home) == first
    assert len(first[1]) >= 32
    assert home.credentials.stat().st_mode & 0o077 == 0


def test_damaged_credentials_are_an_error_that_names_the_file(home):
    home.credentials.write_text("{")
    with pytest.raises(StackError, match=r"credentials\.json is damaged; remove it"):
        env.credentials(home)


def test_a_worker_gets_our_keys_and_none_of_the_users_other_accounts(home, ports):
    user = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "t",
        "AWS_ACCESS_KEY_ID": "theirs",
        "PREFECT_API_KEY": "cloud",
        "LANG": "C",
    }
    child = env.worker_environment(user, env.stack_variables(home, ports, ("s3", "prefect", "teacher")))
    assert child["AWS_ACCESS_KEY_ID"] == env.credentials(home)[0]
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PREFECT_API_KEY"} & child.keys()
    assert child["LANG"] == "C"
    assert child["DO_NOT_TRACK"] == "1"


def test_a_worker_keeps_the_users_own_parts(home, ports):
    user = {
        "AWS_PROFILE": "work",
        "JOURNEYMAN_STORE": "s3://mine",
        "PREFECT_API_KEY": "cloud",
        "PREFECT_API_URL": "https://p/api",
    }
    child = env.worker_environment(user, env.stack_variables(home, ports, ("teacher",)))
    assert {name: child[name] for name in user} == user
    assert child["OPENAI_API_KEY"] == "scripted"


def test_what_the_user_set_for_his_worker_stays(home, ports):
    child = env.worker_environment({"PREFECT_WORKER_QUERY_SECONDS": "1"}, env.stack_variables(home, ports, ()))
    assert child["PREFECT_WORKER_QUERY_SECONDS"] == "1"


def test_loopback_is_never_asked_of_a_proxy(home, ports):
    child = env.child_environment({"NO_PROXY": "intranet", "HTTP_PROXY": "http://proxy:1"}, {})
    assert child["NO_PROXY"].split(",") == ["intranet", "127.0.0.1", "localhost"]


def test_keys_for_another_store_are_warned_about(home, ports):
    own = env.credentials(home)[0]
    assert "AWS_ACCESS_KEY_ID" in env.clashing_keys({"AWS_ACCESS_KEY_ID": "other"}, env.Yours(), own)
    assert env.clashing_keys({"AWS_ACCESS_KEY_ID": own}, env.Yours(), own) == ""
    assert env.clashing_keys({"AWS_ACCESS_KEY_ID": "other"}, env.Yours(s3="s3://mine"), own) == ""
