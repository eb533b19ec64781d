"""azdock network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from azdock.docker import network as words
from azdock.docker.network import Network
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, Conflict, NotFound
from tests.support.fakes import NOON, Result, Typed, World, azdock, record

BACK = Network("back", "b" * 64, NOON, labels={"team": "x"})
OWN = Network("bridge", "a" * 64, predefined=True, ours=False)


class Networks:
    """Stands for services.networks.Networks."""

    def __init__(self, embedded: bool = True) -> None:
        self.embedded = embedded
        self.made: list[Network] = []
        self.removed: list[str] = []
        self.pruned: list[Mapping[str, Sequence[str]]] = []

    def create(self, network: Network) -> Network:
        self.made.append(network)
        return replace(network, id="c" * 64)

    def matching(self, wanted: Mapping[str, Sequence[str]]) -> list[Network]:
        return [one for one in (BACK, OWN) if words.matches(one, wanted, [])]

    def get(self, name: str) -> Network:
        if name != "back":
            raise NotFound(f"network {name} not found")
        return BACK

    def containers(self) -> list[ContainerRecord]:
        return [record("web", spec=ContainerSpec("i", network="back"))]

    def remove(self, name: str) -> None:
        if name == "used":
            raise Conflict("in use")
        self.get(name)
        self.removed.append(name)

    def prune(self, wanted: Mapping[str, Sequence[str]]) -> list[str]:
        self.pruned.append(wanted)
        return ["back"]


class Town(World):
    """A world with networks."""

    def __init__(self, service: Networks, stdin: Typed | None = None) -> None:
        super().__init__(stdin=stdin)
        self.service = service

    def networks(self) -> Any:
        return self.service


def run(*argv: str, service: Networks | None = None, typed: bytes = b"") -> Result:
    """A network command against a service in memory."""
    return azdock("network", *argv, world=Town(service or Networks(), Typed(typed)))


def test_create() -> None:
    """create prints the id and hands name, labels and options on."""
    service = Networks()
    result = run("create", "--label", "a=b", "-o", "subnet=/s", "--internal", "new", service=service)
    assert (result.out, result.err, result.code) == ("c" * 64 + "\n", "", 0)
    assert service.made == [Network("new", "", labels={"a": "b"}, options={"subnet": "/s"}, internal=True)]


def test_create_on_azure_tells_what_it_costs() -> None:
    """Outside the embedded Azure the price of an environment is told before it is made."""
    result = run("create", "new", service=Networks(embedded=False))
    assert "3 to 8 minutes" in result.err
    assert result.code == 0


def test_create_ignores_addresses() -> None:
    """--subnet is accepted with a warning: nothing of a container depends on it."""
    result = run("create", "--subnet", "10.0.0.0/24", "new")
    assert result.err.startswith("WARNING: --subnet is ignored")
    assert result.code == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("-d", "overlay"), "--driver overlay"),
        (("--ipv6",), "--ipv6"),
        (("--ipv4=false",), "--ipv4=false"),
        (("--ipam-driver", "x"), "--ipam-driver"),
        (("--internal",), "--internal"),
        (("-o", "mtu=1400"), "--opt mtu"),
        (("--aux-address", "a=b"), "--aux-address"),
        (("--config-only",), "--config-only"),
    ],
)
def test_create_refused(argv: tuple[str, ...], said: str) -> None:
    """What no environment can do is refused with a reason before anything is made."""
    service = Networks()
    result = run("create", *argv, "new", service=service)
    assert result.err.startswith(said)
    assert result.code == 125
    assert service.made == []


def test_ls() -> None:
    """ls prints docker's table, its formats and ids."""
    lines = run("ls").out.splitlines()
    assert lines[0] == "NETWORK ID     NAME      DRIVER    SCOPE"
    assert lines[1] == "bbbbbbbbbbbb   back      bridge    local"
    assert run("ls", "-q", "--filter", "name=back").out == "b" * 12 + "\n"
    assert run("ls", "-q", "--no-trunc", "--filter", "name=back").out == "b" * 64 + "\n"
    assert run("ls", "--format", '{{.Name}} {{.Label "team"}}').out == "back x\nbridge \n"
    first = json.loads(run("list", "--format", "json").out.splitlines()[0])
    assert first["Labels"] == "team=x"
    assert first["CreatedAt"] == "2026-01-02 12:00:00 +0000 UTC"


def test_ls_bad_filter() -> None:
    """A filter that docker does not know is refused in its words."""
    result = run("ls", "--filter", "foo=bar")
    assert result.err == "Error response from Azure: invalid filter 'foo'\n"
    assert result.code == 1


def test_inspect() -> None:
    """inspect prints docker's JSON, and fails for what is missing."""
    (shown,) = json.loads(run("inspect", "back").out)
    assert [one["Name"] for one in shown["Containers"].values()] == ["web"]
    assert run("inspect", "-f", "{{.Name}} {{len .Id}} {{.Internal}}", "back").out == "back 64 false\n"
    missing = run("inspect", "nosuch")
    assert (missing.out, missing.code) == ("[]\n", 1)
    assert missing.err == "Error response from Azure: network nosuch not found\n"
    typed = azdock("inspect", "--type", "network", "-f", "{{.Name}}", "back", world=Town(Networks()))
    assert typed.out == "back\n"


def test_rm() -> None:
    """rm tries every name, prints what is gone and tells what is not."""
    service = Networks()
    result = run("rm", "back", "nosuch", "used", service=service)
    assert (result.out, result.code, service.removed) == ("back\n", 1, ["back"])
    assert result.err.splitlines() == [
        "Error response from Azure: network nosuch not found",
        "Error response from Azure: in use",
    ]
    assert run("rm", "-f", "nosuch").code == 0


@pytest.mark.parametrize(
    ("argv", "typed", "pruned"),
    [(("-f",), b"", True), ((), b"y\n", True), ((), b"Y\n", True), ((), b"n\n", False), ((), b"", False)],
)
def test_prune(argv: tuple[str, ...], typed: bytes, pruned: bool) -> None:
    """prune asks first, and only y is yes."""
    service = Networks()
    result = run("prune", *argv, service=service, typed=typed)
    assert bool(service.pruned) is pruned
    assert result.code == 0
    assert ("Deleted Networks:\nback\n\n" in result.out) is pruned
    assert ("[y/N]" in result.out) is (not argv)


@pytest.mark.parametrize("verb", ["connect", "disconnect"])
def test_refused(verb: str) -> None:
    """A container's network is chosen when it is created."""
    result = run(verb, "back", "web")
    assert "chosen when it is created" in result.err
    assert result.code == 125


def test_missing_service_errors_are_told() -> None:
    """A failure of Azure reaches the user as it is."""

    class Broken(Networks):
        def create(self, network: Network) -> Network:
            raise AzdockError("no room")

    result = run("create", "new", service=Broken())
    assert (result.err, result.code) == ("no room\n", 1)


def test_ps_by_the_id_of_a_network() -> None:
    """ps --filter network= takes an id of the network as well as its name."""
    world = Town(Networks())
    azdock("ps", "--filter", f"network={'b' * 12}", world=world)
    asked = world.services.calls[-1][1]["filters"]
    one = record("web", spec=ContainerSpec("i", network="back"))
    assert asked.matches(one, [one])
    assert not asked.matches(record("web"), [one])
