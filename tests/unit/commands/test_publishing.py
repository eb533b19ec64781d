"""Where a published port is."""

from __future__ import annotations

import pytest

from azdock.commands import publishing
from azdock.docker.ports import Endpoint, Port
from azdock.docker.record import Status
from azdock.docker.spec import ContainerSpec
from tests.support.fakes import World, record

HTTPS = Endpoint(80, "tcp", "https://web.x.io")


@pytest.mark.parametrize(
    ("port", "endpoints", "said"),
    [
        (
            Port(80, host_port=8080),
            (HTTPS,),
            "WARNING: port 8080 of the host is not used: port 80 of web is at https://web.x.io\n",
        ),
        (Port(80, host_port=80), (HTTPS,), ""),
        (Port(80), (HTTPS,), ""),
        (Port(80, host_port=8080), (), ""),
        (Port(5432, host_port=5433), (Endpoint(5432, "tcp", "web.x.io:5433"),), ""),
    ],
)
def test_tell(port: Port, endpoints: tuple[Endpoint, ...], said: str) -> None:
    """A host port that Azure does not use is told with the address; one that it has anyway is not."""
    world = World()
    seen = Status("running", endpoints=endpoints)
    publishing.tell(world, record("web", spec=ContainerSpec("i", ports=(port,)), seen=seen))
    world.typed.close()
    assert world.errors.text == said
