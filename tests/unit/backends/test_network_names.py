"""Networks and environments: names, tags, and the way back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azdock.azure.client import Azure
from azdock.backends import network_gaps, network_names
from azdock.docker.network import Network
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, DaemonError, NotFound

GROUP = "/subscriptions/s/resourceGroups/g"
OWN = f"{GROUP}/providers/Microsoft.App/managedEnvironments/env"
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
BACK = Network("back_end", "b" * 64, NOON, labels={"team": "x"}, options={"subnet": "/s"})


def environment(name: str, tags: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
    """Azure's JSON of an environment."""
    return {
        "id": f"{GROUP}/providers/Microsoft.App/managedEnvironments/{name}",
        "name": name,
        "location": "East US",
        "tags": tags,
        "properties": {"provisioningState": "Succeeded", "defaultDomain": f"{name}.x.io", **properties},
        "systemData": {"createdAt": "2024-01-01T12:00:00.1234567"},
    }


class Arm:
    """Answers with these environments."""

    def __init__(self, *known: dict[str, Any]) -> None:
        self.known = known

    def every(self, path: str) -> list[dict[str, Any]]:
        assert path == f"{GROUP}/providers/Microsoft.App/managedEnvironments"
        return list(self.known)

    def get(self, path: str) -> dict[str, Any]:
        return next(one for one in (*self.known, environment("env")) if one["id"].lower() == path.lower())


def azure(*known: dict[str, Any]) -> Azure:
    """An Azure whose resource group has these environments; its own is called env."""
    return cast(Azure, SimpleNamespace(arm=Arm(*known), group=GROUP, place=SimpleNamespace(environment_id=OWN)))


def test_there_and_back() -> None:
    """What is stamped on an environment is the network again."""
    stamped = network_names.stamp(BACK)
    assert all(len(value) <= 256 for value in stamped.values())
    found = network_names.network(environment("back-end-bbbbbbbb", stamped, vnetConfiguration={"internal": True}))
    assert (found.name, found.id, found.created) == (BACK.name, BACK.id, NOON)
    assert (dict(found.labels), dict(found.options)) == ({"team": "x"}, {"subnet": "/s"})
    assert found.ours and found.internal and not found.predefined


def test_many_labels() -> None:
    """Labels that are longer than one tag are kept whole; too many are refused."""
    labels = {f"label-{number}": "v" * 90 for number in range(20)}
    stamped = network_names.stamp(Network("n", "c" * 64, NOON, labels=labels))
    assert len(stamped) > 5
    assert dict(network_names.network(environment("n", stamped)).labels) == labels
    with pytest.raises(AzdockError, match="do not fit"):
        network_names.stamp(Network("n", "c" * 64, NOON, labels={"a": "v" * 20_000}))


def test_of_others() -> None:
    """An environment that azdock did not make is a network by its own name, with an id of its own that stays."""
    found = network_names.network(environment("Prod"))
    assert (found.name, found.ours, len(found.id)) == ("Prod", False, 64)
    assert found.id == network_names.network({**environment("Prod"), "id": environment("prod")["id"]}).id
    assert found.created == datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    own = network_names.network(environment("env"), predefined=True)
    assert own.name == "bridge"


def test_environment_id() -> None:
    """A network is found by its name or id; without one it is the context's own, and Azure is not asked."""
    known = azure(environment("env"), environment("back-end-1", network_names.stamp(BACK)), environment("prod"))
    resource = f"{GROUP}/providers/Microsoft.App/managedEnvironments/back-end-1"
    for query in ("back_end", "b" * 64, "b" * 12):
        assert network_names.environment_id(known, query) == resource
    for query in ("", "bridge", "default"):
        assert network_names.environment_id(cast(Azure, SimpleNamespace(place=known.place)), query) == OWN
    assert network_names.environment_id(known, "prod").endswith("/prod")
    assert network_names.network_of(resource + "/") == "back-end-1"


def test_own_environment_in_another_group() -> None:
    """The context's own environment counts even where the resource group does not list it."""
    found = network_names.every([environment("a"), environment("env")], OWN)
    assert [one.name for one in found] == ["a", "bridge"]
    assert network_names.found(azure(environment("a")), "bridge").resource.lower() == OWN.lower()


def test_missing_and_ambiguous() -> None:
    """Docker's words for a network that is not there, or not clear."""
    with pytest.raises(NotFound, match=r"^network nosuch not found$"):
        network_names.environment_id(azure(environment("env")), "nosuch")
    twins = [environment(name, network_names.stamp(Network(name, "ab" + name * 62, NOON))) for name in "cd"]
    with pytest.raises(DaemonError, match="ambiguous"):
        network_names.environment_id(azure(*twins), "ab")


def test_own_network() -> None:
    """Whether an environment lies in a virtual network of the user's is asked of Azure."""
    known = azure(environment("env"), environment("vnet", vnetConfiguration={"infrastructureSubnetId": "/s"}))
    assert network_names.has_own_network(known, "vnet")
    assert not network_names.has_own_network(known, "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("back", "back"),
        ("Back_end", "back-end-bbbbbbbb"),
        ("0", "n-0-bbbbbbbb"),
        ("a", "a-bbbbbbbb"),
        ("_", "n-bbbbbbbb"),
    ],
)
def test_environment_name(name: str, expected: str) -> None:
    """A network's environment has its name where Azure allows it."""
    assert network_names.environment_name(name, "b" * 64) == expected


@given(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,80}", fullmatch=True))
def test_every_name_becomes_legal(name: str) -> None:
    """Any name docker allows gives a name Azure allows."""
    made = network_names.environment_name(name, "0123456789" * 6)
    assert re.fullmatch(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?", made)
    assert 2 <= len(made) <= 60


@pytest.mark.parametrize("name", ["host", "none", "container:web"])
def test_gaps(name: str) -> None:
    """Networks that no environment is are refused with a reason and what to do instead."""
    gap = network_gaps.gap(ContainerSpec("i", network=name, asked={"network": name}))
    assert gap is not None
    assert (gap.flag, gap.action) == ("network", "refuse")
    assert gap.reason and gap.alternative
    assert network_gaps.gap(ContainerSpec("i", network="back", asked={"net": "back"})) is None
