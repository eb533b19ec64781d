"""Which environment a network is: names, tags, and the way from one to the other.

A network's environment has the network's own name where Azure allows it. The tags of it hold docker's name, the id and
the labels; an environment without them is a network by its Azure name, which azdock uses but never changes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from azdock.azure.client import Azure
from azdock.azure.environments import Environments, same
from azdock.docker import network as networks
from azdock.docker.network import Network
from azdock.docker.spec import BRIDGE, OWN_NETWORK
from azdock.docker.values import BadValue
from azdock.errors import AzdockError, DaemonError, NotFound

Json = dict[str, Any]
NAME, ID, CREATED, LABELS, OPTIONS = (
    "azdock-network",
    "azdock-network-id",
    "azdock-network-created",
    "azdock-network-labels-",
    "azdock-network-options",
)
VALUE_LENGTH = 256  # learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
MAX_CHUNKS = 40
# 2 to 60 letters, digits and hyphens (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules);
# lower case, because Azure takes names that differ only in case for the same
_LEGAL = re.compile(r"(?=.{2,60}$)[a-z]([-a-z0-9]*[a-z0-9])?")


def environment_id(azure: Azure, network: str) -> str:
    """The ARM id of the environment behind a network, given by name or id; "" is the context's own. Raises NotFound."""
    if network in OWN_NETWORK:
        return azure.place.environment_id
    return found(azure, network).resource


def where(azure: Azure, network: str) -> tuple[str, str]:
    """The ARM id and the region of the environment behind a network. Raises NotFound."""
    if network in OWN_NETWORK:
        return azure.place.environment_id, azure.location()
    one = found(azure, network)
    return one.resource, one.location


def has_own_network(azure: Azure, network: str) -> bool:
    """Whether the environment behind a network lies in a virtual network of the user's."""
    return bool((environment(azure, network).get("properties") or {}).get("vnetConfiguration"))


def environment(azure: Azure, network: str) -> Json:
    """Azure's JSON of the environment behind a network. Raises NotFound."""
    return Environments(azure).get(environment_id(azure, network))


def network_of(environment_id: str) -> str:
    """The Azure name of an environment: the network's name, unless its tags say otherwise."""
    return environment_id.rstrip("/").rpartition("/")[2]


def found(azure: Azure, query: str) -> Network:
    """The network of this name or id. Raises NotFound in docker's words."""
    known = every(Environments(azure).all(), azure.place.environment_id)
    try:
        one = networks.find(query, known)
    except BadValue as bad:
        raise DaemonError(str(bad)) from bad
    if one is None:
        raise NotFound(f"network {query} not found")
    return one


def every(environments: Iterable[Json], own: str) -> list[Network]:
    """Every network; `own` is the id of the context's environment, which is docker's "bridge"."""
    return [network(one, predefined=same(str(one["id"]), own)) for one in environments]


def network(document: Json, *, predefined: bool = False) -> Network:
    """The network that an environment is."""
    tags = {name.lower(): str(value) for name, value in (document.get("tags") or {}).items()}
    properties = document.get("properties") or {}
    system = document.get("systemData") or {}
    resource = str(document["id"])
    created = tags.get(CREATED) or str(system.get("createdAt") or "")
    name = BRIDGE if predefined else tags.get(NAME) or str(document["name"])
    return Network(
        name=name,
        id=tags.get(ID) or hashlib.sha256(resource.lower().encode()).hexdigest(),
        created=_time(created),
        labels=_labels(tags),
        options=json.loads(tags.get(OPTIONS, "{}")),
        internal=bool((properties.get("vnetConfiguration") or {}).get("internal")),
        predefined=predefined,
        ours=NAME in tags,
        resource=resource,
        location=str(document.get("location") or ""),
        domain=str(properties.get("defaultDomain") or ""),
        state=str(properties.get("provisioningState") or ""),
    )


def stamp(made: Network) -> dict[str, str]:
    """The tags of a network's environment. Raises AzdockError when its labels do not fit into Azure's tags."""
    text = json.dumps(dict(made.labels), separators=(",", ":"), sort_keys=True)
    chunks = [text[start : start + VALUE_LENGTH] for start in range(0, len(text), VALUE_LENGTH)]
    options = json.dumps(dict(made.options), separators=(",", ":"), sort_keys=True)
    if len(chunks) > MAX_CHUNKS or len(options) > VALUE_LENGTH or len(made.name) > VALUE_LENGTH:
        raise AzdockError("the name, labels and options of this network do not fit into Azure's tags of 256 letters")
    return {
        NAME: made.name,
        ID: made.id,
        CREATED: made.created.isoformat() if made.created else "",
        **({OPTIONS: options} if made.options else {}),
        **({f"{LABELS}{at}": chunk for at, chunk in enumerate(chunks)} if made.labels else {}),
    }


def environment_name(name: str, id: str) -> str:
    """The Azure name of a network's environment: the network's own where it is legal, else what is legal of it and the
    beginning of its id."""
    if _LEGAL.fullmatch(name):
        return name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    slug = slug if slug[:1].isalpha() else f"n-{slug}".rstrip("-")
    return f"{slug[:50].rstrip('-')}-{id[:8]}"


def _labels(tags: Mapping[str, str]) -> dict[str, str]:
    text = ""
    for at in range(MAX_CHUNKS):
        text += tags.get(f"{LABELS}{at}", "")
    return dict(json.loads(text)) if text else {}


def _time(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
