"""network create, ls, rm and prune."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azdock.backends import base
from azdock.docker.network import Network
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import ContainerSpec
from azdock.errors import AzdockError, Conflict, DaemonError, Forbidden, NotFound, QuotaExceeded
from azdock.services.networks import Networks
from azdock.services.registry import Backends
from azdock.settings import EMBEDDED, Settings
from azdock.state.store import Store
from tests.support.fakes import NOON, record

OWN = Network("bridge", "a" * 64, predefined=True, ours=False)
BACK = Network("back", "b" * 64, NOON - timedelta(hours=2), labels={"team": "x"})
FRONT = Network("front", "c" * 64, NOON)
PROD = Network("prod", "d" * 64, NOON, ours=False, resource="/r/prod")


class Store_:
    """Networks in memory; satisfies NetworkStore."""

    def __init__(self, *known: Network) -> None:
        self.known = list(known)

    def all(self) -> list[Network]:
        return list(self.known)

    def create(self, network: Network) -> Network:
        self.known.append(network)
        return network

    def remove(self, network: Network) -> None:
        self.known.remove(network)


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Store_:
    """Four networks on Azure."""
    made = Store_(OWN, BACK, FRONT, PROD)
    monkeypatch.setattr(base, "connect_networks", lambda _: made)
    return made


class Inhabited(Networks):
    """Networks with these containers in them."""

    inside: Sequence[ContainerRecord] = ()

    def containers(self) -> list[ContainerRecord]:
        return list(self.inside)


@pytest.fixture
def networks(tmp_path: Path) -> Inhabited:
    """The service at noon, with one container in back."""
    settings = Settings(tmp_path, EMBEDDED)
    made = Inhabited(Store(settings), Backends(settings), settings, lambda: NOON)
    made.inside = [replace(record("web"), spec=ContainerSpec("i", network="back"))]
    return made


def test_create(networks: Networks, azure: Store_) -> None:
    """A network gets an id and a time, and is found by both names."""
    made = networks.create(Network("new", "", labels={"a": "b"}))
    assert len(made.id) == 64
    assert made.created == NOON
    assert networks.get("new") == networks.get(made.id[:8]) == made


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("back", Conflict, "network with name back already exists"),
        ("bridge", Conflict, "network with name bridge already exists"),
        ("prod", Conflict, "network with name prod already exists"),
        ("a/b", DaemonError, "invalid name"),
    ],
)
def test_create_refused(networks: Networks, azure: Store_, name: str, kind: type[AzdockError], words: str) -> None:
    """A name that is taken or not allowed makes nothing."""
    with pytest.raises(kind, match=words):
        networks.create(Network(name, ""))
    assert len(azure.known) == 4


def test_quota(networks: Networks, azure: Store_, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription that has no room says what makes room."""

    def full(_: Network) -> Network:
        raise QuotaExceeded("too many environments")

    monkeypatch.setattr(azure, "create", full)
    with pytest.raises(QuotaExceeded) as failed:
        networks.create(Network("new", ""))
    assert "network prune" in failed.value.hint


def test_matching(networks: Networks, azure: Store_) -> None:
    """Networks come by name; dangling asks which containers there are."""
    assert [one.name for one in networks.matching({})] == ["back", "bridge", "front", "prod"]
    assert [one.name for one in networks.matching({"dangling": ("true",)})] == ["front", "prod"]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("nosuch", NotFound, "^network nosuch not found$"),
        ("bridge", Forbidden, "bridge is a pre-defined network and cannot be removed"),
        ("prod", Forbidden, "azdock did not make"),
        ("back", Conflict, 'network back has active endpoints .name:"web" id:"0123456789ab".'),
    ],
)
def test_remove_refused(networks: Networks, azure: Store_, name: str, kind: type[AzdockError], words: str) -> None:
    """What is in use, not azdock's or not there stays as it is."""
    with pytest.raises(kind, match=words):
        networks.remove(name)
    assert len(azure.known) == 4


def test_remove(networks: Networks, azure: Store_) -> None:
    """A network without containers is deleted."""
    networks.remove("front")
    assert azure.known == [OWN, BACK, PROD]


@pytest.mark.parametrize(
    ("wanted", "inside", "gone"),
    [
        ({}, True, ["front"]),
        ({}, False, ["back", "front"]),
        ({"label": ("team",)}, False, ["back"]),
        ({"label!": ("team",)}, False, ["front"]),
        ({"until": ("1h",)}, False, ["back"]),
    ],
)
def test_prune(networks: Inhabited, azure: Store_, wanted: dict[str, Any], inside: bool, gone: list[str]) -> None:
    """Only networks that azdock made and nobody uses go, as far as the filters say."""
    if not inside:
        networks.inside = ()
    assert networks.prune(wanted) == gone
    assert OWN in azure.known and PROD in azure.known


def test_prune_bad_time(networks: Networks, azure: Store_) -> None:
    """A time that is none removes nothing."""
    with pytest.raises(DaemonError):
        networks.prune({"until": ("yesterday-ish",)})
    assert len(azure.known) == 4
