"""network create, ls, inspect, rm, prune: the decisions dockerd would have made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from azdock.backends import base
from azdock.backends.base import NetworkStore
from azdock.docker import names, units
from azdock.docker import network as networks
from azdock.docker.network import Network
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import OWN_NETWORK
from azdock.docker.values import BadValue
from azdock.errors import Conflict, DaemonError, Forbidden, NotFound, QuotaExceeded
from azdock.services import reconcile
from azdock.services.registry import Backends
from azdock.settings import Settings
from azdock.state.store import Store

Clock = Callable[[], datetime]


class Networks:
    """Networks of one context, each an environment."""

    def __init__(self, store: Store, backends: Backends, settings: Settings, clock: Clock) -> None:
        self._store, self._backends, self._settings, self._clock = store, backends, settings, clock
        self._networks: NetworkStore | None = None

    @property
    def embedded(self) -> bool:
        """Whether a network costs nothing here."""
        return self._settings.context.kind == "embedded"

    def create(self, network: Network) -> Network:
        """Make a network; the id and the time are given here. Raises Conflict for a name in use, DaemonError."""
        try:
            networks.check_name(network.name)
        except BadValue as bad:
            raise DaemonError(str(bad)) from bad
        if network.name in OWN_NETWORK or any(one.name == network.name for one in self._all()):
            raise Conflict(f"network with name {network.name} already exists")
        try:
            return self._at_azure.create(replace(network, id=names.new_id(), created=self._clock().astimezone(UTC)))
        except QuotaExceeded as full:
            full.hint = full.hint or "azdock network prune removes networks that no container is in"
            raise

    def matching(self, wanted: Mapping[str, Sequence[str]]) -> list[Network]:
        """The networks that fulfil these filters, by name."""
        records = self.containers() if "dangling" in wanted else []
        found = [one for one in self._all() if networks.matches(one, wanted, records)]
        return sorted(found, key=lambda one: one.name)

    def get(self, query: str) -> Network:
        """The network of a name or id. Raises NotFound in docker's words."""
        return self._find(query, self._all())

    def containers(self) -> list[ContainerRecord]:
        """Every container of the context, as Azure sees it now."""
        return reconcile.refresh(self._store, self._backends)

    def remove(self, query: str) -> None:
        """Delete a network. Raises NotFound, Forbidden for one that azdock did not make, Conflict for one in use."""
        network = self.get(query)
        if network.predefined:
            raise Forbidden(f"{network.name} is a pre-defined network and cannot be removed")
        if not network.ours:
            raise Forbidden(
                f"{network.name} is an environment that azdock did not make",
                hint=f"az containerapp env delete --ids {network.resource}",
            )
        inside = [one for one in self.containers() if network.holds(one)]
        if inside:
            listed = ", ".join(f'name:"{one.ident.name}" id:"{one.ident.id[:12]}"' for one in inside)
            raise Conflict(
                f"error while removing network: network {network.name} has active endpoints ({listed})",
                hint=f"azdock rm -f {' '.join(one.ident.name for one in inside)}",
            )
        self._at_azure.remove(network)

    def prune(self, wanted: Mapping[str, Sequence[str]]) -> list[str]:
        """Delete every network that azdock made and no container is in; their names."""
        records = self.containers()
        before = self._until(wanted.get("until", ()))
        removed = []
        for one in self._all():
            if one.predefined or not one.ours or any(one.holds(record) for record in records):
                continue
            if before is not None and (one.created is None or one.created >= before):
                continue
            if networks.matches(one, wanted, records):
                self._at_azure.remove(one)
                removed.append(one.name)
        return sorted(removed)

    # ---- steps
    @property
    def _at_azure(self) -> NetworkStore:
        if self._networks is None:
            self._networks = base.connect_networks(self._settings)
        return self._networks

    def _all(self) -> list[Network]:
        return self._at_azure.all()

    def _find(self, query: str, known: Sequence[Network]) -> Network:
        try:
            found = networks.find(query, known)
        except BadValue as bad:
            raise DaemonError(str(bad)) from bad
        if found is None:
            raise NotFound(f"network {query} not found")
        return found

    def _until(self, values: Sequence[str]) -> datetime | None:
        if not values:
            return None
        try:
            moment = units.parse_time(values[-1], self._clock())
        except BadValue as bad:
            raise DaemonError(str(bad)) from bad
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment // 1000)
