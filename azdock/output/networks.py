"""The network ls view."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from azdock.docker.network import Network
from azdock.docker.template_values import Struct
from azdock.output.format import View, method, row


def _label_header(key: str) -> str:
    return key.rpartition(".")[2].replace("-", " ").replace("_", " ")


NETWORK_VIEW = View(
    "*formatter.networkContext",
    {
        "ID": "NETWORK ID",
        "Name": "NAME",
        "Driver": "DRIVER",
        "Scope": "SCOPE",
        "IPv4": "IPV4",
        "IPv6": "IPV6",
        "Internal": "INTERNAL",
        "Labels": "LABELS",
        "CreatedAt": "CREATED AT",
    },
    "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    quiet="{{.ID}}",
    raw="network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
    methods={"Label": method(_label_header)},
    template_wins=True,
)


def network_row(network: Network, *, no_trunc: bool = False) -> Struct:
    """One network; docker shows switches as text."""
    fields = {
        "CreatedAt": _moment(network.created) if network.created else "",
        "Driver": network.driver,
        "ID": network.id if no_trunc else network.id[:12],
        "IPv4": "true",
        "IPv6": "false",
        "Internal": "true" if network.internal else "false",
        "Labels": ",".join(f"{key}={network.labels[key]}" for key in sorted(network.labels)),
        "Name": network.name,
        "Scope": network.scope,
    }
    return row(NETWORK_VIEW, fields, {"Label": method(_getter(network))})


def _moment(created: datetime) -> str:
    """As Go prints a time: no zeros at the end of the fraction."""
    return created.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".") + " +0000 UTC"


def _getter(network: Network) -> Callable[[str], str]:
    return lambda key: network.labels.get(key, "")
