"""-p, -P, --expose and --network as docker's client reads them."""

from __future__ import annotations

import pytest

from azdock.commands import spec_network
from azdock.commands.flags import CreateFlags
from azdock.docker.ports import Port
from azdock.docker.values import BadValue
from azdock.errors import Unsupported


def test_ports() -> None:
    """Every -p and --expose becomes ports, in the order given."""
    flags = CreateFlags(publish=("8080:80", "90-91"), expose=("9000",))
    assert [one.container_port for one in spec_network.published(flags)] == [80, 90, 91]
    assert spec_network.exposed(flags) == (Port(9000),)


@pytest.mark.parametrize(
    ("network", "name"),
    [
        ((), ""),
        (("bridge",), ""),
        (("default",), ""),
        (("back",), "back"),
        (("back", "back"), "back"),
        (("name=back",), "back"),
        (("host",), "host"),
        (("container:a",), "container:a"),
    ],
)
def test_network(network: tuple[str, ...], name: str) -> None:
    """One network by its name; docker's bridge is the context's own."""
    assert spec_network.network_of(CreateFlags(network=network)) == name
    assert spec_network.network_of(CreateFlags(net=network)) == name


@pytest.mark.parametrize("network", [("a", "b"), ("name=a,ip=10.0.0.2",), ("name=a,alias=b",)])
def test_network_refused(network: tuple[str, ...]) -> None:
    """A second network, or an address in one, is refused."""
    flags = CreateFlags(network=network)
    spec_network.check_networks(flags)
    with pytest.raises(Unsupported):
        spec_network.network_of(flags)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no name set for network"),
        ("alias=b", "network name/id is not specified"),
        ("name=a,x", "invalid field x"),
        ("name=a,foo=b", "invalid field key foo"),
    ],
)
def test_malformed(text: str, message: str) -> None:
    """A malformed --network is refused in docker's words."""
    with pytest.raises(BadValue) as bad:
        spec_network.check_networks(CreateFlags(network=(text,)))
    assert str(bad.value) == message
