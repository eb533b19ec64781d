"""Networks: names, how one is found, filters, and docker's JSON."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from azdock.docker import network as networks
from azdock.docker.network import Network
from azdock.docker.record import ContainerRecord, Ident, Status
from azdock.docker.spec import ContainerSpec
from azdock.docker.values import BadValue

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
OWN = Network("bridge", "a" * 64, predefined=True, ours=False)
BACK = Network("back", "b" * 64, NOON, labels={"team": "x"}, resource="/r/back", location="eastus")
BACKUP = Network("backup", "bc" + "d" * 62, NOON)
ALL = [OWN, BACK, BACKUP]


def container(name: str, network: str, state: str = "running") -> ContainerRecord:
    """A container in a network."""
    seen = Status(state)  # type: ignore[arg-type]
    return ContainerRecord(Ident(name[0] * 64, name), ContainerSpec("i", network=network), NOON, "app", {}, seen=seen)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("back", BACK),
        ("b" * 64, BACK),
        ("bbb", BACK),
        ("bridge", OWN),
        ("default", OWN),
        ("bc", BACKUP),
        ("x", None),
        ("", OWN),
    ],
)
def test_find(query: str, found: Network | None) -> None:
    """A network is found by id, name, or the beginning of its id."""
    assert networks.find(query, ALL) == found


def test_find_several() -> None:
    """A beginning of several ids is refused."""
    with pytest.raises(BadValue, match="network b is ambiguous"):
        networks.find("b", ALL)


def test_holds() -> None:
    """A container is in the network it names, by name or id; without one in the context's own."""
    assert BACK.holds(container("c", "back"))
    assert BACK.holds(container("c", "b" * 12))
    assert not BACKUP.holds(container("c", "back"))
    assert OWN.holds(container("c", ""))
    assert not OWN.holds(container("c", "back"))


@pytest.mark.parametrize("name", ["a", "A.b_c-d", "0"])
def test_names(name: str) -> None:
    """Names as docker allows them."""
    networks.check_name(name)


@pytest.mark.parametrize("name", ["", " ", "a/b", "-a", "a b"])
def test_bad_names(name: str) -> None:
    """Other names are refused."""
    with pytest.raises(BadValue, match="invalid name"):
        networks.check_name(name)


@pytest.mark.parametrize(
    ("items", "names"),
    [
        ([], "bridge back backup"),
        (["name=back"], "back backup"),
        (["name=back", "name=bridge"], "bridge back backup"),
        (["id=bbb"], "back"),
        (["driver=bridge"], "bridge back backup"),
        (["driver=overlay"], ""),
        (["scope=local"], "bridge back backup"),
        (["type=builtin"], "bridge"),
        (["type=custom"], "back backup"),
        (["label=team"], "back"),
        (["label=team=y"], ""),
        (["dangling=true"], "backup"),
        (["dangling=false"], "bridge back"),
    ],
)
def test_filters(items: list[str], names: str) -> None:
    """Each filter finds what docker's finds."""
    wanted = networks.parse_filters(items)
    found = [one.name for one in ALL if networks.matches(one, wanted, [container("c", "back")])]
    assert " ".join(found) == names


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("foo=bar", "invalid filter 'foo'"),
        ("type=x", "invalid filter"),
        ("dangling=x", "invalid filter"),
        ("x", "bad format"),
    ],
)
def test_bad_filters(item: str, message: str) -> None:
    """Another filter is refused."""
    with pytest.raises(BadValue, match=message):
        networks.parse_filters([item])


def test_prune_filters() -> None:
    """prune has filters of its own."""
    wanted = networks.parse_filters(["label!=team"], prune=True)
    assert [networks.matches(one, wanted, []) for one in (BACK, BACKUP)] == [False, True]
    with pytest.raises(BadValue, match="invalid filter 'name'"):
        networks.parse_filters(["name=a"], prune=True)


def test_json() -> None:
    """inspect shows the running containers of the network, and Azure's side of it."""
    records = [container("c", "back"), container("d", "back", "exited"), container("e", "")]
    shown = networks.network_json(BACK, records)
    assert (shown["Name"], len(shown["Id"]), shown["Internal"], shown["Driver"]) == ("back", 64, False, "bridge")
    assert [one["Name"] for one in shown["Containers"].values()] == ["c"]
    assert shown["Labels"] == {"team": "x"}
    assert shown["Azure"]["Environment"] == "/r/back"
    assert shown["Created"] == "2024-01-01T12:00:00Z"
