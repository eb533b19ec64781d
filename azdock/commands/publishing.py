"""Where a published port is, when that is not where docker would have put it."""

from __future__ import annotations

from azdock.cli.env import Env
from azdock.docker.record import ContainerRecord

HTTP_PORTS = (80, 443)  # what a name that Azure serves has anyway


def tell(env: Env, record: ContainerRecord) -> None:
    """One warning about a port of the host that Azure does not use, with the address that stands in for it."""
    asked = {one.key: one.host_port for one in record.spec.ports if one.host_port not in (0, *HTTP_PORTS)}
    if not asked:
        return
    from azdock.docker.inspect_network import public

    for one in public(record):
        if "://" in one.address and one.key in asked:
            env.err.line(
                f"WARNING: port {asked[one.key]} of the host is not used: port {one.container_port} of "
                f"{record.ident.name} is at {one.address}"
            )
            return
