"""Which wishes about a container's network no environment can grant."""

from __future__ import annotations

from azdock.backends.base import Gap
from azdock.docker.spec import ContainerSpec

_ALONE = {
    "host": ("a container on Azure has no host whose network it could use", "publish ports with -p"),
    "none": ("Azure gives every container a network", "leave --network away, and publish no ports"),
}


def gap(spec: ContainerSpec) -> Gap | None:
    """The gap of --network, if any: the name of a network is none."""
    flag = "network" if "network" in spec.asked else "net"
    reason, alternative = _ALONE.get(spec.network, ("", ""))
    if spec.network.startswith("container:"):
        reason = "containers on Azure do not share one network interface"
        alternative = "give both the same --network NAME: they reach one another by name"
    return Gap(flag, "refuse", reason, alternative) if reason else None
