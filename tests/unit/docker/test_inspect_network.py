"""Ports, networks and health in docker inspect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from azdock.docker import inspect_network
from azdock.docker.health import Health, Probe
from azdock.docker.inspect import container_json, go_view
from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.template import Template

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
SEEN = Status(
    "running",
    started_at=NOON,
    health="healthy",
    endpoints=(Endpoint(80, "tcp", "https://web.x.io"), Endpoint(9000, "tcp", "web:9000", external=False)),
)
RECORD = ContainerRecord(
    Ident("1" * 64, "web"),
    ContainerSpec("busybox", ports=(Port(80, host_port=8080), Port(9000, host_ip="127.0.0.1")), network="back"),
    NOON,
    "app",
    {},
    ImageFacts(exposed=("443/tcp",)),
    SEEN,
)


def test_ports_and_networks() -> None:
    """A published port shows the address Azure gave, any other is exposed only; -p itself is in PortBindings."""
    shown = container_json(RECORD, NOON)
    assert shown["NetworkSettings"]["Ports"] == {
        "80/tcp": [{"HostIp": "web.x.io", "HostPort": "443"}],
        "443/tcp": None,
        "9000/tcp": None,
    }
    assert list(shown["NetworkSettings"]["Networks"]) == ["back"]
    assert shown["HostConfig"]["NetworkMode"] == "back"
    assert shown["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
        "9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
    }
    assert shown["Config"]["ExposedPorts"] == {"80/tcp": {}, "443/tcp": {}, "9000/tcp": {}}


def test_a_stopped_container_has_no_ports() -> None:
    """As with docker, ports are reached only while the container runs."""
    shown = container_json(replace(RECORD, seen=Status("exited")), NOON)
    assert shown["NetworkSettings"]["Ports"] == {}
    assert inspect_network.public(replace(RECORD, seen=Status("exited"))) == ()


def test_health() -> None:
    """State.Health follows the status, Config.Healthcheck what was asked for, in nanoseconds."""
    check = Probe("tcp", 80, command=("CMD-SHELL", "nc -z localhost 80"), interval=5, retries=2)
    asked = replace(RECORD, spec=replace(RECORD.spec, health=Health(check=check, start_period=1.5)))
    shown = container_json(asked, NOON)
    assert shown["State"]["Health"]["Status"] == "healthy"
    assert shown["Config"]["Healthcheck"] == {
        "Test": ["CMD-SHELL", "nc -z localhost 80"],
        "Interval": 5 * 10**9,
        "StartPeriod": 1_500_000_000,
        "Retries": 2,
    }
    dropped = replace(RECORD, spec=replace(RECORD.spec, health=Health(disabled=True)))
    assert container_json(dropped, NOON)["Config"]["Healthcheck"] == {"Test": ["NONE"]}


def test_the_images_health() -> None:
    """The image's HEALTHCHECK is shown with its own times."""
    image = ImageFacts(health=("CMD", "pg_isready"), health_settings={"Interval": 10**10, "Retries": 5})
    shown = container_json(replace(RECORD, image=image), NOON)["Config"]["Healthcheck"]
    assert shown == {"Test": ["CMD", "pg_isready"], "Interval": 10**10, "Retries": 5}


def test_without_any() -> None:
    """What docker leaves out is left out, and a template still finds it empty."""
    plain = replace(RECORD, spec=ContainerSpec("busybox"), image=ImageFacts(), seen=Status())
    shown = container_json(plain, NOON)
    assert "Health" not in shown["State"]
    assert not {"Healthcheck", "ExposedPorts"} & shown["Config"].keys()
    text = "{{.State.Health}} {{.Config.Healthcheck}} {{.Config.ExposedPorts}} {{json .HostConfig.PortBindings}}"
    assert Template(text).render(go_view(shown), json_fallback=True) == "<nil> <nil> map[] {}"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://web.x.io", ("web.x.io", "443")),
        ("http://127.0.0.1:4000", ("127.0.0.1", "4000")),
        ("web:5432", ("web", "5432")),
    ],
)
def test_place(address: str, place: tuple[str, str]) -> None:
    """An address has a host and a port."""
    assert inspect_network.place(Endpoint(80, "tcp", address)) == place


def test_public_is_published() -> None:
    """An address of a port that is only exposed is not public."""
    changed: Any = replace(RECORD, spec=replace(RECORD.spec, ports=(), expose=(Port(80),)))
    assert inspect_network.public(changed) == ()
    everything = replace(changed, spec=replace(changed.spec, publish_all=True))
    assert [one.address for one in inspect_network.public(everything)] == ["https://web.x.io"]
