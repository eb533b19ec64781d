"""The port of a function app."""

from __future__ import annotations

import pytest

from azdock.backends import function_port
from azdock.docker.spec import ContainerSpec, ImageFacts


@pytest.mark.parametrize(
    ("env", "exposed", "port"),
    [
        ((), (), 80),
        ((), ("8080/tcp",), 8080),
        ((), ("2222/tcp", "80/tcp"), 80),
        ((), ("53/udp",), 80),
        (("WEBSITES_PORT=7071",), ("8080/tcp",), 7071),
        (("WEBSITES_PORT=1", "WEBSITES_PORT=2"), (), 2),
        (("WEBSITES_PORT=none",), ("8080/tcp",), 8080),
        (("WEBSITES_PORT=70000",), (), 80),
    ],
)
def test_port(env: tuple[str, ...], exposed: tuple[str, ...], port: int) -> None:
    """The setting says it, else it is 80 where the image does not expose another one alone."""
    assert function_port.port(ContainerSpec("x", env=env), ImageFacts(exposed=exposed)) == port
