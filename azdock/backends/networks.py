"""Networks on Azure: managed environments that azdock made, and those it found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from azdock.azure.client import Azure
from azdock.azure.environments import Environments
from azdock.backends import network_names
from azdock.docker.network import Network
from azdock.settings import Settings

SUBNET = "subnet"  # the option of `network create -o` that names a subnet of the user's


def connect(settings: Settings) -> Networks:
    """The networks of the context in `settings`."""
    return Networks(Azure(settings))


class Networks:
    """The environments of the context as networks; satisfies NetworkStore."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._environments = Environments(azure)

    def all(self) -> list[Network]:
        """Every network, the context's own first."""
        found = network_names.every(self._environments.all(), self._azure.place.environment_id)
        return sorted(found, key=lambda one: (not one.predefined, one.name))

    def create(self, network: Network) -> Network:
        """Make the environment of a network; takes minutes on Azure. Raises QuotaExceeded and the like."""
        name = network_names.environment_name(network.name, network.id)
        subnet = network.options.get(SUBNET, "")
        place: dict[str, Any] = {"infrastructureSubnetId": subnet, "internal": network.internal} if subnet else {}
        made = self._environments.create(name, network_names.stamp(network), place)
        return replace(network_names.network(made), created=network.created)

    def remove(self, network: Network) -> None:
        """Delete the environment of a network; one that is gone is no error."""
        self._environments.delete(network.resource)
