"""The -p, -P, --expose and --network flags become ports and a network, as docker's client reads them."""

from __future__ import annotations

import re

from azdock.commands.flags import CreateFlags
from azdock.docker import ports
from azdock.docker.ports import Port
from azdock.docker.spec import OWN_NETWORK
from azdock.docker.values import BadValue
from azdock.errors import Unsupported

# docker/cli, opts/network.go
_LONG = re.compile(r"\w+=\w+(,\w+=\w+)*")
_FIELDS = ("name", "alias", "ip", "ip6", "mac-address", "link-local-ip", "driver-opt", "gw-priority")


def published(flags: CreateFlags) -> tuple[Port, ...]:
    """The ports of -p. Raises BadValue."""
    return tuple(one for text in flags.publish for one in ports.parse(text))


def exposed(flags: CreateFlags) -> tuple[Port, ...]:
    """The ports of --expose. Raises BadValue."""
    return tuple(one for text in flags.expose for one in ports.parse_expose(text))


def check_networks(flags: CreateFlags) -> None:
    """What docker's client refuses of --network. Raises BadValue."""
    if "" in (*flags.network, *flags.net):
        raise BadValue("no name set for network")
    for text in (*flags.network, *flags.net):
        _read(text)


def network_of(flags: CreateFlags) -> str:
    """The network of the container; "" is the context's own. Raises Unsupported for more than one, or for an address
    in it."""
    asked = [_read(text) for text in (*flags.network, *flags.net)]
    for one in asked:
        for name in one:
            if name != "name":
                raise Unsupported(
                    f"--network {name}=...: Azure gives containers their addresses and names by itself",
                    hint="a container is reached by its own name",
                )
    named = {one["name"] for one in asked}
    if len(named) > 1:
        raise Unsupported(
            "--network: a container on Azure is in one network",
            hint="give --network once; containers that talk to one another share a network",
        )
    name = next(iter(named), "")
    return "" if name in OWN_NETWORK else name


def _read(text: str) -> dict[str, str]:
    """NAME, or name=NAME,key=value... -> what was given by key. Raises BadValue in docker's words."""
    if not _LONG.match(text):
        return {"name": text}
    found: dict[str, str] = {}
    for item in text.split(","):
        key, equals, value = item.partition("=")
        key = key.strip().lower()
        if not equals:
            raise BadValue(f"invalid field {item}")
        if key not in _FIELDS:
            raise BadValue(f"invalid field key {key}")
        found[key] = value.strip()
    if not found.get("name"):
        raise BadValue("network name/id is not specified")
    return found
