"""-p, --expose, and which ports are published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azdock.docker.ports import Port, exposed, parse, parse_expose, published
from azdock.docker.spec import ContainerSpec, ImageFacts
from azdock.docker.values import BadValue


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [Port(80)]),
        ("080", [Port(80)]),
        (":80", [Port(80)]),
        ("80/", [Port(80)]),
        ("80/UDP", [Port(80, "udp")]),
        ("80/tcp/udp", [Port(80, transport="tcp")]),
        ("5432/tcp", [Port(5432, transport="tcp")]),
        ("80/HTTP", [Port(80, transport="http")]),
        ("8080:80/http2", [Port(80, "tcp", 8080, transport="http2")]),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80", [Port(80)]),
        ("80/udp", [Port(80, "udp")]),
        ("80-81/tcp", [Port(80, transport="tcp"), Port(81, transport="tcp")]),
    ],
)
def test_expose(text: str, expected: list[Port]) -> None:
    """--expose takes a port or a range, with a protocol."""
    assert parse_expose(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", 'invalid range format for --expose: abc, error: strconv.ParseUint: parsing "abc": invalid syntax'),
        (
            "70000",
            'invalid range format for --expose: 70000, error: strconv.ParseUint: parsing "70000": value out of range',
        ),
        ("81-80", "invalid range format for --expose: 81-80, error: invalid range specified for port: 81-80"),
        ("80/xyz", "invalid proto: xyz"),
    ],
)
def test_expose_refused(text: str, message: str) -> None:
    """A malformed --expose is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        parse_expose(text)
    assert str(bad.value) == message


def test_published_and_exposed() -> None:
    """-P publishes what is exposed; a port that is named twice counts once; the image's EXPOSE is exposed only."""
    spec = ContainerSpec("web", ports=(Port(80, host_port=8080), Port(80)), expose=(Port(9000),))
    image = ImageFacts(exposed=("80/tcp", "443/tcp", "53/udp"))
    assert published(spec, image) == (Port(80, host_port=8080),)
    assert [one.key for one in exposed(spec, image)] == ["53/udp", "80/tcp", "443/tcp", "9000/tcp"]
    everything = published(replace(spec, publish_all=True), image)
    assert [one.key for one in everything] == ["80/tcp", "9000/tcp", "443/tcp", "53/udp"]


@pytest.mark.parametrize(("address", "local"), [("", False), ("127.0.0.1", True), ("::1", True), ("10.0.0.1", False)])
def test_local(address: str, local: bool) -> None:
    """A port on a loopback address is local."""
    assert Port(80, host_ip=address).local is local


@given(st.text(alphabet="0123456789-:/.[]tcpudhx", max_size=24))
def test_any_text_is_ports_or_refused(text: str) -> None:
    """No text makes the parser fail otherwise than with docker's message; what it accepts is in range."""
    try:
        found = parse(text)
    except BadValue as bad:
        assert str(bad)
        return
    assert found
    assert all(0 <= one.container_port <= 65535 and one.protocol in ("tcp", "udp", "sctp") for one in found)
