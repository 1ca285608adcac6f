"""Tests of the choice of ports."""

import random
import socket

import pytest

from infra.local.ports import Ports, is_free
from journeyman.errors import StackError


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def ports(tmp_path):
    return Ports(tmp_path / "ports.json", random.Random(7))


def test_a_port_with_a_listener_is_not_free(taken_port):
    assert not is_free(taken_port)


def test_a_choice_is_remembered_over_restarts(ports, tmp_path):
    first = ports.choose("s3")
    assert is_free(first)
    again = Ports(tmp_path / "ports.json", random.Random(8))
    assert again.choose("s3") == first
    assert again.remembered("s3") == first


def test_a_remembered_port_that_is_taken_by_now_is_chosen_anew(tmp_path, taken_port):
    (tmp_path / "ports.json").write_text(f'{{"s3": {taken_port}}}')
    assert Ports(tmp_path / "ports.json", random.Random(1)).choose("s3") != taken_port


def test_two_names_never_share_a_port(tmp_path):
    class Repeating(random.Random):
        def randint(self, a, b):
            return a + (self.random() > 0.5)

    ports = Ports(tmp_path / "ports.json", Repeating(3))
    assert ports.choose("s3") != ports.choose("s3.grpc")


def test_a_port_is_passed_over_when_its_grpc_port_is_taken(tmp_path, taken_port):
    ports = Ports(tmp_path / "ports.json", random.Random(1))
    assert ports.choose("s3.master", prefer=taken_port - 5, offsets=(0, 5)) != taken_port - 5


def test_no_connection_of_the_kernels_own_choice_can_take_a_port_or_its_grpc_port(ports):
    chosen = [ports.choose(f"s3.{number}", offsets=(0, 10_000)) for number in range(100)]
    assert max(chosen) + 10_000 < 32_768


def test_a_fixed_port_that_is_taken_is_refused_with_its_variable(ports, taken_port):
    with pytest.raises(StackError, match=rf"port {taken_port} .*JOURNEYMAN_PREFECT_PORT.*is taken.*unset it"):
        ports.choose("prefect", fixed=str(taken_port), variable="JOURNEYMAN_PREFECT_PORT")


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "4 200"])
def test_a_fixed_port_that_is_no_port_is_refused(ports, text):
    with pytest.raises(StackError, match="is not a port"):
        ports.choose("prefect", fixed=text, variable="JOURNEYMAN_PREFECT_PORT")


def test_a_damaged_memory_is_forgotten(tmp_path):
    (tmp_path / "ports.json").write_text("[")
    assert is_free(Ports(tmp_path / "ports.json", random.Random(1)).choose("s3"))
