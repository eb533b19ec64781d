"""Networks against the emulated Azure: an environment is made, containers live in it, and it goes with nobody in it."""

from __future__ import annotations

import pytest

from azdock.backends import network_names
from azdock.backends.networks import Networks
from azdock.docker import names
from azdock.docker.network import Network
from azdock.errors import AzureFailure, NotFound
from tests.support.lab import Lab


@pytest.fixture
def networks(lab: Lab) -> Networks:
    """The networks of the lab's context, with one called back_end."""
    made = Networks(lab.backend._azure)
    made.create(Network("back_end", names.new_id(), lab.record("true").created, labels={"team": "x"}))
    return made


def test_life(lab: Lab, networks: Networks) -> None:
    """A network is listed beside the context's own with its labels, found by its id, and gone once deleted."""
    own, back = networks.all()
    assert (own.name, own.predefined) == ("bridge", True)
    assert (back.name, dict(back.labels), back.state) == ("back_end", {"team": "x"}, "Succeeded")
    assert back.resource.endswith(f"/back-end-{back.id[:8]}")
    assert network_names.environment_id(lab.backend._azure, back.id) == back.resource
    networks.remove(back)
    assert [one.name for one in networks.all()] == ["bridge"]


def test_a_container_in_it(lab: Lab, networks: Networks) -> None:
    """A container of the network runs, prints, is found again from its resource alone, and keeps the network in use."""
    record = lab.create("sh", "-c", "echo hi", network="back_end")
    (again,) = lab.backend.inventory({})
    assert again.spec.network == "back_end"
    started = lab.ended(lab.begin(record))
    assert lab.printed(started) == b"hi\n"
    back = networks.all()[1]
    with pytest.raises(AzureFailure, match="ManagedEnvironmentHasContainerApps"):
        networks.remove(back)
    lab.backend.remove(started)
    networks.remove(back)


def test_missing(lab: Lab, networks: Networks) -> None:
    """A network that is not there makes no container."""
    with pytest.raises(NotFound, match="network nosuch not found"):
        lab.create("true", network="nosuch")
    assert lab.backend.inventory({}) == []
