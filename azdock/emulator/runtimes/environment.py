"""The environment a container's programs see, in docker's order of precedence."""

from __future__ import annotations

from azdock.emulator.runtimes.base import ContainerRun
from azdock.emulator.runtimes.rootfs import DEFAULT_PATH

HOSTNAME_LIMIT = 63  # a host name label: RFC 1123; Kubernetes cuts longer pod names


def hostname(run: ContainerRun) -> str:
    """The replica's name, cut to what a host name may be."""
    return run.hostname[:HOSTNAME_LIMIT].rstrip("-.") or "localhost"


def container_env(run: ContainerRun, home: str) -> dict[str, str]:
    """PATH and HOSTNAME, the image's variables, the container's own; HOME unless one of them sets it."""
    env = {"PATH": DEFAULT_PATH, "HOSTNAME": hostname(run)}
    env |= dict(item.partition("=")[::2] for item in run.image.config.env)
    env |= dict(run.env)
    env.setdefault("HOME", home)
    return env


def exec_env(env: dict[str, str]) -> dict[str, str]:
    """The environment of a command on a terminal inside a container: the container's, and TERM as docker sets it."""
    return {"TERM": "xterm", **env}
