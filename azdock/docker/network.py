"""Networks: what one is, how a name or id finds it, ls --filter and prune --filter, and docker's JSON of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azdock.docker.inspect import docker_time
from azdock.docker.record import ContainerRecord
from azdock.docker.spec import BRIDGE, EMPTY, OWN_NETWORK
from azdock.docker.values import BadValue

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_KEYS = ("dangling", "driver", "id", "label", "name", "scope", "type")
_PRUNE_KEYS = ("label", "label!", "until")


@dataclass(frozen=True, slots=True)
class Network:
    """One network. `predefined` is the context's own, `ours` says that azdock made it; `resource` is its Azure id.

    `options` are those of -o; `domain` is what the names of its containers end in on Azure.
    """

    name: str
    id: str
    created: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    options: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    internal: bool = False
    predefined: bool = False
    ours: bool = True
    resource: str = ""
    location: str = ""
    domain: str = ""
    state: str = ""
    driver: str = BRIDGE
    scope: str = "local"

    def holds(self, record: ContainerRecord) -> bool:
        """Whether a container is in this network."""
        wish = record.spec.network
        if wish in OWN_NETWORK:
            return self.predefined
        return wish == self.name or (len(wish) >= 12 and self.id.startswith(wish))


def check_name(name: str) -> None:
    """Raises BadValue in docker's words unless a network may be called so."""
    if not name.strip():
        raise BadValue("invalid name: name is empty")
    if not _NAME.fullmatch(name):
        raise BadValue(f'invalid name "{name}": only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed')


def find(query: str, networks: Iterable[Network]) -> Network | None:
    """The network of that id, else of that name, else the only one whose id begins so. Raises BadValue for several."""
    known = list(networks)
    for one in known:
        if one.id == query:
            return one
    for one in known:
        if one.name == query or (one.predefined and query in OWN_NETWORK):
            return one
    beginning = [one for one in known if query and one.id.startswith(query)]
    if len(beginning) > 1:
        raise BadValue(f"network {query} is ambiguous ({len(beginning)} matches found based on ID prefix)")
    return beginning[0] if beginning else None


# ---- filters
Match = Callable[[Network, str], bool]


def parse_filters(items: Iterable[str], *, prune: bool = False) -> dict[str, tuple[str, ...]]:
    """KEY=VALUE texts by key. Raises BadValue in docker's words."""
    wanted: dict[str, list[str]] = {}
    for item in items:
        if not item:
            continue
        key, equals, value = item.partition("=")
        if not equals:
            raise BadValue("bad format of filter (expected name=value)")
        wanted.setdefault(key.strip().lower(), []).append(value.strip())
    for key, values in wanted.items():
        if key not in (_PRUNE_KEYS if prune else _KEYS):
            raise BadValue(f"invalid filter '{key}'")
        for value in values:
            _check(key, value)
    return {key: tuple(values) for key, values in wanted.items()}


def _check(key: str, value: str) -> None:
    known = {
        "type": ("builtin", "custom"),
        "scope": ("local", "global", "swarm"),
        "dangling": ("true", "false", "1", "0"),
    }
    if key in known and value not in known[key]:
        raise BadValue(
            f"invalid filter: '{key}=[{value}]'" if key == "dangling" else f"invalid filter: '{key}'={value}"
        )


def matches(network: Network, wanted: Mapping[str, Sequence[str]], records: Sequence[ContainerRecord]) -> bool:
    """Whether a network fulfils every condition; of one key one value is enough, of labels all."""
    for key, values in wanted.items():
        if key == "dangling":
            unused = not network.predefined and not any(network.holds(one) for one in records)
            if unused is not (values[-1] in ("true", "1")):
                return False
        elif key in ("label", "label!"):
            held = [_label(network, value) for value in values]
            if not all(held) if key == "label" else any(held):
                return False
        elif not any(_MATCH[key](network, value) for value in values):
            return False
    return True


def _label(network: Network, value: str) -> bool:
    key, equals, text = value.partition("=")
    return key in network.labels and (not equals or network.labels[key] == text)


_MATCH: Mapping[str, Match] = {
    "driver": lambda one, value: one.driver == value,
    "id": lambda one, value: one.id.startswith(value),
    "name": lambda one, value: value in one.name,
    "scope": lambda one, value: one.scope == value,
    "type": lambda one, value: (value == "builtin") is one.predefined,
    "until": lambda _, __: True,  # whoever prunes knows what time it is
}


# ---- inspect
def network_json(network: Network, records: Iterable[ContainerRecord]) -> dict[str, Any]:
    """The JSON object of `docker network inspect`, with what is Azure's under "Azure"; `records` are all containers.

    Azure gives no container an address of its own, and tells none of the network.
    """
    inside = [one for one in records if network.holds(one) and one.seen.alive]
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": docker_time(network.created),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": None, "Config": []},
        "Internal": network.internal,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {one.ident.id: _endpoint(one) for one in inside},
        "Options": dict(network.options),
        "Labels": dict(network.labels),
        "Azure": {
            "Environment": network.resource,
            "Location": network.location,
            "Domain": network.domain,
            "State": network.state,
        },
    }


def _endpoint(record: ContainerRecord) -> dict[str, str]:
    addresses = dict.fromkeys(("EndpointID", "MacAddress", "IPv4Address", "IPv6Address"), "")
    return {"Name": record.ident.name, **addresses}
