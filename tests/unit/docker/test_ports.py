"""-p."""

from __future__ import annotations

import pytest

from azdock.docker.ports import Port, parse
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [Port(80)]),
        ("080", [Port(80)]),
        (":80", [Port(80)]),
        ("80/", [Port(80)]),
        ("80/UDP", [Port(80, "udp")]),
        ("80/tcp/udp", [Port(80)]),
        ("8080:80", [Port(80, "tcp", 8080)]),
        ("1.2.3.4::80", [Port(80, "tcp", 0, "1.2.3.4")]),
        ("1.2.3.4:8080:80/udp", [Port(80, "udp", 8080, "1.2.3.4")]),
        ("[::1]:8080:80", [Port(80, "tcp", 8080, "::1")]),
        ("::1:8080:80", [Port(80, "tcp", 8080, "::1")]),
        ("80-81", [Port(80), Port(81)]),
        ("8000-8001:80-81", [Port(80, "tcp", 8000), Port(81, "tcp", 8001)]),
        ("8000-8010:80", [Port(80, "tcp", 8000)]),
    ],
)
def test_accepted(text: str, ports: list[Port]) -> None:
    """Every container port of a range becomes one port."""
    assert parse(text) == ports


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "invalid containerPort: abc"),
        ("99999:80", "invalid hostPort: 99999"),
        ("80:99999", "invalid containerPort: 99999"),
        ("80/xyz", "invalid proto: xyz"),
        ("8000-8002:80-81", "invalid ranges specified for container and host Ports: 80-81 and 8000-8002"),
        ("", "no port specified: <empty>"),
        ("80:", "no port specified: 80:<empty>"),
        ("1.2.3.4:80", "invalid hostPort: 1.2.3.4"),
        ("foo:80:80", "invalid IP address: foo"),
        ("1:2:3:4", "invalid IP address: 1:2"),
        ("1.2.3:80:80", "invalid IP address: 1.2.3"),
        ("80-", "invalid containerPort: 80-"),
        ("80-79", "invalid containerPort: 80-79"),
        ("-1", "invalid containerPort: -1"),
        (" 80", "invalid containerPort:  80"),
        ("80 ", "invalid containerPort: 80 "),
    ],
)
def test_refused(text: str, message: str) -> None:
    """A malformed port is refused in the words of docker's client."""
    with pytest.raises(BadValue) as bad:
        parse(text)
    assert str(bad.value) == message
